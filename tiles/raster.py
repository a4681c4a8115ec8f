"""Raster tiles: a tile's PNG from files on disk, by rio-tiler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rio_tiler.colormap import cmap
from rio_tiler.errors import EmptyMosaicError, RioTilerError
from rio_tiler.io import Reader
from rio_tiler.models import ImageData
from rio_tiler.mosaic import mosaic_reader

from gis.errors import BadFile, NotFound
from tiles.raster_files import open_file
from tiles.raster_order import RADIUS_M, Order
from tiles.raster_style import HILLSHADE, OF_HEIGHTS, TERRAIN, RasterStyle
from tiles.terrain import hillshade, terrain_rgb

_MERCATOR = "EPSG:3857"


def draw(order: Order) -> bytes:
    """The picture as PNG; transparent where nothing is known.

    Raises
    ------
    NotFound
        If nothing of any file lies there.
    BadFile
        If a file can't be read.
    """
    style = RasterStyle.from_json(order.style)
    shaded = style.draw == HILLSHADE
    try:
        image, _ = mosaic_reader(order.paths, _part, order, style, 1 if shaded else None,
                                 threads=0)
    except EmptyMosaicError:
        raise NotFound("nothing of this raster lies there") from None
    except (RasterioError, RioTilerError, ValueError, MemoryError) as fault:
        raise BadFile(f"this raster can't be read there: {fault}") from fault
    if style.draw in OF_HEIGHTS:
        return _heights(image, order, style)
    return _colours(image, style)


def _part(path: str, order: Order, style: RasterStyle, buffer: int | None) -> ImageData:
    options: dict[str, Any] = {
        "resampling_method": style.resampling, "reproject_method": style.resampling}
    if style.nodata is not None:
        options["nodata"] = style.nodata
    if style.draw in OF_HEIGHTS:
        options["unscale"] = True
    with (open_file(path) as dataset, _upright(dataset) as upright,
          Reader(None, dataset=upright) as reader):
        image = reader.part(
            order.box, dst_crs=_MERCATOR, bounds_crs=_MERCATOR, width=order.width,
            height=order.height, indexes=style.bands, buffer=buffer, **options)
        if reader.colormap and not (style.colours or style.rescale) and len(style.bands) == 1:
            image = image.apply_colormap(reader.colormap)
    # Not every file that holds "no number" says that this means nothing.
    array = image.array
    image.array = np.ma.array(array.data, mask=np.ma.getmaskarray(array) | ~np.isfinite(array.data))
    return image


@contextmanager
def _upright(dataset: DatasetReader) -> Iterator[DatasetReader]:
    """The dataset with north above: of one in Web Mercator rio-tiler does not see its turn."""
    placed = dataset.transform
    if placed.b == placed.d == 0 and placed.e < 0:
        yield dataset
        return
    bare = dataset.nodata is None and ColorInterp.alpha not in dataset.colorinterp
    with WarpedVRT(dataset, crs=dataset.crs, add_alpha=bare) as upright:
        yield upright


def _colours(image: ImageData, style: RasterStyle) -> bytes:
    if style.rescale:
        image.rescale(in_range=style.rescale)
    colours = _colour_map(style.colours) if style.colours else None
    return image.render(img_format="PNG", colormap=colours)


@lru_cache
def _colour_map(name: str) -> dict[int, tuple[int, int, int, int]]:
    return cmap.get(name)


def _heights(image: ImageData, order: Order, style: RasterStyle) -> bytes:
    heights, known = image.array.data[0].astype(float), ~np.ma.getmaskarray(image.array)[0]
    if style.draw == TERRAIN:
        return ImageData(terrain_rgb(heights, known)).render(img_format="PNG", add_mask=False)
    _, south, _, north = order.box
    side = (north - south) / order.height
    lat = np.arctan(np.sinh((north - side * (np.arange(order.height) + 0.5)) / RADIUS_M))
    light = hillshade(heights, known, side * np.cos(lat))
    return ImageData(np.ma.array(light[np.newaxis], mask=~known[np.newaxis, 1:-1, 1:-1])).render(
        img_format="PNG")
