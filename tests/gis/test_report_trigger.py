"""A row in `report`, whoever inserts it, is a matter with its step, assignments and event."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import cloned
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
    settle,
    value,
)

ROLES = ("street", "community", "officer", "department", "planner", "intake", "admin")
# Under twice this a pair of writers that wait for each other is told so by PostgreSQL.
PATIENCE_S = 20


@pytest.fixture(scope="module")
def laid_out(cluster, template) -> Iterator[SimpleNamespace]:
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        grid = put_area(connection, "grid", "G", rectangle(0, 0, 1, 1))
        put_area(connection, "grid", "P", rectangle(0, 0, 1, 1), scheme="police")
        settle(connection, "base", "police")
        put_duty(connection, "o", area=grid, role="head")
        secrets = {role: put_account(connection, role, role) for role in (*ROLES, "hall")}
        yield SimpleNamespace(connection=connection, database=database, grid=grid,
                              secrets=secrets)


@pytest.fixture
def world(laid_out) -> Iterator[SimpleNamespace]:
    with laid_out.connection.transaction(force_rollback=True):
        laid_out.connection.execute("DELETE FROM event_pending")
        yield laid_out


def _counts(connection) -> dict[str, int]:
    return {table: value(connection, f"SELECT count(*) FROM {table}")
            for table in ("report", "incident", "step", "assignment", "event_pending")}


def _each(reports: int) -> dict[str, int]:
    return {"report": reports, "incident": reports, "step": reports, "assignment": 2 * reports,
            "event_pending": reports}


def _sent(**fields) -> dict:
    lon, lat = at(0.5, 0.5)
    return {"text": "路灯坏了", "category": "urban", "lon": lon, "lat": lat,
            "channel": "resident"} | fields


def _file(connection, secret, *reports) -> list[dict]:
    return connection.execute("SELECT * FROM file_reports(%s, %s)",
                              (secret, Jsonb(list(reports)))).fetchall()


def _copy(connection, rows) -> None:
    statement = ("COPY report (category_code, lon, lat, datum, channel, accuracy_m)"
                 " FROM STDIN")
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def test_one_row(world):
    report = put_report(world.connection, at(0.5, 0.5), category_code="safety")
    assert _counts(world.connection) == _each(1)
    incident = world.connection.execute("SELECT * FROM incident").fetchone()
    assert (incident["id"], incident["state"], incident["tier"], incident["step_count"]) == (
        report, "reported", "grid", 1)
    assert (incident["grid_id"], incident["received_at"]) == (world.grid, NOON)
    assert len(incident["scope_ids"]) == 2
    assignments = world.connection.execute("SELECT * FROM assignment ORDER BY scheme").fetchall()
    assert [row["how"] for row in assignments] == ["inside", "inside"]
    assert [row["officer_id"] for row in assignments] == [incident["officer_id"], None]


@pytest.mark.parametrize("words", ["很长 的\n" * 100, "\x01\x02\x7f" * 40 + "路", "😀" * 99,
                                   '\\"' * 90])
def test_the_line_for_live_is_short(world, words):
    put_report(world.connection, at(0.5, 0.5), text=words)
    row = world.connection.execute("SELECT * FROM event_pending").fetchone()
    told = json.loads(row["payload"])
    assert (told["s"], told["a"], told["c"]) == ("reported", "G", 5)
    assert len(told["t"]) <= 30
    assert len(row["payload"].encode()) <= 320
    assert len(row["scope_ids"]) == 2


def test_many_rows_in_one_statement(world):
    lon, lat = at(0.5, 0.5)
    world.connection.execute(
        "INSERT INTO report (category_code, lon, lat) SELECT 'urban', %s, %s"
        " FROM generate_series(1, 30)", (lon, lat))
    assert _counts(world.connection) == _each(30)


def test_copy(world):
    lon, lat = at(0.5, 0.5)
    _copy(world.connection, [("urban", lon, lat, "wgs84", "import", None)] * 20)
    assert _counts(world.connection) == _each(20)


def test_a_point_drawn_in_a_desktop_gis(world):
    world.connection.execute(
        "INSERT INTO report (category_code, geom)"
        " VALUES ('urban', ST_SetSRID(ST_MakePoint(%s, %s), 4490))", at(0.5, 0.5))
    assert _counts(world.connection) == _each(1)
    how = world.connection.execute("SELECT DISTINCT how FROM assignment").fetchall()
    assert [row["how"] for row in how] == ["inside"]


def test_a_drawn_point_is_never_shifted(world):
    world.connection.execute(
        "INSERT INTO report (category_code, datum, geom)"
        " VALUES ('urban', 'gcj02', ST_SetSRID(ST_MakePoint(%s, %s), 4490))", at(0.5, 0.5))
    assert value(world.connection, "SELECT ST_X(geom) FROM incident") == at(0.5, 0.5)[0]


@pytest.mark.parametrize("drawn", ["POINT EMPTY", "POINT(120 91)", "POINT(181 30)",
                                   "POINT(NaN 30)"])
def test_a_drawn_point_lies_on_the_earth(world, drawn):
    with pytest.raises(psycopg.errors.CheckViolation), world.connection.transaction():
        world.connection.execute("INSERT INTO report (category_code, geom)"
                                 " VALUES ('urban', ST_GeomFromText(%s, 4490))", (drawn,))
    assert _counts(world.connection) == _each(0)


def test_settling_areas_anew_holds_up_no_report(laid_out):
    """It takes minutes in a large city, in one transaction with the loading before it."""
    with (owner(laid_out.database.admin_url) as loading, loading.transaction(force_rollback=True),
          server(laid_out.database.server_url) as serving):
        loading.execute("INSERT INTO scheme (code, name, name_en) VALUES ('base', '', '')"
                        " ON CONFLICT DO NOTHING")
        settle(loading)
        with serving.transaction(force_rollback=True):
            serving.execute("SET LOCAL lock_timeout = '5s'")
            assert _file(serving, laid_out.secrets["intake"], _sent())[0]["created"] is True


def test_only_words(world):
    put_report(world.connection, address="后街的老樟树下", text="")
    assert _counts(world.connection) == _each(1)
    incident = world.connection.execute("SELECT * FROM incident").fetchone()
    assert (incident["geom"], incident["grid_id"], incident["scope_ids"]) == (None, None, [])
    assert value(world.connection, "SELECT count(*) FROM assignment WHERE how = 'unlocated'") == 2


def test_the_base_grid_leads_whatever_the_order_of_schemes(world):
    world.connection.execute("UPDATE scheme SET rank = 0 WHERE code = 'police'")
    put_report(world.connection, at(0.5, 0.5))
    assert value(world.connection, "SELECT grid_id FROM incident") == world.grid


def test_an_emergency_starts_in_the_street(world):
    world.connection.execute("UPDATE category SET emergency = true WHERE code = 'safety'")
    put_report(world.connection, at(0.5, 0.5), category_code="safety")
    incident = world.connection.execute("SELECT * FROM incident").fetchone()
    assert (incident["tier"], incident["emergency"]) == ("street", True)


@pytest.mark.parametrize("wrong", [
    {"category_code": "nonsense"}, {"lat": 91.0}, {"lat": None}, {"lon": None, "lat": None},
    {"datum": "mars"}, {"channel": "pigeon"}, {"accuracy_m": -1.0},
    {"accuracy_m": float("nan")}, {"lon": float("nan"), "lat": 30.0},
    {"lon": 120.0, "lat": float("inf")},
])
def test_a_wrong_row_leaves_nothing(world, wrong):
    lon, lat = at(0.5, 0.5)
    columns = {"category_code": "urban", "lon": lon, "lat": lat, "datum": "wgs84",
               "channel": "import", "accuracy_m": None} | wrong
    rows = (("urban", lon, lat, "wgs84", "import", None), tuple(columns.values()))
    with pytest.raises(psycopg.errors.IntegrityError), world.connection.transaction():
        _copy(world.connection, rows)
    assert _counts(world.connection) == _each(0)


@pytest.mark.parametrize("statement", [
    "UPDATE report SET text = 'other'", "DELETE FROM report", "TRUNCATE report CASCADE",
    "UPDATE step SET note = 'other'", "DELETE FROM step", "TRUNCATE step",
    "DELETE FROM incident", "TRUNCATE incident CASCADE",
    "UPDATE audit SET action = 'other'", "DELETE FROM audit", "TRUNCATE audit",
])
def test_what_came_in_and_what_was_done_is_never_altered(world, statement):
    put_report(world.connection, at(0.5, 0.5))
    world.connection.execute("INSERT INTO audit (action, subject) VALUES ('a', 'b')")
    with (pytest.raises((psycopg.errors.InsufficientPrivilege,
                         psycopg.errors.ForeignKeyViolation)),
          world.connection.transaction()):
        world.connection.execute(statement)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_file(world, role):
    (row,) = _file(world.connection, world.secrets[role], _sent())
    assert (row["ordinal"], row["created"]) == (0, True)
    answer = row["answer"]
    assert answer["report"]["id"] == answer["incident"]["id"]
    assert [(part["scheme"], part["area"]["code"], part["how"])
            for part in answer["assignments"]] == [("base", "G", "inside"),
                                                   ("police", "P", "inside")]
    assert answer["assignments"][0]["officer"]["id"] == "o"
    assert answer["assignments"][1]["officer"] is None


def test_the_hall_and_strangers_file_nothing(world):
    for secret, error in ((world.secrets["hall"], psycopg.errors.InsufficientPrivilege),
                          ("nonsense", psycopg.errors.InvalidAuthorizationSpecification),
                          (None, psycopg.errors.InvalidAuthorizationSpecification)):
        with pytest.raises(error), world.connection.transaction():
            _file(world.connection, secret, _sent())
    assert _counts(world.connection) == _each(0)


def test_the_same_external_id_gets_the_first_answer(world):
    first, = _file(world.connection, world.secrets["intake"], _sent(external_id="x"))
    again, = _file(world.connection, world.secrets["intake"],
                   _sent(external_id="x", text="other", category="safety"))
    assert (first["created"], again["created"]) == (True, False)
    assert again["answer"] == first["answer"]
    for secret, sent in ((world.secrets["street"], _sent(external_id="x")),
                         (world.secrets["intake"], _sent(external_id="x", channel="hotline")),
                         (world.secrets["intake"], _sent()), (world.secrets["intake"], _sent())):
        (row,) = _file(world.connection, secret, sent)
        assert row["created"] is True
    assert _counts(world.connection) == _each(5)


def test_duplicates_within_a_batch(world):
    secret = world.secrets["intake"]
    _file(world.connection, secret, _sent(external_id="old"))
    rows = _file(world.connection, secret, _sent(external_id="b"), _sent(),
                 _sent(external_id="a"), _sent(external_id="b"), _sent(external_id="old"))
    assert [row["ordinal"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["created"] for row in rows] == [True, True, True, False, False]
    assert rows[3]["answer"] == rows[0]["answer"]
    assert len({row["answer"]["report"]["id"] for row in rows}) == 4
    assert _counts(world.connection) == _each(4)


def test_a_batch_is_stored_wholly_or_not_at_all(world):
    with pytest.raises(psycopg.errors.ForeignKeyViolation), world.connection.transaction():
        _file(world.connection, world.secrets["intake"], _sent(), _sent(category="nonsense"))
    assert _counts(world.connection) == _each(0)


def test_an_empty_batch(world):
    assert _file(world.connection, world.secrets["intake"]) == []


def test_writers_at_once_make_one_report(laid_out):
    """Eight at once with the same external ids, in both orders: one report for each id."""
    identifiers = [f"at-once-{number}" for number in range(12)]
    start = threading.Barrier(8)

    def write(number: int) -> list[tuple[bool, int]]:
        batch = [_sent(external_id=name) for name in identifiers[::1 if number % 2 else -1]]
        with server(laid_out.database.server_url) as connection:
            start.wait(PATIENCE_S)
            rows = _file(connection, laid_out.secrets["intake"], *batch)
        return [(row["created"], row["answer"]["report"]["id"]) for row in rows]

    with ThreadPoolExecutor(8) as threads:
        answers = [answer for rows in threads.map(write, range(8)) for answer in rows]
    assert sum(created for created, _ in answers) == len(identifiers)
    assert len({report for _, report in answers}) == len(identifiers)
    stored = value(laid_out.connection,
                   "SELECT count(*) FROM report WHERE external_id LIKE 'at-once-%%'")
    assert stored == len(identifiers)
