"""Dragging vertices, and putting one chain of vertices in place of another."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from shapely.geometry.base import BaseGeometry

from gis.boundaries import finding
from gis.boundaries.grid import Half, Ring, Vertex, lines, point
from gis.boundaries.ground import Ground
from gis.boundaries.operations import MoveEdge, MoveVertex
from gis.boundaries.proposal import Proposal
from gis.boundaries.refusals import Refusal, RefusalKind, Refused
from gis.boundaries.rings import joined, shape_of, without_twins

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage


def move_vertex(coverage: Coverage, operation: MoveVertex, ground: Ground) -> Proposal:
    """All faces that meet in a vertex take it along."""
    return moved(coverage, {
        finding.find_vertex(coverage, operation.at): finding.vertex_of(operation.to)})


def move_edge(coverage: Coverage, operation: MoveEdge, ground: Ground) -> Proposal:
    """Of equal length: vertex by vertex; otherwise one chain in place of another."""
    chain = [finding.find_vertex(coverage, given) for given in operation.edge]
    wanted = [finding.vertex_of(given) for given in operation.to]
    if len(chain) == len(wanted):
        _require_chain(coverage, chain)
        return moved(coverage, dict(zip(chain, wanted, strict=True)))
    ends = ((chain[0], operation.to[0]), (chain[-1], operation.to[-1]))
    for kept, given in ends:
        if finding.find_vertex(coverage, given) != kept:
            raise Refused(Refusal(RefusalKind.INVALID, point(kept), detail="ends_must_stay"))
    return substituted(coverage, chain, [chain[0], *wanted[1:-1], chain[-1]])


def moved(coverage: Coverage, moves: dict[Vertex, Vertex]) -> Proposal:
    """Vertices set elsewhere, in all faces that have them."""
    moves = {old: new for old, new in moves.items() if old != new}
    if not moves:
        return Proposal({}, set())
    after = {}
    for key in finding.holders(coverage, moves):
        halves = [(moves.get(a, a), moves.get(b, b)) for a, b in coverage.halves(key)]
        after[key] = face_of(key, halves, coverage)
    return Proposal(after, set(after))


def face_of(key: str, halves: list[Half], coverage: Coverage) -> BaseGeometry:
    """The shape that half-edges bound.

    Raises
    ------
    Refused
        ``overlap`` when the face would be turned inside out, ``sliver`` when nothing is left.
    """
    polygons = joined(halves)
    if polygons:
        return shape_of(polygons)
    rest = without_twins(halves)
    if rest:
        raise Refused(Refusal(RefusalKind.OVERLAP, lines(rest), (key,), detail="edges_cross"))
    raise Refused(Refusal(RefusalKind.SLIVER, coverage.face(key), (key,), 0.0, 0.0, "m2",
                          "nothing_left"))


def _require_chain(coverage: Coverage, chain: Ring) -> None:
    known = coverage.owners(finding.holders(coverage, chain))
    for half in itertools.pairwise(chain):
        if half not in known and (half[1], half[0]) not in known:
            raise Refused(Refusal(RefusalKind.NOT_FOUND, lines([half]), detail="edge"))


def substituted(coverage: Coverage, chain: Ring, wanted: Ring,
                inserted: dict[str, list[Half]] | None = None) -> Proposal:
    """One chain of half-edges in place of another, on both of its sides.

    Parameters
    ----------
    chain, wanted
        Vertices from one common end to the other.
    inserted
        Half-edges of faces in which vertices of the chain were set just now.
    """
    held = inserted or {}
    keys = sorted({*finding.holders(coverage, chain), *held})
    halves = {key: held.get(key) or coverage.halves(key) for key in keys}
    ahead = list(itertools.pairwise(chain))
    back = [(b, a) for a, b in ahead]
    sides = [_one_owner(halves, ahead), _one_owner(halves, back)]
    inner = set(chain[1:-1])
    for key in keys:
        if key not in sides and any(half[0] in inner for half in halves[key]):
            raise Refused(Refusal(RefusalKind.NOT_FOUND, lines(ahead), (key,),
                                  detail="not_one_edge"))
    after = {}
    new = [half for half in itertools.pairwise(wanted) if half[0] != half[1]]
    ways = zip(sides, (ahead, back), (new, [(b, a) for a, b in new]), strict=True)
    for key, gone, come in ways:
        if key is not None:
            leave = set(gone)
            after[key] = [half for half in halves[key] if half not in leave] + come
    shapes = {key: face_of(key, of, coverage) for key, of in after.items()}
    moved_keys = set(shapes)
    for key, of in held.items():
        if key not in shapes:
            shapes[key] = face_of(key, of, coverage)
    return Proposal(shapes, moved_keys)


def _one_owner(halves: dict[str, list[Half]], chain: list[Half]) -> str | None:
    """The one face to which all half-edges of a chain belong; None where none has any."""
    sets = {key: set(of) for key, of in halves.items()}
    owners = {next((key for key, of in sets.items() if half in of), None) for half in chain}
    if len(owners) != 1:
        raise Refused(Refusal(RefusalKind.NOT_FOUND, lines(chain), detail="not_one_edge"))
    return owners.pop()
