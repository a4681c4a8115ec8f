"""Counts kept by differences: at any moment what counting everything anew would give."""

from __future__ import annotations

import random
from datetime import timedelta

import psycopg
import pytest

from gis.assessment import assessment, matters_behind, ranking, settle, span_of
from gis.database import open_pool
from tests.gis.builders import (
    NOON,
    at,
    owner,
    put_account,
    put_area,
    put_duty,
    put_report,
    rectangle,
    server,
    value,
)
from tests.gis.builders import (
    settle as settle_areas,
)

pytestmark = pytest.mark.anyio
LATER = NOON + timedelta(days=3)
TABLES = ("incident_area", "assessment_fact", "assessment_count", "assessment_time")


@pytest.fixture
def world(database):
    """A street of two grids, an officer in each; west and east."""
    with owner(database.admin_url) as connection:
        street = put_area(connection, "street", "S", rectangle(0, 0, 2, 1))
        for name, x in (("W", 0), ("E", 1)):
            grid = put_area(connection, "grid", name, rectangle(x, 0, x + 1, 1), parent=street)
            put_duty(connection, f"officer {name}", area=grid)
        settle_areas(connection)
        connection.secret = put_account(connection, "hall", "hall", whole=True)
        yield connection


def change(connection, incident: int, **columns) -> None:
    """What a step does to the cache, with the event that tells of it."""
    for name, told in columns.items():
        connection.execute(
            psycopg.sql.SQL("UPDATE incident SET {} = %s WHERE id = %s").format(
                psycopg.sql.Identifier(name)), (told, incident))
    connection.execute("INSERT INTO event_pending (kind, payload)"
                       " VALUES ('incident', json_build_object('id', %s::bigint)::text)",
                       (incident,))


def close(connection, incident: int, after: timedelta, **more) -> None:
    change(connection, incident, state="closed", closed_at=NOON + after, handled_at=NOON + after,
           **more)


def fold(connection, moment=LATER) -> None:
    connection.execute("SELECT sequence_events()")
    while value(connection, "SELECT fold_matters_at(%s, 3)", moment):
        pass


def kept(connection) -> dict[str, list]:
    """All that is counted; rows that came to nothing stand for nothing."""
    found = {}
    for table in TABLES:
        rows = connection.execute(psycopg.sql.SQL("SELECT * FROM {}").format(
            psycopg.sql.Identifier(table))).fetchall()
        found[table] = sorted(
            str(row) for row in rows
            if table not in TABLES[2:] or any(row.get(name) for name in ("reported", "solved")))
    return found


def anything(chance: random.Random, first: int) -> dict[str, object]:
    """Some columns of an incident, as steps of any kind might leave them."""
    at_some_time = NOON + timedelta(hours=chance.randrange(-50, 200))
    return chance.choice([
        {"state": "closed", "closed_at": at_some_time, "handled_at": at_some_time,
         "tier": chance.choice(["grid", "community", "street"])},
        {"state": "verified", "closed_at": None}, {"state": "rejected", "closed_at": NOON},
        {"suspended_at": NOON}, {"suspended_at": None}, {"merged_into_id": first},
        {"merged_into_id": None}, {"deadline_at": at_some_time}, {"officer_id": None}])


def test_differences_give_what_counting_anew_gives(world):
    chance = random.Random(4)
    incidents: list[int] = []
    for turn in range(120):
        if chance.random() < 0.3 or not incidents:
            incidents.append(put_report(
                world, at(chance.uniform(0, 2), 0.5),
                received_at=NOON - timedelta(hours=chance.randrange(1000)),
                category_code=chance.choice(["service", "urban", "safety"])))
        else:
            matter = chance.choice(incidents)
            if chance.random() < 0.1:
                world.execute("INSERT INTO rating (incident_id, reporter, score)"
                              " VALUES (%s, true, 4)", (matter,))
            change(world, matter, **anything(chance, incidents[0]))
        if turn % 7 == 0:
            fold(world, NOON + timedelta(hours=turn))
    fold(world)
    before = kept(world)
    world.execute("SELECT recount_matters(%s)", (LATER,))
    assert kept(world) == before
    assert value(world, "SELECT sum(reported) FROM assessment_count WHERE subject = 'whole'"
                 " AND grain = 'ever'") == value(
        world, "SELECT count(*) FROM incident WHERE merged_into_id IS NULL")


def test_events_read_twice_count_once(world):
    close(world, put_report(world, at(0.5, 0.5)), timedelta(hours=1))
    fold(world)
    before = kept(world)
    world.execute("UPDATE assessment_head SET sequence = 0")
    fold(world)
    assert kept(world) == before


def test_a_fold_that_dies_leaves_nothing(world):
    put_report(world, at(0.5, 0.5))
    with world.transaction():
        fold(world)
        assert value(world, "SELECT count(*) FROM assessment_fact") == 1
        raise psycopg.Rollback
    assert value(world, "SELECT count(*) FROM assessment_fact") == 0
    fold(world)
    assert value(world, "SELECT count(*) FROM assessment_fact") == 1


def test_overdue_as_time_goes_by_without_an_event(world):
    matter = put_report(world, at(0.5, 0.5))
    deadline = value(world, "SELECT deadline_at FROM incident WHERE id = %s", matter)

    def overdue():
        return value(world, "SELECT sum(overdue) FROM assessment_count"
                     " WHERE subject = 'grid' AND grain = 'ever'")

    fold(world, deadline)
    assert overdue() == 0  # At the deadline itself it is in time.
    fold(world, deadline + timedelta(seconds=1))
    assert overdue() == 1
    change(world, matter, deadline_at=deadline + timedelta(days=1))
    fold(world, deadline + timedelta(seconds=2))
    assert overdue() == 0
    change(world, matter, suspended_at=deadline)
    fold(world, deadline + timedelta(days=9))
    assert overdue() == 0  # A suspended matter's clock stands.


def test_the_server_may_count_but_not_write(world, database):
    with server(database.server_url) as stranger:
        stranger.execute("SELECT fold_matters()")
        for table in TABLES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                stranger.execute(psycopg.sql.SQL("DELETE FROM {}").format(
                    psycopg.sql.Identifier(table)))


async def ranked(database, secret, by="grid", period="2026-11", now=LATER):
    async with open_pool(database.server_url) as pool:
        await settle(pool)
        async with pool.scope(secret) as connection:
            span = await span_of(connection, period, now)
            return span, await ranking(connection, by, span)


async def test_a_ranking_with_its_parts(world, database):
    for hours in (1, 2, 3):
        close(world, put_report(world, at(0.5, 0.5)), timedelta(hours=hours), tier="grid")
    close(world, put_report(world, at(1.5, 0.5)), timedelta(days=9), tier="street")
    put_report(world, at(1.5, 0.5), received_at=NOON - timedelta(days=8))
    _, (first, second) = await ranked(database, world.secret)
    assert (first["code"], first["rank"], first["score"], first["stars"]) == ("W", 1, 100.0, 5)
    assert second["on_time"] == {"closed_on_time": 0, "closed_late": 1, "open_overdue": 1}
    assert second["on_time_rate"] == 0
    parts = {part["part"]: part for part in second["parts"]}
    assert (parts["in_tier"]["value"], parts["in_tier"]["score"]) == (0, 0)
    assert parts["patrols"]["value"] is None
    _, (street,) = await ranked(database, world.secret, "street")
    assert {part["part"]: part["value"] for part in street["parts"]}["in_tier"] == 1


async def test_weights_are_data(world, database):
    close(world, put_report(world, at(0.5, 0.5)), timedelta(days=9), tier="grid")
    world.execute("UPDATE score_part SET weight = CASE part WHEN 'in_tier' THEN 1 ELSE 0 END")
    _, rows = await ranked(database, world.secret)
    assert rows[0]["score"] == 100
    assert rows[1]["score"] is None
    assert rows[1]["rank"] is None


async def test_patrols_and_visits_of_officers_and_areas(world, database):
    close(world, put_report(world, at(0.5, 0.5)), timedelta(hours=1))
    world.execute(
        "INSERT INTO field_work (day, officer_id, area_identity_id, patrols, visits)"
        " SELECT date '2026-11-18', d.officer_id, d.area_identity_id, 3, 8 FROM duty AS d"
        " JOIN area AS a ON a.identity_id = d.area_identity_id WHERE a.code = 'W'")
    for by, grids in (("grid", 1), ("officer", 1), ("street", 2)):
        _span, rows = await ranked(database, world.secret, by, "2026-11-18")
        parts = {part["part"]: part["value"] for part in rows[0]["parts"]}
        assert (parts["patrols"], parts["visits"]) == (3 / grids, 8 / grids), by


async def test_the_incidents_behind_a_part(world, database):
    early = [put_report(world, at(0.5, 0.5)) for _ in range(5)]
    for matter in early:
        close(world, matter, timedelta(hours=1), tier="grid")
    late = put_report(world, at(0.5, 0.5))
    close(world, late, timedelta(days=9), tier="street")
    async with open_pool(database.server_url) as pool:
        await settle(pool)
        async with pool.scope(world.secret) as connection:
            span = await span_of(connection, "2026-11", LATER)
            for by, code in (("grid", "W"), ("officer", "officer W"), ("street", "S")):
                row = await assessment(connection, by, code, span)
                assert row["stages"]["whole_s"] == 3600
                assert sum(day["solved"] for day in row["days"]) == 6
                found = await matters_behind(connection, by, row, span, "on_time")
                assert [one["id"] for one in found] == [late, *reversed(early)]
                assert [one["cost"] for one in found] == [True] + [False] * 5
                costly = await matters_behind(connection, by, row, span, "in_tier",
                                              only_cost=True)
                assert [one["id"] for one in costly] == ([] if by == "street" else [late])
                page = await matters_behind(connection, by, row, span, None, most=2, before=(
                    found[1]["received_at"], found[1]["id"]))
                assert [one["id"] for one in page] == [one["id"] for one in found[2:4]]


async def test_like_for_like_over_a_boundary_change(world, database):
    """The west grid takes half of the east one's ground: both are counted by their new ground."""
    places = {"west": at(0.5, 0.5), "moved": at(1.25, 0.5), "east": at(1.75, 0.5)}
    for place in places.values():
        close(world, put_report(world, place), timedelta(hours=1))
    # Steps and reports of before count for the ground of today, others as before.
    fold(world)
    street = value(world, "SELECT identity_id FROM area WHERE code = 'S'")
    for code, west, east in (("W", 0, 1.5), ("E", 1.5, 2)):
        world.execute("UPDATE area SET period = tstzrange(lower(period), %s) WHERE code = %s",
                      (NOON + timedelta(days=1), code))
        put_area(world, "grid", code, rectangle(west, 0, east, 1), parent=street,
                 period=f"[{(NOON + timedelta(days=1)).isoformat()},)")
    settle_areas(world)
    _, rows = await ranked(database, world.secret)
    assert {row["code"]: (row["solved"], row["comparable"]) for row in rows} == {
        "W": (2, "ground"), "E": (1, "ground")}
    _, (whole,) = await ranked(database, world.secret, "street")
    assert (whole["solved"], whole["comparable"]) == (3, "identity")
    # A period after the change needs no recount.
    _, rows = await ranked(database, world.secret, period="2026-11-20")
    assert {row["comparable"] for row in rows} == {"identity"}


async def test_a_street_ranks_only_its_own(world, database):
    put_report(world, at(0.5, 0.5))
    elsewhere = put_area(world, "street", "X", rectangle(5, 0, 6, 1))
    settle_areas(world)
    put_report(world, at(5.5, 0.5))
    secret = put_account(world, "x", "street", areas=[elsewhere])
    _, rows = await ranked(database, secret, "street")
    assert [(row["code"], row["reported"]) for row in rows] == [("X", 1)]
    _, rows = await ranked(database, secret, "grid")
    assert rows == []
