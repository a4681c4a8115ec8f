"""What is wrong with a set of polygons that should be a coverage, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.boundaries.grid import BEND_DEGREES, in_metres, real_ground, square_metres
from gis.boundaries.noding import snapped, snapped_faces


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong, and where.

    Attributes
    ----------
    kind
        ``empty`` (no polygon), ``invalid`` (a shape that crosses itself), ``overlap`` (ground of
        two), ``gap`` (enclosed ground of nobody, or ground of a parent that no child has),
        ``edge`` (vertices differ from the neighbour's along a common edge), ``outside_parent``
        (a child's ground outside its parent's outline), ``orphan`` (a parent that is not there).
    keys
        The faces concerned, in order; the parent's key last where it is one of its outline.
    place
        Point, line or polygon, EPSG:4490.
    area_m2, width_m
        Of the ground concerned; None where it has none. Width is twice the area by the perimeter.
    reason
        What GEOS says of an invalid shape; otherwise empty.
    """

    kind: str
    keys: tuple[str, ...]
    place: BaseGeometry
    area_m2: float | None = None
    width_m: float | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Place as GeoJSON geometry."""
        return {"kind": self.kind, "keys": list(self.keys), "area_m2": self.area_m2,
                "width_m": self.width_m, "reason": self.reason,
                "place": shapely.geometry.mapping(self.place)}

    def __str__(self) -> str:
        """In English, for logs and the terminal."""
        words = [self.kind.replace("_", " "), "of", ", ".join(self.keys) or "nobody"]
        if self.area_m2 is not None:
            words.append(f"({self.area_m2:,.3g} m², {self.width_m or 0:,.3g} m wide)")
        if self.reason:
            words.append(f"({self.reason})")
        if not self.place.is_empty:
            lon, lat = shapely.get_coordinates(self.place)[0]
            words.append(f"at {lon:.7f}, {lat:.7f}")
        return " ".join(words)


@dataclass(frozen=True)
class _Faces:
    """Faces on the grid, each valid, with what was wrong with those that were not."""

    keys: list[str]
    shapes: NDArray[np.object_]
    tree: shapely.STRtree
    faults: list[Defect]


def check(faces: Mapping[str, BaseGeometry], parents: Mapping[str, str] | None = None,
          outlines: Mapping[str, BaseGeometry] | None = None) -> list[Defect]:
    """Every defect of faces as a coverage, nested in their parents' outlines where given.

    Faces are examined as they would be stored, with vertices on the grid of 1e-9°. Differences no
    wider than that grid are no defects of ground, though edges that differ by them are told.

    Parameters
    ----------
    faces
        Polygons by key, EPSG:4490; anything, also None.
    parents
        Parent's key of each face.
    outlines
        The parents' own shapes. Where they are given, ground that no child has is a gap only
        inside of them; without them every enclosed gap is one.

    Returns
    -------
    list of Defect
        By kind, then by keys; empty where all is well.
    """
    known = _ready(faces)
    overlaps = _overlaps(known)
    found = [*known.faults, *overlaps, *_edges(known, overlaps)]
    if outlines:
        found += _orphans(known, parents or {}, outlines)
        found += _nesting(known, parents or {}, outlines)
    else:
        found += _enclosed(known)
    return sorted(found, key=lambda one: (one.kind, one.keys, one.place.wkb))


def _ready(faces: Mapping[str, BaseGeometry]) -> _Faces:
    given = {key: shape for key, shape in faces.items() if _is_ground(shape)}
    faults = [Defect("empty", (key,), shapely.Point()) for key in faces if key not in given]
    ready = snapped_faces(given)
    sound = shapely.is_valid(np.array(list(ready.values()), dtype=object))
    for key in [key for key, good in zip(ready, sound, strict=True) if not good]:
        faults.append(_invalid(key, ready[key]))
        ready[key] = made_valid(ready[key])
        if ready[key].is_empty:
            del ready[key]
    array = np.empty(len(ready), dtype=object)
    array[:] = list(ready.values())
    return _Faces(list(ready), array, shapely.STRtree(array), faults)


def _is_ground(shape: BaseGeometry | None) -> bool:
    return shape is not None and shape.geom_type in ("Polygon", "MultiPolygon") \
        and not shape.is_empty


def _invalid(key: str, shape: BaseGeometry) -> Defect:
    reason = shapely.is_valid_reason(shape).partition("[")[0]
    return Defect("invalid", (key,), where_invalid(shape), reason=reason)


def where_invalid(shape: BaseGeometry) -> BaseGeometry:
    """The point at which GEOS finds a shape to cross itself."""
    told = shapely.is_valid_reason(shape).partition("[")[2].rstrip("]").split()
    if len(told) >= 2:
        return shapely.Point(float(told[0]), float(told[1]))
    corners = shapely.get_coordinates(shape)
    return shapely.Point(corners[0]) if len(corners) else shapely.Point()


def made_valid(shape: BaseGeometry) -> BaseGeometry:
    """What of a shape is ground, on the grid; empty where nothing is."""
    mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    mended = shapely.set_precision(mended, 1e-9)
    parts = [part for part in shapely.get_parts(mended) if part.geom_type == "Polygon"]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def ground_defect(kind: str, keys: tuple[str, ...], place: BaseGeometry) -> Defect:
    """A defect with area and width."""
    area = square_metres(place)
    lat = shapely.get_coordinates(place)[:, 1].mean()
    around = in_metres(place, lat).length
    return Defect(kind, keys, place, area, 2 * area / around if around else 0.0)


def _overlaps(known: _Faces) -> list[Defect]:
    left, right = known.tree.query(known.shapes, predicate="intersects")
    first = left < right
    left, right = left[first], right[first]
    shared = shapely.relate_pattern(known.shapes[left], known.shapes[right], "T********")
    found = []
    for one, other in zip(left[shared].tolist(), right[shared].tolist(), strict=True):
        common = real_ground(shapely.intersection(known.shapes[one], known.shapes[other]))
        keys = tuple(sorted((known.keys[one], known.keys[other])))
        found += [ground_defect("overlap", keys, part) for part in common.geoms]
    return found


def _edges(known: _Faces, overlaps: list[Defect]) -> list[Defect]:
    """Edges that differ from the neighbour's, but for those that an overlap explains."""
    if not len(known.shapes) \
            or shapely.coverage_is_valid(known.shapes, gap_width=BEND_DEGREES):
        return []
    explained = shapely.union_all([one.place for one in overlaps]).buffer(1e-9)
    found = []
    wrong = shapely.coverage_invalid_edges(known.shapes, gap_width=BEND_DEGREES)
    for key, edge in zip(known.keys, wrong, strict=True):
        rest = [line for line in shapely.get_parts(edge)
                if not line.is_empty and not explained.covers(line)]
        if rest:
            found.append(Defect("edge", (key,), shapely.line_merge(shapely.union_all(rest))))
    return found


def _orphans(known: _Faces, parents: Mapping[str, str],
             outlines: Mapping[str, BaseGeometry]) -> list[Defect]:
    return [Defect("orphan", (key, *([parents[key]] if key in parents else [])),
                   shape.representative_point())
            for key, shape in zip(known.keys, known.shapes, strict=True)
            if parents.get(key) not in outlines]


def _nesting(known: _Faces, parents: Mapping[str, str],
             outlines: Mapping[str, BaseGeometry]) -> list[Defect]:
    """Ground of children outside their parents, and of parents outside their children."""
    children: dict[str, list[int]] = {}
    for at, key in enumerate(known.keys):
        if parents.get(key) in outlines:
            children.setdefault(parents[key], []).append(at)
    found = []
    for parent, given in outlines.items():
        outline = snapped(given)
        if not outline.is_valid:
            found.append(_invalid(parent, outline))
            outline = made_valid(outline)
        inside = children.get(parent, [])
        ground = shapely.union_all(known.shapes[inside])
        shapely.prepare(outline)
        for at in np.array(inside, dtype=int)[~shapely.covers(outline, known.shapes[inside])]:
            beyond = real_ground(shapely.difference(known.shapes[at], outline))
            found += [ground_defect("outside_parent", (known.keys[at], parent), part)
                      for part in beyond.geoms]
        lacking = real_ground(shapely.difference(outline, ground))
        found += [ground_defect("gap", (*_beside(known, part, inside), parent), part)
                  for part in lacking.geoms]
    return found


def _enclosed(known: _Faces) -> list[Defect]:
    """Ground that faces enclose and none has."""
    ground = shapely.union_all(known.shapes)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(ground)
             for ring in getattr(part, "interiors", ())]
    # An island in a lake is no part of the gap.
    open_ground = [shapely.difference(hole, ground) for hole in holes]
    everybody = range(len(known.keys))
    return [ground_defect("gap", _beside(known, part, everybody), part)
            for hole in open_ground for part in real_ground(hole).geoms]


def _beside(known: _Faces, place: BaseGeometry, among: Iterable[int]) -> tuple[str, ...]:
    allowed = set(among)
    found = known.tree.query(place, predicate="intersects").tolist()
    return tuple(sorted(known.keys[at] for at in found if at in allowed))
