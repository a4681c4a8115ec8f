"""The one door through which steps after the first are written."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from gis import queries
from gis.incident_rules import Action
from gis.incidents import Incident, apply, rebuild, take
from gis.steps import Step, sealed
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


@pytest.fixture(scope="module")
def world(cluster, template) -> Iterator[SimpleNamespace]:
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        west = put_area(connection, "street", "W", rectangle(0, 0, 1, 1))
        east = put_area(connection, "street", "E", rectangle(1, 0, 2, 1))
        beat = put_area(connection, "grid", "P", rectangle(0, 0, 2, 1), scheme="police")
        settle(connection, "base", "police")
        put_duty(connection, "o", area=west, role="head")
        put_duty(connection, "policeman", area=beat, role="head")
        unit = value(connection, "INSERT INTO unit (unit_code, name, kind)"
                     " VALUES ('u', 'Unit', 'department') RETURNING id")
        yield SimpleNamespace(
            database=database, connection=connection, unit=unit,
            west=put_account(connection, "w", "street", areas=[west]),
            east=put_account(connection, "e", "street", areas=[east]),
            community=put_account(connection, "c", "community", areas=[west]),
            department=put_account(connection, "d", "department", unit=unit))


@pytest.fixture
def incident(world) -> int:
    return put_report(world.connection, at(0.5, 0.5))


@contextmanager
def entered(world, secret: str) -> Iterator[psycopg.Connection]:
    with server(world.database.server_url) as connection, connection.transaction():
        connection.execute("SELECT enter(%s)", (secret,))
        yield connection


def _steps(connection, incident: int) -> list[Step]:
    rows = connection.execute("SELECT * FROM step WHERE incident_id = %s ORDER BY number",
                              (incident,))
    return [Step.from_row(row) for row in rows]


def _row(thing: Step | Incident) -> Jsonb:
    return Jsonb({name: field.isoformat() if isinstance(field, datetime) else field
                  for name, field in asdict(thing).items() if not isinstance(field, bytes)})


def _append(connection, secret: str, step: Step, after: Incident, count: int) -> int:
    return value(connection, "SELECT append_step(%s, %s, %s, %s, %s)", secret,
                 step.incident_id, count, _row(step), _row(after))


def _take(connection, secret: str, incident: int, action: Action, role: Role = Role.STREET,
          **options) -> Incident:
    """One step by the state machine, through the door."""
    current = rebuild(_steps(connection, incident))
    step = take(current, action, actor_role=role, actor_id=1,
                at=current.last_step_at + timedelta(minutes=5), **options)
    after = apply(current, step)
    assert _append(connection, secret, step, after, current.step_count) == after.step_count
    return after


def test_a_chain_of_steps_and_the_row_they_make(world, incident):
    with entered(world, world.west) as connection:
        for action, options in (
                (Action.VERIFY, {}), (Action.DISPATCH, {"target": "officer:1"}),
                (Action.URGE, {"note": "快一点"})):
            _take(connection, world.west, incident, action, **options)
        steps = _steps(connection, incident)
        row = connection.execute("SELECT * FROM incident WHERE id = %s",
                                 (incident,)).fetchone()
        caller = value(connection, "SELECT scope_account_id()")
    assert [step.action for step in steps] == ["report", "verify", "dispatch", "urge"]
    for before, step in zip([None, *steps], steps, strict=False):
        assert step.previous_hash == (before and before.hash)
        assert step == sealed(step)
    # The actor is whoever has the secret, whatever was sent.
    assert {step.actor_id for step in steps[1:]} == {caller}
    rebuilt = rebuild(steps)
    for name in asdict(rebuilt).keys() & row.keys():
        assert getattr(rebuilt, name) == row[name], name


def test_each_step_is_told(world, incident):
    world.connection.execute("SELECT sequence_events()")
    with entered(world, world.west) as connection:
        _take(connection, world.west, incident, Action.VERIFY)
    (told,) = world.connection.execute("SELECT payload, scope_ids FROM event_pending").fetchall()
    assert json.loads(told["payload"])["s"] == "verified"
    assert told["scope_ids"] == value(
        world.connection, "SELECT scope_ids FROM incident WHERE id = %s", incident)


def test_a_unit_hears_of_what_is_sent_to_it(world, incident):
    with entered(world, world.west) as connection:
        for _ in range(2):
            _take(connection, world.west, incident, Action.ESCALATE, note="需要上级")
    world.connection.execute("SELECT sequence_events()")
    query = "SELECT count(*) FROM event WHERE (payload::json ->> 'id')::bigint = %s"
    with entered(world, world.department) as connection:
        assert value(connection, query, incident) == 0
    world.connection.execute("UPDATE incident SET unit_id = %s WHERE id = %s",
                             (world.unit, incident))
    with entered(world, world.department) as connection:
        assert value(connection, query, incident) == 3


def test_what_was_decided_on_an_old_state_conflicts(world, incident):
    with entered(world, world.west) as connection:
        current = rebuild(_steps(connection, incident))
        step = take(current, Action.VERIFY, actor_role=Role.STREET,
                    at=NOON + timedelta(minutes=5))
        after = apply(current, step)
        _append(connection, world.west, step, after, 1)
        with pytest.raises(errors.SerializationFailure), connection.transaction():
            _append(connection, world.west, step, after, 1)
        assert len(_steps(connection, incident)) == 2


def test_who_answers_is_told_to_all_who_see_the_matter(world, incident):
    """Even where it is an officer, or an area, whose own rows the caller does not see."""
    query, values = queries.get("incident_by_id"), {"id": incident}
    with entered(world, world.west) as connection:
        assert value(connection, "SELECT count(*) FROM officer") == 1
        told = next(iter(connection.execute(query, values).fetchone().values()))
    assert [(part["area"]["code"], part["officer"]["id"]) for part in told["assignments"]] == [
        ("W", "o"), ("P", "policeman")]
    with entered(world, world.east) as connection:
        assert connection.execute(query, values).fetchone() is None
        assert value(connection, "SELECT incident_assignments(%s)", incident) is None


def test_of_two_at_once_one_is_first(world, incident):
    start = threading.Barrier(2)

    def write(number: int) -> bool:
        with entered(world, world.west) as connection:
            current = rebuild(_steps(connection, incident))
            step = take(current, Action.VERIFY, actor_role=Role.STREET,
                        at=NOON + timedelta(minutes=number))
            start.wait(20)
            try:
                with connection.transaction():
                    _append(connection, world.west, step, apply(current, step), 1)
            except errors.SerializationFailure:
                return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(write, range(1, 3))) == [False, True]
    steps = _steps(world.connection, incident)
    assert [step.number for step in steps] == [1, 2]


def test_no_step_on_another_s_ground(world, incident):
    current = rebuild(_steps(world.connection, incident))
    step = take(current, Action.VERIFY, actor_role=Role.STREET, at=NOON + timedelta(minutes=5))
    after = apply(current, step)
    for secret, number in ((world.east, incident), (world.west, 10**15)):
        with (entered(world, secret) as connection, pytest.raises(errors.NoDataFound),
              connection.transaction()):
            value(connection, "SELECT append_step(%s, %s, 1, %s, %s)", secret, number,
                  _row(step), _row(after))
    # Without entering, or entered as somebody else: the scope is not the secret's.
    with server(world.database.server_url) as connection, pytest.raises(
            errors.InsufficientPrivilege):
        _append(connection, world.west, step, after, 1)
    with (entered(world, world.west) as connection,
          pytest.raises(errors.InsufficientPrivilege), connection.transaction()):
        _append(connection, world.east, step, after, 1)
    assert len(_steps(world.connection, incident)) == 1


def test_what_is_not_the_caller_s_to_say(world, incident):
    kept = ("id", "received_at", "category_code", "summary", "urgency", "geom", "grid_id",
            "scope_ids", "class_rank", "emergency")
    query = "SELECT * FROM incident WHERE id = %s"
    before = world.connection.execute(query, (incident,)).fetchone()
    current = rebuild(_steps(world.connection, incident))
    step = take(current, Action.VERIFY, actor_role=Role.STREET, at=NOON + timedelta(minutes=5))
    forged = _row(step).obj | {"number": 7, "incident_id": 1, "actor_id": 99,
                               "actor_role": "admin", "hash": "\\x00", "previous_hash": "\\x00",
                               "note_digest": "\\x00", "target_digest": "\\x00"}
    cache = _row(apply(current, step)).obj | {
        "received_at": "2000-01-01T00:00:00Z", "category_code": "gas", "summary": "other",
        "urgency": 9, "geom": None, "grid_id": 0, "scope_ids": [], "class_rank": 0,
        "emergency": True, "step_count": 70}
    with entered(world, world.community) as connection:
        assert value(connection, "SELECT append_step(%s, %s, 1, %s, %s)", world.community,
                     incident, Jsonb(forged), Jsonb(cache)) == 2
    after = world.connection.execute(query, (incident,)).fetchone()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["step_count"] == 2
    first, second = _steps(world.connection, incident)
    assert (second.number, second.actor_role, second.previous_hash) == (
        2, Role.COMMUNITY, first.hash)
    assert second == sealed(second)
