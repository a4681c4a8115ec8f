"""How narrow a face is, and where."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.grid import in_degrees, in_metres

# A pointed corner is no tail: only what reaches further than this many widths counts.
_TAIL_WIDTHS = 4.0
_HALVINGS = 10


def narrow_place(shape: BaseGeometry, least_m: float,
                 before: Sequence[BaseGeometry] = ()) -> tuple[BaseGeometry, float]:
    """The necks and tails of a face narrower than a width, without those that were there before.

    Parameters
    ----------
    shape
        EPSG:4490.
    least_m
        The width to keep, in metres.
    before
        Faces it is made of: where they were as narrow, it may be.

    Returns
    -------
    place, width_m
        An empty shape and the width asked for where there is none; otherwise the places (degrees)
        and the narrowest width there, to a thousandth of what was asked.
    """
    _, south, _, north = shape.bounds
    lat = (south + north) / 2
    found = _narrow(in_metres(shape, lat), least_m)
    if found and before:
        known = [part for one in before for part in _narrow(in_metres(one, lat), least_m)]
        old = shapely.union_all(known).buffer(least_m) if known else shapely.Polygon()
        found = [part for part in found if not old.covers(part)]
    if not found:
        return shapely.Polygon(), least_m
    place = shapely.union_all(found)
    return in_degrees(place, lat), _width(in_metres(shape, lat), place, least_m)


def _narrow(shape: BaseGeometry, width: float) -> list[BaseGeometry]:
    """Parts of a shape in metres that an opening by a width takes away and that matter."""
    found = []
    for part in shapely.get_parts(shape):
        core = part.buffer(-width / 2, quad_segs=4)
        if core.is_empty:
            found.append(part)
            continue
        kernels = [one.buffer(width / 2 * 1.02, quad_segs=4) for one in shapely.get_parts(core)]
        rest = shapely.difference(part, shapely.union_all(kernels))
        for piece in shapely.get_parts(rest):
            joins = sum(piece.distance(kernel) < width / 50 for kernel in kernels)
            if joins > 1 or _depth(piece, kernels) > _TAIL_WIDTHS * width:
                found.append(piece)
    return found


def _depth(piece: BaseGeometry, kernels: list[BaseGeometry]) -> float:
    """How far a piece reaches from what is wide."""
    wide = shapely.union_all(kernels)
    corners = shapely.points(shapely.get_coordinates(piece))
    return float(shapely.distance(corners, wide).max()) if len(corners) else 0.0


def _width(shape: BaseGeometry, place: BaseGeometry, least_m: float) -> float:
    """The narrowest width about a place: the least at which an opening takes away something."""
    low, high = 0.0, least_m
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        narrower = any(part.intersects(place) for part in _narrow(shape, middle))
        low, high = (low, middle) if narrower else (middle, high)
    return high
