"""Whether areas cover their ground: no overlap, no gap, every shape sound; and where they fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from gis.crs import metres_per_degree

# Wider than this it is open ground between areas, narrower it is an error of drawing.
GAP_WIDTH_M = 1.0
MOST_PLACES = 200


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where (CGCS2000 degrees).

    Attributes
    ----------
    kind
        ``invalid`` (a shape that is none), ``overlap``, ``gap`` (ground enclosed by areas that
        belongs to none) or ``edge`` (an edge that does not match its neighbour's).
    codes
        The areas concerned.
    area_m2
        Of the overlap or the gap; None for the others.
    """

    kind: str
    codes: tuple[str, ...]
    lon: float
    lat: float
    area_m2: float | None = None


@dataclass(frozen=True)
class Health:
    """The state of a coverage; `faults` has at most `MOST_PLACES` of each kind, counts all."""

    areas: int
    valid: bool
    counts: dict[str, int]
    faults: list[Fault] = field(default_factory=list)


def examine(codes: Sequence[str], shapes: Sequence[shapely.Geometry]) -> Health:
    """Examine the areas of one scheme.

    Parameters
    ----------
    codes, shapes
        As long as each other; polygons in degrees (EPSG:4490).

    Returns
    -------
    Health
        Of no area: valid, with nothing to show.
    """
    names, polygons = np.asarray(codes, dtype=object), np.asarray(shapes, dtype=object)
    if not len(polygons):
        return Health(0, True, {"invalid": 0, "overlap": 0, "gap": 0, "edge": 0})
    kx, ky = metres_per_degree(float(np.median(shapely.bounds(polygons)[:, [1, 3]])))
    broken = [_fault("invalid", (name,), shape)
              for name, shape in zip(names, polygons, strict=True) if not shapely.is_valid(shape)]
    if broken:
        polygons = shapely.make_valid(polygons)
    overlaps = _overlaps(names, polygons, kx * ky)
    gaps = _gaps(polygons, kx * ky)
    edges = [] if broken else _edges(names, polygons, GAP_WIDTH_M / max(kx, ky))
    valid = not (broken or overlaps or gaps or edges)
    found = {"invalid": broken, "overlap": overlaps, "gap": gaps, "edge": edges}
    return Health(
        len(polygons), valid, {kind: len(faults) for kind, faults in found.items()},
        [fault for faults in found.values() for fault in faults[:MOST_PLACES]],
    )


def _fault(kind: str, codes: tuple[str, ...], where: shapely.Geometry,
           area_m2: float | None = None) -> Fault:
    centre = shapely.point_on_surface(where)
    if centre.is_empty:
        centre = shapely.Point(shapely.get_coordinates(where)[0])
    return Fault(kind, codes, centre.x, centre.y, area_m2)


def _overlaps(names: np.ndarray, polygons: np.ndarray, square: float) -> list[Fault]:
    tree = shapely.STRtree(polygons)
    left, right = tree.query(polygons, predicate="intersects")
    first = left < right
    left, right = left[first], right[first]
    # Neighbours touch; what shares more than its edge is found by the relation of interiors.
    common = shapely.relate_pattern(polygons[left], polygons[right], "T********")
    return [
        _fault("overlap", (names[a], names[b]), shared, round(float(shared.area) * square, 1))
        for a, b in zip(left[common], right[common], strict=True)
        if (shared := shapely.intersection(polygons[a], polygons[b])).area > 0
    ]


def _gaps(polygons: np.ndarray, square: float) -> list[Fault]:
    ground = shapely.union_all(polygons)
    filled = shapely.union_all(shapely.polygons(
        shapely.get_exterior_ring(shapely.get_parts(ground))))
    enclosed = shapely.get_parts(shapely.difference(filled, ground))
    enclosed = enclosed[shapely.area(enclosed) > 0]
    return [_fault("gap", (), hole, round(float(hole.area) * square, 1)) for hole in enclosed]


def _edges(names: np.ndarray, polygons: np.ndarray, width: float) -> list[Fault]:
    if shapely.coverage_is_valid(polygons, gap_width=width):
        return []
    wrong = shapely.coverage_invalid_edges(polygons, gap_width=width)
    return [
        _fault("edge", (name,), edge)
        for name, edge in zip(names, wrong, strict=True) if not shapely.is_empty(edge)
    ]
