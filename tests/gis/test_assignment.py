"""Whose ground, how, and which officer: worked cases, one world, each case rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from types import SimpleNamespace

import pytest
from shapely.geometry import Polygon

from gis.crs import cgcs2000_to_bd09, cgcs2000_to_gcj02, metres_per_degree
from tests.conftest import cloned
from tests.gis.builders import (
    CHINA,
    NOON,
    at,
    located,
    owner,
    put_address,
    put_area,
    put_building,
    put_duty,
    put_report,
    put_shift,
    rectangle,
    settle,
    value,
)

BUILDING = "3301040010010100001"
HOUSE = BUILDING + "000101"
MORNING = NOON.replace(hour=6)
NIGHT = NOON.replace(hour=23)
AFTER_MIDNIGHT = NOON.replace(hour=3)
SUNDAY = NOON + timedelta(days=4)


def _areas(connection) -> SimpleNamespace:
    """Four grids in a square of 2 by 2, each a unit wide; two to a community; a police cut."""
    district = put_area(connection, "district", "330104", rectangle(0, 0, 2, 2))
    street = put_area(connection, "street", "330104001", rectangle(0, 0, 2, 2), parent=district)
    west = put_area(connection, "community", "330104001001", rectangle(0, 0, 1, 2),
                    parent=street)
    east = put_area(connection, "community", "330104001002", rectangle(1, 0, 2, 2),
                    parent=street)
    grids = [
        put_area(connection, "grid", code, rectangle(x, y, x + 1, y + 1), parent=parent)
        for code, x, y, parent in (
            ("330104001001001", 0, 1, west), ("330104001001002", 0, 0, west),
            ("330104001002001", 1, 1, east), ("330104001002002", 1, 0, east))]
    beat = put_area(connection, "grid", "P1", rectangle(0, 0, 2, 1.5), scheme="police")
    settle(connection, "base", "police")
    return SimpleNamespace(district=district, street=street, west=west, east=east, beat=beat,
                           grid=grids[0], below=grids[1], beside=grids[2], across=grids[3])


@pytest.fixture(scope="module")
def laid_out(cluster, template) -> Iterator[SimpleNamespace]:
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        world = _areas(connection)
        world.connection = connection
        world.building = put_building(connection, BUILDING, rectangle(0.4, 1.4, 0.6, 1.6))
        put_address(connection, "文一路1号1幢101室", at(0.45, 1.45), house_code=HOUSE,
                    building=world.building)
        put_address(connection, "文一路9号", at(1.25, 1.25))
        put_shift(connection, "day", time(8), time(18))
        put_shift(connection, "night", time(20), time(6, 30))
        put_shift(connection, "week", time(8), time(18), weekdays=range(1, 6))
        put_shift(connection, "whole", time(8), time(8), weekdays=[3])
        put_shift(connection, "tuesday_night", time(20), time(6), weekdays=[2])
        yield world


@pytest.fixture
def world(laid_out) -> Iterator[SimpleNamespace]:
    with laid_out.connection.transaction(force_rollback=True):
        yield laid_out


MIDDLE = at(0.5, 1.5)

# name: postings (officer, place, what else), category, moment → officer, on shift
CHOICES = {
    "nobody posted": ([], "service", NOON, None, None),
    "an adviser never answers":
        ([("a", "grid", {"role": "adviser"})], "safety", NOON, None, None),
    "an adviser on the line never answers":
        ([("a", "grid", {"role": "adviser", "line": "safety"}),
          ("b", "grid", {"role": "assistant"})],
         "safety", NOON, "b", True),
    "head before the rest":
        ([("a", "grid", {"role": "assistant"}), ("p", "grid", {"role": "part_time"}),
          ("f", "grid", {"role": "full_time"}), ("h", "grid", {"role": "head"})],
         "service", NOON, "h", True),
    "full-time before part-time before assistant":
        ([("a", "grid", {"role": "assistant"}), ("p", "grid", {"role": "part_time"}),
          ("f", "grid", {"role": "full_time"})], "service", NOON, "f", True),
    "part-time before assistant":
        ([("a", "grid", {"role": "assistant"}), ("p", "grid", {"role": "part_time"})],
         "service", NOON, "p", True),
    "line before general, whatever the role":
        ([("h", "grid", {"role": "head"}), ("l", "grid", {"role": "assistant", "line": "safety"})],
         "safety", NOON, "l", True),
    "line before general, even off shift":
        ([("h", "grid", {"role": "head"}),
          ("l", "grid", {"role": "part_time", "line": "safety", "shift": "night"})],
         "safety", NOON, "l", False),
    "another line does not answer":
        ([("l", "grid", {"line": "fire"})], "safety", NOON, None, None),
    "a line does not answer for a matter without one":
        ([("l", "grid", {"line": "fire"})], "service", NOON, None, None),
    "a line further up before general in the grid":
        ([("h", "grid", {"role": "head"}), ("l", "street", {"line": "safety"})],
         "safety", NOON, "l", True),
    "on shift before off shift, whatever the role":
        ([("h", "grid", {"role": "head", "shift": "night"}),
          ("a", "grid", {"role": "assistant", "shift": "day"})], "service", NOON, "a", True),
    "off shift the posted head still answers":
        ([("h", "grid", {"role": "head", "shift": "night"})], "service", NOON, "h", False),
    "all off shift: by role":
        ([("f", "grid", {"shift": "night"}), ("h", "grid", {"role": "head", "shift": "night"})],
         "service", NOON, "h", False),
    "the community's head where nobody is in the grid":
        ([("c", "west", {"role": "head"}), ("f", "west", {"role": "full_time"})],
         "service", NOON, "c", True),
    "the community's head off shift before nobody":
        ([("c", "west", {"role": "head", "shift": "night"})], "service", NOON, "c", False),
    "the grid before the community's head":
        ([("c", "west", {"role": "head"}), ("a", "grid", {"role": "assistant", "shift": "night"})],
         "service", NOON, "a", False),
    "community's head before the street's":
        ([("s", "street", {"role": "head"}), ("c", "west", {"role": "head"})],
         "service", NOON, "c", True),
    "another community's head does not answer":
        ([("c", "east", {"role": "head"})], "service", NOON, None, None),
    "the neighbour grid does not answer":
        ([("f", "below", {}), ("g", "beside", {})], "service", NOON, None, None),
    "several grids for one officer":
        ([("o", "below", {"role": "head"}), ("o", "grid", {"role": "part_time"}),
          ("q", "grid", {"role": "full_time", "shift": "night"})], "service", NOON, "o", True),
    "night shift before midnight":
        ([("n", "grid", {"shift": "night"}), ("h", "grid", {"role": "head", "shift": "day"})],
         "service", NIGHT, "n", True),
    "night shift after midnight":
        ([("n", "grid", {"shift": "night"}), ("h", "grid", {"role": "head", "shift": "day"})],
         "service", AFTER_MIDNIGHT, "n", True),
    "night shift has ended":
        ([("n", "grid", {"shift": "night"})], "service", NOON.replace(hour=6, minute=30), "n",
         False),
    "Tuesday's night shift on Wednesday morning":
        ([("t", "grid", {"shift": "tuesday_night"})], "service", AFTER_MIDNIGHT, "t", True),
    "Tuesday's night shift on Wednesday night":
        ([("t", "grid", {"shift": "tuesday_night"})], "service", NIGHT, "t", False),
    "weekday shift on a Sunday":
        ([("w", "grid", {"role": "head", "shift": "week"}), ("a", "grid", {"role": "assistant"})],
         "service", SUNDAY, "a", True),
    "weekday shift on a Wednesday":
        ([("w", "grid", {"role": "head", "shift": "week"}), ("a", "grid", {"role": "assistant"})],
         "service", NOON, "w", True),
    "a shift as long as a day":
        ([("w", "grid", {"shift": "whole"})], "service",
         AFTER_MIDNIGHT + timedelta(days=1), "w", True),
    "its day not begun":
        ([("w", "grid", {"shift": "whole"})], "service", AFTER_MIDNIGHT, "w", False),
    "shifts end sharply": ([("d", "grid", {"shift": "day"})], "service", NOON.replace(hour=18),
                           "d", False),
    "shifts start sharply": ([("d", "grid", {"shift": "day"})], "service", NOON.replace(hour=8),
                             "d", True),
    "a posting that has ended":
        ([("h", "grid", {"role": "head", "period": "[2020-01-01,2026-11-18 11:59+08)"}),
          ("a", "grid", {"role": "assistant"})], "service", NOON, "a", True),
    "a posting not yet begun":
        ([("h", "grid", {"role": "head", "period": "[2026-11-18 12:01+08,)"})],
         "service", NOON, None, None),
    "a posting at its first moment":
        ([("h", "grid", {"role": "head", "period": "[2026-11-18 12:00+08,)"})],
         "service", NOON, "h", True),
}


def _post(world, postings) -> None:
    for officer, place, options in postings:
        key = "building" if place == "building" else "area"
        put_duty(world.connection, officer, **{key: getattr(world, place)}, **options)


@pytest.mark.parametrize("case", CHOICES)
def test_choice_of_officer(world, case):
    postings, category, moment, expected, on_shift = CHOICES[case]
    for order in (postings, postings[::-1]):
        with world.connection.transaction(force_rollback=True):
            _post(world, order)
            row = located(world.connection, MIDDLE, category=category, moment=moment)["base"]
            assert (row["officer_code"], row["facts"].get("on_shift")) == (expected, on_shift)
            assert row["code"] == "330104001001001"
            bulk = world.connection.execute(
                "SELECT officer_code FROM answerable(%s, %s, %s)",
                ([world.grid], category, moment)).fetchall()
            assert [found["officer_code"] for found in bulk] == ([expected] if expected else [])


def test_the_building_s_own_officer_answers_in_his_building_only(world):
    _post(world, [("b", "building", {"role": "head"}), ("f", "grid", {"role": "full_time"})])
    for given in ({"house_code": HOUSE}, {"house_code": BUILDING},
                  {"address": "文一路1号1幢101室"}):
        assert located(world.connection, **given)["base"]["officer_code"] == "b"
    with_point = located(world.connection, MIDDLE, house_code=HOUSE)["base"]
    assert with_point["officer_code"] == "b"
    assert located(world.connection, MIDDLE)["base"]["officer_code"] == "f"


def test_the_order_of_choice_is_data(world):
    _post(world, [("h", "grid", {"role": "head", "shift": "night"}),
                  ("a", "grid", {"role": "assistant", "shift": "day"}),
                  ("v", "grid", {"role": "adviser"})])
    assert located(world.connection, MIDDLE)["base"]["officer_code"] == "a"
    world.connection.execute(
        "UPDATE choice_order SET rank = CASE criterion WHEN 'role' THEN 3 ELSE 4 END"
        " WHERE criterion IN ('role', 'shift')")
    assert located(world.connection, MIDDLE)["base"]["officer_code"] == "h"
    world.connection.execute("UPDATE role_order SET rank = 9 WHERE role = 'head'")
    assert located(world.connection, MIDDLE)["base"]["officer_code"] == "a"
    world.connection.execute("INSERT INTO role_order VALUES ('adviser', 0)")
    assert located(world.connection, MIDDLE)["base"]["officer_code"] == "v"


def test_each_scheme_has_its_own_officer(world):
    _post(world, [("g", "grid", {"role": "head"}), ("p", "beat", {"role": "head"})])
    rows = located(world.connection, at(0.5, 1.25))
    assert {scheme: row["officer_code"] for scheme, row in rows.items()} == {
        "base": "g", "police": "p"}
    rows = located(world.connection, at(0.5, 1.25), scheme="police")
    assert list(rows) == ["police"]


def _ground(row) -> tuple:
    return row["how"], row["code"] and row["code"][-6:], row["distance_m"], [
        rival["code"][-6:] for rival in row["rivals"]]


@pytest.mark.parametrize("place, expected", [
    ((0.5, 1.5), ("inside", "001001", 0, [])),
    ((0.5, 1.0), ("border", "001001", 0, ["001002"])),
    ((1.0, 0.5), ("border", "001002", 0, ["002002"])),
    ((1.0, 1.0), ("border", "001001", 0, ["001002", "002001", "002002"])),
    ((0.0, 0.5), ("border", "001002", 0, [])),
    ((0.0, 0.0), ("border", "001002", 0, [])),
    ((2.0, 2.0), ("border", "002001", 0, [])),
    ((9.0, 0.5), ("outside", None, None, [])),
])
def test_how(world, place, expected):
    assert _ground(located(world.connection, at(*place))["base"]) == expected


def test_equal_shares_on_a_corner(world):
    rivals = located(world.connection, at(1, 1))["base"]["rivals"]
    assert [rival["share"] for rival in rivals] == [0.25, 0.25, 0.25]


def test_a_hair_s_breadth_beside_the_edge(world):
    lon, lat = at(1.0, 0.5)
    assert located(world.connection, (lon - 1e-9, lat))["base"]["how"] == "inside"
    assert located(world.connection, (lon + 1e-9, lat))["base"]["code"] == "330104001002002"
    # Less than the storage grid is the edge itself.
    assert located(world.connection, (lon + 4e-10, lat))["base"]["how"] == "border"


def test_nearest_to_the_millimetre_and_no_further(world):
    lon, lat = at(2.0, 0.5)
    kx, ky = metres_per_degree(lat)
    reach = value(world.connection, "SELECT value FROM city_setting WHERE name = 'nearest_m'")
    row = located(world.connection, (lon + 150 / float(kx), lat))["base"]
    assert (row["how"], row["code"][-6:]) == ("nearest", "002002")
    assert row["distance_m"] == pytest.approx(150, abs=0.001)
    assert row["officer_code"] is None
    for metres, how in ((reach - 0.002, "nearest"), (reach + 0.002, "outside")):
        found = located(world.connection, (lon + metres / float(kx), lat))["base"]
        assert found["how"] == how
        north = located(world.connection, (at(0.5, 2)[0], at(0, 2)[1] + metres / float(ky)))
        assert north["base"]["how"] == how
    world.connection.execute("UPDATE city_setting SET value = '10' WHERE name = 'nearest_m'")
    assert located(world.connection, (lon + 150 / float(kx), lat))["base"]["how"] == "outside"
    assert located(world.connection, (lon + 9 / float(kx), lat))["base"]["how"] == "nearest"


def test_a_tie_between_nearest_goes_to_the_lowest_code(world):
    lon, lat = at(2.0, 1.0)
    row = located(world.connection, (lon + 0.0005, lat))["base"]
    assert (row["how"], row["code"][-6:]) == ("nearest", "002001")


def test_lowest_code_is_by_bytes(world):
    for code, x in (("Z", 20), ("a", 21), ("é", 22), ("B", 23)):
        put_area(world.connection, "grid", code, rectangle(x, 0, x + 1, 1), scheme="fire")
    settle(world.connection, "fire")
    found = [located(world.connection, at(x, 0.5), scheme="fire")["fire"]["code"]
             for x in (21, 22, 23)]
    assert found == ["Z", "a", "B"]


def test_overlap_the_border_answers_before_the_inside(world):
    put_area(world.connection, "grid", "A", rectangle(20, 0, 22, 1), scheme="fire")
    put_area(world.connection, "grid", "B", rectangle(21, 0, 23, 1), scheme="fire")
    settle(world.connection, "fire")
    row = located(world.connection, at(21, 0.5), scheme="fire")["fire"]
    assert (row["how"], row["code"]) == ("border", "B")
    row = located(world.connection, at(21.5, 0.5), scheme="fire")["fire"]
    assert (row["how"], row["code"], row["rivals"]) == (
        "inside", "A", [{"code": "B", "share": 0.5}])


def test_holes_and_islands(world):
    ring = Polygon(rectangle(20, 0, 23, 3).exterior, [rectangle(21, 1, 22, 2).exterior.coords])
    put_area(world.connection, "grid", "R", ring, scheme="fire")
    settle(world.connection, "fire")
    row = located(world.connection, at(21.5, 1.5), scheme="fire")["fire"]
    assert (row["how"], row["code"]) == ("nearest", "R")
    assert located(world.connection, at(21, 1.5), scheme="fire")["fire"]["how"] == "border"


def test_versions_as_of_a_past_moment(world):
    change = datetime(2026, 6, 1, tzinfo=CHINA)
    old = put_area(world.connection, "grid", "F1", rectangle(20, 0, 21, 1), scheme="fire",
                   period="[2026-01-01,)")
    settle(world.connection, "fire")
    world.connection.execute("UPDATE area SET period = tstzrange(lower(period), %s)"
                             " WHERE identity_id = %s", (change, old))
    put_area(world.connection, "grid", "F1", rectangle(20, 0, 20.5, 1), scheme="fire",
             period=f"[{change.isoformat()},)")
    put_area(world.connection, "grid", "F2", rectangle(20.5, 0, 21, 1), scheme="fire",
             period=f"[{change.isoformat()},)")
    settle(world.connection, "fire")
    put_duty(world.connection, "o", area=old, role="head")

    def code(moment, x):
        row = located(world.connection, at(x, 0.5), scheme="fire", moment=moment)["fire"]
        return row["how"], row["code"]

    assert code(change - timedelta(seconds=1), 20.75) == ("inside", "F1")
    assert code(change, 20.75) == ("inside", "F2")
    assert code(change, 20.25) == ("inside", "F1")
    assert code(datetime(2025, 1, 1, tzinfo=CHINA), 20.25) == ("outside", None)
    past = located(world.connection, at(20.75, 0.5), scheme="fire",
                   moment=change - timedelta(days=1))["fire"]
    assert past["officer_code"] == "o"
    assert past["path"]
    assert past["scope_ids"] == [old]


@pytest.mark.parametrize("place, own", [((0.5, 1.01), 0.5), ((1.0, 1.0), 0.25), ((0.5, 1.5), 1.0)])
def test_rivals_under_the_circle_of_error(world, place, own):
    row = located(world.connection, at(*place), accuracy_m=20)["base"]
    shares = [rival["share"] for rival in row["rivals"]]
    assert sum(shares) == pytest.approx(1 - own, abs=0.05)
    assert shares == sorted(shares, reverse=True)
    assert row["code"] not in [rival["code"] for rival in row["rivals"]]


def test_rivals_of_a_point_outside(world):
    row = located(world.connection, at(2.1, 0.5), accuracy_m=15)["base"]
    assert (row["how"], row["code"][-6:], row["rivals"]) == ("nearest", "002002", [])
    row = located(world.connection, at(2.05, 1.0), accuracy_m=180)["base"]
    assert [rival["code"][-6:] for rival in row["rivals"]] == ["002002", "001001", "001002"]


def test_no_error_given_and_an_error_of_nothing_are_the_same(world):
    for place in (at(0.5, 1.0), at(0.5, 1.5)):
        assert (_ground(located(world.connection, place, accuracy_m=0)["base"])
                == _ground(located(world.connection, place)["base"]))


@pytest.mark.parametrize("accuracy_m", [5e-324, 1e-9, 1e-4, 0.009])
def test_an_error_too_small_to_draw_is_none(world, accuracy_m):
    row = located(world.connection, at(1, 1), accuracy_m=accuracy_m)["base"]
    assert [rival["share"] for rival in row["rivals"]] == [0.25, 0.25, 0.25]


@pytest.mark.parametrize("accuracy_m, least", [(0.01, 3), (100_000, 0)])
def test_errors_of_any_size_are_answered(world, accuracy_m, least):
    row = located(world.connection, at(1, 1), accuracy_m=accuracy_m)["base"]
    assert len(row["rivals"]) == least
    assert row["how"] == "border"


@pytest.mark.parametrize("datum, shifted", [("gcj02", cgcs2000_to_gcj02),
                                            ("bd09", cgcs2000_to_bd09)])
def test_shifted_datums_are_brought_back(world, datum, shifted):
    lon, lat = at(0.5, 1.5)
    east, north = (float(part) for part in shifted(lon, lat))
    row = located(world.connection, (east, north), datum=datum)["base"]
    assert (row["how"], row["code"][-6:]) == ("inside", "001001")
    assert (row["lon"], row["lat"]) == pytest.approx((lon, lat), abs=2e-9)
    kx, ky = metres_per_degree(lat)
    moved = (((east - lon) * kx) ** 2 + ((north - lat) * ky) ** 2) ** 0.5
    assert row["facts"]["moved_m"] == pytest.approx(float(moved), abs=0.51)
    assert "moved_m" not in located(world.connection, (lon, lat))["base"]["facts"]


def _put_name(connection, name: str, **place: int) -> None:
    (column, identity), = place.items()
    connection.execute(
        f"INSERT INTO other_name (kind, origin, name, {column}) VALUES (%s, 'alias', %s, %s)",
        ({"address_id": "house", "building_id": "building"}[column], name, identity))


def test_a_former_text_and_a_name_of_the_people_place_as_the_standard_one_does(world):
    connection = world.connection
    house = value(connection, "SELECT id FROM address WHERE house_code = %s", HOUSE)
    for text in ("学院路1号1幢101室", "书院路1号1幢101室"):
        connection.execute("UPDATE address SET text = %s WHERE id = %s", (text, house))
    _put_name(connection, "老钟楼", building_id=world.building)
    for text in ("文一路1号1幢101室", "学院路1号1幢101室"):
        was = located(connection, address=text)["base"]
        assert (was["lon"], was["lat"]) == at(0.45, 1.45)
        assert (was["how"], was["facts"]["place_by"]) == ("inside", "other_name")
    assert located(connection, address="书院路1号1幢101室")["base"]["facts"]["place_by"] \
        == "address"
    tower = located(connection, address="老钟楼")["base"]
    assert (tower["lon"], tower["lat"]) == at(0.5, 1.5)
    assert tower["facts"]["place_by"] == "other_name"
    # A report that psql inserts goes the same way.
    report = put_report(connection, address="学院路1号1幢101室")
    assert value(connection, "SELECT grid_id FROM incident WHERE id = %s", report) == world.grid


def test_a_name_of_several_places_and_a_standard_text_that_was_another_s(world):
    connection = world.connection
    house = value(connection, "SELECT id FROM address WHERE house_code = %s", HOUSE)
    other = put_address(connection, "文一路11号", at(1.25, 1.25))
    for identity in (house, other):
        _put_name(connection, "小卖部", address_id=identity)
    assert located(connection, address="小卖部")["base"]["how"] == "unlocated"
    # Said twice of one house it is still one place.
    for _ in range(2):
        _put_name(connection, "老店", address_id=other)
    assert located(connection, address="老店")["base"]["facts"]["place_by"] == "other_name"
    connection.execute("UPDATE address SET text = '文一路13号' WHERE id = %s", (other,))
    put_address(connection, "文一路11号", at(0.25, 0.25))
    now = located(connection, address="文一路11号")["base"]
    assert (now["lon"], now["lat"], now["facts"]["place_by"]) == (*at(0.25, 0.25), "address")


def test_places_by_code_and_by_words(world):
    by_house = located(world.connection, house_code=HOUSE)["base"]
    assert (by_house["lon"], by_house["lat"]) == at(0.45, 1.45)
    assert by_house["facts"]["place_by"] == "house_code"
    by_building = located(world.connection, house_code=BUILDING + "999999")["base"]
    assert by_building["facts"]["place_by"] == "building_code"
    assert by_building["how"] == "inside"
    by_words = located(world.connection, address="文一路9号")["base"]
    assert (by_words["code"][-6:], by_words["facts"]["place_by"]) == ("002001", "address")
    unknown = located(world.connection, address="没有这条路", house_code="3" * 25)
    assert {row["how"] for row in unknown.values()} == {"unlocated"}
    assert unknown["base"]["officer_code"] is None
    assert unknown["base"]["rivals"] == []
    assert "place_by" not in unknown["base"]["facts"]
