"""A seamless coverage in memory: faces that share their edges, and operations upon them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from gis.boundaries.ground import Ground
from gis.boundaries.operations import Operation
from gis.boundaries.refusals import Refusal

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Edge:
    """A line between two nodes with one face on each side; None where the coverage ends."""

    line: BaseGeometry
    left: str | None
    right: str | None


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

    before: dict[str, BaseGeometry | None]
    after: dict[str, BaseGeometry | None]
    moved_keys: tuple[str, ...] = ()
    left: tuple[Refusal, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    @property
    def changed_keys(self) -> tuple[str, ...]:
        """Keys of faces that are there and differ from before, new ones included, in order."""
        raise NotImplementedError

    @property
    def removed_keys(self) -> tuple[str, ...]:
        """Keys of faces that are no more, in order."""
        raise NotImplementedError

    def undo(self) -> None:
        """Set all faces and parents back; the same objects, hence the same bytes.

        Raises
        ------
        Conflict
            When a later change of these faces has not been undone before.
        """
        raise NotImplementedError

    def redo(self) -> None:
        """Do it again, after `undo`."""
        raise NotImplementedError


class Coverage:
    """Faces without gap or overlap: each edge has the same vertices on both sides.

    Made by `build`. Not safe for several threads at once.
    """

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
        raise NotImplementedError

    noded: int
    parents: dict[str, str]

    def keys(self) -> list[str]:
        """All keys, in order."""
        raise NotImplementedError

    def face(self, key: str) -> BaseGeometry:
        """A face; `KeyError` where there is none."""
        raise NotImplementedError

    def faces(self) -> dict[str, BaseGeometry]:
        """All faces by key, a copy."""
        raise NotImplementedError

    def near(self, bounds: Bounds) -> list[str]:
        """Keys of faces of which a part's box touches the bounds (degrees), in order."""
        raise NotImplementedError

    def neighbours(self, key: str) -> list[str]:
        """Keys of faces that share an edge with this one, in order."""
        raise NotImplementedError

    def edges(self, bounds: Bounds | None = None) -> Iterator[Edge]:
        """Shared and outer edges of all faces, or of those near some bounds."""
        raise NotImplementedError

    def nodes(self, bounds: Bounds | None = None) -> list[tuple[float, float]]:
        """Points in which edges end, in order."""
        raise NotImplementedError

    def apply(self, operation: Operation, ground: Ground | None = None) -> Change:
        """Carry an operation out, or refuse it and leave all as it was.

        Raises
        ------
        Refused
            With at least one refusal: place, reason, figure, limit.
        """
        raise NotImplementedError
