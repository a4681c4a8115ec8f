"""GeoTIFFs of a test's own making, and what was drawn from them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from PIL import Image

from tiles.raster_files import default_style, examine
from tiles.raster_order import Order, tile_box

WEST, NORTH, DEGREE = 120.0, 30.02, 0.0001


def write(path: Path, data: np.ndarray, *, crs: str | None = "EPSG:4490",
          transform: Affine | None = None, mask: np.ndarray | None = None,
          **options: object) -> Path:
    """A GeoTIFF of bands × rows × columns; its corner is at WEST, NORTH unless told."""
    transform = transform or Affine(DEGREE, 0, WEST, 0, -DEGREE, NORTH)
    profile = {"driver": "GTiff", "count": data.shape[0], "height": data.shape[1],
               "width": data.shape[2], "dtype": data.dtype, "crs": crs, "transform": transform}
    with rasterio.open(path, "w", **profile | options) as file:
        file.write(data)
        if mask is not None:
            file.write_mask(mask)
    return path


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """The tile that holds a point."""
    side = 1 << z
    north = np.arcsinh(np.tan(np.radians(lat))) / np.pi
    return z, int((lon + 180) / 360 * side), int((1 - north) / 2 * side)


def order(paths: Path | list[Path], tile: tuple[int, int, int], draw: str | None = None,
          size: int = 256, **chosen: object) -> Order:
    """What a server would ask for."""
    files = [examine(path) for path in (paths if isinstance(paths, list) else [paths])]
    style = default_style(files, draw, **chosen)
    return Order([file.path for file in files], style.as_json(), tile_box(*tile), size, size)


def pixels(png: bytes) -> np.ndarray:
    """Rows × columns × red, green, blue, opacity."""
    return np.array(Image.open(io.BytesIO(png)).convert("RGBA"))


def pixel_at(picture: np.ndarray, tile: tuple[int, int, int], lon: float,
             lat: float) -> tuple[int, ...]:
    """The colour at a point of a tile's picture."""
    z, x, y = tile
    side = 1 << z
    north = np.arcsinh(np.tan(np.radians(lat))) / np.pi
    column = ((lon + 180) / 360 * side - x) * picture.shape[1]
    row = ((1 - north) / 2 * side - y) * picture.shape[0]
    return tuple(int(value) for value in picture[int(row), int(column)])
