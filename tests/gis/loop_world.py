"""A world for random lives of matters: the database's doors on one side, the laws on the other.

`Life` is what a matter must be after each step and each look of the worker, told by the pure
machine and the calendar alone; nothing of it is read back from the database but its first step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from gis import queries
from gis.clocks import add_working, elapsed_working
from gis.incident_rules import Action
from gis.incidents import Actor, Incident, apply, lawful_rule, rebuild, take
from gis.loop_data import LoopRules, parse_rules
from gis.steps import Step
from gis.types import Role
from tests.gis.builders import (
    at,
    owner,
    put_account,
    put_area,
    put_duty,
    put_report,
    rectangle,
    settle,
    value,
)

MICROSECOND = timedelta(microseconds=1)
# Around the clock, in working time, an emergency, and one whose grid has an hour.
CATEGORIES = ("service", "urban.road", "safety.gas", "governance")


@dataclass
class World:
    """A street with a community and a grid, somebody of every role, and a street beside it."""

    admin_url: str
    server_url: str
    rules: LoopRules
    secrets: dict[str, str]
    actors: dict[str, Actor]
    unit: int


def build_world(database: Any) -> World:
    """Put it into an empty database."""
    with owner(database.admin_url) as connection:
        street = put_area(connection, "street", "S", rectangle(0, 0, 1, 1))
        community = put_area(connection, "community", "C", rectangle(0, 0, 1, 1), parent=street)
        grid = put_area(connection, "grid", "G", rectangle(0, 0, 1, 1), parent=community)
        beside = put_area(connection, "street", "T", rectangle(1, 0, 2, 1))
        settle(connection)
        put_duty(connection, "o", area=grid, role="head")
        _set_limits(connection)
        unit = value(connection, "INSERT INTO unit (unit_code, name, kind, categories)"
                     " SELECT 'u', 'Unit', 'department', array_agg(code) FROM category"
                     " RETURNING id")
        secrets = {
            "hall": put_account(connection, "hall", "hall", whole=True),
            "street": put_account(connection, "street", "street", areas=[street]),
            "community": put_account(connection, "community", "community", areas=[community]),
            "officer": put_account(connection, "officer", "officer", areas=[grid]),
            "department": put_account(connection, "department", "department", unit=unit,
                                      whole=True),
            "planner": put_account(connection, "planner", "planner", whole=True),
            "intake": put_account(connection, "intake", "intake", whole=True),
            "beside": put_account(connection, "beside", "street", areas=[beside])}
        connection.execute("UPDATE account SET officer_id = 1 WHERE name = 'officer'")
        accounts = {row["name"]: row for row in connection.execute("SELECT * FROM account")}
        actors = {name: Actor(Role(row["role"]), row["id"], row["officer_id"], row["unit_id"],
                              row["whole"]) for name, row in accounts.items()}
        row = connection.execute(queries.get("loop_rules"), {"known": -1}).fetchone()
    return World(database.admin_url, database.server_url, parse_rules(*row.values()), secrets,
                 actors, unit)


def _set_limits(connection: psycopg.Connection) -> None:
    connection.execute(
        "UPDATE category SET limit_hours = 20, limit_working = true, stage_limits ="
        """ '{"grid": {"hours": 6, "working": true}, "community": {"hours": 4, "working": true},
             "street": {"hours": 30, "working": false}}' WHERE code = 'urban.road'""")
    connection.execute(
        "UPDATE category SET limit_hours = 200, stage_limits ="
        """ '{"grid": {"hours": 1}, "community": {"hours": 2}, "street": {"hours": 3}}'"""
        " WHERE code = 'governance'")


@dataclass
class Running:
    """A clock that runs: by which step, since when, until when at first and now."""

    set_by: int
    since: datetime
    first: datetime | None
    until: datetime | None


@dataclass
class Life:
    """A matter as the laws have it, with what the worker must have done."""

    world: World
    category: str
    incident: Incident
    steps: list[Step]
    marks: dict[tuple[str, str, int], tuple[datetime, int]] = field(default_factory=dict)
    clocks: dict[str, Running] = field(default_factory=dict)

    @classmethod
    def begin(cls, world: World, connection: psycopg.Connection, category: str,
              moment: datetime) -> Life:
        """A report comes in; its first step is the database's own."""
        number = put_report(connection, at(0.5, 0.5), category_code=category, received_at=moment)
        row = connection.execute("SELECT * FROM step WHERE incident_id = %s",
                                 (number,)).fetchone()
        step = Step.from_row(row)
        made = cls(world, category, rebuild([step], category == "safety.gas"), [step])
        for clock, until in (("stage", step.stage_deadline_at), ("whole", step.deadline_at)):
            made.clocks[clock] = Running(1, step.at, until, until)
        return made

    def take(self, action: Action, actor: Actor | Role, moment: datetime, **given: Any) -> Step:
        """The step, or NotLawful or InvalidInput; nothing is changed yet."""
        policy = self.world.rules.policy(self.category)
        rule = lawful_rule(self.incident, action, actor, policy)
        clocks = self.world.rules.clockwork(self.category).after(
            self.incident, rule, moment, given.get("until"))
        return take(self.incident, action, actor_role=actor, at=moment, deadlines=clocks,
                    policy=policy, **given)

    def after(self, step: Step) -> Incident:
        """The matter as a step would leave it."""
        return apply(self.incident, step, self.world.rules.policy(self.category))

    def add(self, step: Step) -> None:
        """The step is stored: so stands the matter now, and so its clocks."""
        before, self.incident = self.incident, self.after(step)
        self.steps.append(step)
        for clock, until, new_stage in (
                ("stage", step.stage_deadline_at, step.tier is not before.tier),
                ("whole", step.deadline_at, False)):
            running = self.clocks[clock]
            if step.action is Action.RESUME:
                running.until = until
            elif until != running.until or new_stage:
                self.clocks[clock] = Running(step.number, step.at, until, until)

    def dues(self) -> Iterator[tuple[datetime, str, str, int]]:
        """What the worker has yet to do: when, the kind, of which clock, set by which step."""
        if self.incident.closed_at is not None:
            return
        if self.incident.suspended_at is not None:
            if self.incident.suspended_until is not None:
                yield (self.incident.suspended_until, "resume", "rest", self.incident.step_count)
            return
        for clock, running in self.clocks.items():
            for kind, due in self._dues_of(clock, running):
                if (clock, kind, running.set_by) not in self.marks:
                    yield due, kind, clock, running.set_by

    def _dues_of(self, clock: str, running: Running) -> Iterator[tuple[str, datetime]]:
        if running.until is None or running.first is None:
            return
        yield "breach", running.until
        calendar, work = self.world.rules.calendar, self.world.rules.clockwork(self.category)
        limit = (work.limits.stage(work.categories, self.incident.tier) if clock == "stage"
                 else work.limits.end_to_end(work.categories))
        if limit is not None and limit.working:
            length = elapsed_working(calendar, running.since, running.first)
            if length <= timedelta(0):
                return
            left = elapsed_working(calendar, running.since, running.until) - _fifth(length)
            yield "warning", add_working(calendar, running.since, left)
        elif running.first > running.since:
            yield "warning", running.until - _fifth(running.first - running.since)

    def look(self, now: datetime) -> None:
        """What the worker does at an instant: all that is due, the earliest first."""
        order = {"warning": 0, "resume": 1, "breach": 2}
        while due := min((d for d in self.dues() if d[0] <= now), default=None,
                         key=lambda d: (d[0], order[d[1]])):
            moment, kind, clock, _ = due
            for same in [d for d in self.dues() if d[:2] == due[:2]]:
                self.marks[same[2], same[1], same[3]] = (moment, self.incident.step_count + 1)
            # Of two clocks that run out together either may be named in the note.
            self.add(self._act(kind, clock, max(now, self.incident.last_step_at)))

    def _act(self, kind: str, clock: str, moment: datetime) -> Step:
        top = self.world.rules.policy(self.category).top_tier
        if kind == "resume":
            action = Action.RESUME
        elif kind == "warning" or self.incident.tier.rank >= top.rank:
            action = Action.URGE
        else:
            action = Action.ESCALATE
        return self.take(action, Role.SYSTEM, moment, note=f"{clock} {kind}")


def _fifth(length: timedelta) -> timedelta:
    return round(length / MICROSECOND * 0.2) * MICROSECOND


def plain(record: Step | Incident) -> str:
    """A record as the doors take it."""
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return json.dumps({name: kept for name, kept in fields.items()
                       if not isinstance(kept, bytes)}, default=lambda kept: kept.isoformat())


@contextmanager
def entered(connection: psycopg.Connection, world: World, who: str) -> Iterator[None]:
    """A transaction of the server's role in which somebody has entered."""
    with connection.transaction():
        connection.execute("SELECT enter(%s)", (world.secrets[who],))
        yield


def connect(url: str) -> psycopg.Connection:
    """A connection in autocommit with rows as dicts."""
    return psycopg.connect(url, autocommit=True, row_factory=dict_row)


