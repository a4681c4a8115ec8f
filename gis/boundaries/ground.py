"""What operations are held to: streets, buildings, frozen faces, and limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]


def shapes_of(given: Iterable[shapely.Geometry]) -> Shapes:
    """An object array of single parts, whatever was given (also nothing)."""
    listed = list(given)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return shapely.get_parts(array)


@dataclass(frozen=True, eq=False)
class Ground:
    """The ground under a coverage, and the limits that a redraw keeps.

    A limit refuses what an operation makes worse, never what was so before.

    Attributes
    ----------
    streets
        Lines, EPSG:4490.
    buildings
        Polygons, EPSG:4490.
    frozen
        Keys of faces that may not change (neighbours may set vertices on their edges).
    min_width_m
        A face may have no neck or tail narrower than this; 0 switches it off.
    min_area_m2
        No face smaller than this; 0 switches it off.
    cut_buildings_allowed
        Whether an edge may go through a building.
    holes_allowed
        Whether a face may enclose another wholly (飞地). Those that do already, may go on.
    building_tolerance_m2
        So much of a building may lie beyond an edge before it counts as cut.
    """

    streets: Iterable[shapely.Geometry] = ()
    buildings: Iterable[shapely.Geometry] = ()
    frozen: frozenset[str] = field(default_factory=frozenset)
    min_width_m: float = 0.0
    min_area_m2: float = 0.0
    cut_buildings_allowed: bool = False
    holes_allowed: bool = False
    building_tolerance_m2: float = 1.0

    @cached_property
    def street_lines(self) -> Shapes:
        """Streets as single lines."""
        return shapes_of(self.streets)

    @cached_property
    def street_tree(self) -> shapely.STRtree:
        """A tree over `street_lines`."""
        return shapely.STRtree(self.street_lines)

    @cached_property
    def building_polygons(self) -> Shapes:
        """Buildings as single polygons."""
        return shapes_of(self.buildings)

    @cached_property
    def building_tree(self) -> shapely.STRtree:
        """A tree over `building_polygons`."""
        return shapely.STRtree(self.building_polygons)
