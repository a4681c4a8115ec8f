"""Blocks: the ground of one community between its streets, in pieces that no grid divides.

The outline of the ground is never touched, not by a single vertex, so that whatever is drawn
fits its neighbours and its parent to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.widths import narrow_place
from gis.proposals.task import MIN_WIDTH_M, Ground, PresentGrid, grid_of, within

GRID_DEGREES = 1e-9
# How near a street may run beside an outline before the outline stands for it.
BESIDE_M = 4.0
SCRAP_M2, THIN = 400.0, 0.12
# A boundary lies along a street that is no further off than half its width and this.
ALONG_M = 2.0


@dataclass
class Blocks:
    """The blocks of one piece of ground.

    ``polygons`` share exact vertices (EPSG:4490) and cover the ground; ``weight`` is what is
    balanced, ``residents`` the people; ``present`` the index of the grid in which each lies
    now; ``pairs`` are neighbours ``(n, 2)`` with the length of their common edge in metres and
    how much of it has no street; `joins` says whether the two make one grid without a neck.
    """

    parent_code: str
    polygons: np.ndarray
    weight: np.ndarray
    residents: np.ndarray
    present: np.ndarray
    area_m2: np.ndarray
    around_m: np.ndarray
    pairs: np.ndarray
    shared_m: np.ndarray
    bare_m: np.ndarray
    joins: np.ndarray


def blocks_of(ground: Ground, parent_code: str, weight: np.ndarray, at: np.ndarray,
              residents: np.ndarray, min_width_m: float = MIN_WIDTH_M) -> list[Blocks]:
    """The blocks of a community's unlocked ground, one entry for each part in one piece.

    Parameters
    ----------
    ground, parent_code
        Where.
    weight, at
        What is balanced, and where it is: ``(n,)`` and ``(n, 2)`` degrees.
    residents
        People at each of the ground's homes.
    min_width_m
        Blocks that would have a narrower neck between them are not joined.
    """
    free = [grid for grid in ground.grids if grid.parent_code == parent_code and not grid.frozen]
    if not free:
        return []
    whole = shapely.coverage_union_all([grid.geom for grid in free])
    made = []
    for part in shapely.get_parts(whole):
        inside = [grid for grid in free if part.contains(grid.geom.representative_point())]
        polygons = cut(part, inside, ground)
        made.append(_described(ground, parent_code, polygons, (weight, at, residents),
                               min_width_m))
    return made


def cut(part: BaseGeometry, grids: list[PresentGrid], ground: Ground) -> np.ndarray:
    """Polygons between the streets, which cover `part` and keep its outline as it is."""
    tree = shapely.STRtree(ground.streets) if len(ground.streets) else None
    near = ground.streets[tree.query(part, predicate="intersects")] if tree else np.empty(0, object)
    inner = [grid.geom.boundary for grid in grids]
    faces = _faces([*shapely.intersection(near, part), *inner], part)
    if not _keeps(faces, part):
        faces = _faces([*_led_to_vertices(near, part, ground), *inner], part)
    if not _keeps(faces, part):
        faces = np.array([one for grid in grids for one in shapely.get_parts(grid.geom)])
    if not _keeps(faces, part):
        return np.array([part])
    if not len(near) and len(ground.buildings):
        faces = np.concatenate([_between_buildings(face, ground) for face in faces])
    return _without_scraps(faces, ground)


def _faces(lines: list, part: BaseGeometry) -> np.ndarray:
    noded = shapely.union_all([*lines, part.boundary], grid_size=GRID_DEGREES)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    return faces[shapely.contains_properly(part, shapely.point_on_surface(faces))]


def _keeps(faces: np.ndarray, part: BaseGeometry) -> bool:
    """Whether faces are a coverage of the very outline of `part`."""
    if not len(faces) or not shapely.coverage_is_valid(faces):
        return False
    union = shapely.coverage_union_all(faces)
    return bool(shapely.equals_exact(shapely.normalize(union), shapely.normalize(part), 0))


def _led_to_vertices(near: np.ndarray, part: BaseGeometry, ground: Ground) -> list[BaseGeometry]:
    """Streets clear of the outline, their ends led to vertices that the outline has already."""
    reach = BESIDE_M / min(ground.metres)
    inner = shapely.buffer(part, -reach)
    lines = shapely.get_parts(shapely.line_merge(shapely.union_all(
        shapely.intersection(near, inner)))) if not inner.is_empty else np.empty(0, object)
    lines = lines[shapely.get_type_id(lines) == 1] if len(lines) else lines
    corners = shapely.points(np.unique(shapely.get_coordinates(part.boundary), axis=0))
    tree, led = shapely.STRtree(corners), list(lines)
    for line in lines:
        for end in (shapely.get_point(line, 0), shapely.get_point(line, -1)):
            if end.distance(part.boundary) > 1.5 * reach:
                continue
            way = shapely.LineString([end, corners[tree.nearest(end)]])
            if part.covers(way):
                led.append(way)
    return led


def _between_buildings(face: BaseGeometry, ground: Ground) -> np.ndarray:
    """A face without streets, divided half-way between its buildings: none is cut."""
    hits = shapely.STRtree(ground.buildings).query(face, predicate="contains_properly")
    if len(hits) < 2:
        return np.array([face])
    outlines = shapely.segmentize(ground.buildings[np.sort(hits)], 5 / ground.metres[0])
    points, owner = shapely.get_coordinates(outlines, return_index=True)
    points, first = np.unique(points, axis=0, return_index=True)
    owner = owner[first]
    cells = shapely.get_parts(shapely.voronoi_polygons(
        shapely.multipoints(points), extend_to=face, ordered=True))
    cells = [shapely.union_all(cells[owner == one]) for one in np.unique(owner)]
    inner = shapely.intersection(
        [cell.boundary for cell in cells], shapely.buffer(face, -BESIDE_M / ground.metres[0]))
    parts = _faces(_led_to_vertices(np.array(inner), face, ground), face)
    return parts if _keeps(parts, face) else np.array([face])


def _without_scraps(faces: np.ndarray, ground: Ground) -> np.ndarray:
    """Slivers and scraps joined to the neighbour with the longest common edge."""
    while len(faces) > 1:
        flat = ground.in_metres(faces)
        area, around = shapely.area(flat), shapely.length(flat)
        weak = np.flatnonzero((area < SCRAP_M2) | (4 * np.pi * area / around**2 < THIN)
                              & (area < 10 * SCRAP_M2))
        pairs, shared = neighbours(faces, flat)
        best = None
        for one in weak[np.argsort(area[weak], kind="stable")]:
            beside = np.flatnonzero((pairs == one).any(axis=1))
            if len(beside):
                best = pairs[beside[np.argmax(shared[beside])]]
                break
        if best is None:
            break
        joined = shapely.coverage_union_all(faces[best])
        faces = np.append(np.delete(faces, best), joined)
    return faces


def neighbours(polygons: np.ndarray, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that share an edge, ``(n, 2)`` with the lower index first, and its length."""
    one, other = shapely.STRtree(polygons).query(polygons, predicate="touches")
    keep = one < other
    one, other = one[keep], other[keep]
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    length = shapely.length(shapely.intersection(flat[one], flat[other]))
    real = length > 0
    return np.column_stack([one, other])[real], length[real]


def street_strip(ground: Ground, around: BaseGeometry) -> BaseGeometry:
    """Where a boundary counts as along a street, in the local plane."""
    tree = shapely.STRtree(ground.streets)
    near = tree.query(around, predicate="intersects")
    return shapely.union_all(shapely.buffer(
        ground.in_metres(ground.streets[near]), ground.street_width_m[near] / 2 + ALONG_M,
        quad_segs=2))


def _joining(polygons: np.ndarray, pairs: np.ndarray, present: np.ndarray, ground: Ground,
             min_width_m: float) -> np.ndarray:
    """Which pairs make one shape without a neck; all, where else some block had no neighbour."""
    joins = np.ones(len(pairs), bool)
    for number, (one, other) in enumerate(pairs):
        if present[one] != present[other] or present[one] < 0:
            known = [ground.grids[index].geom for index in {present[one], present[other]}
                     if index >= 0] + [polygons[one], polygons[other]]
            place, _ = narrow_place(shapely.coverage_union_all(polygons[[one, other]]),
                                    min_width_m, known)
            joins[number] = place.is_empty
    _, part = connected_parts(len(polygons), pairs[joins])
    return joins if not part.any() else np.ones(len(pairs), bool)


def connected_parts(count: int, pairs: np.ndarray) -> tuple[int, np.ndarray]:
    """How many parts some nodes fall into, and the number of the part of each, from 0."""
    part = np.arange(count)
    while len(pairs):
        least = np.minimum(part[pairs[:, 0]], part[pairs[:, 1]])
        before = part.copy()
        np.minimum.at(part, pairs[:, 0], least)
        np.minimum.at(part, pairs[:, 1], least)
        part = part[part]
        if (part == before).all():
            break
    used, part = np.unique(part, return_inverse=True)
    return len(used), part


def _described(ground: Ground, parent_code: str, polygons: np.ndarray,
               amounts: tuple[np.ndarray, np.ndarray, np.ndarray], min_width_m: float) -> Blocks:
    weight, at, residents = amounts
    flat = ground.in_metres(polygons)
    pairs, shared = neighbours(polygons, flat)
    edges = shapely.intersection(flat[pairs[:, 0]], flat[pairs[:, 1]])
    strip = street_strip(ground, shapely.union_all(polygons))
    summed = []
    for amount, points in ((weight, at), (residents, ground.homes)):
        own = within(polygons, points)
        summed.append(np.bincount(own[own >= 0], amount[own >= 0], len(polygons)))
    present = grid_of(ground, shapely.get_coordinates(shapely.point_on_surface(polygons)))
    return Blocks(
        parent_code, polygons, *summed, present, shapely.area(flat), shapely.length(flat), pairs,
        shared, shapely.length(shapely.difference(edges, strip)),
        _joining(polygons, pairs, present, ground, min_width_m))
