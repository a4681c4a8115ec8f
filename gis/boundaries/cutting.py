"""Cutting a face: in two by a line, or a block out of it for another face."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import shapely

from gis.boundaries import finding, streets
from gis.boundaries.grid import Half, Vertex, from_grid, twice_area, vertices_of
from gis.boundaries.ground import Ground
from gis.boundaries.linework import Linework
from gis.boundaries.moving import face_of
from gis.boundaries.operations import MoveBlock, Split
from gis.boundaries.proposal import Proposal
from gis.boundaries.refusals import Refusal, RefusalKind, Refused
from gis.boundaries.rings import Polygons, cells, halves_of, polygons_of, shape_of, with_vertices

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage


def split(coverage: Coverage, operation: Split, ground: Ground) -> Proposal:
    """Cut a face in two; the larger part keeps the key."""
    code, new_key = operation.code, operation.new_key
    finding.require_keys(coverage, [code])
    finding.require_new(coverage, new_key)
    drawn = list(operation.line)
    if operation.along_street:
        drawn = streets.follow(ground, shapely.LineString(drawn), operation.radius_m)
    line = shapely.LineString(drawn)
    if not line.is_simple:
        raise _refused(code, line, "line_crosses_itself")
    work = Linework(coverage.halves(code), vertices_of(drawn))
    pieces = work.pieces()
    if not pieces:
        ends_inside = coverage.face(code).intersects(line)
        raise _refused(code, line, "line_ends_inside" if ends_inside else "line_misses")
    whole, cut = _cut(work, pieces)
    if len(cut) != 2:
        raise Refused(Refusal(RefusalKind.DISCONNECTED, shape_of(cut[2:] or cut), (code,),
                              float(len(cut)), 2.0, "parts", "line_cuts_more"))
    after = _neighbours_noded(coverage, code, work.inserted)
    after[code] = shape_of([*whole, cut[0]])
    after[new_key] = shape_of(cut[1:])
    parent = coverage.parents.get(code)
    return Proposal(after, {code, new_key}, {new_key: (code,)},
                    {new_key: parent} if parent is not None else {})


def move_block(coverage: Coverage, operation: MoveBlock, ground: Ground) -> Proposal:
    """Give what lies in a block to another face."""
    giver, taker = operation.giver, operation.taker
    finding.require_keys(coverage, [giver, taker])
    if giver == taker or not operation.block.is_valid or operation.block.is_empty:
        raise _refused(giver, operation.block, "block_is_invalid")
    work, pieces = None, []
    for ring in _rings(operation.block):
        halves = work.halves() if work else coverage.halves(giver)
        work = _Several(halves, ring, work)
        pieces += work.pieces()
    whole, cut = _cut(work, pieces)
    inside = [cell for cell in (*whole, *cut) if _in_block(cell, operation.block)]
    stay = [cell for cell in (*whole, *cut) if cell not in inside]
    if not inside:
        raise _refused(giver, operation.block, "block_misses")
    if not stay:
        raise _refused(giver, operation.block, "block_takes_all")
    after = _neighbours_noded(coverage, giver, work.inserted)
    taking = after.get(taker, coverage.face(taker))
    after[giver] = face_of(giver, halves_of(stay), coverage)
    after[taker] = face_of(taker, halves_of([*polygons_of(taking), *inside]), coverage)
    return Proposal(after, {giver, taker}, {taker: (taker,), giver: (giver,)})


class _Several(Linework):
    """Linework over a face into which earlier rings were laid already."""

    def __init__(self, halves: list[Half], ring: list[Vertex], earlier: Linework | None) -> None:
        self._earlier = earlier
        super().__init__(halves, ring)

    @property
    def inserted(self) -> dict[Half, list[Vertex]]:
        """Vertices on the face's first half-edges, those of earlier rings included."""
        mine = super().inserted
        if self._earlier is None:
            return mine
        found = {}
        for half, before in self._earlier.inserted.items():
            path = [half[0], *before, half[1]]
            longer = [half[0]]
            for part in itertools.pairwise(path):
                longer += [*mine.pop(part, ()), part[1]]
            found[half] = longer[1:-1]
        return {**found, **mine}


def _rings(block: shapely.Geometry) -> list[list[Vertex]]:
    return [vertices_of(shapely.get_coordinates(ring)) for part in shapely.get_parts(block)
            for ring in (part.exterior, *part.interiors)]


def _cut(work: Linework, pieces: list[Half]) -> tuple[Polygons, Polygons]:
    """Parts that a line does not touch, and those it parts, the largest first."""
    lines = {*pieces, *((b, a) for a, b in pieces)}
    whole: Polygons = []
    cut: Polygons = []
    for part in cells([*work.halves(), *lines]):
        touched = any(half in lines for half in halves_of([part]))
        (cut if touched else whole).append(part)
    cut.sort(key=lambda part: (-sum(map(twice_area, part)), min(part[0])))
    return whole, cut


def _in_block(cell: list[list[Vertex]], block: shapely.Geometry) -> bool:
    shell, *holes = (from_grid(ring) for ring in cell)
    return block.contains(shapely.point_on_surface(shapely.Polygon(shell, holes)))


def _neighbours_noded(coverage: Coverage, code: str,
                      inserted: dict[Half, list[Vertex]]) -> dict[str, shapely.Geometry | None]:
    """The neighbours on whose edges vertices were set."""
    after: dict[str, shapely.Geometry | None] = {}
    if not inserted:
        return after
    for key in coverage.near(coverage.face(code).bounds):
        if key != code and any(half in inserted for half in coverage.halves(key)):
            after[key] = shape_of(with_vertices(polygons_of(coverage.face(key)), inserted))
    return after


def _refused(key: str, place: shapely.Geometry, detail: str) -> Refused:
    return Refused(Refusal(RefusalKind.INVALID, place, (key,), detail=detail))
