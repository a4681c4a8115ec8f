"""A proposal how polygons could become a coverage; nothing is changed by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from gis.boundaries.checking import Defect


@dataclass(frozen=True)
class Step:
    """One thing that the repair does, and where.

    Attributes
    ----------
    kind
        ``overlap``, ``gap``, ``outside_parent`` or ``invalid``: what is mended.
    keys
        The faces that lose the ground, in order.
    to
        The face that gets or keeps it; None where nobody does.
    """

    kind: str
    keys: tuple[str, ...]
    to: str | None
    place: BaseGeometry
    area_m2: float

    def as_json(self) -> dict[str, Any]:
        """Place as GeoJSON geometry."""
        raise NotImplementedError


@dataclass(frozen=True)
class Repair:
    """What a repair proposes.

    Attributes
    ----------
    faces
        By key, a valid coverage, nested in the outlines.
    moved
        By key, area in m² that a face gains or loses (symmetric difference with what it was).
    steps
        What is done, with places.
    left
        Defects that remain, for a person to decide: open ground wider than `most_gap_width_m`,
        faces of which nothing is left.
    """

    faces: dict[str, BaseGeometry]
    moved: dict[str, float]
    steps: tuple[Step, ...]
    left: tuple[Defect, ...]

    @property
    def moved_m2(self) -> float:
        """Area moved in all."""
        raise NotImplementedError


def repair(faces: Mapping[str, BaseGeometry], parents: Mapping[str, str] | None = None,
           outlines: Mapping[str, BaseGeometry] | None = None, *,
           most_gap_width_m: float = 50.0) -> Repair:
    """Propose a valid, nested coverage that moves little ground, none across a parent's outline.

    Parameters
    ----------
    most_gap_width_m
        Gaps inside the coverage that are wider than this are left open and told; gaps between
        children and the outline of their parent are always closed.
    """
    raise NotImplementedError
