"""Laying edges onto the streets beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from gis.boundaries import edges, finding
from gis.boundaries.grid import Ring, Vertex, in_degrees, in_metres, point, vertices_of
from gis.boundaries.ground import Ground
from gis.boundaries.moving import moved, substituted
from gis.boundaries.operations import Snap
from gis.boundaries.proposal import Proposal
from gis.boundaries.refusals import Refusal, RefusalKind, Refused

if TYPE_CHECKING:
    from gis.boundaries.coverage import Change, Coverage


def snap(coverage: Coverage, operation: Snap, ground: Ground) -> Proposal:
    """First nodes, then the edges between them, each by itself held to all laws.

    Vertices on outlines of parents or of the whole stay. What would break a law stays as it was
    and is told in `Proposal.left`; when nothing at all can be laid onto a street, it is refused.
    """
    finding.require_keys(coverage, operation.codes)
    work = _Work(coverage, operation, ground)
    try:
        work.move_nodes()
        work.move_edges()
        return work.proposal()
    finally:
        for change in reversed(work.changes):
            change.undo()


class _Work:
    """Changes made one by one to see what may be, all of them taken back in the end."""

    def __init__(self, coverage: Coverage, operation: Snap, ground: Ground) -> None:
        self.coverage, self.ground, self.keys = coverage, ground, operation.codes
        self.radius_m = operation.radius_m
        self.changes: list[Change] = []
        self.left: list[Refusal] = []

    def move_nodes(self) -> None:
        """Each node that may move goes to the nearest point of a street."""
        sided = edges.sided_halves(self.coverage, self.keys)
        fixed = self._fixed(sided)
        for vertex in sorted(edges.node_vertices(sided) - fixed):
            street = self._street(point(vertex))
            if street is not None:
                self._try(lambda at=vertex, line=street: moved(
                    self.coverage, {at: self._onto(line, at)}))

    def move_edges(self) -> None:
        """Each edge that may move follows the street where it runs within the radius."""
        sided = edges.sided_halves(self.coverage, self.keys)
        fixed = self._fixed(sided)
        for chain, left, right in list(edges.chains(sided)):
            if left is None or right is None or chain[0] == chain[-1] \
                    or self._parted(left, right):
                continue
            wanted = self._along_streets(chain, fixed)
            if wanted != chain:
                self._try(lambda old=chain, new=wanted: substituted(self.coverage, old, new))

    def proposal(self) -> Proposal:
        """All that could be done, as one proposal."""
        if not self.changes:
            raise Refused(*(self.left or [Refusal(
                RefusalKind.NOT_FOUND, shapely.Point(), tuple(self.keys), limit=self.radius_m,
                unit="m", detail="street")]))
        after = {key: shape for change in self.changes for key, shape in change.after.items()}
        moved_keys = {key for change in self.changes for key in change.moved_keys}
        return Proposal(after, moved_keys, left=tuple(self.left))

    def _try(self, propose) -> None:
        try:
            proposal = propose()
            if proposal.after:
                self.coverage.require(proposal, self.ground)
                self.changes.append(self.coverage.take(proposal))
        except Refused as refused:
            self.left += refused.refusals

    def _parted(self, left: str, right: str) -> bool:
        parents = self.coverage.parents
        return parents.get(left) != parents.get(right)

    def _fixed(self, sided: dict) -> set[Vertex]:
        """Vertices on outlines."""
        return {vertex for half, (left, right) in sided.items() for vertex in half
                if left is None or right is None or self._parted(left, right)}

    def _street(self, place: shapely.Geometry) -> shapely.Geometry | None:
        """The nearest street within the radius."""
        lat = shapely.get_coordinates(place)[0][1]
        here = in_metres(place, lat)
        box = in_degrees(here.buffer(self.radius_m), lat)
        lines = [self.ground.street_lines[at] for at in
                 self.ground.street_tree.query(box).tolist()]
        away = [(in_metres(line, lat).distance(here), at) for at, line in enumerate(lines)]
        near = min(away, default=(self.radius_m + 1, 0))
        return lines[near[1]] if near[0] <= self.radius_m else None

    @staticmethod
    def _onto(street: shapely.Geometry, vertex: Vertex) -> Vertex:
        lat = vertex[1] / 1e9
        line, here = in_metres(street, lat), in_metres(point(vertex), lat)
        foot = in_degrees(line.interpolate(line.project(here)), lat)
        return vertices_of(shapely.get_coordinates(foot))[0]

    def _along_streets(self, chain: Ring, fixed: set[Vertex]) -> Ring:
        """A chain with its inner vertices on streets, and the streets' own between them."""
        streets = [self._street(point(vertex)) for vertex in chain]
        places = [vertex if at in (0, len(chain) - 1) or street is None or vertex in fixed
                  else self._onto(street, vertex)
                  for at, (vertex, street) in enumerate(zip(chain, streets, strict=True))]
        wanted = [places[0]]
        for at in range(1, len(chain)):
            if streets[at] is not None and streets[at] is streets[at - 1]:
                wanted += self._between(streets[at], wanted[-1], places[at])
            wanted.append(places[at])
        return [vertex for at, vertex in enumerate(wanted)
                if at == 0 or vertex != wanted[at - 1]]

    def _between(self, street: shapely.Geometry, one: Vertex, other: Vertex) -> Ring:
        """The street's own vertices between two places on it."""
        first, last = (street.project(point(vertex)) for vertex in (one, other))
        corners = shapely.get_coordinates(street)
        along = [(street.project(shapely.Point(xy)), xy) for xy in corners]
        inner = sorted((way, tuple(xy)) for way, xy in along
                       if min(first, last) < way < max(first, last))
        ring = vertices_of([xy for _, xy in inner]) if inner else []
        return ring if first <= last else ring[::-1]
