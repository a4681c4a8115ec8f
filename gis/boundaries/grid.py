"""Coordinates as whole numbers of 1e-9°, and exact answers about them.

Every vertex of a coverage stands on this grid, so that two faces share a vertex exactly or not at
all, and which side of a line a vertex is on is decided in whole numbers, without rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from gis.crs import SNAP_PER_DEGREE, metres_per_degree

Vertex = tuple[int, int]
Half = tuple[Vertex, Vertex]
Ring = list[Vertex]
# How far along an edge a vertex that is set on it may slide (units of the grid, 1 cm at most) to
# where the edge passes nearest to a point of the grid.
_SLIDE = 40
# An edge on which vertices were set may bend by so much (1.5 steps of the grid).
BEND_DEGREES = 1.5e-9


def to_grid(coordinates: ArrayLike) -> NDArray[np.int64]:
    """Degrees to whole numbers of 1e-9°."""
    return np.rint(np.asarray(coordinates, dtype=np.float64) * SNAP_PER_DEGREE).astype(np.int64)


def from_grid(vertices: ArrayLike) -> NDArray[np.float64]:
    """Whole numbers to degrees, the very doubles that `gis.crs.snap` gives."""
    return np.asarray(vertices, dtype=np.int64) / SNAP_PER_DEGREE


def vertices_of(coordinates: ArrayLike) -> list[Vertex]:
    """Degrees to a list of vertices, repeated neighbours left out."""
    found: list[Vertex] = []
    for x, y in to_grid(coordinates).reshape(-1, 2).tolist():
        if not found or found[-1] != (x, y):
            found.append((x, y))
    return found


def point(vertex: Vertex) -> shapely.Point:
    """A vertex as a point in degrees."""
    return shapely.Point(from_grid(vertex))


def lines(halves: Iterable[Half]) -> BaseGeometry:
    """Segments as one (multi)line in degrees, joined where they meet in twos."""
    ends = np.array(list(halves), dtype=np.int64).reshape(-1, 2, 2)
    if not len(ends):
        return shapely.LineString()
    return shapely.line_merge(shapely.multilinestrings(shapely.linestrings(from_grid(ends))))


def side(a: Vertex, b: Vertex, c: Vertex) -> int:
    """Twice the signed area of a, b, c: more than 0 where c is left of a → b. Exact."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def twice_area(ring: Sequence[Vertex]) -> int:
    """Twice the signed area of an open ring, more than 0 where it runs counterclockwise. Exact."""
    x0, y0 = ring[0]
    total = 0
    px, py = ring[-1][0] - x0, ring[-1][1] - y0
    for vertex in ring:
        qx, qy = vertex[0] - x0, vertex[1] - y0
        total += px * qy - qx * py
        px, py = qx, qy
    return total


def crossing(a: Vertex, b: Vertex, p: Vertex, q: Vertex) -> bool:
    """Whether two segments cross in a point that is inside of both. Exact."""
    first, second = side(a, b, p), side(a, b, q)
    if (first > 0) == (second > 0) or first == 0 or second == 0:
        return False
    third, fourth = side(p, q, a), side(p, q, b)
    return third != 0 and fourth != 0 and (third > 0) != (fourth > 0)


def distance(a: Vertex, b: Vertex, c: Vertex) -> tuple[float, float]:
    """How far c is from the segment a–b in units, and where along it its foot is (0 to 1)."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    squared = dx * dx + dy * dy
    if not squared:
        return math.hypot(c[0] - a[0], c[1] - a[1]), 0.0
    share = ((c[0] - a[0]) * dx + (c[1] - a[1]) * dy) / squared
    if share <= 0 or share >= 1:
        end = a if share <= 0 else b
        return math.hypot(c[0] - end[0], c[1] - end[1]), min(max(share, 0.0), 1.0)
    return abs(side(a, b, c)) / math.sqrt(squared), share


def vertex_on(a: Vertex, b: Vertex, share: float) -> Vertex:
    """A vertex of the grid on a–b near a share of its length, where the two are closest.

    A vertex set on a slanting edge bends it by up to 0.7e-9°. Sliding it by some millimetres along
    the edge finds a point of the grid that is nearer by an order of magnitude, so that outlines
    stay where they are though vertices are set on them again and again.
    """
    if (b[0], b[1]) < (a[0], a[1]):
        a, b, share = b, a, 1.0 - share
    dx, dy = b[0] - a[0], b[1] - a[1]
    steep = abs(dy) > abs(dx)
    run = abs(dy) if steep else abs(dx)
    sign = 1 if (dy if steep else dx) >= 0 else -1
    rise = dx if steep else dy
    middle = min(max(round(share * run), 1), max(run - 1, 1))
    best: tuple[int, int, Vertex] | None = None
    for step in range(max(middle - _SLIDE, 1), min(middle + _SLIDE, run - 1) + 1):
        across = _divide_to_nearest(rise * step, run)
        off = abs(rise * step - across * run)
        along = sign * step
        vertex = ((a[0] + across, a[1] + along) if steep else (a[0] + along, a[1] + across))
        if best is None or (off, abs(step - middle)) < best[:2]:
            best = (off, abs(step - middle), vertex)
    return best[2] if best else a


def _divide_to_nearest(number: int, by: int) -> int:
    return (2 * number + by) // (2 * by)


def square_metres(shape: BaseGeometry) -> float:
    """Area in the plane at the shape's middle latitude."""
    if shape.is_empty:
        return 0.0
    _, south, _, north = shape.bounds
    kx, ky = metres_per_degree((south + north) / 2)
    return float(shape.area * kx * ky)


def in_metres(shape: BaseGeometry, lat: float) -> BaseGeometry:
    """A shape in the local plane at a latitude."""
    kx, ky = metres_per_degree(lat)
    return shapely.transform(shape, lambda xy: xy * (float(kx), float(ky)))


def in_degrees(shape: BaseGeometry, lat: float) -> BaseGeometry:
    """The way back of `in_metres`."""
    kx, ky = metres_per_degree(lat)
    return shapely.transform(shape, lambda xy: xy / (float(kx), float(ky)))


def real_ground(shape: BaseGeometry) -> BaseGeometry:
    """A multipolygon of the parts that are more than edges bent by rounding."""
    parts = [part for part in shapely.get_parts(shape)
             if part.geom_type == "Polygon" and part.area > BEND_DEGREES * part.length / 2]
    return shapely.MultiPolygon(parts)
