"""Vertices that one face has on a common edge and its neighbour lacks are set there too."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.grid import BEND_DEGREES, Half, Vertex, distance, to_grid
from gis.boundaries.rings import (
    halves_of,
    joined,
    polygons_of,
    ring_halves,
    shape_halves,
    shape_of,
    with_vertices,
)
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


def snapped_faces(faces: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """All faces on the grid, at once; the very objects where they were already."""
    shapes = np.empty(len(faces), dtype=object)
    shapes[:] = list(faces.values())
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    off = np.zeros(len(shapes), dtype=bool)
    off[owner[np.any(corners != snap(corners), axis=1)]] = True
    off |= shapely.has_z(shapes)
    shapes[off] = shapely.transform(shapely.force_2d(shapes[off]), snap)
    return dict(zip(faces, shapes.tolist(), strict=True))


def ready_faces(faces: Mapping[str, BaseGeometry]) -> tuple[dict[str, BaseGeometry], int]:
    """Faces on the grid with common vertices, and how many were inserted.

    Only faces whose edges do not match are touched; others keep their very objects.
    """
    ready = snapped_faces(faces)
    shapes = np.array(list(ready.values()), dtype=object)
    if not len(shapes) or not shapely.is_valid(shapes).all() \
            or shapely.coverage_is_valid(shapes, gap_width=BEND_DEGREES):
        return ready, 0
    wrong = shapely.coverage_invalid_edges(shapes, gap_width=BEND_DEGREES)
    keys = [key for key, edge in zip(ready, wrong, strict=True) if not shapely.is_empty(edge)]
    changed, count = closed_up({key: ready[key] for key in keys}, REACH)
    return {**ready, **changed}, count


def closed_up(faces: dict[str, BaseGeometry],
              reach: float) -> tuple[dict[str, BaseGeometry], int]:
    """Faces whose vertices within reach of each other are one, and set on edges within reach.

    Parameters
    ----------
    reach
        In units of 1e-9°.

    Returns
    -------
    faces, count
        All of them, the very objects where nothing was done; and vertices inserted.
    """
    together = _drawn_together(faces, 1.5 * reach)
    changed, count = with_common_vertices(together, reach)
    return {**together, **changed}, count


def _drawn_together(faces: dict[str, BaseGeometry], reach: float) -> dict[str, BaseGeometry]:
    halves = {key: shape_halves(shape) for key, shape in faces.items()}
    known = sorted({half[0] for of in halves.values() for half in of})
    if not known:
        return faces
    places = np.array(known, dtype=np.int64)
    points = shapely.points((places - places[0]).astype(float))
    pairs = shapely.STRtree(points).query(points, predicate="dwithin", distance=reach)
    lowest: dict[Vertex, Vertex] = {}
    for one, other in sorted(pairs.T.tolist()):
        if other > one and known[one] not in lowest:
            lowest.setdefault(known[other], known[one])
    return {key: shape if not any(half[0] in lowest for half in halves[key]) else
            _rebuilt([(lowest.get(a, a), lowest.get(b, b)) for a, b in halves[key]], shape)
            for key, shape in faces.items()}


def _rebuilt(halves: list[Half], shape: BaseGeometry) -> BaseGeometry:
    """The shape that half-edges bound, touching rings sorted out; as it was where none is left."""
    polygons = joined(halves)
    return shape_of(polygons) if polygons else shape


def with_common_vertices(
        faces: Mapping[str, BaseGeometry],
        reach: float = REACH) -> tuple[dict[str, BaseGeometry], int]:
    """Those of some faces that lack a vertex of another on their edges, with it; and how many."""
    polygons = {key: polygons_of(shape) for key, shape in faces.items()}
    halves = {half: key for key, parts in polygons.items() for rings in parts for ring in rings
              for half in ring_halves(ring)}
    inserted = _missing(list(halves), {half[0] for half in halves}, reach)
    changed = {}
    for key, parts in polygons.items():
        if any(halves[half] == key for half in inserted):
            changed[key] = _rebuilt(halves_of(with_vertices(parts, inserted)), faces[key])
    return changed, sum(map(len, inserted.values()))


def _missing(halves: list[Half], vertices: set[Vertex],
             reach: float) -> dict[Half, list[Vertex]]:
    ends = np.array(halves, dtype=np.int64).reshape(-1, 2, 2)
    if not len(ends):
        return {}
    origin = ends[0, 0]
    known = sorted(vertices)
    tree = shapely.STRtree(shapely.linestrings((ends - origin).astype(float)))
    points = shapely.points((np.array(known, dtype=np.int64) - origin).astype(float))
    found: dict[Half, list[tuple[float, Vertex]]] = {}
    for at, segment in zip(*tree.query(points, predicate="dwithin", distance=reach).tolist(),
                           strict=True):
        half, vertex = halves[segment], known[at]
        if vertex not in half:
            off, share = distance(*half, vertex)
            if off <= reach and 0 < share < 1:
                found.setdefault(half, []).append((share, vertex))
    return {half: [vertex for _, vertex in sorted(places)] for half, places in found.items()}


def off_grid(shape: BaseGeometry) -> int:
    """How many vertices of a shape are not on the grid."""
    corners = shapely.get_coordinates(shape)
    return int(np.any(corners != to_grid(corners) / SNAP_PER_DEGREE, axis=1).sum())
