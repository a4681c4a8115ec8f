"""Raster files: opened by one driver alone, looked at before they are registered."""

from __future__ import annotations

import math
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import calculate_default_transform, transform_bounds
from rasterio.windows import Window

from gis.errors import BadFile
from tiles.raster_style import IMAGE, OF_HEIGHTS, RasterStyle

# Of GDAL's two hundred drivers this one: others follow references in a file to other files and
# to the network.
DRIVER = "GTiff"
GDAL_OPTIONS = {
    "GDAL_CACHEMAX": 64_000_000, "GDAL_NUM_THREADS": 1, "PROJ_NETWORK": "OFF",
    # Not the listing of a folder that may hold thousands of files for each that is opened.
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
}
# Blocks are read whole: one strip of a 4 GB file would be 4 GB of memory.
MOST_BLOCK_BYTES = 64_000_000
# Source pixels to a side of a tile's pixel: coarser than this, overviews are needed.
COARSEST = 8
MOST_FILES_A_TILE = 16
MOST_ZOOM = 22
_WORLD_M = 2 * math.pi * 6378137
_SAMPLES, _SAMPLE_PX = 5, 128


@dataclass(frozen=True)
class RasterFile:
    """What is known of a file.

    Attributes
    ----------
    path
        Absolute, without links.
    bounds
        West, south, east, north in degrees.
    bands, dtype
        How many bands for colours there are, and numpy's name of what they hold.
    palette
        Whether the file brings its own colours.
    min_zoom, max_zoom
        Where tiles can be read at little cost, and where its pixels are a tile's.
    """

    path: str
    bounds: tuple[float, float, float, float]
    bands: int
    dtype: str
    palette: bool
    min_zoom: int
    max_zoom: int


@contextmanager
def open_file(path: str) -> Iterator[DatasetReader]:
    """A GeoTIFF on disk.

    Raises
    ------
    BadFile
        If it is no regular file there, or can't be read as GeoTIFF. Paths are not told: whoever
        asks for tiles need not know them.
    """
    try:
        if not (path.startswith("/") and stat.S_ISREG(Path(path).stat().st_mode)):
            raise BadFile("a raster is a file on this machine's disk")
        with rasterio.Env(**GDAL_OPTIONS), rasterio.open(path, driver=DRIVER) as dataset:
            yield dataset
    except (OSError, RasterioError) as fault:
        raise BadFile("a file of this raster is gone or can't be read as GeoTIFF") from fault


def examine(path: Path) -> RasterFile:
    """Look at a file without reading its pixels.

    Raises
    ------
    BadFile
        If it can't be drawn as tiles; says why.
    """
    found = str(path.resolve())
    if found.startswith("/vsi"):
        raise BadFile(f"{path}: a raster is a file on this machine's disk")
    try:
        with open_file(found) as dataset:
            return _examined(found, dataset)
    except BadFile as fault:
        raise BadFile(f"{path}: {fault.message}") from fault.__cause__


def _examined(path: str, dataset: DatasetReader) -> RasterFile:
    gcps, crs = dataset.gcps
    crs = dataset.crs or crs
    if crs is None or not (crs.is_geographic or crs.is_projected):
        raise BadFile("it does not say in which coordinate system it lies (gdal_edit -a_srs)")
    if dataset.transform.is_identity and not gcps:
        raise BadFile("it does not say where on the ground it lies")
    if dataset.dtypes[0].startswith("complex"):
        raise BadFile("complex numbers have no colour")
    height, width = dataset.block_shapes[0]
    if height * width * np.dtype(dataset.dtypes[0]).itemsize > MOST_BLOCK_BYTES:
        raise BadFile("its blocks are too large to be read one by one: convert it with"
                      " gdal_translate -of COG")
    west, south, east, north, pixel_m = _in_mercator(dataset, crs)
    bounds = transform_bounds("EPSG:3857", "EPSG:4326", west, south, east, north)
    if not all(map(math.isfinite, bounds)):
        raise BadFile("it does not lie on the part of the Earth that web maps show")
    max_zoom = min(MOST_ZOOM, max(0, math.ceil(math.log2(_WORLD_M / 256 / pixel_m) - 0.5)))
    coarser = max(dataset.overviews(1), default=1) * COARSEST
    # What is small enough is read whole for any zoom.
    small = dataset.width * dataset.height <= 2048 * 2048
    min_zoom = 0 if small else max(0, max_zoom - math.floor(math.log2(coarser)))
    return RasterFile(path, bounds, _colour_bands(dataset), dataset.dtypes[0],
                      ColorInterp.palette in dataset.colorinterp, min_zoom, max_zoom)


def _in_mercator(dataset: DatasetReader, crs: CRS) -> tuple[float, float, float, float, float]:
    """West, south, east, north and the side of a pixel, in metres of Web Mercator."""
    gcps, _ = dataset.gcps
    across, down = dataset.width, dataset.height
    if gcps:
        edges: dict[str, object] = {"gcps": gcps}
    else:
        # The corners' own bounds: the picture may be turned, or lie on its head.
        placed = dataset.transform
        xs, ys = zip(*(placed @ corner for corner in ((0, 0), (across, 0), (0, down),
                                                      (across, down))), strict=True)
        side = math.sqrt(abs(placed.determinant))
        edges = {"left": min(xs), "bottom": min(ys), "right": max(xs), "top": max(ys)}
        across = max(1, round((max(xs) - min(xs)) / side))
        down = max(1, round((max(ys) - min(ys)) / side))
    transform, across, down = calculate_default_transform(
        crs, "EPSG:3857", across, down, **edges)
    (west, north), (east, south) = transform @ (0, 0), transform @ (across, down)
    return west, south, east, north, transform.a


def _colour_bands(dataset: DatasetReader) -> int:
    return sum(kind != ColorInterp.alpha for kind in dataset.colorinterp)


def default_style(files: list[RasterFile], draw: str | None, **chosen: object) -> RasterStyle:
    """The style for files of one kind, with what an admin chose.

    Parameters
    ----------
    files
        At least one.
    draw
        As of `RasterStyle`; an image by default.
    chosen
        Fields of `RasterStyle`; those that are None are found from the files: the first three
        bands of a colour image, the range of most of its numbers where they are no bytes.

    Raises
    ------
    BadFile
        If the files are not of one kind, or do not have the bands.
    InvalidInput
        As of `RasterStyle`.
    """
    if len({(one.bands, one.dtype, one.palette) for one in files}) > 1:
        raise BadFile("the files of a raster are of one kind: the same bands and numbers")
    first, draw = files[0], draw or IMAGE
    given = {name: value for name, value in chosen.items() if value is not None}
    bands = given.setdefault(
        "bands", (1, 2, 3) if draw == IMAGE and first.bands >= 3 else (1,))
    if first.palette:
        given.setdefault("resampling", "nearest")
    style = RasterStyle(draw=draw, **given)
    if max(bands) > first.bands:
        raise BadFile(f"there are {first.bands} bands, and no band {max(bands)}")
    plain = first.dtype == "uint8" and not style.colours
    if draw in OF_HEIGHTS or style.rescale or plain:
        return style
    return replace(style, rescale=_ranges(files, style))


def _ranges(files: list[RasterFile], style: RasterStyle) -> tuple[tuple[float, float], ...]:
    """From the 2nd to the 98th of 100 parts, by samples from all over the files.

    One range for all bands: one for each would turn a green town grey.
    """
    values = np.concatenate([part for band in style.bands for file in files[:_SAMPLES]
                             for part in _sampled(file.path, band, style.nodata)])
    low, high = np.percentile(values, (2, 98)) if values.size else (0.0, 1.0)
    return ((float(low), float(high if high > low else low + 1)),) * len(style.bands)


def _sampled(path: str, band: int, nodata: float | None) -> Iterator[np.ndarray]:
    with open_file(path) as dataset:
        for part in range(_SAMPLES * _SAMPLES):
            down, across = divmod(part, _SAMPLES)
            window = Window(*(max(0, round((step + 0.5) / _SAMPLES * size - _SAMPLE_PX / 2))
                              for step, size in ((across, dataset.width), (down, dataset.height))),
                            _SAMPLE_PX, _SAMPLE_PX)
            block = dataset.read(band, window=window, masked=True)
            values = block.compressed().astype("float64")
            yield values[np.isfinite(values) & (values != nodata)]


def zooms_of(files: Iterable[RasterFile]) -> tuple[int, int]:
    """The zooms of a mosaic: from where a tile meets few enough of its files to its finest."""
    files = list(files)
    zoom = max(file.min_zoom for file in files)
    finest = max(file.max_zoom for file in files)
    while zoom < finest and _most_in_a_tile(files, zoom) > MOST_FILES_A_TILE:
        zoom += 1
    return min(zoom, finest), finest


def _most_in_a_tile(files: list[RasterFile], zoom: int) -> int:
    met: dict[tuple[int, int], int] = {}
    for file in files:
        west, south, east, north = file.bounds
        (left, top), (right, bottom) = _tile_of(west, north, zoom), _tile_of(east, south, zoom)
        if (right - left + 1) * (bottom - top + 1) > 10_000:
            continue  # so deep that other files lie in other tiles
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                met[x, y] = met.get((x, y), 0) + 1
    return max(met.values(), default=0)


def _tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    side = 1 << zoom
    north = math.asinh(math.tan(math.radians(max(-85.0511, min(85.0511, lat))))) / math.pi
    return (min(side - 1, max(0, int((lon + 180) / 360 * side))),
            min(side - 1, max(0, int((1 - north) / 2 * side))))
