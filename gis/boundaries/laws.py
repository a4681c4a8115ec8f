"""What every change is held to before it is made. A law that breaks is told with its place.

Seamlessness is decided in whole numbers where it can be: half-edges with one owner each, and the
outlines of parents and of the whole unchanged but for vertices set upon them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries import widths
from gis.boundaries.checking import where_invalid
from gis.boundaries.grid import (
    BEND_DEGREES,
    Half,
    from_grid,
    lines,
    real_ground,
    square_metres,
)
from gis.boundaries.ground import Ground
from gis.boundaries.proposal import Proposal
from gis.boundaries.refusals import Refusal, RefusalKind
from gis.boundaries.rings import shape_halves

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage


@dataclass
class Neighbourhood:
    """The faces that change and those beside them, as they are and as they would be."""

    old: dict[str, BaseGeometry]
    new: dict[str, BaseGeometry]
    beside: dict[str, BaseGeometry]
    old_halves: dict[str, list[Half]]
    new_halves: dict[str, list[Half]]
    beside_owners: dict[Half, str]
    old_parents: dict[str, str | None]
    new_parents: dict[str, str | None]


def examine(coverage: Coverage, proposal: Proposal, ground: Ground) -> list[Refusal]:
    """Every law that a proposal would break; empty where it may be carried out."""
    if not proposal.after:
        return []
    refusals = _frozen(coverage, proposal, ground) + _unsound(proposal)
    if refusals:
        return refusals
    around = _neighbourhood(coverage, proposal)
    refusals = _overlapping(around) or _outlines(around)
    refusals += _parts_and_holes(coverage, proposal, ground)
    if refusals:
        return refusals
    return [*_slivers(coverage, proposal, ground), *_narrow(coverage, proposal, ground),
            *_buildings(around, ground)]


def _frozen(coverage: Coverage, proposal: Proposal, ground: Ground) -> list[Refusal]:
    """Frozen faces whose ground would change."""
    keys = sorted(proposal.moved & ground.frozen & set(proposal.after))
    found = []
    for key in keys:
        if key not in coverage:
            continue
        old, new = coverage.face(key), proposal.after[key]
        place = old
        if new is not None and new.is_valid:
            changed = shapely.symmetric_difference(old, new)
            place = changed if changed.area else old
        found.append(Refusal(RefusalKind.FROZEN, place, (key,)))
    return found


def _unsound(proposal: Proposal) -> list[Refusal]:
    """Faces that would cross themselves, or be nothing."""
    found = []
    for key, shape in proposal.after.items():
        if shape is not None and (shape.is_empty or not shape.is_valid):
            found.append(Refusal(RefusalKind.OVERLAP, where_invalid(shape), (key,),
                                 detail="edges_cross"))
    return found


def _neighbourhood(coverage: Coverage, proposal: Proposal) -> Neighbourhood:
    old = {key: coverage.face(key) for key in proposal.after if key in coverage}
    new = {key: shape for key, shape in proposal.after.items() if shape is not None}
    near = {key for shape in (*old.values(), *new.values()) for part in shapely.get_parts(shape)
            for key in coverage.near(part.bounds)}
    beside = sorted(near - set(proposal.after))
    return Neighbourhood(
        old, new, {key: coverage.face(key) for key in beside},
        {key: coverage.halves(key) for key in old},
        {key: shape_halves(shape) for key, shape in new.items()},
        coverage.owners(beside),
        {key: coverage.parents.get(key) for key in (*old, *beside)},
        {key: proposal.parents.get(key, coverage.parents.get(key)) for key in (*new, *beside)},
    )


def _overlapping(around: Neighbourhood) -> list[Refusal]:
    """Ground that two faces would have, or edges that would not match."""
    keys = [*around.new, *around.beside]
    shapes = np.array([*around.new.values(), *around.beside.values()], dtype=object)
    if not len(shapes) or shapely.coverage_is_valid(shapes):
        return []
    wrong = shapely.coverage_invalid_edges(shapes)
    found = []
    tree = shapely.STRtree(shapes)
    for one, other in tree.query(shapes[:len(around.new)], predicate="intersects").T.tolist():
        if one < other and shapely.relate_pattern(shapes[one], shapes[other], "T********"):
            common = shapely.intersection(shapes[one], shapes[other])
            found.append(Refusal(RefusalKind.OVERLAP, common, tuple(sorted((keys[one],
                                 keys[other]))), square_metres(common), 0.0, "m2"))
    if found:
        return found
    return [Refusal(RefusalKind.OVERLAP, edge, (key,), detail="edges_differ")
            for key, edge in zip(keys, wrong, strict=True) if not shapely.is_empty(edge)]


Outline = dict[str | None, set[Half]]


def _outline(halves: dict[str, list[Half]], around: Neighbourhood,
             parents: dict[str, str | None]) -> Outline:
    """By parent, half-edges of its children that have no child of its own on the other side.

    Of the faces beside, those that are or were the other side of a face that changes count too.
    """
    own = {half: key for key, of in halves.items() for half in of}
    beside = around.beside_owners
    facing = {(b, a): beside[b, a] for of in (around.old_halves, around.new_halves)
              for some in of.values() for a, b in some if (b, a) in beside}
    found: Outline = {}
    for (a, b), key in (own | facing).items():
        other = own.get((b, a)) or beside.get((b, a))
        if other is None or parents[other] != parents[key]:
            found.setdefault(parents[key], set()).add((a, b))
    return found


def _outlines(around: Neighbourhood) -> list[Refusal]:
    """Ground lost to nobody, or gone beyond the outline of a parent or of the whole."""
    old = _outline(around.old_halves, around, around.old_parents)
    new = _outline(around.new_halves, around, around.new_parents)
    found = []
    for parent in sorted({*old, *new}, key=str):
        gone = old.get(parent, set()) - new.get(parent, set())
        come = new.get(parent, set()) - old.get(parent, set())
        if (gone or come) and not _same_line(gone, come):
            found += _moved_ground(around, parent, lines(gone | come))
    return found


def _same_line(gone: set[Half], come: set[Half]) -> bool:
    """Whether half-edges differ only by vertices set upon them.

    Ends alone would not do: the four sides of a face have the same ends two by two.
    """
    return bool(gone and come) and _along(gone, come) and _along(come, gone)


def _along(halves: set[Half], others: set[Half]) -> bool:
    ends = from_grid(np.array(list(halves), dtype=np.int64))
    shares = np.array([0.0, 0.25, 0.5, 0.75])[:, None, None]
    places = (ends[:, 0] + shares * (ends[:, 1] - ends[:, 0])).reshape(-1, 2)
    return bool(shapely.dwithin(lines(others), shapely.points(places), BEND_DEGREES).all())


def _moved_ground(around: Neighbourhood, parent: str | None,
                  place: BaseGeometry) -> list[Refusal]:
    keys = sorted(key for key in around.new if around.new_parents[key] == parent)
    before = _union(shape for key, shape in around.old.items()
                    if around.old_parents[key] == parent)
    after = _union(around.new[key] for key in keys)
    found = []
    elsewhere = _union(shape for key, shape in around.new.items() if key not in keys)
    lost = real_ground(shapely.difference(before, shapely.union(after, elsewhere)))
    if not lost.is_empty:
        found.append(Refusal(RefusalKind.GAP, lost, tuple(keys), square_metres(lost), 0.0, "m2"))
    gained = real_ground(shapely.difference(after, before))
    if not gained.is_empty:
        found.append(Refusal(RefusalKind.OUTSIDE_PARENT, gained, tuple(keys),
                             square_metres(gained), 0.0, "m2"))
    if not found and not real_ground(shapely.difference(before, after)).is_empty:
        return []  # the parent that gains it tells
    return found or [Refusal(RefusalKind.OUTSIDE_PARENT, place, tuple(keys), 0.0, 0.0, "m2")]


def _union(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    return shapely.union_all(list(shapes), grid_size=0)


def _parts_and_holes(coverage: Coverage, proposal: Proposal, ground: Ground) -> list[Refusal]:
    """Faces that would fall apart, or enclose what they did not before."""
    found = []
    for key, shape in proposal.after.items():
        if shape is None:
            continue
        sources = [coverage.face(one) for one in proposal.sources(key) if one in coverage]
        parts = shapely.get_num_geometries(shape)
        most = max(1, sum(map(shapely.get_num_geometries, sources)) - len(sources) + 1)
        if parts > most:
            found.append(Refusal(RefusalKind.DISCONNECTED, _lesser(shape), (key,), float(parts),
                                 float(most), "parts"))
        holes = _holes(shape)
        allowed = sum(len(_holes(source)) for source in sources)
        if len(holes) > allowed and not ground.holes_allowed:
            found.append(Refusal(RefusalKind.HOLE, shapely.MultiPolygon(holes), (key,),
                                 float(len(holes)), float(allowed), "parts"))
    return found


def _lesser(shape: BaseGeometry) -> BaseGeometry:
    """All parts but the largest."""
    parts = sorted(shapely.get_parts(shape), key=shapely.area)
    return shapely.MultiPolygon(parts[:-1])


def _holes(shape: BaseGeometry) -> list[BaseGeometry]:
    return [shapely.Polygon(ring) for part in shapely.get_parts(shape) for ring in part.interiors]


def _slivers(coverage: Coverage, proposal: Proposal, ground: Ground) -> list[Refusal]:
    """Faces that would be smaller than the least area, and smaller than they were."""
    found = []
    for key in sorted(proposal.moved):
        shape = proposal.after.get(key)
        if shape is None or not ground.min_area_m2:
            continue
        area = square_metres(shape)
        was = square_metres(coverage.face(key)) if key in coverage else None
        if area < ground.min_area_m2 and (was is None or area < was):
            found.append(Refusal(RefusalKind.SLIVER, shape, (key,), area, ground.min_area_m2,
                                 "m2"))
    return found


def _narrow(coverage: Coverage, proposal: Proposal, ground: Ground) -> list[Refusal]:
    """Necks and tails narrower than the least width that were not there before."""
    if not ground.min_width_m:
        return []
    found = []
    for key in sorted(proposal.moved):
        shape = proposal.after.get(key)
        if shape is None:
            continue
        before = [coverage.face(one) for one in proposal.sources(key) if one in coverage]
        place, width = widths.narrow_place(shape, ground.min_width_m, before)
        if not place.is_empty:
            found.append(Refusal(RefusalKind.TOO_NARROW, place, (key,), width,
                                 ground.min_width_m, "m"))
    return found


def _buildings(around: Neighbourhood, ground: Ground) -> list[Refusal]:
    """Buildings through which a new edge would go."""
    if ground.cut_buildings_allowed or not len(ground.building_polygons):
        return []
    known = {half for of in around.old_halves.values() for half in of}
    known |= {(b, a) for a, b in known}
    fresh = {half for of in around.new_halves.values() for half in of if half not in known}
    found = []
    if not fresh:
        return found
    for at in sorted(ground.building_tree.query(lines(fresh), predicate="intersects").tolist()):
        building = ground.building_polygons[at]
        cut = _cut_off(building, [*around.new.values(), *around.beside.values()])
        was = _cut_off(building, [*around.old.values(), *around.beside.values()])
        if cut > max(was, 0.0) + ground.building_tolerance_m2:
            keys = tuple(sorted(key for key, shape in around.new.items()
                                if shape.intersects(building)))
            found.append(Refusal(RefusalKind.BUILDING_CUT, building, keys, cut,
                                 ground.building_tolerance_m2, "m2"))
    return found


def _cut_off(building: BaseGeometry, shapes: list[BaseGeometry]) -> float:
    """Area in m² of a building outside the face that has most of it."""
    near = np.array(shapes, dtype=object)
    near = near[shapely.intersects(near, building)]
    areas = sorted(square_metres(shapely.intersection(shape, building)) for shape in near)
    return sum(areas[:-1])
