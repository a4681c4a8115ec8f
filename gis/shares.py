"""The line or area of a matter as it is sent: GeoJSON, checked whole before anything is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs import Datum, metres_per_degree, to_cgcs2000
from gis.errors import InvalidInput

MOST_POSITIONS = 10_000
LONGEST_M = 200_000
LARGEST_M2 = 1_000_000_000
# No degrees, and no height in metres, is more; nor is a number without end.
FARTHEST = 1e6
# Depth of the coordinates' lists, by type.
_DEPTHS = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_LINES = ("LineString", "MultiLineString")


@dataclass(frozen=True)
class Extent:
    """A line or an area as it is kept, in CGCS2000 on the storage grid, and as it was sent."""

    shape: BaseGeometry
    received: dict[str, Any]
    datum: Datum


def read_extent(geometry: object, datum: Datum | str = Datum.WGS84) -> Extent:
    """Read a GeoJSON line or area (or a feature of one).

    Parameters
    ----------
    geometry
        LineString, MultiLineString, Polygon or MultiPolygon; at most 10,000 positions, 200 km
        or 1,000 km². Heights are left out.
    datum
        In which its coordinates are.

    Raises
    ------
    UnknownDatum, InvalidInput
        Field ``geometry``: what is wrong with it.
    """
    if isinstance(geometry, dict) and geometry.get("type") == "Feature":
        geometry = geometry.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(kind, str) or kind not in _DEPTHS:
        raise _wrong(f"a GeoJSON {', '.join(_DEPTHS)} is needed")
    coordinates = geometry.get("coordinates")
    positions = list(_positions(coordinates, _DEPTHS[kind]))
    if len(positions) > MOST_POSITIONS:
        raise _wrong(f"it has {len(positions):,} positions: at most {MOST_POSITIONS:,}")
    try:
        sent = shapely.geometry.shape({"type": kind, "coordinates": coordinates})
    except (ValueError, TypeError, shapely.errors.ShapelyError) as fault:
        raise _wrong(str(fault)) from None
    shape = shapely.transform(shapely.force_2d(sent), lambda degrees: np.column_stack(
        to_cgcs2000(degrees[:, 0], degrees[:, 1], datum)[:2]))
    _check_shape(shape, kind)
    return Extent(shape, {"type": kind, "coordinates": coordinates}, Datum(datum))


def _positions(coordinates: object, depth: int) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list | tuple) or not coordinates:
        raise _wrong("its coordinates are not the lists that its type needs")
    if depth:
        for part in coordinates:
            yield from _positions(part, depth - 1)
        return
    if len(coordinates) not in (2, 3) or not all(
            isinstance(degrees, int | float) and not isinstance(degrees, bool)
            and abs(degrees) <= FARTHEST for degrees in coordinates):
        raise _wrong("a position is [longitude, latitude] in numbers")
    lon, lat = coordinates[:2]
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise _wrong(f"[{lon}, {lat}] does not lie within -180 and 180, -90 and 90 degrees")
    yield lon, lat


def _check_shape(shape: BaseGeometry, kind: str) -> None:
    if not shapely.is_valid(shape):
        raise _wrong(f"it is not valid: {shapely.is_valid_reason(shape)}")
    _, south, _, north = shape.bounds
    kx, ky = metres_per_degree((south + north) / 2)
    flat = shapely.transform(shape, lambda degrees: degrees * [float(kx), float(ky)])
    size, most = (flat.length, LONGEST_M) if kind in _LINES else (flat.area, LARGEST_M2)
    if size == 0:
        raise _wrong("it has no length" if kind in _LINES else "it has no area")
    if size > most:
        told = "200 km" if kind in _LINES else "1,000 km²"
        raise _wrong(f"it is too large for one matter: at most {told}")


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, field="geometry")
