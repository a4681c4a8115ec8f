"""Which faces are near a place, for a coverage of any size that keeps changing."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

Bounds = tuple[float, float, float, float]
Cell = tuple[int, int]
# A part over more cells than this is looked at whatever the place: an island sea, a frame.
_MOST_CELLS = 1024


class FaceIndex:
    """A grid of cells as wide as a usual face, each with the faces that may be in it."""

    def __init__(self, shapes: dict[str, BaseGeometry]) -> None:
        self._boxes: dict[str, list[Bounds]] = {}
        self._cells: dict[Cell, set[str]] = {}
        self._wide: set[str] = set()
        boxes = shapely.bounds(np.array(list(shapes.values()), dtype=object)).reshape(-1, 4)
        sides = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        self._side = float(np.median(sides)) if len(sides) else 1.0
        for key, shape in shapes.items():
            self.add(key, shape)

    def add(self, key: str, shape: BaseGeometry) -> None:
        """Take a face in."""
        self._boxes[key] = [tuple(box) for box in
                            shapely.bounds(shapely.get_parts(shape)).tolist()]
        for box in self._boxes[key]:
            if self._count(box) > _MOST_CELLS:
                self._wide.add(key)
                continue
            for cell in self._within(box):
                self._cells.setdefault(cell, set()).add(key)

    def remove(self, key: str) -> None:
        """Leave a face out."""
        self._wide.discard(key)
        for box in self._boxes.pop(key):
            if self._count(box) > _MOST_CELLS:
                continue
            for cell in self._within(box):
                held = self._cells.get(cell)
                if held is not None:
                    held.discard(key)
                    if not held:
                        del self._cells[cell]

    def query(self, bounds: Bounds) -> set[str]:
        """Faces of which a part's box touches the bounds."""
        if self._count(bounds) > max(_MOST_CELLS, len(self._cells)):
            found = set(self._boxes)
        else:
            found = set(self._wide)
            for cell in self._within(bounds):
                found |= self._cells.get(cell, set())
        return {key for key in found if any(_touch(box, bounds) for box in self._boxes[key])}

    def _span(self, box: Bounds) -> tuple[int, int, int, int]:
        return (math.floor(box[0] / self._side), math.floor(box[1] / self._side),
                math.floor(box[2] / self._side), math.floor(box[3] / self._side))

    def _count(self, box: Bounds) -> int:
        west, south, east, north = self._span(box)
        return (east - west + 1) * (north - south + 1)

    def _within(self, box: Bounds) -> Iterator[Cell]:
        west, south, east, north = self._span(box)
        return ((x, y) for x in range(west, east + 1) for y in range(south, north + 1))


def _touch(one: Bounds, other: Bounds) -> bool:
    return (one[0] <= other[2] and other[0] <= one[2]
            and one[1] <= other[3] and other[1] <= one[3])
