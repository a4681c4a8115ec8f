"""The bulk index gives plain shapely's answers, wherever the point lies."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.coverage import irregular_coverage
from gis.coverage_index import CoverageIndex, How
from gis.crs import snap
from gis.errors import InvalidInput
from tests.oracles import plain_shapely

PLACES = [(120.2, 30.3), (-122.4, 37.7), (0.0, 0.0), (179.9, -45.0), (-0.01, 51.5)]


def codes_of(count: int) -> NDArray[np.str_]:
    """Codes whose order is not that of the positions, of different lengths."""
    return np.array([f"{(place * 7919) % 997}-{place}" for place in range(count)], dtype=np.str_)


def snapped(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.set_precision(geometry, 1e-9)


@st.composite
def coverages(draw: st.DrawFn) -> NDArray[np.object_]:
    """Voronoi cells at some place, some merged, holed, taken away, or laid over the others."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    west, south = draw(st.sampled_from(PLACES))
    size = draw(st.sampled_from([1e-7, 1e-5, 0.01, 0.5]))
    count = draw(st.integers(1, 12))
    points = random.uniform(0, size, (count + 3, 2)) + [west, south]
    frame = shapely.box(west, south, west + size, south + size * draw(st.sampled_from([1, 0.01])))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points),
                                                       extend_to=frame))
    cells = list(snapped(shapely.intersection(cells, frame)))
    if draw(st.booleans()) and len(cells) > 3:  # far parts under one code
        cells[0] = snapped(shapely.union(cells[0], cells.pop()))
    if draw(st.booleans()):  # a hole, empty or filled by another
        hole = snapped(shapely.buffer(shapely.centroid(cells[0]), size / 50, quad_segs=2))
        cells[0] = snapped(shapely.difference(cells[0], hole))
        cells += [hole] if draw(st.booleans()) else []
    if draw(st.booleans()) and len(cells) > 2:  # a gap
        cells.pop(1)
    if draw(st.booleans()):  # an overlap
        cells.append(snapped(shapely.buffer(shapely.points(points[0]), size / 3, quad_segs=3)))
    kept = [cell for cell in cells if cell.geom_type.endswith("Polygon") and cell.is_valid]
    return np.array([cell for cell in kept if not cell.is_empty], dtype=np.object_)


def telling_points(areas: NDArray[np.object_], random: np.random.Generator) -> NDArray:
    """Vertices, middles of edges, points an ulp beside them, inner, near and far points."""
    rings = shapely.get_rings(shapely.get_parts(areas))
    corners = shapely.get_coordinates(rings)
    middles = (corners[1:] + corners[:-1]) / 2
    edge = np.concatenate([corners, snap(middles), middles])
    edge = edge[random.permutation(len(edge))[:60]]
    beside = [np.nextafter(edge, edge + random.choice([-1, 0, 1], edge.shape)) for _ in range(2)]
    low, high = corners.min(axis=0), corners.max(axis=0)
    spread = random.uniform(low - (high - low) / 3, high + (high - low) / 3, (40, 2))
    far = [low - 50, high + [1, 0], [np.nan, low[1]], [low[0], np.inf], [low[0], high[1]]]
    return np.concatenate([edge, *beside, spread, far, snap(spread)])


def assert_same(areas: NDArray[np.object_], points: NDArray[np.float64], nearest_m: float) -> None:
    codes = codes_of(len(areas))
    lon, lat = points[:, 0].copy(), points[:, 1].copy()
    expected = plain_shapely(areas, codes, lon, lat, nearest_m)
    for cell_limit in (1 << 20, 70**2):
        found = CoverageIndex(areas, codes, cell_limit=cell_limit).locate(lon, lat, nearest_m)
        np.testing.assert_array_equal(found.how, expected.how)
        np.testing.assert_array_equal(found.index, expected.index)
        np.testing.assert_array_equal(found.distance_m, expected.distance_m)


@settings(max_examples=150, deadline=None)
@given(coverages(), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.002, 30.0, 20_000.0]))
def test_agrees_with_plain_shapely(areas: NDArray[np.object_], seed: int,
                                   nearest_m: float) -> None:
    if len(areas):
        assert_same(areas, telling_points(areas, np.random.default_rng(seed)), nearest_m)
