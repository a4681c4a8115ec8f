"""Which tiles an archive asks for: those over which rows lie, and no others."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pmtiles.tile import zxy_to_tileid

from gis.errors import InvalidInput

# What of a neighbour a tile shows beyond its edge, as a share of its side: 64 of 4096 units.
MARGIN = 64 / 4096
MOST_TILES = 3_000_000

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Tile:
    """One tile to be asked for, with its number in the archive (along Hilbert's curve)."""

    id: int
    z: int
    x: int
    y: int


def tile_of(lon: float, lat: float, z: int) -> tuple[float, float]:
    """Where a place lies in the square of a zoom, in tiles from its north-west corner."""
    side = 1 << z
    north = math.asinh(math.tan(math.radians(max(-85.05, min(85.05, lat))))) / math.pi
    return (lon + 180) / 360 * side, (1 - north) / 2 * side


def corner_of(x: float, y: float, z: int) -> tuple[float, float]:
    """Longitude and latitude of a place in the square of a zoom.

    >>> corner_of(1, 1, 1)
    (0.0, 0.0)
    """
    side = 1 << z
    return x / side * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / side))))


def range_of(bounds: Bounds, z: int) -> tuple[int, int, int, int]:
    """First and last x and y (west, north, east, south) of the tiles under bounds in degrees."""
    west, south, east, north = bounds
    (first_x, first_y), (last_x, last_y) = tile_of(west, north, z), tile_of(east, south, z)
    side = (1 << z) - 1
    return (max(0, int(first_x)), max(0, int(first_y)),
            min(side, int(last_x)), min(side, int(last_y)))


def plan(ranges: Iterable[tuple[int, int, int, int]], finest: int, min_zoom: int, max_zoom: int,
         bounds: Bounds | None = None) -> list[Tile]:
    """The tiles of all zooms that rows meet, by their numbers.

    Parameters
    ----------
    ranges
        First x, first y, last x, last y of the tiles of the zoom `finest` over which rows lie.
    bounds
        Only tiles that meet these degrees (west, south, east, north).

    Raises
    ------
    InvalidInput
        When they are more than anybody means.
    """
    rows = np.unique(np.array(list(ranges), dtype=np.int64).reshape(-1, 4), axis=0)
    found: list[Tile] = []
    for z in range(min_zoom, max_zoom + 1):
        side, scale = 1 << z, 2.0 ** (z - finest)
        first = np.floor(rows[:, :2] * scale - MARGIN).astype(np.int64)
        last = np.ceil((rows[:, 2:] + 1) * scale + MARGIN).astype(np.int64) - 1
        low, high = np.zeros(2, np.int64), np.full(2, side - 1)
        if bounds:
            west, north, east, south = range_of(bounds, z)
            low, high = np.array([west, north]), np.array([east, south])
        boxes = np.unique(np.hstack([np.maximum(first, low), np.minimum(last, high)]), axis=0)
        boxes = boxes[(boxes[:, 0] <= boxes[:, 2]) & (boxes[:, 1] <= boxes[:, 3])]
        # Boxes may lie over each other: more than so many are not even counted out.
        if len(found) + np.prod(boxes[:, 2:] - boxes[:, :2] + 1, axis=1).sum() > MOST_TILES:
            raise InvalidInput(f"more than {MOST_TILES:,} tiles: narrow --bbox, or a smaller"
                               " --max-zoom", field="max_zoom")
        places = {(x, y) for west, north, east, south in boxes.tolist()
                  for x in range(west, east + 1) for y in range(north, south + 1)}
        found += sorted((Tile(zxy_to_tileid(z, x, y), z, x, y) for x, y in places),
                        key=lambda tile: tile.id)
    return found


def digest(tiles: list[Tile]) -> str:
    """Equal for equal plans."""
    numbers = np.array([tile.id for tile in tiles], dtype=np.uint64)
    return hashlib.blake2b(numbers.tobytes(), digest_size=16).hexdigest()
