"""Buildings stand in blocks, apart, and every house address lies in its building."""

from __future__ import annotations

import pytest
import shapely

from fixtures.addresses import _shares
from fixtures.plane import to_metres


@pytest.fixture(scope="module")
def grids(district):
    areas = district.areas
    return areas[(areas["scheme"] == "base") & (areas["level"] == "grid")].set_index("code")


def test_buildings_are_valid_and_of_the_promised_number(district):
    buildings = district.buildings
    assert len(buildings) == 12_000
    assert shapely.is_valid(buildings.geometry).all()
    assert buildings["building_code"].is_unique
    assert buildings["building_code"].str.fullmatch(r"330191\d{6}01\d{5}").all()
    assert (buildings["building_code"].str[:12] == buildings["grid_code"].str[:12]).all()
    assert buildings["floors"].min() >= 1


def test_each_building_lies_inside_one_grid(district, grids):
    own = grids.geometry.loc[district.buildings["grid_code"]].to_numpy()
    assert shapely.contains_properly(own, district.buildings.geometry.to_numpy()).all()


def test_buildings_touch_neither_each_other_nor_water_nor_parks(district):
    shapes = district.buildings.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (first == second).all()
    grounds = district.ground.geometry.to_numpy()
    assert len(shapely.STRtree(grounds).query(shapes, predicate="intersects")[0]) == 0


def test_buildings_stand_back_from_carriageways(district):
    shapes = to_metres(district.buildings.geometry.to_numpy())
    roads = to_metres(district.roads.geometry.to_numpy())
    strips = shapely.buffer(roads, district.roads["width_m"] / 2, cap_style="flat")
    assert len(shapely.STRtree(strips).query(shapes, predicate="intersects")[0]) == 0


def test_the_centre_is_tall_and_most_of_the_city_is_not(district):
    heights = district.buildings["height_m"]
    assert 5 <= (heights >= 200).sum() <= 60
    assert heights.median() < 30


def test_house_codes_and_texts_are_unique(district):
    addresses = district.addresses
    assert len(addresses) == 120_000
    assert addresses["house_code"].is_unique
    assert addresses["text"].is_unique
    assert (addresses["house_code"].str.len() == 25).all()
    assert (addresses["house_code"].str[:19] == addresses["building_code"]).all()
    assert set(addresses["building_code"]) == set(district.buildings["building_code"])


def test_an_address_text_is_made_of_its_elements(district, grids):
    row = district.addresses.iloc[60_000]
    building = district.buildings.set_index("building_code").loc[row["building_code"]]
    assert row["text"].startswith("浙江省云州市云杭区")
    assert f"{row['road']}{row['road_number']}号{building['name']}" in row["text"]
    assert row["text"].endswith(f"{row['room']}室")


def test_each_address_lies_in_its_building(district):
    shapes = district.buildings.set_index("building_code").geometry
    own = shapes.loc[district.addresses["building_code"]].to_numpy()
    points = shapely.points(district.addresses["lon"], district.addresses["lat"])
    assert shapely.covers(own, points).all()


def test_floors_of_addresses_exist(district):
    floors = district.buildings.set_index("building_code")["floors"]
    own = floors.loc[district.addresses["building_code"]].to_numpy()
    assert district.addresses["floor"].between(1, own).all()


def test_shares_add_up_and_leave_nobody_out():
    import numpy as np

    shares = _shares(np.array([1.0, 5.0, 0.0]), 11)
    assert shares.sum() == 11
    assert shares.min() >= 1
