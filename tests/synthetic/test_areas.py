"""The areas of the synthetic district are what the rest of the project may take for granted."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from fixtures.areas import reading_order
from fixtures.plane import to_metres

LEVELS = [
    ("base", "district", 1), ("base", "street", 8), ("base", "community", 143),
    ("base", "grid", 543), ("police", "street", 14), ("police", "grid", 60),
]


def level_of(district, scheme, level):
    areas = district.areas
    return areas[(areas["scheme"] == scheme) & (areas["level"] == level)]


@pytest.mark.parametrize("scheme, level, count", LEVELS)
def test_each_level_is_a_coverage_of_single_polygons(district, scheme, level, count):
    geometry = level_of(district, scheme, level).geometry.to_numpy()
    assert len(geometry) == count
    assert (shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON).all()
    assert shapely.is_valid(geometry).all()
    assert (shapely.get_num_interior_rings(geometry) == 0).all()
    assert shapely.coverage_is_valid(geometry)
    assert shapely.coverage_is_valid(to_metres(geometry), gap_width=1.0)


@pytest.mark.parametrize("scheme, level, count", LEVELS)
def test_each_level_covers_the_district_without_holes(district, scheme, level, count):
    whole = shapely.coverage_union_all(level_of(district, scheme, level).geometry.to_numpy())
    outline = level_of(district, "base", "district").geometry.iloc[0]
    assert shapely.equals(shapely.normalize(whole), shapely.normalize(outline))


@pytest.mark.parametrize(
    "scheme, child, parent",
    [("base", "street", "district"), ("base", "community", "street"),
     ("base", "grid", "community"), ("police", "grid", "street")],
)
def test_children_make_up_their_parent_exactly(district, scheme, child, parent):
    children = level_of(district, scheme, child)
    for code, geometry in level_of(district, scheme, parent)[["code", "geometry"]].to_numpy():
        parts = children[children["parent_code"] == code].geometry.to_numpy()
        assert shapely.equals(shapely.coverage_union_all(parts), geometry), code


def test_coordinates_lie_on_the_grid_of_a_billionth_degree(district):
    coords = shapely.get_coordinates(district.areas.geometry.to_numpy())
    assert (np.rint(coords * 1e9) / 1e9 == coords).all()


def test_boundaries_run_along_streets_or_in_the_water(district):
    grids = to_metres(level_of(district, "base", "grid").geometry.to_numpy())
    outline = shapely.boundary(shapely.coverage_union_all(grids))
    inner = shapely.difference(shapely.union_all(shapely.boundary(grids)), outline)
    water = district.ground[district.ground["kind"] == "water"].geometry.to_numpy()
    streets = shapely.buffer(to_metres(district.roads.geometry.to_numpy()), 1.0)
    along = shapely.union_all(np.concatenate([streets, to_metres(water)]))
    assert shapely.intersection(inner, along).length / inner.length >= 0.99


def test_beats_do_not_follow_the_base_grids(district):
    grids = shapely.union_all(shapely.boundary(level_of(district, "base", "grid").geometry))
    beats = shapely.union_all(shapely.boundary(level_of(district, "police", "grid").geometry))
    assert shapely.intersection(beats, grids).length < 0.9 * beats.length


def test_codes_and_names_are_unique_and_well_formed(district):
    for scheme, level, _ in LEVELS:
        frame = level_of(district, scheme, level)
        assert frame["code"].is_unique
        assert frame["name"].is_unique
    for level, digits in (("district", 6), ("street", 9), ("community", 12), ("grid", 15)):
        frame = level_of(district, "base", level)
        assert frame["code"].str.fullmatch(rf"\d{{{digits}}}").all()
        if level != "district":
            assert (frame["code"].str[:-3] == frame["parent_code"]).all()


def test_one_street_has_nine_communities_and_ninety_two_grids(district):
    communities = level_of(district, "base", "community")["parent_code"].value_counts()
    grids = level_of(district, "base", "grid")["code"].str[:9].value_counts()
    assert 9 in communities.to_numpy()
    assert grids[communities[communities == 9].index[0]] == 92


def test_serials_run_from_one_in_reading_order(district):
    grids = level_of(district, "base", "grid")
    middle = shapely.centroid(to_metres(grids.geometry.to_numpy()))
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    for code in grids["parent_code"].unique():
        members = (grids["parent_code"] == code).to_numpy()
        serial = grids["code"][members].str[-3:].astype(int).to_numpy()
        order = reading_order(x[members], y[members], 150.0)
        assert serial[order].tolist() == list(range(1, members.sum() + 1))


def test_reading_order_goes_west_to_east_in_rows_from_the_north():
    assert reading_order([10, 0, 5, 6], [99, 100, 0, 95], 10).tolist() == [1, 3, 0, 2]
    assert reading_order([], [], 10).tolist() == []
