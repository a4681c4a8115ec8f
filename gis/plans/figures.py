"""How many live where: weighted points of a draft's ground, counted by area as edges move."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.crs import metres_per_degree
from gis.residents import share_out, whole

COUNTED = ("addresses", "households", "actual_residents", "registered_residents",
           "open_incidents")
NOBODY = -1
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Points:
    """Places with what counts there.

    Attributes
    ----------
    lon, lat
        float64, n: degrees of EPSG:4490.
    weights
        int64, n × 5: in the order of `COUNTED`.
    compound
        int64, n: number of the residential compound in `compounds`, -1 for none.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    weights: Integers
    compound: Integers
    compounds: Sequence[str] = field(default_factory=tuple)

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """The places as points."""
        return shapely.points(self.lon, self.lat)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """A tree over `shapes`."""
        return shapely.STRtree(self.shapes)


class Count:
    """Which area each point is in, and the sums by area; follows as areas change.

    A point on a boundary is in the lowest key of those that touch it, as reports are.
    """

    def __init__(self, points: Points) -> None:
        self._points = points
        self._keys: list[str] = []
        self._number: dict[str, int] = {}
        self.owner = np.full(len(points.lon), NOBODY, dtype=np.int64)

    def begin(self, faces: Mapping[str, BaseGeometry]) -> None:
        """All areas at once."""
        self._keys, self._number = [], {}
        self.owner[:] = NOBODY
        self._put(faces)

    def change(self, before: Iterable[str], after: Mapping[str, BaseGeometry]) -> Integers:
        """Areas that took each other's ground; the positions of points that have another now.

        Parameters
        ----------
        before
            Keys of the areas that changed or ended.
        after
            Shapes of those that changed or began.
        """
        numbers = [self._number[key] for key in before if key in self._number]
        held = np.flatnonzero(np.isin(self.owner, numbers))
        was = self.owner.copy()
        self.owner[held] = NOBODY
        self._put(after)
        return np.flatnonzero(was != self.owner)

    def sums(self, keys: Iterable[str]) -> dict[str, dict[str, int]]:
        """What counts in some areas, zero where no point is."""
        wanted = list(keys)
        told = {key: dict.fromkeys(COUNTED, 0) for key in wanted}
        number = np.array([self._number.get(key, NOBODY - 1) for key in wanted], dtype=np.int64)
        order = np.argsort(number)
        inside = np.flatnonzero(np.isin(self.owner, number))
        place = order[np.searchsorted(number[order], self.owner[inside])]
        total = np.zeros((len(wanted), len(COUNTED)), dtype=np.int64)
        np.add.at(total, place, self._points.weights[inside])
        for key, row in zip(wanted, total.tolist(), strict=True):
            told[key] = dict(zip(COUNTED, row, strict=True))
        return told

    @property
    def keys(self) -> list[str]:
        """All areas that were ever counted, in the order of the numbers in `owner`."""
        return self._keys

    def positions(self, key: str) -> Integers:
        """The points of an area."""
        return np.flatnonzero(self.owner == self._number.get(key, NOBODY - 1))

    def keys_of(self, positions: Integers) -> list[str]:
        """The areas in which some points lie, each once, in order."""
        numbers = np.unique(self.owner[positions])
        return sorted(self._keys[number] for number in numbers.tolist() if number != NOBODY)

    def _put(self, faces: Mapping[str, BaseGeometry]) -> None:
        # Highest key first: what lower keys touch as well is theirs in the end.
        for key in sorted(faces, reverse=True):
            if key not in self._number:
                self._number[key] = len(self._keys)
                self._keys.append(key)
            here = self._points.tree.query(faces[key], predicate="intersects")
            rivals, which = np.unique(self.owner[here], return_inverse=True)
            free = np.array([number == NOBODY or key <= self._keys[number]
                             for number in rivals.tolist()], dtype=bool)
            if len(here):
                self.owner[here[free[which]]] = self._number[key]


def settled(points: Points, faces: Mapping[str, BaseGeometry],
            told: Mapping[str, Mapping[str, int | None]]) -> Points:
    """Points whose residents sum to what areas are told to have (`gis.residents.share_out`).

    Parameters
    ----------
    faces
        The areas of which something is told, as they were then.
    told
        By key: `actual_residents` and `registered_residents`, None where nobody tells.
    """
    count = Count(points)
    count.begin(faces)
    keys = count.keys
    weights = points.weights.copy()
    # Where no building has an address, people live in buildings all the same; not at incidents.
    homes = weights[:, COUNTED.index("addresses")] + np.where(
        weights[:, COUNTED.index("open_incidents")] > 0, 0.0, 1e-6)
    for name in ("actual_residents", "registered_residents"):
        column = COUNTED.index(name)
        level = np.array([told[key][name] for key in keys], dtype=np.float64)
        shared = share_out(level, count.owner, weights[:, column].astype(np.float64), homes)
        weights[:, column] = whole(shared, count.owner)
    return replace(points, weights=weights)


def plane_of(geom: BaseGeometry) -> tuple[float, float]:
    """Metres per degree, eastwards and northwards, at a shape's middle latitude."""
    _, south, _, north = geom.bounds
    kx, ky = metres_per_degree((south + north) / 2)
    return float(kx), float(ky)


def in_metres(geom: BaseGeometry, plane: tuple[float, float]) -> BaseGeometry:
    """A shape in the local plane."""
    return shapely.transform(geom, lambda degrees: degrees * plane)


def in_degrees(geom: BaseGeometry, plane: tuple[float, float]) -> BaseGeometry:
    """Back from the local plane."""
    return shapely.transform(geom, lambda metres: metres / plane)


def measures(geom: BaseGeometry) -> dict[str, float]:
    """Area in m² and compactness (Polsby and Popper 1991: 4π · area / perimeter²).

    A square has 0.785, a circle 1.
    """
    flat = in_metres(geom, plane_of(geom))
    area, perimeter = flat.area, flat.length
    return {"area_m2": round(area, 1),
            "compactness": round(4 * math.pi * area / perimeter**2, 4) if perimeter else 0.0}
