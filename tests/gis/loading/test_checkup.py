"""坐标体检 of whole files: found out, converted, put aside; and the library looked through."""

from __future__ import annotations

import csv
import json

import numpy as np
import psycopg
import pytest
import shapely

from gis.crs import cgcs2000_to_bd09, cgcs2000_to_gcj02, distance_m
from gis.errors import InvalidInput
from gis.library_checkup import examine_library
from gis.loading.addresses import load_addresses
from gis.loading.areas import load_areas
from gis.loading.buildings import load_buildings
from gis.loading.run import Options

AUTO = Options(datum="auto")
COMMUNITIES = {"330104001001": shapely.box(120.20, 30.30, 120.22, 30.32),
               "330104001002": shapely.box(120.22, 30.30, 120.24, 30.32)}
COUNT = 600


def code_of(number: int) -> str:
    return f"33010400100101{number:05d}"


def footprints(count: int = COUNT) -> np.ndarray:
    """Buildings of some 20 by 20 m, 30 a row, 55 m apart."""
    column, row = np.arange(count) % 30, np.arange(count) // 30
    west, south = 120.2005 + column * 0.00057, 30.3005 + row * 0.0005
    return shapely.box(west, south, west + 0.0002, south + 0.00018)


@pytest.fixture
def surveyed(database, geojson):
    """A database with one community's buildings, each with its code."""
    load_areas(database.admin_url, geojson(*(
        ({"code": code, "name": f"社区{code[-1]}"}, shape) for code, shape in COMMUNITIES.items()),
        name="communities.geojson"), "community")
    load_buildings(database.admin_url, geojson(*(
        ({"building_code": code_of(number)}, shape)
        for number, shape in enumerate(footprints())), name="buildings.geojson"))
    return database


def write(path, lon, lat, *, coded=True, moved=()):
    """A file of addresses, one a building; `moved` rows name a building far away."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "building_code", "lon", "lat"])
        for number, place in enumerate(zip(lon, lat, strict=True)):
            named = (number + COUNT // 2) % COUNT if number in moved else number
            writer.writerow([f"文三路{number}号", code_of(named) if coded else "", *place])
    return path


def middles():
    middle = shapely.centroid(footprints())
    return shapely.get_x(middle), shapely.get_y(middle)


def far_from_truth(database) -> float:
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT substring(text FROM '[0-9]+')::int, ST_X(geom), ST_Y(geom) FROM address"
        ).fetchall()
    number, lon, lat = np.array(rows, dtype=float).T
    x, y = (values[number.astype(int)] for values in middles())
    return float(distance_m(lon, lat, x, y).max())


@pytest.mark.parametrize("first,second", [
    (cgcs2000_to_gcj02, None), (cgcs2000_to_bd09, None), (cgcs2000_to_gcj02, cgcs2000_to_bd09)])
def test_a_mix_of_30_and_70_loads_in_place_without_an_error(surveyed, in_folder, first, second):
    lon, lat = middles()
    mine = np.random.default_rng(3).permutation(COUNT) < 0.3 * COUNT
    other = (lon, lat) if second is None else second(lon, lat)
    x, y = (np.where(mine, *pair) for pair in zip(first(lon, lat), other, strict=True))
    outcome = load_addresses(surveyed.admin_url, write(in_folder / "a.csv", x, y), AUTO)
    assert (outcome.loaded, outcome.quarantined) == (COUNT, 0)
    assert outcome.details["checkup"]["mixed"]
    assert sorted(outcome.details["checkup"]["told"].values()) == [0.3 * COUNT, 0.7 * COUNT]
    assert far_from_truth(surveyed) < 0.01


def test_rows_whose_place_and_code_disagree_are_put_aside_with_the_distance(surveyed, in_folder):
    lon, lat = cgcs2000_to_gcj02(*middles())
    outcome = load_addresses(
        surveyed.admin_url, write(in_folder / "a.csv", lon, lat, moved=range(7)), AUTO)
    assert (outcome.loaded, dict(outcome.reasons)) == (COUNT - 7, {"place_disagrees": 7})
    assert outcome.details["checkup"]["datum"] == "gcj02"
    strays = outcome.details["checkup"]["strays"]
    assert [stray["row"] for stray in strays] == list(range(1, 8))
    assert min(stray["away_m"] for stray in strays) > 400
    assert " m away" in (in_folder / "a.quarantine.csv").read_text("utf-8-sig")
    assert far_from_truth(surveyed) < 0.01


def test_silent_rows_follow_a_file_of_one_datum_and_wait_in_a_mix(surveyed, in_folder):
    lon, lat = middles()
    path = write(in_folder / "a.csv", *cgcs2000_to_bd09(lon, lat))
    lines = path.read_text("utf-8").splitlines()
    silent = [line.replace(code_of(number), "") if number >= 500 else line
              for number, line in enumerate(lines[1:])]
    path.write_text("\n".join([lines[0], *silent]), "utf-8")
    assert load_addresses(surveyed.admin_url, path, AUTO).loaded == COUNT
    assert far_from_truth(surveyed) < 0.01

    straight = write(in_folder / "b.csv", lon, lat).read_text("utf-8").splitlines()[1:251]
    path.write_text("\n".join([lines[0], *straight, *silent[250:]]), "utf-8")
    outcome = load_addresses(surveyed.admin_url, path, Options(datum="auto", dry_run=True))
    # The text is known by now, so that it speaks where the code does not.
    assert dict(outcome.reasons) == {}
    path.write_text("\n".join([lines[0], *straight, *(
        line.replace("文三路", "无名路") for line in silent[250:])]), "utf-8")
    outcome = load_addresses(surveyed.admin_url, path, Options(datum="auto", dry_run=True))
    assert dict(outcome.reasons) == {"datum_unclear": 100}


def test_without_codes_the_buildings_themselves_tell(surveyed, in_folder):
    path = write(in_folder / "a.csv", *cgcs2000_to_gcj02(*middles()), coded=False)
    assert load_addresses(surveyed.admin_url, path, AUTO).counts["joined"] == COUNT
    assert far_from_truth(surveyed) < 0.01


def test_where_nothing_can_tell_nothing_is_guessed(database, in_folder):
    with pytest.raises(InvalidInput, match="Load the buildings first, or give --datum"):
        load_addresses(database.admin_url, write(in_folder / "a.csv", *middles(), coded=False),
                       AUTO)
    with pytest.raises(InvalidInput, match="only rows of buildings and addresses"):
        load_areas(database.admin_url, in_folder / "a.csv", "grid", options=AUTO)


def test_footprints_surveyed_anew_are_told_by_those_known(surveyed, geojson):
    new = shapely.transform(footprints(), lambda points: np.stack(
        cgcs2000_to_gcj02(*points.T), axis=1))
    outcome = load_buildings(surveyed.admin_url, geojson(*(
        ({"building_code": code_of(number), "floors": 6}, shape)
        for number, shape in enumerate(new)), name="new.geojson"), AUTO)
    assert outcome.details["checkup"]["datum"] == "gcj02"
    assert (outcome.loaded, outcome.counts["changed"]) == (COUNT, COUNT)
    with psycopg.connect(surveyed.admin_url) as connection:
        shapes = connection.execute("SELECT ST_AsBinary(geom) FROM building ORDER BY building_code")
        moved = shapely.hausdorff_distance(
            shapely.from_wkb([row[0] for row in shapes]), footprints())
    assert moved.max() < 2e-9


def test_a_check_writes_nothing_and_tells_what_the_library_would_be(surveyed, in_folder):
    lon, lat = middles()
    lon, lat = lon.copy(), lat.copy()
    path = write(in_folder / "a.csv", lon, lat)
    with path.open("a", encoding="utf-8") as file:
        file.write("文三路0号,,120.2391,30.3191\n")     # the same text again, in no building
        file.write("荒地1号,,120.2700,30.3100\n")       # beyond every area
    outcome = load_addresses(surveyed.admin_url, path, Options(datum="auto", dry_run=True))
    library = outcome.details["library"]
    assert {kind: lint["count"] for kind, lint in library.items()} == {
        "code_against_ground": 0, "same_text": 1, "without_building": 2, "outside_grids": 1,
        "grids_without_address": 0, "without_elements": 0}
    assert library["outside_grids"]["findings"][0]["text"] == "荒地1号"
    with psycopg.connect(surveyed.admin_url) as connection:
        assert connection.execute("SELECT count(*) FROM address").fetchone() == (0,)
    json.dumps(outcome.as_json())


def test_a_code_that_names_another_community_than_the_ground_is_told(surveyed, geojson):
    load_buildings(surveyed.admin_url, geojson(
        ({"building_code": "3301040010010190001"}, shapely.box(120.231, 30.31, 120.2312, 30.3102)),
        name="astray.geojson"))
    with psycopg.connect(surveyed.admin_url) as connection:
        lints = {lint.kind: lint for lint in examine_library(connection)}
    (finding,) = lints["code_against_ground"].findings
    assert finding.code == "3301040010010190001"
    assert finding.told == {"coded": "330104001001", "lies_in": "330104001002"}
    assert 120.231 < finding.lon < 120.2312
