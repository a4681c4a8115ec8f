"""A raster of labels over polygons, exact: which cell lies wholly in which polygon.

Every edge of every polygon is traversed conservatively, and each cell that it could touch is
marked as a boundary cell with the edges in it. What is left lies wholly inside or outside every
polygon, and is filled by whole-number sums along rows, so no rounding can colour it wrongly.

A point's cell is ``trunc((x - origin) * cells_per_degree)``. Each step of that is monotone in x
whatever the rounding, and off by less than `GUARD` of a cell, by which the traversal widens every
edge. An unmarked cell therefore holds no point that an edge parts from the others in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NOTHING = -1
# Rounding moves a point by less than 1e-11 of a cell (at most 2**15 cells a side), so this is
# ample; and it is small enough to mark next to nothing in vain.
GUARD = 1e-6

_ONE_COVERING = 1 << 40
_LOW_HALF = (1 << 32) - 1
_EDGES_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class Edges:
    """The distinct edges of all polygons, each pointing up (south to north; level ones east).

    ``start`` and ``end`` are (n, 2) degrees. ``sides`` (n, 2) holds the polygon on the left and
    the one on the right, `NOTHING` where there is none. ``tangled`` marks an edge which two
    polygons have on the same side: they overlap. ``step`` is what crossing the edge eastwards
    adds to the running sum of `_covering`.
    """

    start: Floats
    end: Floats
    sides: NDArray[np.int32]
    tangled: NDArray[np.bool_]
    step: Integers


def distinct_edges(polygons: NDArray[np.object_]) -> Edges:
    """Edges of valid polygons and multipolygons, those that neighbours share taken once."""
    start, end, owner = edges_of(shapely.orient_polygons(polygons))
    upwards = (end[:, 1] > start[:, 1]) | ((end[:, 1] == start[:, 1]) & (end[:, 0] > start[:, 0]))
    low = np.where(upwards[:, None], start, end)
    high = np.where(upwards[:, None], end, start)
    order = np.argsort(_hashes(low, high))
    low, high, upwards, owner = low[order], high[order], upwards[order], owner[order]
    # Edges that collide in the hash may stay apart from their twins: slower there, not wrong.
    fresh = np.ones(len(low), dtype=np.bool_)
    fresh[1:] = (low[1:] != low[:-1]).any(axis=1) | (high[1:] != high[:-1]).any(axis=1)
    first = np.flatnonzero(fresh)
    if not first.size:
        return Edges(low, high, np.empty((0, 2), np.int32), fresh, np.empty(0, np.int64))
    # Polygons are on the left of their own edges: of one that points up, on the west.
    west, east = np.where(upwards, owner + 1, 0), np.where(upwards, 0, owner + 1)
    enters = np.where(upwards, -1, 1)
    step = np.add.reduceat(enters * (_ONE_COVERING + owner + 1), first)
    uses_west = np.add.reduceat(upwards.astype(np.int64), first)
    uses_east = np.add.reduceat((~upwards).astype(np.int64), first)
    sides = np.stack([np.maximum.reduceat(west, first), np.maximum.reduceat(east, first)], axis=1)
    return Edges(low[first], high[first], (sides - 1).astype(np.int32),
                 (uses_west > 1) | (uses_east > 1), step)


def edges_of(polygons: NDArray[np.object_]) -> tuple[Floats, Floats, Integers]:
    """All edges as (n, 2) starts and ends, and the position of each one's polygon, ascending."""
    parts, part_owner = shapely.get_parts(polygons, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    points, point_ring = shapely.get_coordinates(rings, return_index=True)
    # Adding zero turns -0.0 into 0.0, so that equal coordinates have equal bits.
    points = points + 0.0
    joined = point_ring[1:] == point_ring[:-1]
    joined &= (points[1:] != points[:-1]).any(axis=1)
    owner = part_owner[ring_part[point_ring[:-1][joined]]]
    return points[:-1][joined], points[1:][joined], owner.astype(np.int64)


def _hashes(low: Floats, high: Floats) -> NDArray[np.uint64]:
    mixed = np.zeros(len(low), dtype=np.uint64)
    for column in (low[:, 0], low[:, 1], high[:, 0], high[:, 1]):
        mixed ^= np.ascontiguousarray(column).view(np.uint64)
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


@dataclass(frozen=True)
class Frame:
    """Where the cells lie: a point's column is ``trunc((lon - west) * columns_per_degree)``.

    One ring of cells around the extent stays empty; every point outside falls into it.
    """

    west: float
    south: float
    columns_per_degree: float
    rows_per_degree: float
    width: int
    height: int

    @classmethod
    def over(cls, edges: Edges, cell_limit: int, cells_per_edge_cell: float) -> Frame:
        """Cells as many as make the boundary a small share, within ``cell_limit``."""
        low = np.minimum(edges.start, edges.end).min(axis=0)
        high = np.maximum(edges.start, edges.end).max(axis=0)
        # Finer cells than this would come near the rounding of the coordinates themselves.
        extent = np.maximum(high - low, np.maximum(np.abs(low), np.abs(high)) * 1e-9 + 1e-9)
        travelled = np.abs(edges.end - edges.start).sum(axis=0) / extent
        # With n cells a side some n * sum(travelled) are boundary: choose n for their share.
        side = cells_per_edge_cell * float(travelled.sum())
        side = int(np.clip(side, 64, np.sqrt(cell_limit))) - 2
        scale = side / extent
        return cls(float(low[0] - 1 / scale[0]), float(low[1] - 1 / scale[1]),
                   float(scale[0]), float(scale[1]), side + 3, side + 3)

    def in_cells(self, points: Floats) -> Floats:
        """Coordinates of (n, 2) points in cells, by the formula that `cell_of` truncates."""
        return np.stack([(points[:, 0] - self.west) * self.columns_per_degree,
                         (points[:, 1] - self.south) * self.rows_per_degree], axis=1)

    def cell_of(self, lon: Floats, lat: Floats) -> Integers:
        """The cell of each point, as a position in the flat raster; NaN falls outside."""
        column = (lon - self.west) * self.columns_per_degree
        row = (lat - self.south) * self.rows_per_degree
        # fmax and fmin let NaN give way to the bound, which is an empty cell.
        np.fmin(np.fmax(column, 0.0, out=column), self.width - 1.0, out=column)
        np.fmin(np.fmax(row, 0.0, out=row), self.height - 1.0, out=row)
        cell = row.astype(np.int64)
        cell *= self.width
        cell += column.astype(np.int64)
        return cell


def boundary_cells(edges: Edges, frame: Frame) -> Integers:
    """Every (cell, edge) where the edge may touch the cell, as ``cell << 32 | edge``, sorted."""
    found = [np.empty(0, dtype=np.int64)]
    start, end = frame.in_cells(edges.start), frame.in_cells(edges.end)
    for first in range(0, len(start), _EDGES_AT_ONCE):
        part = slice(first, first + _EDGES_AT_ONCE)
        found.append(_traverse(start[part], end[part], first, frame.width))
    keys = np.concatenate(found)
    keys.sort()
    return keys


def _traverse(start: Floats, end: Floats, first_edge: int, width: int) -> Integers:
    """The cells along edges: per row, the columns between the edge's ends within that row.

    The row is widened by `GUARD` before the edge is cut to it, so that the error of a flat edge's
    slope times that of the height stays far within it; then the columns are widened as well.
    """
    (start_u, start_v), (end_u, end_v) = start.T, end.T
    row_first = np.floor(start_v - GUARD).astype(np.int64)
    edge, along = expand(np.floor(end_v + GUARD).astype(np.int64) - row_first + 1)
    row = row_first[edge] + along
    climb = end_v - start_v
    slope = np.divide(end_u - start_u, climb, out=np.zeros_like(climb), where=climb > 0)
    left, right = np.minimum(start_u, end_u)[edge], np.maximum(start_u, end_u)[edge]
    below = np.maximum(row - GUARD - start_v[edge], 0.0)
    above = np.minimum(row + 1 + GUARD - start_v[edge], climb[edge])
    enter = start_u[edge] + below * slope[edge]
    leave = start_u[edge] + above * slope[edge]
    level = climb[edge] == 0
    low = np.where(level, left, np.clip(np.minimum(enter, leave), left, right))
    high = np.where(level, right, np.clip(np.maximum(enter, leave), left, right))
    column_first = np.floor(low - GUARD).astype(np.int64)
    span, across = expand(np.floor(high + GUARD).astype(np.int64) - column_first + 1)
    cell = row[span] * width + column_first[span] + across
    return (cell << 32) | (edge[span] + first_edge)


def fill(edges: Edges, frame: Frame) -> NDArray[np.int32]:
    """Label of every cell: its polygon, `NOTHING`, or ``NOTHING - 1`` where several cover it.

    True of cells that no edge touches. In the others it is the label somewhere in the cell, so
    a polygon that covers such a cell wholly is the label there, or one of several.
    """
    start, end = frame.in_cells(edges.start), frame.in_cells(edges.end)
    # Rows whose middle line the edge crosses, its lower end included: rings then always close.
    row_first = np.ceil(start[:, 1] - 0.5).astype(np.int64)
    edge, along = expand(np.ceil(end[:, 1] - 0.5).astype(np.int64) - row_first)
    row = row_first[edge] + along
    climb = end[:, 1] - start[:, 1]
    slope = np.divide(end[:, 0] - start[:, 0], climb, out=np.zeros_like(climb), where=climb > 0)
    column = start[edge, 0] + (row + 0.5 - start[edge, 1]) * slope[edge]
    column = np.clip(column, np.minimum(start[:, 0], end[:, 0])[edge],
                     np.maximum(start[:, 0], end[:, 0])[edge])
    after = row * frame.width + column.astype(np.int64) + 1
    keys = (after << 32) | edge
    keys.sort()
    position = np.concatenate([[0], keys >> 32, [frame.width * frame.height]])
    return np.repeat(_covering(edges.step[keys & _LOW_HALF]), np.diff(position))


def _covering(steps: Integers) -> NDArray[np.int32]:
    """Labels before the first and after each step, from the sums of counts and of labels.

    One sum carries both: how many polygons cover the place, and the sum of their labels plus one.
    """
    running = np.concatenate([[0], np.cumsum(steps)])
    count = running >> 40
    label = (running & (_ONE_COVERING - 1)) - 1
    return np.where(count == 1, label, np.where(count == 0, NOTHING, NOTHING - 1)).astype(np.int32)


def candidates(edges: Edges, edge: Integers, count: Integers, under: NDArray[np.int32]
               ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
    """The areas with an edge in each boundary cell.

    Parameters
    ----------
    edge, count
        The edges in the cells one after the other, and how many each cell has.
    under
        The cell's label by `fill`.

    Returns
    -------
    candidates
        Areas of the cells with several edges, one cell after the other.
    first
        Where those of the cell numbered k start (k from 1) and end (k + 1).
    complete
        Whether no other area reaches into the cell: one that covers it wholly would be ``under``.
    """
    cell = np.repeat(np.arange(len(count)), count)
    sides = edges.sides[edge]
    starts = np.cumsum(count) - count
    expected = (sides == under[cell][:, None]).any(axis=1) | (under[cell] == NOTHING)
    complete = np.logical_or.reduceat(expected, starts)
    complete &= ~np.logical_or.reduceat(edges.tangled[edge], starts)
    several = np.flatnonzero(count[cell] > 1)
    keys = np.concatenate([(cell[several] << 32) | sides[several, side] for side in (0, 1)])
    keys = keys[np.concatenate([sides[several, side] >= 0 for side in (0, 1)])]
    keys.sort()
    keys = keys[changes(keys)]
    last = np.cumsum(np.bincount(keys >> 32, minlength=len(count)))
    first = np.concatenate([[0, 0], last]).astype(np.int32)
    return (keys & 0xFFFFFFFF).astype(np.int32), first, complete


def expand(counts: Integers) -> tuple[Integers, Integers]:
    """For counts (2, 0, 3): owners (0, 0, 2, 2, 2) and positions within (0, 1, 0, 1, 2)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def changes(values: NDArray[np.generic]) -> Integers:
    """Positions at which a run of equal values starts."""
    fresh = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=fresh[1:])
    return np.flatnonzero(fresh)
