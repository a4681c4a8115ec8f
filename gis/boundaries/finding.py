"""From what a client names (a key, a point) to the faces, vertices and edges that are meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.boundaries.grid import Half, Vertex, distance, point, to_grid
from gis.boundaries.operations import MATCH_DEGREES, Point
from gis.boundaries.refusals import Refusal, RefusalKind, Refused
from gis.crs import distance_m

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage

# A place on an edge is meant when it is this near to it (some 2 m).
EDGE_DEGREES = 2e-5
_MATCH_UNITS = round(MATCH_DEGREES * 1e9)


def vertex_of(given: Point) -> Vertex:
    """The vertex of the grid nearest to a point."""
    x, y = to_grid(given).tolist()
    return x, y


def around(place: Vertex, reach: float) -> tuple[float, float, float, float]:
    """The square about a place, in degrees."""
    x, y = place[0] / 1e9, place[1] / 1e9
    return x - reach, y - reach, x + reach, y + reach


def require_keys(coverage: Coverage, keys: Iterable[str]) -> None:
    """`Refused` (not_found) where a key is none of the coverage's."""
    missing = tuple(sorted({key for key in keys if key not in coverage}))
    if missing:
        raise Refused(Refusal(RefusalKind.NOT_FOUND, shapely.Point(), missing, detail="face"))


def require_new(coverage: Coverage, key: str) -> None:
    """`Refused` (invalid) where a key is taken."""
    if key in coverage:
        raise Refused(Refusal(RefusalKind.INVALID, coverage.face(key).centroid, (key,),
                              detail="key_is_taken"))


def find_vertex(coverage: Coverage, given: Point) -> Vertex:
    """The coverage's vertex nearest to a point, within `MATCH_DEGREES`."""
    wanted = vertex_of(given)
    best: tuple[float, Vertex] | None = None
    for key in coverage.near(around(wanted, EDGE_DEGREES)):
        corners = to_grid(shapely.get_coordinates(coverage.face(key)))
        away = np.hypot(*(corners - wanted).T.astype(float))
        at = int(away.argmin())
        if best is None or away[at] < best[0]:
            best = float(away[at]), tuple(corners[at].tolist())
    if best is None or best[0] > _MATCH_UNITS:
        raise _no_vertex(wanted, best[1] if best else None)
    return best[1]


def _no_vertex(wanted: Vertex, nearest: Vertex | None) -> Refused:
    figure = None if nearest is None else _apart_m(wanted, nearest)
    limit = MATCH_DEGREES * 111_000
    return Refused(Refusal(RefusalKind.NOT_FOUND, point(wanted), (), figure, limit, "m", "vertex"))


def _apart_m(one: Vertex, other: Vertex) -> float:
    return float(distance_m(one[0] / 1e9, one[1] / 1e9, other[0] / 1e9, other[1] / 1e9))


def find_edge(coverage: Coverage, given: Point) -> tuple[Half, float]:
    """The half-edge nearest to a point, within `EDGE_DEGREES`, and where along it (0 to 1)."""
    wanted = vertex_of(given)
    best: tuple[float, float, Half] | None = None
    for key in coverage.near(around(wanted, EDGE_DEGREES)):
        for half in coverage.halves(key):
            (ax, ay), (bx, by) = half
            if best is not None and (
                    min(ax, bx) - best[0] > wanted[0] or max(ax, bx) + best[0] < wanted[0]
                    or min(ay, by) - best[0] > wanted[1] or max(ay, by) + best[0] < wanted[1]):
                continue
            away, share = distance(*half, wanted)
            if best is None or away < best[0]:
                best = away, share, half
    if best is None or best[0] > EDGE_DEGREES * 1e9:
        raise Refused(Refusal(RefusalKind.NOT_FOUND, point(wanted), detail="edge",
                              limit=EDGE_DEGREES * 111_000, unit="m"))
    return best[2], best[1]


def holders(coverage: Coverage, vertices: Iterable[Vertex]) -> list[str]:
    """Faces that have at least one of some vertices, in order."""
    wanted = set(vertices)
    near = {key for vertex in wanted for key in coverage.near(around(vertex, 0.0))}
    return sorted(key for key in near
                  if any(half[0] in wanted for half in coverage.halves(key)))
