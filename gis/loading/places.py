"""Where a file's coordinates are: reference system and datum found out, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.crs import (
    Datum,
    is_stored_crs,
    parse_crs,
    parse_datum,
    to_cgcs2000,
    to_lonlat,
)
from gis.errors import InvalidInput

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """How a file's ordinates become CGCS2000 degrees.

    ``crs`` is None where they are degrees already, in ``datum``.
    """

    crs: Any
    datum: Datum

    def degrees(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Longitude and latitude in `datum`, as a report keeps what it received."""
        if self.crs is None:
            return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        return to_lonlat(x, y, self.crs)

    def stored(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Longitude and latitude as stored: CGCS2000, on the grid of 1e-9 degrees."""
        lon, lat, _ = to_cgcs2000(*self.degrees(x, y), self.datum)
        return lon, lat

    def stored_shapes(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Geometry as stored, vertex by vertex: neighbours keep the vertices they share."""
        coordinates = shapely.get_coordinates(shapes)
        lon, lat = self.stored(coordinates[:, 0], coordinates[:, 1])
        return shapely.set_coordinates(shapes.copy(), np.stack([lon, lat], axis=1))


STORED = Place(None, Datum.CGCS2000)


def find_place(x: ArrayLike, y: ArrayLike, told_crs: Any, crs: str | None, datum: str | None,
               notes: list[str]) -> Place:
    """Decide how ordinates are to be understood, from what was told and from their values.

    Parameters
    ----------
    x, y
        Ordinates of the file, or of its first rows.
    told_crs
        What the file itself names, or None.
    crs
        What the caller says (``--crs``); goes before the file.
    datum
        wgs84, cgcs2000, gcj02, bd09 (``--datum``), or None for wgs84.
    notes
        Gets a sentence where something was taken for granted.

    Raises
    ------
    InvalidInput
        When no system is named and the values are no degrees; when the named one is of degrees
        and the values are not; when a datum of web maps is given with projected coordinates.
    """
    understood = parse_datum(datum or Datum.WGS84)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    fit = np.isfinite(x) & np.isfinite(y)
    x, y = x[fit], y[fit]
    named = parse_crs(crs or told_crs) if crs or told_crs else None
    if named is None:
        if x.size and not _are_degrees(x, y):
            raise InvalidInput(
                f"the file names no coordinate system, and {_range_of(x, y)} are no degrees:"
                " give --crs, such as EPSG:4549 for CGCS2000 at 120° E", field="crs")
        notes.append(f"no coordinate system is named; the values can only be longitude and"
                     f" latitude and were taken as {understood}")
        return Place(None, understood)
    if named.is_geographic and x.size and not _are_degrees(x, y):
        raise InvalidInput(
            f"the coordinates are said to be {named.name}, in degrees, but are {_range_of(x, y)}:"
            f" {_remedy(x, y)}", field="crs")
    if not named.is_geographic and understood in (Datum.GCJ02, Datum.BD09):
        raise InvalidInput(
            f"{understood} is a datum of longitude and latitude, but the coordinates are"
            f" {named.name}", field="datum")
    if is_stored_crs(named) or understood in (Datum.GCJ02, Datum.BD09):
        return Place(None, understood)
    place = Place(named, understood)
    if x.size:
        _demand_earthly(place, x, y, named.name)
    return place


def _are_degrees(x: Floats, y: Floats) -> bool:
    """Whether at least half the values can be: single wrong rows don't make a file wrong."""
    return bool(np.mean((np.abs(x) <= 180) & (np.abs(y) <= 90)) >= 0.5)


def _range_of(x: Floats, y: Floats) -> str:
    return f"x {x.min():.6g} to {x.max():.6g}, y {y.min():.6g} to {y.max():.6g}"


def _remedy(x: Floats, y: Floats) -> str:
    if np.mean((np.abs(y) <= 180) & (np.abs(x) <= 90)) >= 0.5:
        return "x and y seem to be swapped; name the columns the other way round"
    return "they look like metres; give the right system with --crs, such as EPSG:4549"


def _demand_earthly(place: Place, x: Floats, y: Floats, name: str) -> None:
    lon, lat = place.degrees(x, y)
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if np.mean(good) < 0.5:
        degrees = " They are degrees: leave --crs out or give EPSG:4490." \
            if _are_degrees(x, y) else ""
        raise InvalidInput(f"{_range_of(x, y)} lie nowhere on Earth in {name}.{degrees}",
                           field="crs")
    if _are_degrees(x, y) and not parse_crs(place.crs).is_geographic:
        raise InvalidInput(
            f"the coordinates are said to be {name}, in metres, but {_range_of(x, y)} look like"
            " degrees: give --crs EPSG:4490", field="crs")


def bad_places(x: Floats, y: Floats, lon: Floats, lat: Floats) -> dict[int, tuple[str, str]]:
    """The points that can't be used: by their position, reason and explanation.

    Parameters
    ----------
    x, y
        As read; NaN where nothing or no number stood.
    lon, lat
        As understood.
    """
    faults = {}
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    for at in np.flatnonzero(~good).tolist():
        if np.isnan(x[at]) or np.isnan(y[at]):
            faults[at] = ("no_place", "one coordinate or both are missing or no number")
        elif not (np.isfinite(x[at]) and np.isfinite(y[at])):
            faults[at] = ("coordinates", "a coordinate is infinite")
        else:
            swapped = "; they seem to be swapped" \
                if abs(x[at]) <= 90 < abs(y[at]) <= 180 else ""
            faults[at] = ("coordinates",
                          f"x {x[at]:.9g}, y {y[at]:.9g} is no place: longitude goes from -180 to"
                          f" 180 and latitude from -90 to 90{swapped}")
    return faults


