"""A seamless coverage in memory: faces that share their edges, and operations upon them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries import edges, laws, noding
from gis.boundaries.carrying import propose
from gis.boundaries.edges import Edge
from gis.boundaries.grid import BEND_DEGREES, Half
from gis.boundaries.ground import Ground
from gis.boundaries.index import Bounds, FaceIndex
from gis.boundaries.operations import Operation
from gis.boundaries.proposal import Proposal
from gis.boundaries.refusals import NotACoverage, Refusal, Refused
from gis.boundaries.rings import shape_halves
from gis.errors import Conflict


@dataclass
class Change:
    """What an operation did; `undo` takes it back exactly.

    Attributes
    ----------
    before, after
        By key, the faces that changed, as they were and as they are; None where there was or is
        none.
    moved_keys
        Of these, those whose ground changed; the others only got vertices on their edges.
    left
        Parts of a `Snap` or `Simplify` that were not carried out, each with its reason; empty for
        all other operations, which are done wholly or refused wholly.
    """

    coverage: Coverage = field(repr=False)
    before: dict[str, BaseGeometry | None]
    after: dict[str, BaseGeometry | None]
    moved_keys: tuple[str, ...] = ()
    left: tuple[Refusal, ...] = ()
    parents_before: dict[str, str | None] = field(default_factory=dict)
    parents_after: dict[str, str | None] = field(default_factory=dict)

    @property
    def changed_keys(self) -> tuple[str, ...]:
        """Keys of faces that are there and differ from before, new ones included, in order."""
        return tuple(sorted(key for key, shape in self.after.items() if shape is not None))

    @property
    def removed_keys(self) -> tuple[str, ...]:
        """Keys of faces that are no more, in order."""
        return tuple(sorted(key for key, shape in self.after.items() if shape is None))

    def undo(self) -> None:
        """Set all faces and parents back; the same objects, hence the same bytes.

        Raises
        ------
        Conflict
            When a later change of these faces has not been undone before.
        """
        self.coverage._swap(self.after, self.before, self.parents_before)

    def redo(self) -> None:
        """Do it again, after `undo`; the same objects as the first time."""
        self.coverage._swap(self.before, self.after, self.parents_after)


class Coverage:
    """Faces without gap or overlap: each edge has the same vertices on both sides.

    Made by `build`. What an operation costs depends on the faces it touches and their neighbours,
    not on how many there are. Not safe for several threads at once.

    Attributes
    ----------
    noded
        How many vertices `build` set on edges because a neighbour had one there.
    parents
        Parent's key of each face; empty where there are none. Not to be changed by callers.
    """

    def __init__(self, faces: dict[str, BaseGeometry], parents: dict[str, str],
                 noded: int = 0) -> None:
        self._faces = faces
        self._index = FaceIndex(faces)
        self._halves: dict[str, list[Half]] = {}
        self.parents = parents
        self.noded = noded

    @classmethod
    def build(cls, faces: Mapping[str, BaseGeometry], parents: Mapping[str, str] | None = None,
              outlines: Mapping[str, BaseGeometry] | None = None) -> Coverage:
        """Take faces as a coverage.

        Parameters
        ----------
        faces
            Polygons or multipolygons by key, EPSG:4490. Snapped to 1e-9°; a vertex of one face
            that lies on a neighbour's edge (within 1e-9°) is set there too (`noded` counts them).
        parents
            Key of the parent of each face. Edges between children of different parents never move.
        outlines
            The parents' own shapes; checked where given.

        Raises
        ------
        NotACoverage
            With every defect and its place.
        """
        from gis.boundaries.checking import check

        ready, noded = noding.ready_faces(faces)
        sound = all(shape is not None and not shape.is_empty for shape in ready.values())
        shapes = np.array(list(ready.values()), dtype=object)
        if not (sound and shapely.is_valid(shapes).all() and shapely.coverage_is_valid(
                shapes, gap_width=BEND_DEGREES)):
            raise NotACoverage(tuple(check(faces, parents, outlines)))
        if outlines and (defects := check(ready, parents, outlines)):
            grave = tuple(one for one in defects if one.kind in ("outside_parent", "orphan"))
            if grave:
                raise NotACoverage(grave)
        return cls(ready, dict(parents or {}), noded)

    def keys(self) -> list[str]:
        """All keys, in order."""
        return sorted(self._faces)

    def __contains__(self, key: object) -> bool:
        return key in self._faces

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._faces)

    def face(self, key: str) -> BaseGeometry:
        """A face; `KeyError` where there is none."""
        return self._faces[key]

    def faces(self) -> dict[str, BaseGeometry]:
        """All faces by key, a copy."""
        return dict(self._faces)

    def near(self, bounds: Bounds) -> list[str]:
        """Keys of faces of which a part's box touches the bounds (degrees), in order."""
        return sorted(self._index.query(bounds))

    def halves(self, key: str) -> list[Half]:
        """The half-edges of a face, in units of 1e-9°."""
        if key not in self._halves:
            self._halves[key] = shape_halves(self._faces[key])
        return self._halves[key]

    def owners(self, keys: Iterable[str]) -> dict[Half, str]:
        """The face of each half-edge of some faces."""
        return {half: key for key in keys for half in self.halves(key)}

    def neighbours(self, key: str) -> list[str]:
        """Keys of faces that share an edge with this one, in order."""
        around = self.owners(near for near in self.near(self._faces[key].bounds) if near != key)
        return sorted({around[twin] for a, b in self.halves(key) if (twin := (b, a)) in around})

    def edges(self, bounds: Bounds | None = None) -> Iterator[Edge]:
        """Shared and outer edges of all faces, or of those near some bounds.

        Faces beyond the bounds still count as the other side of an edge.
        """
        keys = self.keys() if bounds is None else self.near(bounds)
        return edges.edges(self, keys)

    def nodes(self, bounds: Bounds | None = None) -> list[tuple[float, float]]:
        """Points in which edges end, in order."""
        keys = self.keys() if bounds is None else self.near(bounds)
        return edges.nodes(self, keys)

    def apply(self, operation: Operation, ground: Ground | None = None) -> Change:
        """Carry an operation out, or refuse it and leave all as it was.

        Raises
        ------
        Refused
            With at least one refusal: place, reason, figure, limit.
        """
        held = ground or Ground()
        proposal = propose(self, operation, held)
        self.require(proposal, held)
        return self.take(proposal)

    def require(self, proposal: Proposal, ground: Ground) -> None:
        """`Refused` when what is proposed breaks a law of the coverage or of the ground."""
        refusals = laws.examine(self, proposal, ground)
        if refusals:
            raise Refused(*refusals)

    def take(self, proposal: Proposal) -> Change:
        """Put a proposal that was examined into the coverage."""
        after = {key: shape for key, shape in proposal.after.items()
                 if shape is not None or key in self._faces}
        before = {key: self._faces.get(key) for key in after}
        parents = self._parents_after(proposal, after)
        parents_before = {key: self.parents.get(key) for key in parents}
        change = Change(self, before, after, tuple(sorted(proposal.moved & set(after))),
                        proposal.left, parents_before, parents)
        self._swap(before, after, parents)
        return change

    def _parents_after(self, proposal: Proposal,
                       after: dict[str, BaseGeometry | None]) -> dict[str, str | None]:
        changed: dict[str, str | None] = dict(proposal.parents)
        for key, shape in after.items():
            if shape is None:
                changed[key] = None
        return {key: parent for key, parent in changed.items()
                if self.parents.get(key) != parent}

    def _swap(self, expected: Mapping[str, BaseGeometry | None],
              wanted: Mapping[str, BaseGeometry | None],
              parents: Mapping[str, str | None]) -> None:
        if any(self._faces.get(key) is not shape for key, shape in expected.items()):
            raise Conflict("a later change of the same faces comes first")
        for key, shape in wanted.items():
            if key in self._faces:
                self._index.remove(key)
                self._halves.pop(key, None)
                del self._faces[key]
            if shape is not None:
                self._faces[key] = shape
                self._index.add(key, shape)
        for key, parent in parents.items():
            if parent is None:
                self.parents.pop(key, None)
            else:
                self.parents[key] = parent
