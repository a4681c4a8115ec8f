"""Polygons made fit for the database: repaired where that is honest, refused where not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.crs import metres_per_degree
from gis.loading.places import Place

# A repair that changes more of a polygon than this would be a guess at its true shape.
LARGEST_REPAIR_SHARE = 0.01
_POINT_IN_REASON = re.compile(r"^(?P<what>[^\[]+)\[(?P<x>[-\d.e+]+) (?P<y>[-\d.e+]+)")

Shapes = NDArray[np.object_]


@dataclass
class Polygons:
    """Multipolygons ready to be stored, None where a row is at fault.

    ``repairs``: what was done, by position. ``without_z``: how many lost heights.
    """

    shapes: Shapes
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)
    repairs: dict[int, str] = field(default_factory=dict)
    without_z: int = 0


def square_metres(shapes: Shapes) -> NDArray[np.float64]:
    """Area in the plane at each shape's middle latitude; good for shapes of some kilometres."""
    bounds = shapely.bounds(shapes)
    kx, ky = metres_per_degree((bounds[:, 1] + bounds[:, 3]) / 2)
    return shapely.area(shapes) * kx * ky


def ready_polygons(shapes: Shapes, place: Place) -> Polygons:
    """Transform, check, repair and snap polygons.

    Parameters
    ----------
    shapes
        As read; anything, or None.
    place
        How their coordinates are understood.

    Returns
    -------
    Polygons
        Every fault has a reason: ``no_geometry``, ``geometry`` (a kind that is no polygon),
        ``coordinates`` (not finite, or off the Earth) or ``invalid`` (not to be repaired within
        `LARGEST_REPAIR_SHARE` of its area).
    """
    result = Polygons(np.full(len(shapes), None, dtype=object))
    faults = result.faults
    kinds = shapely.get_type_id(shapes)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for at in np.flatnonzero(empty).tolist():
        faults[at] = ("no_geometry", "there is no polygon in this row")
    for at in np.flatnonzero(~empty & ~np.isin(kinds, (3, 6))).tolist():
        faults[at] = ("geometry", f"a polygon is needed, this is a {shapes[at].geom_type}")
    here = np.array([at for at in range(len(shapes)) if at not in faults], dtype=np.intp)
    result.without_z = int(shapely.has_z(shapes[here]).sum())
    flat = shapely.force_2d(shapes[here])
    finite = _finite(flat)
    for at in here[~finite].tolist():
        faults[at] = ("coordinates", "a vertex has a coordinate that is missing or infinite")
    here, flat = here[finite], flat[finite]
    stored = place.stored_shapes(flat)
    earthly = _on_earth(stored)
    for at in here[~earthly].tolist():
        faults[at] = ("coordinates", "a vertex is off the Earth: longitude goes from -180 to 180"
                                     " and latitude from -90 to 90")
    here, stored = here[earthly], stored[earthly]
    for at in np.flatnonzero(~shapely.is_valid(stored)).tolist():
        stored[at] = _repair(stored[at], int(here[at]), result)
    kept = ~shapely.is_missing(stored)
    result.shapes[here[kept]] = _multi(stored[kept])
    return result


def _finite(shapes: Shapes) -> NDArray[np.bool_]:
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    good = np.ones(len(shapes), dtype=bool)
    good[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return good


def _on_earth(shapes: Shapes) -> NDArray[np.bool_]:
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    good = np.ones(len(shapes), dtype=bool)
    # A vertex that the projection can't bring back is infinite, and off the Earth too.
    good[owner[~((np.abs(coordinates) <= (180, 90)).all(axis=1))]] = False
    return good


def _repair(shape: shapely.Geometry, at: int, result: Polygons) -> shapely.Geometry | None:
    reason = shapely.is_valid_reason(shape)
    told = _POINT_IN_REASON.match(reason)
    where = f"{told['what'].lower()} at {float(told['x']):.6f}, {float(told['y']):.6f}" \
        if told else reason.lower()
    mended = _polygonal(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    # Vertices made by the repair come onto the grid too, without breaking it again.
    mended = _polygonal(shapely.set_precision(mended, 1e-9))
    before, after = square_metres(np.array([shape, mended], dtype=object))
    moved = abs(after - before)
    if mended.is_empty or not mended.is_valid or moved > LARGEST_REPAIR_SHARE * max(before, after):
        result.faults[at] = (
            "invalid", f"the polygon is invalid ({where}) and a repair would change"
                       f" {moved:,.0f} of its {before:,.0f} m², more than"
                       f" {LARGEST_REPAIR_SHARE:.0%}: draw it anew there")
        return None
    result.repairs[at] = f"{where}; {moved:,.1f} of {before:,.0f} m² changed"
    return mended


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """Only what has an area."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shape)
    parts = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), (3, 6))])
    return shapely.union_all(parts) if len(parts) else shapely.MultiPolygon()


def _multi(shapes: Shapes) -> Shapes:
    out = shapes.copy()
    for at in np.flatnonzero(shapely.get_type_id(shapes) == 3).tolist():
        out[at] = shapely.MultiPolygon([shapes[at]])
    return out
