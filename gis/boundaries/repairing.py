"""A proposal how polygons could become a coverage; nothing is changed by it.

Only faces with a defect, and those beside it, are looked at; all others stay the very objects they
were. Their edges are laid over each other, which cuts the ground into cells; most belong to one
face and stay there, and the others are given away one by one: to the face with which they share
most of their edge, never to one of another parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.cells import Cell, ground_cells
from gis.boundaries.checking import Defect, check, made_valid, where_invalid
from gis.boundaries.grid import real_ground, square_metres
from gis.boundaries.noding import closed_up, ready_faces, snapped, snapped_faces
from gis.boundaries.rings import halves_of, joined, shape_of

_MOST_ROUNDS = 12
_MILD_ROUNDS = 4
# Edges of neighbours this near to each other (1e-7°, some 1 cm) are meant to be one.
_CLOSE = 100.0


@dataclass(frozen=True)
class Step:
    """One thing that the repair does, and where.

    Attributes
    ----------
    kind
        ``overlap``, ``gap``, ``outside_parent``: ground goes to one face; ``invalid``: a shape that
        crosses itself is sorted out (the place is one of the crossings); ``outline``: the outline
        of a parent (`to`) takes in ground of its child that no parent had; ``edge``: vertices
        within some centimetre of the neighbour's become one with it.
    keys
        The faces that lose the ground, in order; for ``outline`` the child.
    to
        Who gets or keeps it; None where nobody does.
    """

    kind: str
    keys: tuple[str, ...]
    to: str | None
    place: BaseGeometry
    area_m2: float

    def as_json(self) -> dict[str, Any]:
        """Place as GeoJSON geometry."""
        return {"kind": self.kind, "keys": list(self.keys), "to": self.to,
                "area_m2": self.area_m2, "place": shapely.geometry.mapping(self.place)}


@dataclass(frozen=True)
class Repair:
    """What a repair proposes.

    Attributes
    ----------
    faces
        By key, a valid coverage, nested in `outlines`.
    moved
        By key, area in m² that a face gains or loses (symmetric difference with what it was);
        only faces that changed.
    steps
        What is done, with places.
    left
        Defects that remain, for a person to decide: open ground wider than ``most_gap_width_m``
        or without a neighbour, faces of which nothing is left.
    outlines
        The parents' outlines, those grown of which a child has ground that no parent had. They
        never grow at another's expense.
    outlines_moved
        By parent, by how many m².
    """

    faces: dict[str, BaseGeometry]
    moved: dict[str, float]
    steps: tuple[Step, ...]
    left: tuple[Defect, ...]
    outlines: dict[str, BaseGeometry] = field(default_factory=dict)
    outlines_moved: dict[str, float] = field(default_factory=dict)

    @property
    def moved_m2(self) -> float:
        """Ground that changes hands, in all: that of the steps, each counted once."""
        return sum(step.area_m2 for step in self.steps if step.kind != "outline")


def repair(faces: Mapping[str, BaseGeometry], parents: Mapping[str, str] | None = None,
           outlines: Mapping[str, BaseGeometry] | None = None, *,
           most_gap_width_m: float = 50.0) -> Repair:
    """Propose a valid, nested coverage that moves little ground, none across a parent's outline.

    Ground of a child in the outline of another parent goes to that parent's children. Ground of a
    child in nobody's outline stays with the child, and its parent's outline grows.

    Parameters
    ----------
    faces, parents, outlines
        As for `check`.
    most_gap_width_m
        Gaps wider than this, and gaps beside no face of the parent, are left open and told.
    """
    return _Repairing(faces, parents or {}, outlines or {}, most_gap_width_m).run()


class _Repairing:
    """Rounds of laying over and giving away, until nothing is left that can be done."""

    def __init__(self, faces: Mapping[str, BaseGeometry], parents: Mapping[str, str],
                 outlines: Mapping[str, BaseGeometry], most_gap_width_m: float) -> None:
        self.given = faces
        self.parents = parents
        self.outlines = {key: _sound(shape) for key, shape in outlines.items()}
        self.given_outlines = dict(self.outlines)
        self.most_gap_width_m = most_gap_width_m
        on_grid = snapped_faces({key: shape for key, shape in faces.items() if shape is not None})
        broken = [key for key, shape in on_grid.items() if not shape.is_valid]
        self.sound = on_grid | {key: made_valid(on_grid[key]) for key in broken}
        self.faces = {key: shape for key, shape in self.sound.items() if not shape.is_empty}
        # Keys of faces and of parents that were at fault; None as long as none is known.
        self.touched: set[str] | None = None
        self.steps = [_validated(key, on_grid[key], self.sound[key]) for key in broken]

    def run(self) -> Repair:
        """The proposal."""
        defects = self._examine()
        for number in range(_MOST_ROUNDS):
            ground = [one for one in defects if self._curable(one)]
            edges = [one for one in defects if one.kind == "edge"]
            # Edges are looked at where no more can be done about ground.
            if not (self._round(ground, number >= _MILD_ROUNDS) or self._close_up(edges)
                    or self._round(edges, wholly=True)):
                break
            later = self._examine()
            known = set(self.faces if self.touched is None else self.touched)
            # What lies elsewhere was not to be cured, and still is as it was.
            defects = later + [one for one in defects
                               if self.outlines and not known.intersection(one.keys)]
        # Rounds look at parts, and mend beside them: what is told as left is found in the whole.
        left = check(self.faces, self.parents, self.outlines)
        left += [Defect("empty", (key,), _somewhere(shape)) for key, shape in self.given.items()
                 if key not in self.faces]
        return Repair(self.faces, self._moved(), tuple(self.steps), tuple(left), self.outlines,
                      self._outlines_moved())

    def _examine(self) -> list[Defect]:
        """Defects of all faces at first, and then of those that a round may have changed."""
        keys = self._concerned()
        some = {key: self.faces[key] for key in keys}
        self.faces.update(ready_faces(some)[0])
        outlines = {parent: shape for parent, shape in self.outlines.items()
                    if self.touched is None or parent in self.touched}
        return check({key: self.faces[key] for key in keys}, self.parents, outlines)

    def _concerned(self) -> list[str]:
        if self.touched is None or not self.outlines:
            return list(self.faces)
        return [key for key in self.faces
                if key in self.touched or self.parents.get(key) in self.touched]

    def _close_up(self, defects: list[Defect]) -> bool:
        """Edges that run within a centimetre of each other become one; whether any did."""
        keys = {defect.keys[0] for defect in defects}
        closed, _ = closed_up({key: self.faces[key] for key in sorted(keys)}, _CLOSE)
        changed = {key: shape for key, shape in closed.items()
                   if not shapely.equals_exact(shape, self.faces[key])}
        for defect in defects:
            key = defect.keys[0]
            if key in changed:
                moved = real_ground(shapely.symmetric_difference(changed[key], self.faces[key]))
                if moved.is_empty:
                    continue
                self.steps.append(Step("edge", (key,), key, defect.place, square_metres(moved)))
        self.faces.update(changed)
        return bool(changed)

    def _curable(self, defect: Defect) -> bool:
        if defect.kind == "gap":
            return (defect.width_m or 0) <= self.most_gap_width_m and bool(
                set(defect.keys) & self.faces.keys())
        return defect.kind in ("overlap", "outside_parent")

    def _round(self, defects: list[Defect], wholly: bool) -> bool:
        """One laying over of the faces at fault; whether anything changed.

        Faces that keep their ground stay as they are, unless it is to be done `wholly`.
        """
        if not defects:
            return False
        keys = list(self.faces)
        shapes = np.array(list(self.faces.values()), dtype=object)
        tree = shapely.STRtree(shapes)
        chosen = {key for defect in defects for key in defect.keys if key in self.faces}
        for defect in defects:
            chosen |= {keys[at] for at in
                       tree.query(defect.place, predicate="intersects").tolist()}
        # Beside what changes, vertices may come to be on edges.
        beside = {keys[at] for at in tree.query(
            np.array([self.faces[key] for key in chosen], dtype=object)).tolist()[1]}
        self.touched = (self.touched or set()) | beside | {
            self.parents[key] for key in beside if key in self.parents}
        grown = self._grow_outlines(defects)
        cells = ground_cells({key: self.faces[key] for key in sorted(chosen)}, defects,
                             self.parents, self.outlines)
        stay = set() if wholly else _keepers(cells)
        made = {key: shape for key, shape in self._dissolved(cells).items() if key not in stay}
        changed = {key: shape for key, shape in made.items()
                   if shape is None or not shapely.equals_exact(shape, self.faces[key])}
        self._tell(cells)
        for key, shape in changed.items():
            if shape is None:
                del self.faces[key]
            else:
                self.faces[key] = shape
        return bool(changed) or grown

    def _grow_outlines(self, defects: list[Defect]) -> bool:
        """Ground of a child that no outline has comes into its parent's."""
        beyond = [one for one in defects if one.kind == "outside_parent"]
        everything = list(self.outlines.values())
        tree = shapely.STRtree(everything)
        grown: dict[str, list[BaseGeometry]] = {}
        for defect in beyond:
            near = [everything[at] for at in tree.query(defect.place).tolist()]
            free = real_ground(shapely.difference(defect.place, shapely.union_all(near)))
            child, parent = defect.keys
            if not free.is_empty:
                grown.setdefault(parent, []).append(free)
                self.steps.append(Step("outline", (child,), parent, free, square_metres(free)))
        for parent, parts in grown.items():
            self.outlines[parent] = shapely.union_all([self.outlines[parent], *parts],
                                                      grid_size=1e-9)
        return bool(grown)

    def _dissolved(self, cells: list[Cell]) -> dict[str, BaseGeometry | None]:
        """The faces that cells make, None for one that has none any more."""
        own: dict[str, list] = {}
        for cell in cells:
            for key in cell.holders:
                own.setdefault(key, [])
            if cell.owner is not None:
                own.setdefault(cell.owner, []).extend(halves_of([cell.rings]))
        return {key: shape_of(polygons) if (polygons := joined(halves)) else None
                for key, halves in own.items()}

    def _tell(self, cells: list[Cell]) -> None:
        for cell in cells:
            losers = tuple(sorted(key for key in cell.holders if key != cell.owner))
            place = real_ground(cell.shape)
            if place.is_empty or cell.kind is None or not (losers or cell.owner):
                continue
            self.steps.append(Step(cell.kind, losers, cell.owner, place, square_metres(place)))

    def _moved(self) -> dict[str, float]:
        found = {}
        for key, was in self.sound.items():
            now = self.faces.get(key, shapely.Polygon())
            if now is not was:
                area = square_metres(real_ground(shapely.symmetric_difference(was, now)))
                if area:
                    found[key] = area
        return found

    def _outlines_moved(self) -> dict[str, float]:
        return {key: square_metres(real_ground(shapely.symmetric_difference(shape,
                                                                           self.outlines[key])))
                for key, shape in self.given_outlines.items() if shape is not self.outlines[key]}


def _keepers(cells: list[Cell]) -> set[str]:
    """Faces that get nothing and lose nothing."""
    concerned = {key for cell in cells if (cell.owner,) != cell.holders
                 for key in (*cell.holders, cell.owner) if key is not None
                 and (key == cell.owner) != (key in cell.holders)}
    return {key for cell in cells for key in cell.holders} - concerned


def _validated(key: str, shape: BaseGeometry, valid: BaseGeometry) -> Step:
    moved = abs(square_metres(valid) - square_metres(shape))
    return Step("invalid", (key,), key, where_invalid(shape), moved)


def _sound(shape: BaseGeometry) -> BaseGeometry:
    ready = snapped(shape)
    return ready if ready.is_valid else made_valid(ready)


def _somewhere(shape: BaseGeometry | None) -> BaseGeometry:
    if shape is None or shape.is_empty:
        return shapely.Point()
    return shapely.Point(shapely.get_coordinates(shape)[0])
