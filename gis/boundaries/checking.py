"""What is wrong with a set of polygons that should be a coverage, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong, and where.

    Attributes
    ----------
    kind
        ``empty`` (no polygon), ``invalid`` (a shape that crosses itself), ``overlap`` (ground of
        two), ``gap`` (enclosed ground of nobody, or ground of a parent that no child has),
        ``edge`` (vertices differ from the neighbour's along a common edge), ``outside_parent``
        (a child's ground outside its parent's outline), ``orphan`` (a parent that is not there).
    keys
        The faces concerned, in order; the parent's key last where it is one of its outline.
    place
        Point, line or polygon, EPSG:4490.
    area_m2, width_m
        Of the ground concerned; None where it has none. Width is twice the area by the perimeter.
    reason
        What GEOS says of an invalid shape; otherwise empty.
    """

    kind: str
    keys: tuple[str, ...]
    place: BaseGeometry
    area_m2: float | None = None
    width_m: float | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Place as GeoJSON geometry."""
        return {"kind": self.kind, "keys": list(self.keys), "area_m2": self.area_m2,
                "width_m": self.width_m, "reason": self.reason,
                "place": shapely.geometry.mapping(self.place)}


def check(faces: Mapping[str, BaseGeometry], parents: Mapping[str, str] | None = None,
          outlines: Mapping[str, BaseGeometry] | None = None) -> list[Defect]:
    """Every defect of faces as a coverage, nested in their parents' outlines where given.

    Returns
    -------
    list of Defect
        By kind, then by keys; empty where all is well.
    """
    raise NotImplementedError
