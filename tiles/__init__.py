"""Vector tiles from PostGIS, raster tiles from rasterio."""
