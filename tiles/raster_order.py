"""What of a raster is to be drawn: told by the server to the processes that draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

RADIUS_M = 6378137
_HALF_M = math.pi * RADIUS_M
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Order:
    """What is to be drawn, as one process tells another.

    Attributes
    ----------
    paths
        Files, the topmost first; no more than a tile may meet.
    style
        As JSON.
    box
        West, south, east, north in metres of Web Mercator.
    width, height
        Of the picture, in pixels.
    """

    paths: list[str]
    style: dict[str, Any]
    box: Box
    width: int
    height: int


def tile_box(z: int, x: int, y: int) -> Box:
    """A tile's west, south, east and north in metres of Web Mercator.

    >>> tile_box(1, 0, 0)[:2]
    (-20037508.342789244, 0.0)
    """
    side = 2 * _HALF_M / (1 << z)
    west, north = x * side - _HALF_M, _HALF_M - y * side
    return west, north - side, west + side, north


def degrees_of(box: Box) -> Box:
    """A box of Web Mercator in degrees."""
    west, south, east, north = box
    return (math.degrees(west / RADIUS_M), _latitude(south),
            math.degrees(east / RADIUS_M), _latitude(north))


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(y / RADIUS_M)))
