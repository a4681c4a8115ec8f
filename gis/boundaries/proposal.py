"""What an operation would make of a coverage, before it is examined."""

from __future__ import annotations

from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from gis.boundaries.refusals import Refusal


@dataclass
class Proposal:
    """Faces as they would be.

    Attributes
    ----------
    after
        By key; None where a face would be no more.
    moved
        Keys whose ground is meant to change; other faces only get vertices on their edges.
    lineage
        By key, the present faces a face is made of, where it is more than itself.
    parents
        Parents of new faces.
    left
        What was not done and why (`Change.left`).
    """

    after: dict[str, BaseGeometry | None]
    moved: set[str]
    lineage: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    left: tuple[Refusal, ...] = ()

    def sources(self, key: str) -> tuple[str, ...]:
        """The present faces that a face is made of."""
        return self.lineage.get(key, (key,))
