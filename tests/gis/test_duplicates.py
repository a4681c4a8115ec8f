"""What is offered for merging: the near and the same house, by indexes as by looking at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest
from psycopg.types.json import Jsonb

from gis.crs import distance_m
from tests.conftest import cloned
from tests.gis.builders import (
    NOON,
    at,
    owner,
    put_account,
    put_address,
    put_area,
    put_report,
    rectangle,
    server,
    settle,
    value,
)

HOUR = timedelta(hours=1)
CATEGORIES = ("urban.light", "urban.road", "urban", "safety")
HOUSE = "3301040010020000010000001"


@pytest.fixture(scope="module")
def world(cluster, template) -> Iterator[SimpleNamespace]:
    """Nine small grids of two streets, and matters on them, on borders and outside."""
    chance = random.Random(4)
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        streets = [put_area(connection, "street", f"S{n}", rectangle(2 * n, 0, 2 * n + 2, 3))
                   for n in range(2)]
        for x in range(4):
            for y in range(3):
                put_area(connection, "grid", f"G{x}{y}", rectangle(x, y, x + 1, y + 1),
                         parent=streets[x // 2])
        settle(connection)
        put_address(connection, "house", at(0.5, 0.5), house_code=HOUSE)
        for _ in range(300):
            place = at(chance.uniform(-1, 5), chance.uniform(-1, 4))
            put_report(connection, place, category_code=chance.choice(CATEGORIES),
                       received_at=NOON + chance.uniform(-100, 100) * HOUR,
                       house_code=HOUSE if chance.random() < 0.05 else None)
        put_report(connection, at(1, 1), category_code="safety")
        for n in range(1, 300, 17):
            connection.execute("UPDATE incident SET closed_at = now() WHERE id = %s", (n,))
        secrets = {
            "all": put_account(connection, "a", "hall", whole=True),
            "west": put_account(connection, "w", "street", areas=[streets[0]]),
            "nowhere": put_account(connection, "n", "street")}
        yield SimpleNamespace(database=database, connection=connection, secrets=secrets)


@contextmanager
def entered(world, name: str) -> Iterator[psycopg.Connection]:
    with server(world.database.server_url) as connection, connection.transaction():
        connection.execute("SELECT enter(%s)", (world.secrets[name],))
        yield connection


def _looked_for(connection, incident: int, by: str, radius_m: float = 100,
                hours: float = 72) -> dict[int, tuple[float, bool, bool]]:
    """By looking at every matter that the policies let through."""
    rows = connection.execute(
        "SELECT i.id, ST_X(i.geom) AS lon, ST_Y(i.geom) AS lat, i.received_at, i.category_code,"
        " i.class_rank, i.closed_at, r.house_code FROM incident AS i"
        " JOIN report AS r ON r.id = i.id").fetchall()
    own = next((row for row in rows if row["id"] == incident), None)
    found = {}
    for row in rows if own and own["closed_at"] is None else []:
        apart = abs(row["received_at"] - own["received_at"])
        if row["id"] == incident or row["closed_at"] or apart > hours * HOUR:
            continue
        metres = round(float(distance_m(own["lon"], own["lat"], row["lon"], row["lat"])), 3)
        same = own["house_code"] is not None and own["house_code"] == row["house_code"]
        near = metres <= radius_m and row[by] == own[by]
        if same or near:
            found[row["id"]] = (metres, same, near)
    return found


@pytest.mark.parametrize("by", ["class", "category"])
@pytest.mark.parametrize("who", ["all", "west", "nowhere"])
def test_found_by_indexes_as_by_looking_at_all(world, by, who):
    world.connection.execute("UPDATE city_setting SET value = %s WHERE name = 'duplicate_by'",
                             (Jsonb(by),))
    column = {"class": "class_rank", "category": "category_code"}[by]
    offered = 0
    with entered(world, who) as connection:
        for incident in range(1, 302, 3):
            rows = connection.execute("SELECT * FROM incident_duplicates(%s)",
                                      (incident,)).fetchall()
            expected = _looked_for(connection, incident, column)
            assert {row["id"]: (row["same_house"], row["near"]) for row in rows} == {
                number: told[1:] for number, told in expected.items()}
            for row in rows:
                assert row["distance_m"] == pytest.approx(expected[row["id"]][0], abs=0.0011)
            offered += len(rows)
    assert (offered > 50) == (who != "nowhere")


def test_likeliest_first(world):
    with entered(world, "all") as connection:
        for incident in range(1, 302, 7):
            rows = connection.execute("SELECT * FROM incident_duplicates(%s)",
                                      (incident,)).fetchall()
            keys = [(not row["same_house"],
                     row["distance_m"] / 100 + row["minutes_apart"] / 72 / 60) for row in rows]
            assert keys == sorted(keys)


def test_radius_and_hours_are_data(world):
    set_to = "UPDATE city_setting SET value = %s WHERE name = %s"
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(set_to, (Jsonb(250), "duplicate_radius_m"))
        world.connection.execute(set_to, (Jsonb(20), "duplicate_hours"))
        world.connection.execute(set_to, (Jsonb("class"), "duplicate_by"))
        # As the owner who has entered: one connection sees the settings and the scope.
        world.connection.execute("SELECT enter(%s)", (world.secrets["all"],))
        for incident in range(1, 302, 11):
            rows = world.connection.execute("SELECT id FROM incident_duplicates(%s)",
                                            (incident,)).fetchall()
            assert {row["id"] for row in rows} == set(
                _looked_for(world.connection, incident, "class_rank", 250, 20))


def test_the_past_costs_nothing(world):
    """Thirty times as many matters long ago: the same pages are read."""
    query = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM incident_duplicates(301)"

    def pages() -> int:
        world.connection.execute("ANALYZE incident, report, area")
        with entered(world, "all") as connection:
            connection.execute(query)
            plan = connection.execute(query).fetchone()["QUERY PLAN"][0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    before = pages()
    world.connection.execute(
        "INSERT INTO incident SELECT p.* FROM incident AS i, generate_series(1, 30) AS n,"
        " LATERAL jsonb_populate_record(i, jsonb_build_object('id', 1000 + n * 400 + i.id,"
        " 'received_at', i.received_at - n * interval '30 days')) AS p WHERE i.id <= 301")
    assert value(world.connection, "SELECT count(*) FROM incident") > 9000
    assert pages() <= before * 1.3 + 10
