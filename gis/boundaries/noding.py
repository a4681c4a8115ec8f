"""Vertices that one face has on a common edge and its neighbour lacks are set there too."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.grid import BEND_DEGREES, Half, Vertex, distance, to_grid
from gis.boundaries.rings import polygons_of, ring_halves, shape_of, with_vertices
from gis.crs import SNAP_PER_DEGREE, snap

# A vertex this near to an edge is on it, in units of 1e-9°.
REACH = 1.0


def snapped(shape: BaseGeometry) -> BaseGeometry:
    """A shape with its vertices on the grid; the same object where they were already."""
    corners = shapely.get_coordinates(shape)
    on_grid = snap(corners)
    if not shape.has_z and np.array_equal(corners, on_grid):
        return shape
    return shapely.transform(shapely.force_2d(shape), snap)


def ready_faces(faces: Mapping[str, BaseGeometry]) -> tuple[dict[str, BaseGeometry], int]:
    """Faces on the grid with common vertices, and how many were inserted.

    Only faces whose edges do not match are touched; others keep their very objects.
    """
    ready = {key: snapped(shape) for key, shape in faces.items()}
    shapes = np.array(list(ready.values()), dtype=object)
    if not len(shapes) or not shapely.is_valid(shapes).all() \
            or shapely.coverage_is_valid(shapes, gap_width=BEND_DEGREES):
        return ready, 0
    wrong = shapely.coverage_invalid_edges(shapes, gap_width=BEND_DEGREES)
    keys = [key for key, edge in zip(ready, wrong, strict=True) if not shapely.is_empty(edge)]
    changed, count = with_common_vertices({key: ready[key] for key in keys})
    return {**ready, **changed}, count


def with_common_vertices(
        faces: Mapping[str, BaseGeometry]) -> tuple[dict[str, BaseGeometry], int]:
    """Those of some faces that lack a vertex of another on their edges, with it; and how many."""
    polygons = {key: polygons_of(shape) for key, shape in faces.items()}
    halves = {half: key for key, parts in polygons.items() for rings in parts for ring in rings
              for half in ring_halves(ring)}
    inserted = _missing(list(halves), {half[0] for half in halves})
    changed = {}
    for key, parts in polygons.items():
        if any(halves[half] == key for half in inserted):
            changed[key] = shape_of(with_vertices(parts, inserted))
    return changed, sum(map(len, inserted.values()))


def _missing(halves: list[Half], vertices: set[Vertex]) -> dict[Half, list[Vertex]]:
    ends = np.array(halves, dtype=np.int64).reshape(-1, 2, 2)
    if not len(ends):
        return {}
    origin = ends[0, 0]
    known = sorted(vertices)
    tree = shapely.STRtree(shapely.linestrings((ends - origin).astype(float)))
    points = shapely.points((np.array(known, dtype=np.int64) - origin).astype(float))
    found: dict[Half, list[tuple[float, Vertex]]] = {}
    for at, segment in zip(*tree.query(points, predicate="dwithin", distance=REACH).tolist(),
                           strict=True):
        half, vertex = halves[segment], known[at]
        if vertex not in half:
            off, share = distance(*half, vertex)
            if off <= REACH and 0 < share < 1:
                found.setdefault(half, []).append((share, vertex))
    return {half: [vertex for _, vertex in sorted(places)] for half, places in found.items()}


def off_grid(shape: BaseGeometry) -> int:
    """How many vertices of a shape are not on the grid."""
    corners = shapely.get_coordinates(shape)
    return int(np.any(corners != to_grid(corners) / SNAP_PER_DEGREE, axis=1).sum())
