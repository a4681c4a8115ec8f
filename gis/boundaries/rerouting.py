"""Leading an edge along another line, such as a street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from gis.boundaries import finding, streets
from gis.boundaries.grid import (
    Half,
    Ring,
    Vertex,
    distance,
    from_grid,
    point,
    vertex_on,
    vertices_of,
)
from gis.boundaries.ground import Ground
from gis.boundaries.moving import substituted
from gis.boundaries.operations import MATCH_DEGREES, Point, Reroute
from gis.boundaries.proposal import Proposal
from gis.boundaries.refusals import Refusal, RefusalKind, Refused

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage

# A street that leaves the two faces is left a little (1 m) before their outline.
_MARGIN_DEGREES = 1e-5


def reroute(coverage: Coverage, operation: Reroute, ground: Ground) -> Proposal:
    """Between two points of one edge, another way."""
    start, at_start = _place(coverage, operation.start)
    end, at_end = _place(coverage, operation.end)
    if start == end:
        raise Refused(Refusal(RefusalKind.INVALID, point(start), detail="ends_are_one"))
    inserted = _inserted(coverage, {start: at_start, end: at_end})
    chain, beside = _chain(coverage, inserted, start, end)
    along = list(operation.along) or _along_streets(coverage, chain, beside, ground,
                                                    operation.radius_m)
    way = _turned(vertices_of(along), start)
    return substituted(coverage, chain, [start, *way, end], inserted)


def _along_streets(coverage: Coverage, chain: Ring, beside: list[str], ground: Ground,
                   radius_m: float) -> list[Point]:
    """The way along streets, as far as it lies well inside the two faces."""
    old = shapely.LineString(from_grid(chain))
    way = shapely.LineString(streets.follow(ground, old, radius_m)[1:-1])
    inside = shapely.union_all([coverage.face(key) for key in beside]).buffer(-_MARGIN_DEGREES)
    parts = [part for part in shapely.get_parts(shapely.intersection(way, inside))
             if part.geom_type == "LineString" and not part.is_empty]
    if not parts:
        raise Refused(Refusal(RefusalKind.NOT_FOUND, old, tuple(beside), limit=radius_m, unit="m",
                              detail="street"))
    longest = max(parts, key=shapely.length)
    return [tuple(pair) for pair in shapely.get_coordinates(longest).tolist()]


def _place(coverage: Coverage, given: Point) -> tuple[Vertex, Half | None]:
    """The vertex meant, and the half-edge on which it is to be set where there is none yet."""
    half, share = finding.find_edge(coverage, given)
    wanted = finding.vertex_of(given)
    for end in half:
        if max(abs(end[0] - wanted[0]), abs(end[1] - wanted[1])) <= MATCH_DEGREES * 1e9:
            return end, None
    vertex = vertex_on(*half, share)
    return vertex, None if vertex in half else half


def _inserted(coverage: Coverage,
              places: dict[Vertex, Half | None]) -> dict[str, list[Half]]:
    """Half-edges of all faces on whose edges the two vertices are set."""
    found: dict[str, list[Half]] = {}
    for vertex, half in places.items():
        if half is None:
            continue
        for key in finding.holders(coverage, half):
            halves = found.get(key) or coverage.halves(key)
            longer = _with(halves, half, vertex)
            if len(longer) > len(halves):
                found[key] = longer
    return found


def _with(halves: list[Half], half: Half, vertex: Vertex) -> list[Half]:
    """Half-edges with a vertex set on one of them, or on what an earlier vertex left of it."""
    longer: list[Half] = []
    a, b = half
    for one in halves:
        if set(one) == {a, b} or (_on(one, a, b) and _between(one, vertex)):
            longer += [(one[0], vertex), (vertex, one[1])]
        else:
            longer.append(one)
    return longer


def _on(one: Half, a: Vertex, b: Vertex) -> bool:
    """Whether a half-edge is what is left of a–b beside a vertex set on it just now."""
    return (one[0] in (a, b)) != (one[1] in (a, b)) and all(
        min(a[0], b[0]) <= x <= max(a[0], b[0]) and min(a[1], b[1]) <= y <= max(a[1], b[1])
        for x, y in one) and _near_line(one, a, b)


def _near_line(one: Half, a: Vertex, b: Vertex) -> bool:
    return all(distance(a, b, vertex)[0] <= 1.0 for vertex in one)


def _between(one: Half, vertex: Vertex) -> bool:
    off, share = distance(*one, vertex)
    return off <= 1.0 and 0 < share < 1


def _chain(coverage: Coverage, inserted: dict[str, list[Half]], start: Vertex,
           end: Vertex) -> tuple[Ring, list[str]]:
    """The vertices of the shorter way from start to end along one edge, and the faces beside."""
    keys = sorted({*finding.holders(coverage, (start, end)), *inserted})
    halves = {key: inserted.get(key) or coverage.halves(key) for key in keys}
    owners = {half: key for key, of in halves.items() for half in of}
    ways = []
    for key in keys:
        ways += [way for way in (_walk(halves[key], owners, start, end),
                                 _walk(halves[key], owners, end, start)) if way]
    if not ways:
        raise Refused(Refusal(RefusalKind.NOT_FOUND,
                              shapely.LineString(from_grid([start, end])), tuple(keys),
                              detail="not_one_edge"))
    way = min(ways, key=lambda one: shapely.LineString(from_grid(one)).length)
    first = (way[0], way[1]), (way[1], way[0])
    sides = [owners[half] for half in first if half in owners]
    return (way if way[0] == start else way[::-1]), sides


def _walk(halves: list[Half], owners: dict[Half, str], start: Vertex,
          end: Vertex) -> Ring | None:
    """Along a face's edge from start as long as the face beyond is the same, if it leads to end."""
    onward = dict(halves)
    way, beyond = [start], object()
    while way[-1] in onward:
        step = onward[way[-1]]
        other = owners.get((step, way[-1]))
        if len(way) > 1 and other != beyond:
            return None
        beyond = other
        way.append(step)
        if step == end:
            return way
        if step == start:
            return None
    return None


def _turned(way: Ring, start: Vertex) -> Ring:
    first, last = way[0], way[-1]
    far = [(one[0] - start[0]) ** 2 + (one[1] - start[1]) ** 2 for one in (first, last)]
    return way if far[0] <= far[1] else way[::-1]
