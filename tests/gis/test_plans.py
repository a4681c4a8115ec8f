"""What is asked of the library by those who see a part of it never reads a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from gis import queries
from tests.conftest import cloned
from tests.gis.builders import NOON, owner, put_account, server

# A read of all rows, by whatever asks, functions included: counted by PostgreSQL itself.
WHOLE = ("SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0"
         " AND relname IN ('address', 'building', 'person', 'dwelling', 'enterprise')")


@pytest.fixture(scope="module")
def asked(cluster, district_template) -> Iterator[SimpleNamespace]:
    """A house of the district, its areas, and who sees how much of them."""
    with cloned(cluster, district_template) as database, owner(database.admin_url) as connection:
        house = connection.execute(
            "SELECT a.*, b.building_code, ST_X(a.geom) AS lon, ST_Y(a.geom) AS lat"
            " FROM address AS a JOIN building AS b ON b.id = a.building_id"
            " WHERE a.room IS NOT NULL ORDER BY a.house_code LIMIT 1").fetchone()
        areas = {row["level"]: row["identity_id"] for row in connection.execute(
            "SELECT level, identity_id FROM area WHERE scheme = 'base' AND upper_inf(period)"
            " AND identity_id = ANY (%s)", (house["scope_ids"],))}
        secrets = {"hall": put_account(connection, "plan_hall", "hall", whole=True)} | {
            role: put_account(connection, f"plan_{role}", role, areas=[areas[level]])
            for role, level in (("street", "street"), ("community", "community"),
                                ("officer", "grid"))}
        yield SimpleNamespace(url=database.server_url, house=house, areas=areas,
                              secrets=secrets)


def _questions(house: dict, areas: dict[str, int]) -> list[tuple[str, dict]]:
    plates = {"building_code": None, "house_code": None, "within_id": None, "most": 20_001}
    place = {"code": house["house_code"], "building": house["building_code"]}
    located = {"lon": None, "lat": None, "datum": "cgcs2000", "accuracy_m": None,
               "house_code": None, "category": None, "at": NOON, "scheme": None}
    page = {"q": None, "after_code": "", "after_id": 0, "most": 51}
    return [
        ("place_house", {"code": place["code"]}), ("place_building", {"code": place["building"]}),
        ("place_houses", {"code": place["building"]}),
        *(("place_children", {"id": areas[level]}) for level in ("community", "grid")),
        *(("place_matters", {"kind": kind, "code": code, "within_id": areas["grid"]})
          for kind, code in (("house", place["code"]), ("building", place["building"]))),
        ("plates_of_houses", plates | {"building_code": place["building"]}),
        ("plates_of_houses", plates | {"house_code": place["code"]}),
        ("plates_of_houses", plates | {"within_id": areas["grid"]}),
        ("plates_of_buildings", plates | {"building_code": place["building"]}),
        ("plates_of_buildings", plates | {"within_id": areas["grid"]}),
        ("building_dossier", {"code": place["building"]}),
        ("house_dossier", {"code": place["code"]}),
        ("persons_of_house", {"address_id": house["id"]}),
        *(("buildings_of_area", page | {"area_id": areas[level], "q": q})
          for level in ("community", "grid") for q in (None, house["road"])),
        ("search_opening", {"asked": house["text"]}),
        ("houses_of_buildings", {"building_ids": [house["building_id"]],
                                 "rooms": [house["room"]]}),
        ("codes_beginning", {"code": place["building"], "limit": 11}),
        ("nearest_buildings", {"lon": house["lon"], "lat": house["lat"], "within_m": 500,
                               "limit": 5}),
        *(("locate", located | {"address": text}) for text in (house["text"], "没有这个地方")),
    ]


@pytest.mark.parametrize("who", ["hall", "street", "community", "officer"])
def test_no_whole_table_is_read(asked, who):
    read_whole = []
    with server(asked.url) as connection:
        for query, values in _questions(asked.house, asked.areas):
            with connection.transaction(force_rollback=True):
                connection.execute("SELECT enter(%s)", (asked.secrets[who],))
                connection.execute(queries.get(query), values).fetchall()
                read_whole += [(query, values, row["relname"])
                               for row in connection.execute(WHOLE)]
    assert read_whole == []


def test_what_lies_under_an_area_is_what_its_rows_say(asked):
    """The doors find by index what the areas of each row tell, and nothing of others' ground."""
    with server(asked.url) as connection:
        for who, level in (("hall", "community"), ("community", "street"),
                           ("officer", "grid"), ("officer", "community")):
            with connection.transaction(force_rollback=True):
                connection.execute("SELECT enter(%s)", (asked.secrets[who],))
                for door, table, of in (("buildings_within", "building", "building_id"),
                                        ("houses_within", "address", "address_id")):
                    told = _ids(connection, f"SELECT {of} AS id FROM {door}(%s, 2000000)",
                                asked.areas[level])
                    assert told
                    assert told == _ids(
                        connection, f"SELECT id FROM {table} WHERE scope_ids @> ARRAY[%s::bigint]",
                        asked.areas[level])


def _ids(connection, query: str, area: int) -> set[int]:
    return {row["id"] for row in connection.execute(query, (area,))}
