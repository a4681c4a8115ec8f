"""Which faces are near a place, for a coverage of any size that keeps changing."""

from __future__ import annotations

import math
from collections.abc import Iterator

import shapely
from shapely.geometry.base import BaseGeometry

Bounds = tuple[float, float, float, float]
Cell = tuple[int, int]


class FaceIndex:
    """Grids of cells, each four times as wide as the one below; a part is in that of its size.

    So a part is in four cells at most, a place meets few of them on each level, and neither
    depends on how many faces there are or how their sizes differ.
    """

    def __init__(self, shapes: dict[str, BaseGeometry]) -> None:
        self._boxes: dict[str, list[Bounds]] = {}
        self._levels: dict[int, dict[Cell, set[tuple[str, Bounds]]]] = {}
        for key, shape in shapes.items():
            self.add(key, shape)

    def add(self, key: str, shape: BaseGeometry) -> None:
        """Take a face in."""
        self._boxes[key] = [tuple(box) for box in
                            shapely.bounds(shapely.get_parts(shape)).tolist()]
        for box in self._boxes[key]:
            level = _level(box)
            cells = self._levels.setdefault(level, {})
            for cell in _cells(box, level):
                cells.setdefault(cell, set()).add((key, box))

    def remove(self, key: str) -> None:
        """Leave a face out."""
        for box in self._boxes.pop(key):
            level = _level(box)
            cells = self._levels[level]
            for cell in _cells(box, level):
                if cell in cells:
                    cells[cell].discard((key, box))
                    if not cells[cell]:
                        del cells[cell]

    def query(self, bounds: Bounds) -> set[str]:
        """Faces of which a part's box touches the bounds."""
        west, south, east, north = bounds
        return {
            key for level, cells in self._levels.items() for held in _meeting(cells, bounds, level)
            for key, box in held
            if box[0] <= east and west <= box[2] and box[1] <= north and south <= box[3]
        }


def _level(box: Bounds) -> int:
    exponent = math.frexp(max(box[2] - box[0], box[3] - box[1]))[1]
    return exponent + exponent % 2


def _span(box: Bounds, level: int) -> tuple[int, int, int, int]:
    side = math.ldexp(1.0, level)
    return (math.floor(box[0] / side), math.floor(box[1] / side),
            math.floor(box[2] / side), math.floor(box[3] / side))


def _cells(box: Bounds, level: int) -> Iterator[Cell]:
    west, south, east, north = _span(box, level)
    return ((x, y) for x in range(west, east + 1) for y in range(south, north + 1))


def _meeting(cells: dict[Cell, set[tuple[str, Bounds]]], bounds: Bounds,
             level: int) -> Iterator[set[tuple[str, Bounds]]]:
    west, south, east, north = _span(bounds, level)
    if (east - west + 1) * (north - south + 1) > len(cells):
        # So wide a look meets all there are.
        return iter(cells.values())
    return (cells[cell] for cell in _cells(bounds, level) if cell in cells)
