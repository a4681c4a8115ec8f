"""Datums and metres: how coordinates come in, and what a degree is worth.

Everything is stored as CGCS2000 longitude and latitude (EPSG:4490) on a grid of 1e-9°.
WGS 84 and CGCS2000 agree to centimetres and are treated as one, explicitly, because PROJ
offers only a "ballpark" operation between them. GCJ-02 and BD-09 are the obfuscated datums
of Chinese web maps: `gis.china_shift` has their formulas, the inverses here are fixed-point
iterations of them.

All functions take scalars or arrays (any shape that broadcasts) in degrees and give numpy
values of the broadcast shape. ``gis/sql/functions/010_datums.sql`` says the same in SQL.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gis.china_shift import Degrees, Pair, shift_bd, shift_gcj
from gis.errors import InvalidInput, UnknownDatum

STORED_CRS = "EPSG:4490"
SNAP_PER_DEGREE = 1e9

SEMI_MAJOR_M = 6378137.0
FLATTENING = 1 / 298.257222101
ECCENTRICITY_SQUARED = FLATTENING * (2 - FLATTENING)

# The rectangle of the public GCJ-02 formula; outside it the datum is CGCS2000 itself.
CHINA_WEST, CHINA_EAST = 72.004, 137.8347
CHINA_SOUTH, CHINA_NORTH = 0.8293, 55.8271
# Wider than the largest offset (under 0.03°), so that no image of an inner point is missed.
_EDGE_DEGREES = 0.1

# Each step gains at least a factor of 50 from under 1.5 km: eight end below a nanometre.
_INVERSE_STEPS = 8


class Datum(StrEnum):
    """The datum in which a coordinate was given."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def snap(values: ArrayLike) -> Degrees:
    """Round degrees to the storage grid of 1e-9° (0.1 mm), half to even.

    Identical, bit for bit, to ``snap_degrees`` in SQL. NaN stays NaN.

    >>> float(snap(120.12345678949))
    120.123456789
    """
    return np.rint(np.asarray(values, dtype=np.float64) * SNAP_PER_DEGREE) / SNAP_PER_DEGREE


def metres_per_degree(lat: ArrayLike) -> Pair:
    """Length of one degree of longitude and of latitude at a latitude.

    With w² = 1 − e² sin²φ on the ellipsoid of CGCS2000 (a = 6378137 m, f = 1/298.257222101):
    ``kx = N cos φ π/180``, ``N = a / w`` (prime vertical) and ``ky = M π/180``,
    ``M = a (1 − e²) / w³`` (meridian).

    Parameters
    ----------
    lat : array_like
        Latitude in degrees.

    Returns
    -------
    kx, ky : ndarray
        Metres per degree eastwards and northwards, of the shape of ``lat``.

    Notes
    -----
    At 0°: 111319.491, 110574.276. At 30°: 96486.280, 110852.452. At 60°: 55800.002, 111412.287.
    """
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    sine = np.sin(phi)
    squared = 1 - ECCENTRICITY_SQUARED * (sine * sine)
    root = np.sqrt(squared)
    degree = math.pi / 180
    prime_vertical = SEMI_MAJOR_M / root
    meridian = SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED) / (squared * root)
    return prime_vertical * np.cos(phi) * degree, meridian * degree


def distance_m(from_lon: ArrayLike, from_lat: ArrayLike, to_lon: ArrayLike,
               to_lat: ArrayLike) -> Degrees:
    """Planar distance in metres in the local plane at the first point's latitude.

    Meant for short ways (some kilometres); empty arrays give an empty array.
    """
    kx, ky = metres_per_degree(from_lat)
    east = (np.asarray(to_lon, dtype=np.float64) - np.asarray(from_lon, dtype=np.float64)) * kx
    north = (np.asarray(to_lat, dtype=np.float64) - np.asarray(from_lat, dtype=np.float64)) * ky
    return np.hypot(east, north)


def in_gcj_rectangle(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Whether a CGCS2000 point lies in the rectangle in which GCJ-02 shifts (edges included)."""
    return _within(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64), 0.0)


def cgcs2000_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """CGCS2000 (or WGS 84) to GCJ-02; identity outside the rectangle of the public formula.

    (120.2, 30.3) becomes (120.2045663, 30.2975927). NaN stays NaN.
    """
    return _forward(shift_gcj, lon, lat)


def gcj02_to_cgcs2000(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 to CGCS2000, exact to far below a millimetre wherever GCJ-02 shifts.

    The answer is the point of the rectangle that the forward formula moves to the one given;
    where there is none (outside the rectangle, and for some points within a kilometre of its
    edges, all of them far from China's borders) the point stays as it is.
    """
    return _inverse(shift_gcj, lon, lat)


def cgcs2000_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """CGCS2000 (or WGS 84) to BD-09; identity where the true point is outside the rectangle."""
    return _forward(shift_bd, lon, lat)


def bd09_to_cgcs2000(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 to CGCS2000, by the rule of `gcj02_to_cgcs2000`."""
    return _inverse(shift_bd, lon, lat)


def to_cgcs2000(lon: ArrayLike, lat: ArrayLike,
                datum: Datum | str) -> tuple[Degrees, Degrees, Degrees]:
    """Bring coordinates of any known datum to the stored one, on the storage grid.

    Parameters
    ----------
    lon, lat : array_like
        Degrees, in ``datum``.
    datum : Datum or str
        One of wgs84, cgcs2000 (both taken as they are), gcj02, bd09.

    Returns
    -------
    lon, lat : ndarray
        CGCS2000 degrees, snapped to 1e-9°.
    moved_m : ndarray
        How far the conversion moved the point, in metres (0 where it did not).

    Raises
    ------
    UnknownDatum
        When it is none of the four.
    """
    known = parse_datum(datum)
    given_lon, given_lat = _pair(lon, lat)
    if known in (Datum.WGS84, Datum.CGCS2000):
        return snap(given_lon), snap(given_lat), np.zeros_like(given_lon)
    convert = gcj02_to_cgcs2000 if known is Datum.GCJ02 else bd09_to_cgcs2000
    true_lon, true_lat = convert(given_lon, given_lat)
    moved_m = distance_m(true_lon, true_lat, given_lon, given_lat)
    return snap(true_lon), snap(true_lat), moved_m


def from_cgcs2000(lon: ArrayLike, lat: ArrayLike, datum: Datum | str) -> Pair:
    """The other way: stored coordinates as they read in ``datum`` (not snapped)."""
    known = parse_datum(datum)
    if known is Datum.GCJ02:
        return cgcs2000_to_gcj02(lon, lat)
    if known is Datum.BD09:
        return cgcs2000_to_bd09(lon, lat)
    return _pair(lon, lat)


def parse_datum(datum: Datum | str) -> Datum:
    """The datum of a name, or `UnknownDatum`, which lists the lawful names."""
    try:
        return Datum(datum)
    except ValueError:
        raise UnknownDatum(datum) from None


def is_stored_crs(crs: CRS | str | int) -> bool:
    """Whether a reference system is longitude/latitude on CGCS2000 or WGS 84 (taken as one)."""
    parsed = parse_crs(crs)
    return parsed.is_geographic and _shares_datum(parsed) and parsed.prime_meridian.longitude == 0


def parse_crs(crs: CRS | str | int) -> CRS:
    """A pyproj CRS from an EPSG code, ``EPSG:N``, WKT or PROJ text; `InvalidInput` otherwise."""
    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise InvalidInput(
            f"unknown coordinate system {crs!r:.60}: give one such as EPSG:4549 ({error})",
            field="crs",
        ) from None


def to_lonlat(x: ArrayLike, y: ArrayLike, crs: CRS | str | int) -> Pair:
    """Coordinates of any reference system as CGCS2000 longitude and latitude.

    ``x`` is always the eastward (or longitude) ordinate, whatever the axis order of the
    definition. Systems on WGS 84 or CGCS2000 are only unprojected; others go through the
    best operation PROJ knows, never a ballpark one.

    Raises
    ------
    InvalidInput
        Field ``crs``: unknown, or without an operation to WGS 84.

    Notes
    -----
    EPSG:4549 (500000, 3320113.398) is (120, 30).
    """
    transformer = _transformer(parse_crs(crs).to_wkt())
    lon, lat = transformer.transform(*_pair(x, y))
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


@lru_cache(maxsize=32)
def _transformer(wkt: str) -> Transformer:
    source = CRS.from_wkt(wkt)
    # A system's own geographic base needs no datum operation, so none can be a ballpark.
    target = source.geodetic_crs if _shares_datum(source) else CRS.from_epsg(4326)
    try:
        return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)
    except ProjError as error:
        raise InvalidInput(
            f"no known operation from {source.name} to WGS 84 ({error})", field="crs"
        ) from None


def _shares_datum(crs: CRS) -> bool:
    if crs.geodetic_crs is None or crs.geodetic_crs.datum is None:
        return False
    name = crs.geodetic_crs.datum.name.lower().replace("_", " ")
    return any(known in name for known in ("china 2000", "cgcs2000", "world geodetic system 1984",
                                           "wgs 1984", "wgs 84", "wgs84"))


def _pair(lon: ArrayLike, lat: ArrayLike) -> Pair:
    east, north = np.broadcast_arrays(np.asarray(lon, dtype=np.float64),
                                      np.asarray(lat, dtype=np.float64))
    return east.copy(), north.copy()


def _within(lon: Degrees, lat: Degrees, margin: float) -> NDArray[np.bool_]:
    return ((lon >= CHINA_WEST - margin) & (lon <= CHINA_EAST + margin)
            & (lat >= CHINA_SOUTH - margin) & (lat <= CHINA_NORTH + margin))


def _forward(shift: Callable[[Degrees, Degrees], Pair], lon: ArrayLike, lat: ArrayLike) -> Pair:
    east, north = _pair(lon, lat)
    inside = _within(east, north, 0.0)
    moved_east, moved_north = shift(east[inside], north[inside])
    east[inside], north[inside] = moved_east, moved_north
    return east, north


def _inverse(shift: Callable[[Degrees, Degrees], Pair], lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Fixed point of ``p = q − (shift(p) − p)``, kept where p lies in the rectangle."""
    east, north = _pair(lon, lat)
    near = _within(east, north, _EDGE_DEGREES)
    given_east, given_north = east[near], north[near]
    found_east, found_north = given_east, given_north
    for _ in range(_INVERSE_STEPS):
        image_east, image_north = shift(found_east, found_north)
        found_east = found_east + (given_east - image_east)
        found_north = found_north + (given_north - image_north)
    # Snapped: a point on the very edge comes back a rounding error beside it.
    inside = _within(snap(found_east), snap(found_north), 0.0)
    east[near] = np.where(inside, found_east, given_east)
    north[near] = np.where(inside, found_north, given_north)
    return east, north
