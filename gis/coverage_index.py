"""Which area does each of many points lie in: exact, and fast enough for a million addresses.

A label raster (`gis.label_raster`) answers for cells that lie wholly inside one polygon. In a
cell through which a single edge passes, the point's side of that edge answers, where plain
doubles are certain of it. All other points meet GEOS, against their cell's few candidates. The
answers are those of plain shapely, and of the assignment in SQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis import label_raster
from gis.crs import metres_per_degree
from gis.errors import InvalidInput
from gis.label_raster import NOTHING, Floats, Integers, changes, expand

# A raster of 64 million cells takes 256 MB, and building it about a second.
CELL_LIMIT = 1 << 26
# Cells a side per unit of edge length: a share of 1/60 of the cells is boundary.
CELLS_PER_EDGE_CELL = 60.0
THREADS = min(8, os.cpu_count() or 1)

_POINTS_AT_ONCE = 1 << 15
_EDGES_AT_ONCE = 1 << 21
# (3 + 16 e) e with e = 2**-53: J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic and
# Fast Robust Geometric Predicates (1997), the A-stage bound of orient2d.
_ORIENTATION_ERROR = (3 + 16 * 2.0**-53) * 2.0**-53
# The bound knows no underflow: so close to an edge at 0° (below 1e-270°) GEOS decides.
_UNDERFLOW = 1e-270
# A boundary cell with several edges has candidates; all others ask the tree.
_MANY = -1
_ANY = -2


class How(IntEnum):
    """How a point came to its area, as in the assignment's ``how``."""

    INSIDE = 0
    BORDER = 1
    NEAREST = 2
    OUTSIDE = 3


@dataclass(frozen=True)
class Located:
    """The area of each point.

    ``index`` int32: position of the area among those given, -1 for none. ``how`` uint8: a `How`.
    ``distance_m`` float64: 0 inside and on a border, NaN outside.
    """

    index: NDArray[np.int32]
    how: NDArray[np.uint8]
    distance_m: Floats


class CoverageIndex:
    """Areas, made ready to locate points in bulk.

    Parameters
    ----------
    geometries
        Valid polygons or multipolygons in degrees of EPSG:4490. Normally a coverage; overlaps
        and gaps are answered by the same rules, only slower.
    codes
        The areas' codes. Where several areas answer, the lowest in byte order is chosen.
    cell_limit
        Upper bound of the raster's cells, of four bytes each.

    Raises
    ------
    InvalidInput
        When a geometry is missing or no polygon, or there are not as many codes as geometries.
    """

    def __init__(self, geometries: ArrayLike, codes: ArrayLike, *,
                 cell_limit: int = CELL_LIMIT) -> None:
        self._polygons = _checked(geometries, codes)
        # Code points sort as their UTF-8 bytes do.
        self._by_rank = np.argsort(np.asarray(codes, dtype=np.str_), kind="stable")
        self._rank = np.empty_like(self._by_rank)
        self._rank[self._by_rank] = np.arange(len(self._by_rank))
        self._tree = shapely.STRtree(self._polygons)
        self._tree.query(shapely.Point(0, 0))  # the tree is built by its first query
        self._frame: label_raster.Frame | None = None
        edges = label_raster.distinct_edges(self._polygons)
        if len(edges.start):
            self._build_cells(edges, cell_limit)

    def _build_cells(self, edges: label_raster.Edges, cell_limit: int) -> None:
        self._frame = label_raster.Frame.over(edges, cell_limit, CELLS_PER_EDGE_CELL)
        self._labels = label_raster.fill(edges, self._frame)
        keys = label_raster.boundary_cells(edges, self._frame)
        cells, edge = keys >> 32, keys & 0xFFFFFFFF
        first = changes(cells)
        cells = cells[first]
        count = np.diff(np.append(first, len(edge)))
        self._candidates, self._candidate_first, complete = label_raster.candidates(
            edges, edge, count, self._labels[cells])
        # Number 0 stands for all cells that several polygons cover.
        self._only_edge = np.full(len(cells) + 1, _ANY, dtype=np.int32)
        self._only_edge[1:] = np.where(complete, np.where(count == 1, edge[first], _MANY), _ANY)
        self._labels[cells] = NOTHING - 2 - np.arange(len(cells), dtype=np.int32)
        self._sides = edges.sides
        self._line = np.concatenate([edges.start, edges.end - edges.start], axis=1)

    def locate(self, lon: ArrayLike, lat: ArrayLike, nearest_m: float) -> Located:
        """Locate points of EPSG:4490, taken as they are (not snapped).

        Parameters
        ----------
        lon, lat : (n,) float64
            Degrees. A point with a coordinate that is not finite is `How.OUTSIDE`: who reads
            files reports such rows before they come here.
        nearest_m
            How far from a point outside all areas the nearest may be, in the local metre plane
            at the point, to the millimetre.

        Returns
        -------
        Located
            Strictly inside an area: `How.INSIDE`, the lowest code where areas overlap. On the
            boundary of at least one: `How.BORDER`, the lowest code among those whose boundary it
            is on. Else the nearest within ``nearest_m``, ties to the lowest code, or none.
        """
        lon, lat = _coordinates(lon), _coordinates(lat)
        if lon.shape != lat.shape:
            raise InvalidInput("lon and lat differ in length", field="lon")
        index = np.full(len(lon), NOTHING, dtype=np.int32)
        how = np.full(len(lon), How.OUTSIDE, dtype=np.uint8)
        if self._frame is not None:
            parts = [slice(first, first + _POINTS_AT_ONCE)
                     for first in range(0, len(lon), _POINTS_AT_ONCE)]
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda part: self._inside(lon[part], lat[part],
                                                        index[part], how[part]), parts))
        distance_m = np.where(index == NOTHING, np.nan, 0.0)
        away = np.flatnonzero((index == NOTHING) & np.isfinite(lon) & np.isfinite(lat))
        if nearest_m > 0 and away.size and self._frame is not None:
            self._nearest(lon, lat, away, nearest_m, Located(index, how, distance_m))
        return Located(index, how, distance_m)

    def _inside(self, lon: Floats, lat: Floats, index: NDArray[np.int32],
                how: NDArray[np.uint8]) -> None:
        """Fill ``index`` and ``how`` of the points that lie in or on an area."""
        np.take(self._labels, self._frame.cell_of(lon, lat), out=index, mode="clip")
        cut = np.flatnonzero(index < NOTHING)
        number = NOTHING - 1 - index[cut]
        only = self._only_edge[number]
        index[cut], certain = self._side(lon[cut], lat[cut], np.maximum(only, 0))
        np.copyto(how, np.uint8(How.INSIDE), where=index != NOTHING)
        hard = np.flatnonzero(~certain | (only < 0))
        if hard.size:
            cut, number, only = cut[hard], number[hard], only[hard]
            point, area = self._pairs(lon[cut], lat[cut], number, only)
            index[cut], how[cut] = self._exact(lon[cut], lat[cut], point, area)

    def _side(self, lon: Floats, lat: Floats,
              edge: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The area on the point's side of an edge, and whether that is certain."""
        line = self._line[edge]
        one = line[:, 2] * (lat - line[:, 1])
        other = line[:, 3] * (lon - line[:, 0])
        turn = one - other
        error = _ORIENTATION_ERROR * (np.abs(one) + np.abs(other)) + _UNDERFLOW
        certain = np.abs(turn) > error
        return self._sides[edge, (turn < 0).astype(np.intp)], certain

    def _pairs(self, lon: Floats, lat: Floats, number: NDArray[np.int32],
               only: NDArray[np.int32]) -> tuple[Integers, Integers]:
        """(point, area) for every area that may hold the point, sorted by point."""
        first = self._candidate_first[number]
        count = np.where(only == _MANY, self._candidate_first[number + 1] - first, 0)
        point, along = expand(count)
        area = self._candidates[first[point] + along]
        anywhere = np.flatnonzero(only != _MANY)
        if anywhere.size:
            found = self._tree.query(shapely.points(lon[anywhere], lat[anywhere]))
            point = np.concatenate([point, anywhere[found[0]]])
            area = np.concatenate([area, found[1]])
            order = np.argsort(point, kind="stable")
            point, area = point[order], area[order]
        return point, area

    def _exact(self, lon: Floats, lat: Floats, point: Integers,
               area: Integers) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The answer of GEOS for points against their candidates (sorted by point)."""
        index = np.full(len(lon), NOTHING, dtype=np.int32)
        how = np.full(len(lon), How.OUTSIDE, dtype=np.uint8)
        polygons, x, y = self._polygons[area], lon[point], lat[point]
        hit = np.flatnonzero(shapely.intersects_xy(polygons, x, y))
        if not hit.size:
            return index, how
        point, area = point[hit], area[hit]
        inside = shapely.contains_xy(polygons[hit], x[hit], y[hit])
        # A border outranks an inside, then the lowest code.
        rank = self._rank[area] + inside * len(self._rank)
        first = changes(point)
        best = np.minimum.reduceat(rank, first)
        index[point[first]] = self._by_rank[best % len(self._rank)]
        how[point[first]] = np.where(best < len(self._rank), How.BORDER, How.INSIDE)
        return index, how

    def _nearest(self, lon: Floats, lat: Floats, away: Integers, nearest_m: float,
                 located: Located) -> None:
        """Fill in the nearest area of the points ``away`` from all, where within reach."""
        for at, area in self._within_reach(lon, lat, away, nearest_m):
            distance = self._distances(lon[at], lat[at], area)
            near = distance <= nearest_m
            at, area, distance = at[near], area[near], distance[near]
            order = np.lexsort((self._rank[area], distance, at))
            at, area, distance = at[order], area[order], distance[order]
            first = changes(at)
            located.index[at[first]] = area[first]
            located.how[at[first]] = How.NEAREST
            located.distance_m[at[first]] = distance[first]

    def _within_reach(self, lon: Floats, lat: Floats, away: Integers,
                      nearest_m: float) -> Iterator[tuple[Integers, Integers]]:
        """Pairs (point, area) worth measuring, a bounded number at a time."""
        metres = np.maximum(np.stack(metres_per_degree(lat[away])), 1e-3)
        # Nothing beyond the one nearest in degrees, if stretched the most, can be nearer.
        found, degrees = self._tree.query_nearest(
            shapely.points(lon[away], lat[away]), all_matches=False, return_distance=True,
            max_distance=(nearest_m + 1e-3) / metres.min())
        away, metres = away[found[0]], metres[:, found[0]]
        reach_m = np.minimum(nearest_m, degrees * metres.max(axis=0))
        # A millimetre more, since distances are rounded before they are compared.
        reach = np.minimum((reach_m * (1 + 1e-6) + 1e-3) / metres, 360.0)
        corners = shapely.get_num_coordinates(self._polygons)
        for first in range(0, len(away), _POINTS_AT_ONCE):
            part = slice(first, first + _POINTS_AT_ONCE)
            x, y, wide, high = lon[away[part]], lat[away[part]], reach[0][part], reach[1][part]
            pairs = self._tree.query(shapely.box(x - wide, y - high, x + wide, y + high))
            pairs = pairs[:, np.argsort(pairs[0], kind="stable")]
            # Cut between points, never between the candidates of one.
            load = np.cumsum(corners[pairs[1]]) // _EDGES_AT_ONCE
            cuts = np.searchsorted(pairs[0], pairs[0][np.flatnonzero(np.diff(load)) + 1])
            for piece in np.split(pairs, np.unique(cuts), axis=1):
                yield away[piece[0] + first], piece[1]

    def _distances(self, lon: Floats, lat: Floats, area: Integers) -> Floats:
        """Metres from points to areas that don't hold them, in the plane at each point."""
        kx, ky = metres_per_degree(lat)
        start, end, pair = label_raster.edges_of(self._polygons[area])
        plane = np.stack([kx, ky], axis=1)[pair]
        here = np.stack([lon, lat], axis=1)[pair]
        away, along = (here - start) * plane, (end - start) * plane
        share = np.clip((away * along).sum(axis=1) / (along * along).sum(axis=1), 0.0, 1.0)
        rest = away - share[:, None] * along
        first = changes(pair)
        return np.round(np.minimum.reduceat(np.hypot(rest[:, 0], rest[:, 1]), first), 3)


def _checked(geometries: ArrayLike, codes: ArrayLike) -> NDArray[np.object_]:
    polygons = np.asarray(geometries, dtype=np.object_)
    if polygons.shape != np.shape(codes) or polygons.ndim != 1:
        raise InvalidInput("give one code for each geometry", field="codes")
    wrong = np.flatnonzero(~np.isin(shapely.get_type_id(polygons), (3, 6)))
    if wrong.size:
        raise InvalidInput(f"geometry {wrong[0]} is not a polygon", field="geometries")
    return shapely.force_2d(polygons)


def _coordinates(values: ArrayLike) -> Floats:
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise InvalidInput("coordinates are arrays of one dimension", field="lon")
    return array
