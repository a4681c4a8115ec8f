"""A seeded coverage of irregular polygons that share their wiggled edges exactly."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.crs import snap

WEST, SOUTH, SIDE_DEGREES = 120.0, 30.0, 0.5
_POINTS_PER_EDGE = 15


def irregular_coverage(count: int, seed: int) -> NDArray[np.object_]:
    """``count`` valid polygons of some 85 vertices each over half a degree at 120° E 30° N.

    Voronoi cells of a jittered lattice; each edge is drawn once, as a line with a wiggle, so both
    neighbours have the same vertices, on the grid of 1e-9°.

    Returns
    -------
    ndarray of shapely.Polygon
        A coverage in degrees of EPSG:4490, without gaps inside.
    """
    random = np.random.default_rng(seed)
    frame = shapely.box(WEST, SOUTH, WEST + SIDE_DEGREES, SOUTH + SIDE_DEGREES)
    cells = shapely.voronoi_polygons(shapely.multipoints(_lattice(count, random)),
                                     extend_to=frame)
    inner = shapely.intersection(shapely.get_parts(cells), frame)
    corners, owner = shapely.get_coordinates(inner, return_index=True)
    # Cutting cells at the frame may differ in the last digits between neighbours.
    corners = snap(corners)
    joined = owner[1:] == owner[:-1]
    joined &= (corners[1:] != corners[:-1]).any(axis=1)
    points = _wiggled(corners[:-1][joined], corners[1:][joined], random)
    rings = np.repeat(owner[:-1][joined], _POINTS_PER_EDGE)
    return shapely.polygons(shapely.linearrings(points, indices=rings))


def _lattice(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    columns = round(count**0.5)
    rows = -(-count // columns)
    place = np.arange(count)
    points = np.stack([place % columns, place // columns], axis=1) + 0.5
    points += random.uniform(-0.3, 0.3, points.shape)
    return points / [columns, rows] * SIDE_DEGREES + [WEST, SOUTH]


def _wiggled(start: NDArray[np.float64], end: NDArray[np.float64],
             random: np.random.Generator) -> NDArray[np.float64]:
    """Points along directed edges, without their ends' last, the same from either direction."""
    flipped = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low = np.where(flipped[:, None], end, start)
    way = np.where(flipped[:, None], start, end) - low
    _, edge = np.unique(np.concatenate([low, way], axis=1), axis=0, return_inverse=True)
    phases = random.uniform(0, 2 * np.pi, (edge.max() + 1, 3))[edge]
    share = np.arange(_POINTS_PER_EDGE) / _POINTS_PER_EDGE
    share = np.where(flipped[:, None], 1 - share, share)
    swing = sum(np.sin(turns * 2 * np.pi * share + phases[:, k, None])
                for k, turns in enumerate((1, 2.5, 4)))
    # Flat towards both ends, so that edges don't cross where they meet.
    swing *= 0.05 * (share * (1 - share) * 4) ** 2
    across = np.stack([-way[:, 1], way[:, 0]], axis=1)
    points = low[:, None] + share[..., None] * way[:, None] + swing[..., None] * across[:, None]
    corner = share == 0
    points[corner] = np.broadcast_to(low[:, None], points.shape)[corner]
    points[:, 0] = start
    return snap(points.reshape(-1, 2))
