"""The library in the database: who sees it, what is kept of a change, and the district's own."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from fixtures.library import build_library
from fixtures.loader import load_district
from gis.codes import problems
from gis.personal_data import FILE_NAME, KeyFile, check_id_number
from tests.conftest import cloned
from tests.gis.builders import (
    at,
    owner,
    put_account,
    put_address,
    put_area,
    put_building,
    rectangle,
    server,
    settle,
    value,
)

TABLES = ("dwelling", "enterprise", "person", "place_object", "other_name")


@pytest.fixture(scope="module")
def world(cluster, template) -> Iterator[SimpleNamespace]:
    """Two streets, in each a house with something in every table of the library."""
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        district = put_area(connection, "district", "D", rectangle(0, 0, 2, 1))
        streets, persons = {}, {}
        for name, x in (("west", 0), ("east", 1)):
            shape = rectangle(x, 0, x + 1, 1)
            streets[name] = put_area(connection, "street", name, shape, parent=district)
        settle(connection)
        for name, x in (("west", 0.5), ("east", 1.5)):
            persons[name] = _put_house(connection, name, x)
        secrets = {
            "hall": put_account(connection, "hall", "hall", whole=True),
            "admin": put_account(connection, "admin", "admin", whole=True),
            "west": put_account(connection, "w", "street", areas=[streets["west"]]),
            "planner": put_account(connection, "p", "planner", areas=[streets["west"]]),
            "nowhere": put_account(connection, "n", "street"),
        }
        yield SimpleNamespace(database=database, connection=connection, persons=persons,
                              secrets=secrets, streets=streets)


def _put_house(connection, name: str, x: float):
    building = put_building(connection, f"{name} building", rectangle(x - 0.1, 0.4, x + 0.1, 0.6))
    connection.execute("UPDATE building SET road = %s WHERE id = %s", (f"{name} road", building))
    address = put_address(connection, f"1 {name} road", at(x, 0.5), house_code=name,
                          building=building)
    connection.execute("UPDATE address SET road = %s WHERE id = %s", (f"{name} road", address))
    person = uuid4()
    connection.execute("INSERT INTO dwelling (address_id, use) VALUES (%s, %s)", (address, name))
    connection.execute("INSERT INTO enterprise (name, address_id) VALUES (%s, %s)",
                       (name, address))
    connection.execute("INSERT INTO person VALUES (%s, %s, 'registered', NULL, 'k', %s, 'm', 's')",
                       (person, address, name.encode()))
    connection.execute("INSERT INTO place_object (category_code, name, geom) VALUES"
                       " ('camera', %s, ST_SetSRID(ST_MakePoint(%s, %s), 4490))",
                       (name, *at(x, 0.5)))
    connection.execute("INSERT INTO other_name (kind, origin, name, standard)"
                       " VALUES ('road', 'alias', %s, %s)", (f"old {name}", f"{name} road"))
    return person


@pytest.mark.parametrize("who, seen", [
    ("hall", 2), ("admin", 2), ("west", 1), ("planner", 1), ("nowhere", 0), (None, 0)])
@pytest.mark.parametrize("table", TABLES)
def test_own_ground_and_no_other(world, who, seen, table):
    query = psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))
    with server(world.database.server_url) as connection, connection.transaction():
        if who:
            connection.execute("SELECT enter(%s)", (world.secrets[who],))
        assert connection.execute(query).fetchone()["count"] == seen


def _unmasked(world, who: str, person, purpose: str = "visit"):
    with server(world.database.server_url) as connection, connection.transaction():
        connection.execute("SELECT enter(%s)", (world.secrets[who],))
        return connection.execute("SELECT * FROM unmask_person(%s, %s, '{name}')",
                                  (person, purpose)).fetchone()


def test_the_ciphertext_leaves_by_the_door_alone_and_is_written_down(world):
    told = _unmasked(world, "west", world.persons["west"])
    assert (told["allowed"], told["key_id"], told["sealed"]) == (True, "k", b"s")
    told = _unmasked(world, "hall", world.persons["west"])
    assert (told["allowed"], told["sealed"]) == (False, None)
    for who, person in (("west", world.persons["east"]), ("nowhere", world.persons["west"]),
                        ("admin", uuid4())):
        with pytest.raises(errors.NoDataFound):
            _unmasked(world, who, person)
    with pytest.raises(errors.InvalidParameterValue):
        _unmasked(world, "west", world.persons["west"], " ")
    with server(world.database.server_url) as stranger, pytest.raises(errors.NoDataFound):
        stranger.execute("SELECT * FROM unmask_person(%s, 'x', '{}')",
                         (world.persons["west"],))
    assert [row["action"] for row in world.connection.execute(
        "SELECT action FROM audit WHERE action LIKE 'unmask%' ORDER BY id")] == [
            "unmask", "unmask_refused"]


def test_a_rename_stays_within_the_scope(world):
    rename = "SELECT rename_place('road', %s, 'new road', NULL, NULL)"
    for who, road, error in (("planner", "east road", errors.NoDataFound),
                             ("west", "west road", errors.InsufficientPrivilege)):
        with server(world.database.server_url) as connection, connection.transaction():
            connection.execute("SELECT enter(%s)", (world.secrets[who],))
            with pytest.raises(error), connection.transaction():
                connection.execute(rename, (road,))
    with server(world.database.server_url) as stranger, pytest.raises(
            errors.InsufficientPrivilege):
        stranger.execute(rename, ("west road",))
    with world.connection.transaction(force_rollback=True):
        assert value(world.connection, rename, "west road") == 1
        assert value(world.connection, "SELECT text FROM address WHERE house_code = 'west'"
                     ) == "1 new road"
        assert value(world.connection, "SELECT standard FROM other_name WHERE name = 'old west'"
                     ) == "new road"


def test_names_and_objects_move_with_the_areas(world):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("UPDATE other_name SET scope_ids = '{}'")
        world.connection.execute("UPDATE place_object SET scope_ids = '{}'")
        world.connection.execute("SELECT settle_places()")
        for table in ("other_name", "place_object"):
            query = psycopg.sql.SQL("SELECT count(*) FROM {} WHERE scope_ids @> ARRAY[%s::bigint]")
            assert world.connection.execute(
                query.format(psycopg.sql.Identifier(table)), (world.streets["west"],)
            ).fetchone()["count"] == 1


@pytest.mark.parametrize("text, old, new, follower, told", [
    ("文三路社区文三路12号", "文三路", "学院路", "12", "文三路社区学院路12号"),
    ("锦绣苑旁锦绣苑3幢", "锦绣苑", "府", "", "锦绣苑旁府3幢"),
    ("12 Main Street", "Main Street", "High Street", "12", "12 High Street"),
    ("别处1号", "文三路", "学院路", "1", "别处1号"), (None, "a", "b", None, None)])
def test_the_right_place_of_a_name_is_changed(world, text, old, new, follower, told):
    assert value(world.connection, "SELECT with_new_name(%s, %s, %s, %s)", text, old, new,
                 follower) == told


def test_the_district_has_a_library_without_anybody_s_data(loaded_district):
    with psycopg.connect(loaded_district.admin_url) as connection:
        def count(query: str) -> int:
            return connection.execute(query).fetchone()[0]

        assert count("SELECT count(*) FROM dwelling") == 120_000
        assert count("SELECT count(*) FROM enterprise") == 6_000
        assert count("SELECT count(*) FROM person") == 0
        assert count("SELECT count(DISTINCT c.element) FROM place_object AS o"
                     " JOIN place_category AS c ON c.code = o.category_code") == 3
        assert count("SELECT count(*) FROM other_name WHERE origin = 'alias'") > 300
        for table in ("other_name", "place_object"):
            assert count(f"SELECT count(*) FROM {table} WHERE scope_ids = '{{}}'") == 0
        assert count("SELECT count(*) FROM address WHERE province IS NULL OR community IS NULL"
                     " OR strpos(text, province || city || district || street || community) <> 1"
                     ) == 0
        assert count("SELECT count(*) FROM building WHERE text IS NULL") == 0


@pytest.fixture(scope="module")
def library():
    """The demo district's library."""
    from fixtures.district import build_district

    district = build_district("demo")
    return district, build_library(district)


def test_the_same_library_every_time(library):
    district, once = library
    again = build_library(district)
    for name in vars(once):
        assert getattr(once, name).equals(getattr(again, name)), name


def test_invented_people_could_not_be_real(library):
    _, made = library
    assert made.persons["id_number"].is_unique
    assert made.persons["phone"].str.startswith("100").all()
    for number in made.persons["id_number"]:
        assert check_id_number(number).startswith("330191")
    homes = made.dwellings.set_index("house_code")["actual_residents"]
    living = made.persons["house_code"].value_counts()
    assert (living <= homes[living.index]).all()
    assert not any(problems(code, "house") for code in made.dwellings["house_code"].head(500))
    assert 2 < made.dwellings["actual_residents"].sum() / len(made.dwellings) < 3


def test_other_names_stand_for_one_place_each(library):
    district, made = library
    names = [*made.aliases["name"], *made.former["name"]]
    standard = {*district.buildings["compound"], *district.buildings["name"],
                *district.roads["road_name"], *district.areas["name"]}
    assert len(set(names)) == len(names)
    assert not set(names) & standard


@pytest.mark.long
def test_the_district_s_people_are_sealed(database, tmp_path):
    load_district(database.admin_url, home=tmp_path)
    assert (tmp_path / FILE_NAME).exists()
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute("SELECT id, key_id, sealed, masked FROM person").fetchall()
    assert 1_400 < len(rows) <= 1_500
    file = KeyFile(tmp_path)
    for identity, key_id, sealed, masked in rows[:50]:
        record = file.open(key_id, sealed, "sealed", identity)
        assert file.open(key_id, masked, "masked", identity) == record.masked()
