"""The bulk index gives plain shapely's answers, wherever the point lies."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.coverage import SIDE_DEGREES, SOUTH, WEST, irregular_coverage
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
    # One ulp off zero is 5e-324, where GEOS's own predicates (touches, contains) disagree.
    beside = [np.where(np.abs(near) < 1e-300, 0.0, near) for near in beside]
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


@pytest.mark.parametrize("west, south", PLACES)
@pytest.mark.parametrize("size", [1e-7, 1e-4, 0.5])
def test_agrees_wherever_the_coverage_lies(west: float, south: float, size: float) -> None:
    """Far from the origin doubles are coarse; across it they change sign and spacing."""
    areas = moved(irregular_coverage(12, 3), west - size / 2, south - size / 2, size)
    areas = areas[shapely.is_valid(areas) & ~shapely.is_empty(areas)]
    assert_same(areas, telling_points(areas, np.random.default_rng(5)), 50.0)


def moved(areas: NDArray[np.object_], west: float, south: float,
          size: float) -> NDArray[np.object_]:
    """A coverage of `irregular_coverage` at another place, on the grid of 1e-9°."""
    low = np.array([WEST, SOUTH])
    return shapely.set_precision(shapely.transform(
        areas, lambda corners: (corners - low) / SIDE_DEGREES * size + [west, south]), 1e-9)


@pytest.mark.parametrize("cell_limit", [150**2, 1 << 22])
def test_no_boundary_cell_is_missed(cell_limit: int) -> None:
    """600,000 points close to edges, from a millionth of a cell to some cells away."""
    areas = irregular_coverage(543, 11)
    random = np.random.default_rng(12)
    corners = shapely.get_coordinates(areas)
    chosen = random.integers(0, len(corners) - 1, 600_000)
    share = random.uniform(0, 1, (600_000, 1))
    points = corners[chosen] * share + corners[chosen + 1] * (1 - share)
    away = 10 ** random.uniform(-14, -3.5, (600_000, 1))
    points += away * random.normal(size=points.shape)
    lon, lat = points[:, 0].copy(), points[:, 1].copy()
    found = CoverageIndex(areas, codes_of(543), cell_limit=cell_limit).locate(lon, lat, 0.0)
    point, area = shapely.STRtree(areas).query(shapely.points(points), predicate="intersects")
    hits = np.bincount(point, minlength=len(points))
    once = hits[point] == 1
    np.testing.assert_array_equal(found.index[hits == 0], -1)
    np.testing.assert_array_equal(found.index[point[once]], area[once])
    np.testing.assert_array_equal(found.how[hits > 1], How.BORDER)


def test_points_on_grid_lines_of_the_raster() -> None:
    """Squares whose edges run along the raster's own lines, asked on, above and below them."""
    areas = np.array([shapely.box(x, y, x + 1, y + 1) for x in range(8) for y in range(8)])
    steps = np.arange(0, 8.0625, 0.0625)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    grid = grid[np.random.default_rng(1).permutation(len(grid))[:1500]]
    assert_same(areas, np.concatenate([grid, np.nextafter(grid, 9), np.nextafter(grid, -9)]), 5.0)


def test_an_area_inside_another_is_not_hidden_by_it() -> None:
    """An overlap: the lowest code inside both, the border of either before the inside."""
    areas = np.array([shapely.box(0, 0, 10, 10), shapely.box(4, 4, 6, 6)])
    for codes, chosen in ((["a", "b"], 0), (["b", "a"], 1)):
        found = CoverageIndex(areas, codes).locate([5, 4, 1, 10], [5, 5, 1, 1], 0.0)
        np.testing.assert_array_equal(found.index, [chosen, 1, 0, 0])
        np.testing.assert_array_equal(found.how, [How.INSIDE, How.BORDER, How.INSIDE, How.BORDER])


def test_codes_are_chosen_by_bytes() -> None:
    """On a shared edge, and at the same distance, `B` comes before `a`, `é` and `𠀀` last."""
    areas = np.array([shapely.box(x, 0, x + 1, 1) for x in range(4)])
    found = CoverageIndex(areas, ["𠀀", "é", "a", "B"]).locate(
        [1, 2, 3, 1, 3], [0.5, 0.5, 0.5, -1e-6, -1e-6], 1.0)
    np.testing.assert_array_equal(found.index, [1, 2, 3, 1, 3])
    np.testing.assert_array_equal(found.how, [How.BORDER] * 3 + [How.NEAREST] * 2)
    assert found.distance_m[3] == found.distance_m[4] == pytest.approx(0.111)


def test_many_points_far_from_all_are_measured_in_pieces() -> None:
    areas = irregular_coverage(60, 4)
    random = np.random.default_rng(4)
    points = np.stack([WEST - random.uniform(0, 0.1, 40_000),
                       SOUTH + random.uniform(0, SIDE_DEGREES, 40_000)], axis=1)
    found = CoverageIndex(areas, codes_of(60)).locate(points[:, 0], points[:, 1], 20_000.0)
    some = random.permutation(40_000)[:60]
    expected = plain_shapely(areas, codes_of(60), points[some, 0], points[some, 1], 20_000.0)
    np.testing.assert_array_equal(found.index[some], expected.index)
    np.testing.assert_array_equal(found.distance_m[some], expected.distance_m)
    assert (found.index >= 0).all()
    assert (found.how == How.NEAREST).mean() > 0.95


def test_nothing_to_find() -> None:
    empty = np.array([], dtype=np.object_)
    assert CoverageIndex(empty, []).locate([1.0], [2.0], 100.0).index.tolist() == [-1]
    hollow = np.array([shapely.Polygon()])
    assert CoverageIndex(hollow, ["a"]).locate([1.0], [2.0], 100.0).how.tolist() == [How.OUTSIDE]
    square = CoverageIndex(np.array([shapely.box(0, 0, 1, 1)]), ["a"])
    assert square.locate([], [], 100.0).index.tolist() == []
    found = square.locate([np.nan, 0.5, np.inf, 0.5], [0.5, np.nan, 0.5, 91.0], 100.0)
    assert found.how.tolist() == [How.OUTSIDE] * 4
    assert np.isnan(found.distance_m).all()


@pytest.mark.parametrize("geometries, codes", [
    ([shapely.Point(0, 0)], ["a"]), ([None], ["a"]), ([shapely.box(0, 0, 1, 1)], ["a", "b"]),
])
def test_what_is_no_coverage_is_refused(geometries: list, codes: list[str]) -> None:
    with pytest.raises(InvalidInput):
        CoverageIndex(np.array(geometries, dtype=np.object_), codes)


def test_points_of_two_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput):
        CoverageIndex(np.array([shapely.box(0, 0, 1, 1)]), ["a"]).locate([0.0], [0.0, 1.0], 1.0)


def test_points_very_close_to_the_meridian() -> None:
    """Products underflow there: the bound of the orientation test alone would not do."""
    areas = shapely.box([-0.01, 0.0], 51.5, [0.0, 0.01], 51.5001)
    points = np.array([[x, 51.50005] for x in (0.0, -1e-290, -1e-200, 1e-300, -1e-20)])
    assert_same(areas, points, 30.0)
