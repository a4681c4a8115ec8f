"""The past year against another cut: who would have owned each place and each matter.

Pure: arrays in, figures out. A point lies in the area that it meets, the lowest code where it
meets several, by GEOS's robust predicates as in assignment; new areas come after all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.crs import metres_per_degree
from gis.redraw import Redraw

NOWHERE = -1
Integers = NDArray[np.int64]
# What `rehearsal_incidents` packs for each matter.
RECORD = np.dtype([
    ("id", ">i8"), ("grid_id", ">i8"), ("lon", ">f8"), ("lat", ">f8"), ("officer_id", ">i8"),
    ("building_id", ">i8"), ("minute", ">i4"), ("line", ">i2"), ("flags", ">i2")])
OPEN, ON_TIME, LATE, CLASS_SHIFT = 1, 2, 4, 4


@dataclass(frozen=True)
class Matters:
    """The matters of a time: where they lie, what line and class, how they went.

    `line` is a place in the list of lines, from 1, 0 for none; `minute` that of the week in the
    city's time; `decided` means solved, or open past its deadline.
    """

    id: Integers
    points: NDArray[np.float64]
    building_id: Integers
    minute: Integers
    line: Integers
    rank: Integers
    open: NDArray[np.bool_]
    on_time: NDArray[np.bool_]
    decided: NDArray[np.bool_]

    @classmethod
    def unpacked(cls, packed: bytes | None) -> Matters:
        """From the bytes of `rehearsal_incidents`."""
        rows = np.frombuffer(packed or b"", RECORD)
        flags = rows["flags"].astype(np.int64)
        return cls(
            rows["id"].astype(np.int64),
            np.column_stack([rows["lon"], rows["lat"]]).astype(float),
            rows["building_id"].astype(np.int64), rows["minute"].astype(np.int64),
            rows["line"].astype(np.int64), flags >> CLASS_SHIFT, (flags & OPEN) > 0,
            (flags & ON_TIME) > 0, (flags & (ON_TIME | LATE)) > 0)


class Cut:
    """Areas by key, in the order in which ties are settled.

    Parameters
    ----------
    shapes
        By key.
    order
        What a tie is settled by; the key itself by default.
    """

    def __init__(self, shapes: Mapping[str, BaseGeometry],
                 order: Mapping[str, str] | None = None) -> None:
        order = order or {}
        self.keys = sorted(shapes, key=lambda key: (order.get(key, key), key))
        self._shapes = np.array([shapes[key] for key in self.keys], dtype=object)
        self._tree = shapely.STRtree(self._shapes)

    def owners(self, points: NDArray[np.float64]) -> Integers:
        """Index in `keys` of the area of each point, ``(n, 2)`` degrees; `NOWHERE` outside."""
        found = np.full(len(points), len(self.keys), dtype=np.int64)
        at, area = self._tree.query(shapely.points(points), predicate="intersects")
        np.minimum.at(found, at, area)
        return np.where(found < len(self.keys), found, NOWHERE)

    def nearest(self, points: NDArray[np.float64]) -> Integers:
        """Index of the nearest area to each point, in the plane of the first one's latitude."""
        if not len(points) or not self.keys:
            return np.full(len(points), NOWHERE, dtype=np.int64)
        metres = np.array(metres_per_degree(points[0, 1]))
        flat = shapely.transform(self._shapes, lambda xy: xy * metres)
        at, area = shapely.STRtree(flat).query_nearest(shapely.points(points * metres))
        found = np.full(len(points), len(self.keys), dtype=np.int64)
        np.minimum.at(found, at, area)
        return found


@dataclass(frozen=True)
class Cuts:
    """The ground before and after, in the same neighbourhood.

    `neighbours` are areas that stay as they are: they only settle ties, and whatever lies in
    them is none of the redraw's.
    """

    before: Cut
    after: Cut
    changed_before: frozenset[str]
    changed_after: frozenset[str]

    @classmethod
    def of(cls, redraw: Redraw, standing: Mapping[str, BaseGeometry]) -> Cuts:
        """Of a redraw and the areas of its level that stand around it, by code."""
        after = {area.key: area.geom for area in redraw.after}
        staying = {code: shape for code, shape in standing.items() if code not in redraw.before}
        order = {area.key: f"{area.parent_code or ''}~{area.key}" for area in redraw.after
                 if area.is_new}
        return cls(Cut(dict(redraw.before) | staying), Cut(after | staying, order),
                   frozenset(redraw.before), frozenset(after))

    def flows(self, points: NDArray[np.float64]) -> tuple[list[str | None], list[str | None]]:
        """For each point, its changed area before and after; None where it is in none.

        What lies in no area at all is answered by the nearest.
        """
        told = []
        for cut, changed in ((self.before, self.changed_before), (self.after, self.changed_after)):
            own = cut.owners(points)
            lost = np.flatnonzero(own == NOWHERE)
            if len(lost):
                own[lost] = cut.nearest(points[lost])
            keys = [key if key in changed else None for key in cut.keys]
            told.append([keys[index] for index in own.tolist()])
        return told[0], told[1]


def sums(keys: Sequence[str | None], weights: NDArray) -> dict[str, list[float]]:
    """By key, the sums of the columns of `weights`, ``(n, m)``; None is left out."""
    order = {key: number for number, key in enumerate(
        one for one in dict.fromkeys(keys) if one is not None)}
    place = np.array([-1 if key is None else order[key] for key in keys], dtype=int)
    total = np.zeros((len(order), weights.shape[1]))
    np.add.at(total, place[place >= 0], weights[place >= 0])
    return dict(zip(order, total.tolist(), strict=True))


def expected_on_time(officers: Sequence[Iterable[object]], matters: Matters,
                     ) -> NDArray[np.float64]:
    """The chance that each decided matter would have ended in time, had the second answered.

    Where the officer stays the same, what happened: 1 or 0. Where another answers, that
    officer's own share in time, last year, of matters of the same class; of all their matters
    where there were none; what happened where they had none at all. More work is not taken to
    make anybody slower.

    Parameters
    ----------
    officers
        For each matter, who answers before, and who after; None for nobody.

    Returns
    -------
    ndarray, float
        NaN where nothing is decided.
    """
    before, after = (list(one) for one in officers)
    happened = np.where(matters.decided, matters.on_time.astype(float), np.nan)
    counts: dict[object, list[float]] = {}
    for who, rank, in_time, decided in zip(before, matters.rank.tolist(),
                                           matters.on_time.tolist(), matters.decided.tolist(),
                                           strict=True):
        if decided and who is not None:
            for key in (who, (who, rank)):
                told = counts.setdefault(key, [0.0, 0.0])
                told[0] += in_time
                told[1] += 1
    expected = happened.copy()
    for index, (was, now) in enumerate(zip(before, after, strict=True)):
        if was != now and matters.decided[index]:
            told = counts.get((now, int(matters.rank[index]))) or counts.get(now)
            if told:
                expected[index] = told[0] / told[1]
    return expected
