"""坐标体检: in which datum points were given, told by the buildings that their rows name.

GCJ-02 lies some 500–600 m from the truth in most cities (265 m in Urumqi, under 100 m in a
hundredth of China) and BD-09 0.9–1.4 km; buildings are some tens of metres wide: read in the
right datum a point lies in or by the building whose code its row carries, read in a wrong one it
lies streets away. So each row that names a known
building tells its own datum, and a file that mixes datums comes apart row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.crs import Datum, distance_m, metres_per_degree, to_cgcs2000

# WGS 84 and CGCS2000 agree to centimetres: no building can tell them apart.
HYPOTHESES = (Datum.CGCS2000, Datum.GCJ02, Datum.BD09)
DISAGREES, UNKNOWN = -1, -2

# A door plate may hang at the gate of a compound, but not two streets away; and where two datums
# lie close together, not nearly half way to the other.
NEAR_M = 120.0
NEAR_SHARE = 0.45
# The second best datum must be further off by this share of the way between the two.
MARGIN_SHARE = 0.2
# From this share of those that tell, a file is of one datum and its silent rows follow it.
ONE_DATUM = 0.98
FEWEST_WITNESSES = 20

Floats = NDArray[np.float64]
Verdicts = NDArray[np.int8]


@dataclass(frozen=True)
class Readings:
    """Points under each hypothesis, in the order of `HYPOTHESES`: arrays of shape (3, n)."""

    lon: Floats
    lat: Floats

    @classmethod
    def of(cls, lon: ArrayLike, lat: ArrayLike) -> Readings:
        """CGCS2000 degrees of points, were they given in each datum."""
        read = [to_cgcs2000(lon, lat, datum)[:2] for datum in HYPOTHESES]
        return cls(np.stack([x for x, _ in read]), np.stack([y for _, y in read]))

    def chosen(self, verdicts: Verdicts) -> tuple[Floats, Floats]:
        """Each point as its verdict reads it; as given (row 0) where there is none."""
        rows = np.maximum(verdicts, 0)
        return (np.take_along_axis(self.lon, rows[None], axis=0)[0],
                np.take_along_axis(self.lat, rows[None], axis=0)[0])


def distances(readings: Readings, footprints: ArrayLike) -> Floats:
    """Metres from each reading to the building that its row names; NaN where it names none.

    Parameters
    ----------
    readings
        n points under three hypotheses.
    footprints : array_like of shapely.Geometry or None, shape (n,)
        Degrees (EPSG:4490).

    Returns
    -------
    ndarray, shape (3, n)
        0 within the footprint. In the local plane of the building's latitude.
    """
    shapes = np.asarray(footprints, dtype=object)
    found = np.full(readings.lon.shape, np.nan)
    at = np.flatnonzero(~shapely.is_missing(shapes))
    if not at.size:
        return found
    # One plane for the batch: over a city a degree changes by a hundredth, which no verdict feels.
    kx, ky = metres_per_degree(float(np.median(shapely.get_coordinates(shapes[at])[:, 1])))
    plane = shapely.transform(shapes[at], lambda points: points * (kx, ky))
    shapely.prepare(plane)
    for row in range(len(HYPOTHESES)):
        points = shapely.points(readings.lon[row, at] * kx, readings.lat[row, at] * ky)
        found[row, at] = shapely.distance(plane, points)
    return found


def judged(metres: Floats, readings: Readings) -> Verdicts:
    """The datum of each row by the building it names.

    Parameters
    ----------
    metres
        As of `distances`.
    readings
        The points themselves: readings that coincide (outside China) are no rivals.

    Returns
    -------
    ndarray of int8, shape (n,)
        Position in `HYPOTHESES`; `DISAGREES` where no datum brings the point within `NEAR_M` of
        its building, or two do about as well; `UNKNOWN` where it names none.
    """
    known = ~np.isnan(metres[0])
    verdicts = np.full(metres.shape[1], UNKNOWN, dtype=np.int8)
    if not known.any():
        return verdicts
    away = metres[:, known]
    best = np.argmin(away, axis=0)
    columns = np.arange(away.shape[1])
    lon, lat = readings.lon[:, known], readings.lat[:, known]
    apart = distance_m(lon[best, columns], lat[best, columns], lon, lat)
    apart = np.where(apart < 1.0, np.inf, apart)
    near = np.minimum(NEAR_M, NEAR_SHARE * apart.min(axis=0))
    lead = np.where(np.isinf(apart), np.inf, away - away[best, columns] - MARGIN_SHARE * apart)
    sure = (away[best, columns] <= near) & (lead.min(axis=0) >= 0)
    verdicts[known] = np.where(sure, best, DISAGREES)
    return verdicts


def ways_m(readings: Readings, verdicts: Verdicts, footprints: ArrayLike) -> Floats:
    """Metres east and north from the middle of its building to each point that has a verdict.

    Returns
    -------
    ndarray, shape (2, m)
        Their median shows a steady shift: doors and plates lie to all sides of a building.
    """
    at = np.flatnonzero(verdicts >= 0)
    middle = shapely.centroid(np.asarray(footprints, dtype=object)[at])
    lon, lat = (values[at] for values in readings.chosen(verdicts))
    kx, ky = metres_per_degree(shapely.get_y(middle))
    return np.stack([(lon - shapely.get_x(middle)) * kx, (lat - shapely.get_y(middle)) * ky])


@dataclass(frozen=True)
class Diagnosis:
    """What a whole file's witnesses say.

    Attributes
    ----------
    told
        Rows by the datum that they told themselves.
    disagrees, silent
        Rows that no datum brings to their building; rows that name no known building.
    datum
        The one datum of the file; None for a mix, or where too few tell.
    offset_m
        Median way (east, north) from the middle of buildings to their points, in metres: one of
        tens of metres hints at another system (Beijing 54, Xi'an 80) or an old survey.
    """

    told: Mapping[Datum, int]
    disagrees: int
    silent: int
    datum: Datum | None
    offset_m: tuple[float, float] | None = None

    @property
    def mixed(self) -> bool:
        """Whether the file holds points of more than one datum."""
        return self.datum is None and sum(count > 0 for count in self.told.values()) > 1

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {"datum": self.datum and self.datum.value, "mixed": self.mixed,
                "told": {datum.value: count for datum, count in self.told.items() if count},
                "disagrees": self.disagrees, "silent": self.silent, "offset_m": self.offset_m}


def diagnosed(verdicts: Verdicts, offset_m: tuple[float, float] | None = None) -> Diagnosis:
    """Sum up a file's verdicts.

    300 of GCJ-02 and 700 of WGS 84 are a mix; 990 and 10 are one datum with strays, whose silent
    rows follow the 990. Fewer than 20 witnesses name no datum.
    """
    told = {datum: int(np.sum(verdicts == row)) for row, datum in enumerate(HYPOTHESES)}
    witnesses = sum(told.values())
    most = max(told, key=told.__getitem__)
    one = witnesses >= FEWEST_WITNESSES and told[most] >= ONE_DATUM * witnesses
    return Diagnosis(told, int(np.sum(verdicts == DISAGREES)), int(np.sum(verdicts == UNKNOWN)),
                     most if one else None, offset_m)


def by_footprints(inside: ArrayLike, points: int) -> Datum | None:
    """The datum of a file without witnesses, by how many points fall into any building.

    Parameters
    ----------
    inside
        Of `points` points, how many lie in a building under each of `HYPOTHESES`.
    points
        How many were tried.

    Returns
    -------
    Datum or None
        The best, where its share leads the next by more than 0.15 and by four standard errors of
        a difference of two shares; None where buildings are too few, or too dense, to tell.
    """
    shares = np.asarray(inside, dtype=np.float64) / max(points, 1)
    order = np.argsort(-shares)
    best, rival = shares[order[0]], shares[order[1]]
    error = np.sqrt((best * (1 - best) + rival * (1 - rival)) / max(points, 1))
    if points < FEWEST_WITNESSES or best - rival <= max(0.15, 4 * error):
        return None
    return HYPOTHESES[order[0]]
