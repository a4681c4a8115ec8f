"""Faces as rings of vertices and as half-edges, and back.

A half-edge is a segment with a direction; its face lies to its left. In a coverage each half-edge
belongs to one face, and its twin, the other direction, to the face on the other side or to none.
Joining faces is leaving out twins; cutting one is adding a line in both directions.
"""

from __future__ import annotations

from collections.abc import Iterable

import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.grid import Half, Ring, Vertex, from_grid, side, twice_area, vertices_of

Polygons = list[list[Ring]]


def polygons_of(shape: BaseGeometry) -> Polygons:
    """Open rings of each part, shell first, the face always to the left."""
    found: Polygons = []
    for part in shapely.get_parts(shape):
        rings = []
        for at, line in enumerate((part.exterior, *part.interiors)):
            ring = vertices_of(shapely.get_coordinates(line))[:-1]
            if (twice_area(ring) > 0) == (at > 0):
                ring.reverse()
            rings.append(ring)
        found.append(rings)
    return found


def ring_halves(ring: Ring) -> Iterable[Half]:
    """The half-edges of an open ring."""
    return zip(ring, ring[1:] + ring[:1], strict=True)


def halves_of(polygons: Polygons) -> list[Half]:
    """All half-edges of a face."""
    return [half for rings in polygons for ring in rings for half in ring_halves(ring)]


def shape_halves(shape: BaseGeometry | None) -> list[Half]:
    """All half-edges of a shape; none of None."""
    return [] if shape is None else halves_of(polygons_of(shape))


def without_twins(halves: Iterable[Half]) -> list[Half]:
    """Half-edges of which the twin is not among them, in order: what bounds them together."""
    all_halves = dict.fromkeys(half for half in halves if half[0] != half[1])
    return [half for half in all_halves if (half[1], half[0]) not in all_halves]


def with_vertices(polygons: Polygons, inserted: dict[Half, list[Vertex]]) -> Polygons:
    """Rings with vertices inserted on half-edges, in the half-edge's direction."""
    found: Polygons = []
    for rings in polygons:
        longer = []
        for ring in rings:
            out: Ring = []
            for half in ring_halves(ring):
                out.append(half[0])
                out.extend(inserted.get(half, ()))
            longer.append(out)
        found.append(longer)
    return found


def shape_of(polygons: Polygons) -> BaseGeometry:
    """A polygon or multipolygon in degrees, in a canonical form.

    Rings start in their lowest vertex, holes and parts are in the order of theirs.
    """
    parts = []
    for rings in polygons:
        turned = [ring[(low := ring.index(min(ring))):] + ring[:low] for ring in rings]
        parts.append([turned[0], *sorted(turned[1:])])
    shapes = [shapely.Polygon(from_grid(shell), [from_grid(hole) for hole in holes])
              for shell, *holes in sorted(parts)]
    return shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)


def joined(halves: Iterable[Half]) -> Polygons:
    """The parts of what some half-edges bound: twins left out, rings traced and sorted out.

    Rings that touch themselves come out as shells and holes, as OGC wants them.
    """
    return cells(without_twins(halves))


def cells(halves: Iterable[Half]) -> Polygons:
    """As `joined`, but twins stay: what lines in both directions part stays parted."""
    shells: list[tuple[int, Ring]] = []
    holes: list[tuple[int, Ring]] = []
    for loop in _loops(halves):
        for ring in _simple(loop):
            area = twice_area(ring)
            if area > 0:
                shells.append((area, ring))
            elif area < 0:
                holes.append((-area, ring))
    return _sorted_out(shells, holes)


def _loops(halves: Iterable[Half]) -> Iterable[Ring]:
    onward: dict[Vertex, list[Vertex]] = {}
    left = dict.fromkeys(halves)
    for start, end in left:
        onward.setdefault(start, []).append(end)
    while left:
        first = next(iter(left))
        half, loop = first, []
        while half in left:
            del left[half]
            loop.append(half[0])
            ends = onward.get(half[1], [])
            if not ends:
                break
            end = ends[0] if len(ends) == 1 else _first_clockwise(half, ends)
            half = (half[1], end)
        yield loop


def _first_clockwise(half: Half, ends: list[Vertex]) -> Vertex:
    """Of the ways on, the one that keeps to the same piece of the face's inside."""
    back, here = half
    best = ends[0]
    for end in ends[1:]:
        if _comes_before(here, back, end, best):
            best = end
    return best


def _turn(here: Vertex, back: Vertex, end: Vertex) -> int:
    """Quarter in which a way lies, clockwise from the way back: 0 near side, 1 straight on, …"""
    across = side(here, back, end)
    if across:
        return 0 if across < 0 else 2
    ahead = ((back[0] - here[0]) * (end[0] - here[0]) + (back[1] - here[1]) * (end[1] - here[1]))
    return 1 if ahead < 0 else 3


def _comes_before(here: Vertex, back: Vertex, one: Vertex, other: Vertex) -> bool:
    first, second = _turn(here, back, one), _turn(here, back, other)
    if first != second:
        return first < second
    return side(here, one, other) < 0


def _simple(loop: Ring) -> Iterable[Ring]:
    """A loop that meets itself in vertices, as rings that do not."""
    path: Ring = []
    place: dict[Vertex, int] = {}
    for vertex in loop:
        if vertex in place:
            start = place[vertex]
            ring = path[start:]
            for gone in ring:
                del place[gone]
            del path[start:]
            if len(ring) > 2:
                yield ring
        place[vertex] = len(path)
        path.append(vertex)
    if len(path) > 2:
        yield path


def _sorted_out(shells: list[tuple[int, Ring]], holes: list[tuple[int, Ring]]) -> Polygons:
    """Each hole in the smallest shell around it."""
    found: Polygons = [[ring] for _, ring in shells]
    if not holes:
        return found
    if len(shells) == 1:
        found[0].extend(ring for _, ring in holes)
        return found
    outer = [shapely.Polygon(from_grid(ring)) for _, ring in shells]
    for area, hole in holes:
        inner = shapely.Polygon(from_grid(hole))
        around = [at for at, (size, _) in enumerate(shells)
                  if size > area and outer[at].covers(inner)]
        if around:
            found[min(around, key=lambda at: shells[at][0])].append(hole)
    return found
