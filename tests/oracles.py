"""Slow and plain answers to compare the fast ones with."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.coverage_index import How, Located
from gis.crs import metres_per_degree


def plain_shapely(geometries: NDArray[np.object_], codes: NDArray[np.str_],
                  lon: NDArray[np.float64], lat: NDArray[np.float64],
                  nearest_m: float) -> Located:
    """The rules of assignment by shapely's predicates, one point after the other.

    Parameters
    ----------
    geometries, codes
        Valid polygons or multipolygons in degrees of EPSG:4490, and their codes.
    lon, lat : (n,) float64
        Degrees.
    nearest_m
        Reach for points outside all, in the local metre plane at the point.
    """
    index = np.full(len(lon), -1, dtype=np.int32)
    how = np.full(len(lon), How.OUTSIDE, dtype=np.uint8)
    distance_m = np.full(len(lon), np.nan)
    for place, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
        if np.isfinite(x) and np.isfinite(y):
            index[place], how[place], distance_m[place] = _one(geometries, codes, x, y, nearest_m)
    return Located(index, how, distance_m)


def _one(geometries: NDArray[np.object_], codes: NDArray[np.str_], x: float, y: float,
         nearest_m: float) -> tuple[int, How, float]:
    point = shapely.Point(x, y)
    touched = np.flatnonzero(shapely.touches(geometries, point))
    if touched.size:
        return _lowest(touched, codes), How.BORDER, 0.0
    within = np.flatnonzero(shapely.intersects(geometries, point))
    if within.size:
        return _lowest(within, codes), How.INSIDE, 0.0
    if nearest_m <= 0 or not len(geometries):
        return -1, How.OUTSIDE, float("nan")
    plane = np.array(metres_per_degree(y))
    moved = shapely.transform(geometries, lambda corners: (corners - [x, y]) * plane)
    distances = np.round(shapely.distance(moved, shapely.Point(0, 0)), 3)
    distances[np.isnan(distances)] = np.inf
    least = distances.min()
    if least > nearest_m:
        return -1, How.OUTSIDE, float("nan")
    return _lowest(np.flatnonzero(distances == least), codes), How.NEAREST, float(least)


def _lowest(places: NDArray[np.intp], codes: NDArray[np.str_]) -> int:
    return int(min(places, key=lambda place: str(codes[place]).encode()))
