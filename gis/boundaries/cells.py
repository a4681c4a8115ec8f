"""Ground cut by the edges of several faces into cells, and to whom each is given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.checking import Defect
from gis.boundaries.grid import Half, Ring, real_ground
from gis.boundaries.rings import polygons_of, ring_halves


@dataclass
class Cell:
    """A piece of ground that no edge cuts.

    Attributes
    ----------
    shape, rings
        In degrees, and in units of the grid.
    holders
        Faces that have it now.
    takers
        Faces that may have it, None for any that touches it.
    kind
        Of the defect it is part of; None where it is none.
    owner
        The face it is given to; None as long as it is nobody's.
    parent
        The parent in whose outline it lies.
    """

    shape: BaseGeometry
    rings: list[Ring]
    holders: tuple[str, ...]
    takers: frozenset[str] | None
    kind: str | None
    owner: str | None
    parent: str | None


def ground_cells(faces: Mapping[str, BaseGeometry], defects: Sequence[Defect],
                 parents: Mapping[str, str],
                 outlines: Mapping[str, BaseGeometry]) -> list[Cell]:
    """The cells of some faces and of the defects among them, each given to a face where it can be.

    Cells that nobody has and that are no part of a gap are left out, but for the narrowest.
    """
    shapes = _cut([*faces.values(), *(one.place for one in defects if one.area_m2)])
    points = shapely.point_on_surface(shapes)
    holders = _lists(points, faces)
    around = _lists(points, outlines)
    at_fault = _faults(points, defects)
    cells = []
    for at, shape in enumerate(shapes):
        parent = around[at][0] if around[at] else None
        cell = _cell(shape, tuple(holders[at]), parent, at_fault[at], parents)
        if cell is not None:
            cells.append(cell)
    _give_away(cells, parents)
    return cells


def _cut(shapes: list[BaseGeometry]) -> np.ndarray:
    edges = shapely.union_all(shapely.boundary(shapes), grid_size=1e-9)
    return shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))


def _lists(points: np.ndarray, shapes: Mapping[str, BaseGeometry]) -> list[list[str]]:
    """Keys of the shapes in which each point lies, in order."""
    found: list[list[str]] = [[] for _ in points]
    keys = list(shapes)
    if keys:
        tree = shapely.STRtree(list(shapes.values()))
        for at, which in tree.query(points, predicate="intersects").T.tolist():
            found[at].append(keys[which])
    return [sorted(names) for names in found]


def _faults(points: np.ndarray, defects: Sequence[Defect]) -> list[list[Defect]]:
    found: list[list[Defect]] = [[] for _ in points]
    grounds = [one for one in defects if one.area_m2]
    if grounds:
        tree = shapely.STRtree([one.place for one in grounds])
        for at, which in tree.query(points, predicate="intersects").T.tolist():
            found[at].append(grounds[which])
    return found


def _cell(shape: BaseGeometry, holders: tuple[str, ...], parent: str | None,
          faults: list[Defect], parents: Mapping[str, str]) -> Cell | None:
    kinds = {fault.kind for fault in faults}
    # A sliver that rounding makes between two faces is nobody's lake.
    if not holders and "gap" not in kinds and not real_ground(shape).is_empty:
        return None
    # Ground in no outline at all stays with the child that has it.
    strangers = set() if parent is None else {
        fault.keys[0] for fault in faults
        if fault.kind == "outside_parent" and parents.get(fault.keys[0]) != parent}
    lawful = [key for key in holders if key not in strangers]
    kind = "outside_parent" if strangers & set(holders) else \
        "overlap" if len(holders) > 1 else "gap" if not holders else None
    owner = lawful[0] if len(lawful) == 1 else None
    takers = frozenset(lawful) if lawful else None
    return Cell(shape, polygons_of(shape)[0], holders, takers, kind, owner, parent)


def _give_away(cells: list[Cell], parents: Mapping[str, str]) -> None:
    """Cells without an owner go where most of their edge is, the surest first."""
    beside: dict[Half, Cell] = {half: cell for cell in cells for ring in cell.rings
                                for half in ring_halves(ring)}
    waiting = [cell for cell in cells if cell.owner is None]
    while waiting:
        offers = [(_best(cell, beside, parents), at) for at, cell in enumerate(waiting)]
        (_, taker), at = max(offers, key=lambda one: (one[0][0], -one[1]))
        if taker is None:
            break
        waiting.pop(at).owner = taker
    for cell in waiting:
        if cell.takers:
            cell.owner = min(cell.takers)


def _best(cell: Cell, beside: Mapping[Half, Cell],
          parents: Mapping[str, str]) -> tuple[float, str | None]:
    """The face with the longest common edge that may have a cell, and how long that is."""
    lengths: dict[str, float] = {}
    for ring in cell.rings:
        for a, b in ring_halves(ring):
            other = beside.get((b, a))
            if other is None or other.owner is None:
                continue
            key = other.owner
            allowed = key in cell.takers if cell.takers else (
                cell.parent is None or parents.get(key) == cell.parent)
            if allowed:
                lengths[key] = lengths.get(key, 0.0) + math.hypot(a[0] - b[0], a[1] - b[1])
    if not lengths:
        return -1.0, None
    taker = min(lengths, key=lambda key: (-lengths[key], key))
    return lengths[taker], taker
