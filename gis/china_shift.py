"""The public formulas of GCJ-02 and BD-09, forward, without the rectangle they are used in.

As published with eviltransform, constants included. Arrays of degrees in and out; `gis.crs` asks
the rectangle and inverts them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Degrees = NDArray[np.float64]
Pair = tuple[Degrees, Degrees]

# The public formula's own constants: its eccentricity is Krasovsky's, on the radius of WGS 84.
RADIUS_M = 6378137.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD_ANGLE = math.pi * 3000 / 180


def shift_gcj(lon: Degrees, lat: Degrees) -> Pair:
    """CGCS2000 to GCJ-02. (120.2, 30.3) becomes (120.2045663, 30.2975927)."""
    x, y = lon - 105.0, lat - 35.0
    common = 20 * np.sin(6 * math.pi * x) + 20 * np.sin(2 * math.pi * x)
    root = np.sqrt(np.abs(x))
    north_m = (
        (common + 20 * np.sin(math.pi * y) + 40 * np.sin(math.pi * y / 3)
         + 160 * np.sin(math.pi * y / 12) + 320 * np.sin(math.pi * y / 30)) * 2 / 3
        - 100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    )
    east_m = (
        (common + 20 * np.sin(math.pi * x) + 40 * np.sin(math.pi * x / 3)
         + 150 * np.sin(math.pi * x / 12) + 300 * np.sin(math.pi * x / 30)) * 2 / 3
        + 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    )
    phi = np.radians(lat)
    squared = 1 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian = RADIUS_M * (1 - ECCENTRICITY_SQUARED) / (squared * np.sqrt(squared))
    parallel = RADIUS_M / np.sqrt(squared) * np.cos(phi)
    return lon + np.degrees(east_m / parallel), lat + np.degrees(north_m / meridian)


def shift_bd(lon: Degrees, lat: Degrees) -> Pair:
    """CGCS2000 to BD-09: a turn and a stretch of GCJ-02."""
    x, y = shift_gcj(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_ANGLE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_ANGLE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
