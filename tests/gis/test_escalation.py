"""The clock's worker: at warning and breach, once each, never early, and dying does no harm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from gis.incident_rules import Action
from gis.incidents import apply, rebuild, take
from gis.keeping import keep_once
from gis.sealing import verify
from gis.steps import Step
from gis.types import Role
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

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def template_world(cluster, template) -> Iterator[SimpleNamespace]:
    with cloned(cluster, template) as database:
        with owner(database.admin_url) as connection:
            street = put_area(connection, "street", "S", rectangle(0, 0, 1, 1))
            settle(connection)
            put_duty(connection, "o", area=street, role="head")
            secret = put_account(connection, "s", "street", areas=[street])
            hall = put_account(connection, "h", "hall", whole=True)
        yield SimpleNamespace(name=database.name, secret=secret, hall=hall)


@pytest.fixture
def world(cluster, template_world) -> Iterator[SimpleNamespace]:
    with cloned(cluster, template_world.name) as database, \
            owner(database.admin_url) as connection:
        yield SimpleNamespace(database=database, connection=connection,
                              secret=template_world.secret, hall=template_world.hall)


def _report(world, **columns) -> int:
    return put_report(world.connection, at(0.5, 0.5), **columns)


def _set(world, name: str, setting: object) -> None:
    world.connection.execute(
        "INSERT INTO city_setting (name, value) VALUES (%s, %s)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, Jsonb(setting)))


def _limit(world, hours: dict[str, float], working: bool = False, whole: float = 1000) -> None:
    """Limits of the stages by tier, and end to end."""
    _set(world, "stage_limits", {tier: {"hours": limit, "working": working}
                                 for tier, limit in hours.items()})
    world.connection.execute("UPDATE category SET limit_hours = %s, limit_working = %s",
                             (whole, working))


def _steps(world, incident: int) -> list[Step]:
    return [Step.from_row(row) for row in world.connection.execute(
        "SELECT * FROM step WHERE incident_id = %s ORDER BY number", (incident,))]


def _taken(world, incident: int) -> list[tuple[str, str, str]]:
    """What the worker did: action, tier after it, and why."""
    return [(step.action.value, step.tier.value, step.note)
            for step in _steps(world, incident) if step.actor_role is Role.SYSTEM]


def _tick(world, moment: datetime) -> int:
    world.connection.execute("SELECT keep_changes()")
    return value(world.connection, "SELECT escalate_at(%s)", moment)


def _act(world, incident: int, action: Action, moment: datetime, role: Role = Role.STREET,
         **options) -> None:
    """A step by a person, through the door."""
    current = rebuild(_steps(world, incident))
    step = take(current, action, actor_role=role, at=moment, **options)
    after = apply(current, step)
    rows = [Jsonb({name: json.loads(json.dumps(getattr(record, name), default=_text))
                   for name in record.__dataclass_fields__})
            for record in (step, after)]
    secret = world.secret if role is Role.STREET else world.hall
    with server(world.database.server_url) as connection, connection.transaction():
        connection.execute("SELECT enter(%s)", (secret,))
        connection.execute("SELECT append_step(%s, %s, %s, %s, %s)",
                           (secret, incident, current.step_count, *rows))


def _text(field: object) -> str:
    return field.isoformat() if isinstance(field, datetime) else field.hex()


def test_a_breach_climbs_all_four_tiers(world):
    _limit(world, {"grid": 10, "community": 20, "street": 30, "district": 40})
    incident = _report(world)
    for hours in range(200):
        _tick(world, NOON + hours * HOUR)
    assert _taken(world, incident) == [
        ("urge", "grid", "stage warning"), ("escalate", "community", "stage breach"),
        ("urge", "community", "stage warning"), ("escalate", "street", "stage breach"),
        ("urge", "street", "stage warning"), ("escalate", "district", "stage breach"),
        ("urge", "district", "stage warning"), ("urge", "district", "stage breach")]
    times = [(step.at - NOON) / HOUR for step in _steps(world, incident)[1:]]
    assert times == [8, 10, 26, 30, 54, 60, 92, 100]
    _is_whole(world)


def _is_whole(world) -> None:
    world.connection.execute("SELECT keep_changes()")
    with psycopg.connect(world.database.admin_url, autocommit=True) as connection:
        assert verify(connection).findings == []


def test_both_clocks_and_never_early(world):
    """The community's stage begins at 10 and ends with the whole: its warning falls at 18."""
    _limit(world, {"grid": 10, "community": 100}, whole=20)
    incident = _report(world)
    for due in (8, 10, 16, 18, 20):
        moment = NOON + due * HOUR
        before = len(_taken(world, incident))
        assert _tick(world, moment - SECOND / 1000) == 0
        assert _tick(world, moment) == 1
        assert _tick(world, moment) == 0
        assert len(_taken(world, incident)) == before + 1
    assert _taken(world, incident)[:4] == [
        ("urge", "grid", "stage warning"), ("escalate", "community", "stage breach"),
        ("urge", "community", "whole warning"), ("urge", "community", "stage warning")]
    assert _taken(world, incident)[4][:2] == ("escalate", "street")


def test_clocks_that_run_out_together_are_one_act(world):
    _limit(world, {"grid": 50}, whole=10)
    incident = _report(world)
    assert _tick(world, NOON + 8 * HOUR) == 1
    assert _tick(world, NOON + 10 * HOUR) == 1
    assert [taken[:2] for taken in _taken(world, incident)] == [
        ("urge", "grid"), ("escalate", "community")]
    marks = world.connection.execute("SELECT clock, kind, step_number FROM clock_mark"
                                     " ORDER BY kind DESC, clock").fetchall()
    assert [tuple(mark.values()) for mark in marks] == [
        ("stage", "warning", 2), ("whole", "warning", 2),
        ("stage", "breach", 3), ("whole", "breach", 3)]


def test_the_share_is_data_and_working_time_counts_where_it_should(world):
    _set(world, "warning_share", 0.5)
    _limit(world, {"grid": 8}, working=True, whole=100)
    # Friday 16:30: an hour is left of the day, seven and a half make Monday.
    friday = NOON + timedelta(days=2, hours=4, minutes=30)
    incident = _report(world, received_at=friday)
    _tick(world, friday)
    dues = world.connection.execute("SELECT kind, due_at FROM clock_due WHERE clock = 'stage'"
                                    " ORDER BY due_at").fetchall()
    monday = NOON + timedelta(days=5)
    assert [due["kind"] for due in dues] == ["warning", "breach"]
    assert dues[0]["due_at"] == monday - timedelta(minutes=30)
    assert dues[1]["due_at"] == monday + timedelta(hours=5)
    assert _taken(world, incident) == []


def test_what_rests_is_left_alone_until_its_time_is_over(world):
    _limit(world, {"grid": 10, "community": 10})
    incident = _report(world)
    _tick(world, NOON)
    _act(world, incident, Action.SUSPEND, NOON + 5 * HOUR, note="雨", until=NOON + 50 * HOUR)
    for hours in (8, 10, 30, 49):
        assert _tick(world, NOON + hours * HOUR) == 0
    assert _tick(world, NOON + 50 * HOUR) == 1
    assert _taken(world, incident) == [("resume", "grid", "rest resume")]
    # Five hours were left: three to the warning.
    assert _tick(world, NOON + 53 * HOUR - SECOND) == 0
    assert _tick(world, NOON + 53 * HOUR) == 1
    assert _tick(world, NOON + 55 * HOUR) == 1
    assert [taken[0] for taken in _taken(world, incident)] == ["resume", "urge", "escalate"]
    _is_whole(world)


def test_a_rest_after_the_warning_brings_no_second_one(world):
    _limit(world, {"grid": 10, "community": 10})
    incident = _report(world)
    assert _tick(world, NOON + 8 * HOUR) == 1
    _act(world, incident, Action.SUSPEND, NOON + 9 * HOUR, note="雨", until=NOON + 50 * HOUR)
    _tick(world, NOON + 20 * HOUR)
    _act(world, incident, Action.RESUME, NOON + 29 * HOUR)
    for hours in range(29, 31):
        _tick(world, NOON + hours * HOUR)
    assert [taken[:2] for taken in _taken(world, incident)] == [
        ("urge", "grid"), ("escalate", "community")]
    assert _steps(world, incident)[-1].at == NOON + 30 * HOUR


def test_an_extended_deadline_has_its_own_marks(world):
    _limit(world, {"grid": 10})
    incident = _report(world)
    assert _tick(world, NOON + 8 * HOUR) == 1
    _act(world, incident, Action.EXTEND, NOON + 9 * HOUR, note="雨", until=NOON + 19 * HOUR)
    assert _tick(world, NOON + 17 * HOUR - SECOND) == 0
    assert _tick(world, NOON + 17 * HOUR) == 1
    assert _tick(world, NOON + 19 * HOUR) == 1
    assert [taken[:2] for taken in _taken(world, incident)] == [
        ("urge", "grid"), ("urge", "grid"), ("escalate", "community")]


def test_what_is_closed_or_done_in_time_is_left_alone(world):
    _limit(world, {"grid": 10})
    incident = _report(world)
    _tick(world, NOON)
    _act(world, incident, Action.REJECT, NOON + HOUR, note="不属实")
    assert _tick(world, NOON + 500 * HOUR) == 0
    assert value(world.connection, "SELECT count(*) FROM clock_due") == 0
    assert _taken(world, incident) == []


def test_a_step_since_the_last_look_is_seen(world):
    """The clock's rows may be old: what is due is asked of the steps."""
    _limit(world, {"grid": 10})
    incident = _report(world)
    _tick(world, NOON)
    _act(world, incident, Action.EXTEND, NOON + 9 * HOUR, note="雨", until=NOON + 30 * HOUR)
    assert value(world.connection, "SELECT escalate_at(%s)", NOON + 10 * HOUR) == 0
    assert _taken(world, incident) == []


def test_at_the_top_it_urges_and_the_top_is_data(world):
    _set(world, "top_tier", "community")
    _limit(world, {"grid": 10, "community": 10})
    incident = _report(world)
    for hours in range(60):
        _tick(world, NOON + hours * HOUR)
    assert [taken[:2] for taken in _taken(world, incident)] == [
        ("urge", "grid"), ("escalate", "community"), ("urge", "community"),
        ("urge", "community")]


def test_those_concerned_are_told(world):
    _limit(world, {"grid": 10})
    incident = _report(world)
    world.connection.execute("SELECT sequence_events()")
    _tick(world, NOON + 8 * HOUR)
    told = world.connection.execute(
        "SELECT kind, payload, scope_ids FROM event_pending ORDER BY id").fetchall()
    assert [event["kind"] for event in told] == ["incident", "clock"]
    event = json.loads(told[1]["payload"])
    assert {name: event[name] for name in ("id", "clock", "kind", "action", "tier")} == {
        "id": incident, "clock": "stage", "kind": "warning", "action": "urge", "tier": "grid"}
    assert len(told[1]["payload"]) < 200
    assert told[1]["scope_ids"] == value(
        world.connection, "SELECT scope_ids FROM incident WHERE id = %s", incident)


def test_many_workers_act_once(world):
    _limit(world, {"grid": 10})
    incidents = [_report(world) for _ in range(40)]
    world.connection.execute("SELECT keep_changes()")

    def work(_: int) -> int:
        with owner(world.database.admin_url) as connection:
            return sum(value(connection, "SELECT escalate_at(%s, 7)", NOON + 9 * HOUR)
                       for _ in range(12))

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) == 40
    for incident in incidents:
        assert [taken[:2] for taken in _taken(world, incident)] == [("urge", "grid")]


def test_a_worker_that_is_killed_has_done_nothing_and_another_does_it(world):
    _limit(world, {"grid": 10})
    incident = _report(world)
    world.connection.execute("SELECT keep_changes()")
    with owner(world.database.admin_url) as dying:
        dying.execute("BEGIN")
        assert value(dying, "SELECT escalate_at(%s)", NOON + 9 * HOUR) == 1
        # Claimed: nobody else does it meanwhile, and nobody waits.
        assert _tick(world, NOON + 9 * HOUR) == 0
        world.connection.execute("SELECT pg_terminate_backend(%s, 5000)",
                                 (dying.info.backend_pid,))
        with pytest.raises(errors.AdminShutdown):
            dying.execute("COMMIT")
    assert _taken(world, incident) == []
    assert _tick(world, NOON + 9 * HOUR) == 1
    assert _tick(world, NOON + 9 * HOUR) == 0


def test_a_matter_that_is_being_worked_on_waits_for_the_next_look(world):
    _limit(world, {"grid": 10})
    incident = _report(world)
    world.connection.execute("SELECT keep_changes()")
    with owner(world.database.admin_url) as other, other.transaction():
        other.execute("SELECT FROM incident WHERE id = %s FOR UPDATE", (incident,))
        assert _tick(world, NOON + 9 * HOUR) == 0
    assert _tick(world, NOON + 9 * HOUR) == 1


def test_the_server_acts_only_by_the_database_s_own_clock(world):
    _limit(world, {"grid": 10})
    incident = _report(world, received_at=datetime.now(NOON.tzinfo))
    world.connection.execute("SELECT keep_changes()")
    with server(world.database.server_url) as connection:
        assert value(connection, "SELECT escalate_due()") == 0
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT escalate_at(%s)", (NOON + 9000 * HOUR,))
        for table in ("clock_due", "clock_mark"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(f"DELETE FROM {table}")
    assert _taken(world, incident) == []
    late = _report(world, received_at=datetime.now(NOON.tzinfo) - 9 * HOUR)
    with psycopg.connect(world.database.server_url, autocommit=True) as connection:
        assert keep_once(connection) == 1
        assert keep_once(connection) == 0
    assert [taken[0] for taken in _taken(world, late)] == ["urge"]


def test_a_tick_reads_only_what_is_due(world):
    """With thousands of running clocks, none of them due, a look touches a page or two."""
    _limit(world, {"grid": 10})
    world.connection.execute(
        "INSERT INTO clock_due (incident_id, clock, kind, set_by, due_at) SELECT n, 'stage',"
        " 'breach', 1, %s + n * interval '1 minute' FROM generate_series(1, 30000) AS n",
        (NOON,))
    world.connection.execute("ANALYZE clock_due")
    plan = world.connection.execute(
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT d.* FROM clock_due AS d"
        " WHERE d.due_at <= %s ORDER BY d.due_at LIMIT 500 FOR UPDATE SKIP LOCKED",
        (NOON,)).fetchone()["QUERY PLAN"][0]["Plan"]
    assert "Seq Scan" not in json.dumps(plan)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 5
