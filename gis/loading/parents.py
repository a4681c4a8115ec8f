"""The areas above those of a file: which row belongs to which, and whether it lies there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import psycopg
import shapely

from gis import queries
from gis.errors import InvalidInput
from gis.loading.run import Run
from gis.loading.shapes import square_metres
from gis.loading.source import Batch

LEVELS = ("city", "district", "street", "community", "grid")
# A child may stick out of its parent by this share without a word: two surveys never agree.
SILENT_SHARE_OUTSIDE = 0.01
# By no more than this share it is loaded, and told.
LARGEST_SHARE_OUTSIDE = 0.5
# An outline of less than this share of what its children cover is a piece of the true one.
SMALLEST_OUTLINE = 0.1
_TOLD = 5


@dataclass(frozen=True)
class Parent:
    """An area above: what children are held against."""

    identity_id: int
    level: str
    code: str
    shape: shapely.Geometry


@dataclass(frozen=True)
class Incoming:
    """One checked row, and where in the file it stands."""

    code: str
    name: str
    shape: shapely.Geometry
    parent: Parent | None
    registered_residents: int | None
    actual_residents: int | None
    batch: Batch
    at: int


class Parents:
    """The current areas above one level of a scheme.

    Raises
    ------
    InvalidInput
        When the file names parents and none is loaded.
    """

    def __init__(self, connection: psycopg.Connection, scheme: str, level: str, run: Run) -> None:
        above = LEVELS[:LEVELS.index(level)]
        rows = connection.execute(
            queries.get("areas_above"), {"scheme": scheme, "levels": list(above)}).fetchall()
        self._all = [Parent(identity, at, code, shapely.from_wkb(shape))
                     for identity, at, code, shape in rows]
        self._by_code: dict[str, Parent] = {}
        for parent in sorted(self._all, key=lambda p: above.index(p.level)):
            self._by_code[parent.code] = parent  # of several levels the nearest wins
        self._named = "parent" in run.columns
        if self._named and not self._all and "parent" not in run.options.mapping:
            # Nobody asked for it: the highest level of a file often has a column for one above.
            run.outcome.note(f"column {run.columns['parent']} was left alone: no area above level"
                             f" {level} is loaded in scheme {scheme}")
            self._named = False
        if self._named and not self._all:
            raise InvalidInput(
                f"no area above level {level} is loaded in scheme {scheme}: load those first, or"
                " leave out --parent", field="parent")
        nearest = max((parent.level for parent in self._all), key=above.index, default=None)
        self._nearest = [parent for parent in self._all if parent.level == nearest]
        self._tree = shapely.STRtree([parent.shape for parent in self._nearest])

    def of(self, told: str | None, code: str, shape: shapely.Geometry,
           free_codes: bool) -> Parent | None:
        """The parent of a row; `InvalidInput` where it has none and needs one.

        It is the one the row names; else, of standard codes, the one whose code begins the
        row's; else the one that holds a point of it. A scheme loaded alone needs none.
        """
        if not self._all:
            return None
        if self._named:
            if told is None:
                raise InvalidInput("the row names no parent")
            if told not in self._by_code:
                raise InvalidInput(f"its parent {told!r} is not loaded: load the level above first")
            return self._by_code[told]
        if not free_codes:
            prefixes = (code[:length] for length in (12, 9, 6) if length < len(code))
            found = next((self._by_code[p] for p in prefixes if p in self._by_code), None)
            if found is None:
                raise InvalidInput("no area above is loaded whose code begins this one")
            return found
        return self._around(shape)

    def _around(self, shape: shapely.Geometry) -> Parent:
        found = self._tree.query(shape.point_on_surface(), predicate="intersects")
        if not found.size:
            raise InvalidInput("it lies in none of the areas of the level above")
        return min((self._nearest[at] for at in found), key=lambda parent: parent.code)

    def holds_elsewhere(self, row: Incoming) -> Parent | None:
        """Another area of the parent's level in which most of a row lies."""
        for at in self._tree.query(row.shape, predicate="intersects"):
            other = self._nearest[at]
            if other.code != row.parent.code and other.level == row.parent.level \
                    and row.shape.intersection(other.shape).area > 0.5 * row.shape.area:
                return other
        return None


def held_against(parents: Parents, rows: list[Incoming], run: Run) -> list[Incoming]:
    """The rows that lie in their parents; the others are put aside.

    A row of which more than `LARGEST_SHARE_OUTSIDE` lies outside its parent is put aside, unless
    it is the parent's own outline that is wrong: less than `SMALLEST_OUTLINE` of what its children
    cover together, and these lie in no other area. Whatever sticks out further than
    `SILENT_SHARE_OUTSIDE` is told.
    """
    families = defaultdict(list)
    for row in rows:
        families[row.parent.identity_id if row.parent else 0].append(row)
    kept_rows: list[Incoming] = families.pop(0, [])
    told: list[str] = []
    for family in families.values():
        kept_rows += _family(parents, family, run, told)
    if told:
        more = f", and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        run.outcome.counts["sticking_out"] = len(told)
        run.outcome.note(f"{len(told)} of the areas stick out of their parent by more than"
                         f" {SILENT_SHARE_OUTSIDE:.0%}: {'; '.join(told[:_TOLD])}{more}")
    return kept_rows


def _family(parents: Parents, family: list[Incoming], run: Run, told: list[str]) -> list[Incoming]:
    parent = family[0].parent
    shapes = np.array([row.shape for row in family], dtype=object)
    shapely.prepare(parent.shape)
    loose = np.flatnonzero(~shapely.covers(parent.shape, shapes))
    outside = np.zeros(len(family))
    outside[loose] = square_metres(shapely.difference(shapes[loose], parent.shape))
    whole = square_metres(shapes)
    own = square_metres(np.array([parent.shape], dtype=object))[0]
    outline_wrong = len(family) > 1 and own < SMALLEST_OUTLINE * whole.sum()
    kept = []
    for row, out, total in zip(family, outside, whole, strict=True):
        share = out / total
        elsewhere = parents.holds_elsewhere(row) if share > LARGEST_SHARE_OUTSIDE else None
        if share > LARGEST_SHARE_OUTSIDE and (elsewhere or not outline_wrong):
            where = f"; it lies in {elsewhere.code}" if elsewhere else ""
            run.put_aside(row.batch, row.at, "parent_does_not_contain",
                          f"{out:,.0f} of its {total:,.0f} m² ({share:.0%}) lie outside its parent"
                          f" {parent.code}, more than {LARGEST_SHARE_OUTSIDE:.0%}{where}")
            continue
        kept.append(row)
        if share > SILENT_SHARE_OUTSIDE:
            told.append(f"{row.code} {row.name} out of {parent.code} by {share:.0%}")
    return kept
