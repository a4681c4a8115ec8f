"""A matter as one caller has it: where it stands, what they may do, its clocks, the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg.errors import CheckViolation
from psycopg.rows import dict_row

from console import language
from gis import incidents as loop
from gis import queries
from gis.accounts import Caller
from gis.clocks import elapsed_working
from gis.errors import InvalidInput, NotFound, NotLawful
from gis.incident_rules import Action, Rule, TargetKind, needs_of
from gis.incidents import Actor
from gis.limits import Limit
from gis.loop_data import LoopRules
from gis.steps import Step
from gis.types import Role, Target, read_target

LARGEST_ID = 2**63 - 1
_BESIDE = ("emergency", "category_code", "placed", "of_city")
_TARGET_FAULTS = {
    "missing": "there is none that you see",
    "category": "that unit does not deal with this category",
    "ground": "that unit's ground does not hold this place",
}

Json = dict[str, Any]


@dataclass(frozen=True)
class Matter:
    """An incident rebuilt from its steps, with what the city's data say of its category."""

    incident: loop.Incident
    category: str
    rules: LoopRules
    actor: Actor | None

    def lawful(self) -> list[Json]:
        """What the caller may do now: action, what it must carry, what it may point at."""
        if self.actor is None:
            return []
        found = loop.lawful_rules(self.incident, self.actor, self.rules.policy(self.category))
        by_action = {rule.action: rule for rule in found}
        return [{"action": action, "needs": needs_of(by_action[action]),
                 "target_kinds": [kind for kind in TargetKind
                                  if kind in by_action[action].target_kinds]}
                for action in Action if action in by_action]

    def take(self, action: Action, at: datetime, lang: str, **given: Any) -> Step:
        """The step that the caller's action makes, its deadlines by the city's limits.

        Raises
        ------
        NotLawful
            In the words of the catalogue; carries what is lawful.
        InvalidInput
            A field is missing or over its limit.
        """
        rule = self.rule(action, lang)
        clocks = self.rules.clockwork(self.category).after(
            self.incident, rule, at, given.get("until"))
        if action is Action.ACCEPT and given.get("target") is None:
            given["target"] = self._own_target()
        return loop.take(self.incident, action, actor_role=self.actor, at=at, deadlines=clocks,
                         policy=self.rules.policy(self.category), **given)

    def rule(self, action: Action, lang: str) -> Rule:
        """The row of the table by which the caller may take an action now.

        Raises
        ------
        NotLawful
            In the words of the catalogue; carries what is lawful.
        """
        try:
            if self.actor is None:
                raise NotLawful("admins set the rules; they take no steps")
            return loop.lawful_rule(self.incident, action, self.actor,
                                    self.rules.policy(self.category))
        except NotLawful as refusal:
            told = self.standing("loop.refused", refusal.lawful, lang,
                                 action=language.text(f"step.{action}", lang))
            raise NotLawful(told, refusal.lawful) from None

    def after(self, step: Step) -> loop.Incident:
        """The incident as the step leaves it."""
        return loop.apply(self.incident, step, self.rules.policy(self.category))

    def clocks(self, now: datetime) -> Json:
        """Both limits, what is left of them in seconds, and whether they stand still."""
        work = self.rules.clockwork(self.category)
        stage = work.limits.stage(work.categories, self.incident.tier)
        whole = work.limits.end_to_end(work.categories)
        return {
            "now": now, "paused": self.incident.suspended_at is not None,
            "warning_share": self.rules.warning_share,
            "stage_limit": _limit(stage), "limit": _limit(whole),
            "stage_left_s": self._left_s(stage, self.incident.stage_deadline_at, now),
            "left_s": self._left_s(whole, self.incident.deadline_at, now)}

    def _left_s(self, limit: Limit | None, due: datetime | None, now: datetime) -> float | None:
        if due is None:
            return None
        stands = self.incident.suspended_at or self.incident.closed_at or now
        if limit is not None and limit.working:
            return elapsed_working(self.rules.calendar, stands, due).total_seconds()
        return (due - stands).total_seconds()

    def _own_target(self) -> str | None:
        """For whom a claim without `to` is made: the unit it was sent to, the officer, the unit."""
        actor, incident = self.actor, self.incident
        if actor is None or actor.role not in (Role.OFFICER, Role.DEPARTMENT):
            return None
        of_unit = actor.unit_id is not None and (
            actor.officer_id is None or incident.unit_id == actor.unit_id)
        kind, number = (("unit", actor.unit_id) if of_unit else ("officer", actor.officer_id))
        return None if number is None else f"{kind}:{number}"

    def standing(self, key: str, lawful: tuple[str, ...], lang: str, **given: str) -> str:
        """A sentence of the catalogue about how it stands, and what may be done now."""
        words = [language.text(f"step.{name}", lang) for name in lawful]
        separator = language.text("loop.separator", lang)
        mark = self.incident.suspended_at is not None
        return language.text(
            key, lang, **given,
            state=language.text(f"state.{self.incident.state}", lang),
            mark=language.text("loop.suspended", lang) if mark else "",
            tier=language.text(f"tier.{self.incident.tier}", lang),
            lawful=separator.join(words) or language.text("loop.nothing", lang))


async def read_matter(connection: AsyncConnection, loop_data: Any, caller: Caller,
                      incident_id: int) -> Matter:
    """A matter that the caller sees.

    Raises
    ------
    NotFound
        Where there is none, or not for them.
    """
    if not 0 <= incident_id <= LARGEST_ID:
        raise NotFound(f"no incident {incident_id}, or not for you to see")
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get("incident_steps"), {"id": incident_id})
        rows = await cursor.fetchall()
    if not rows:
        raise NotFound(f"no incident {incident_id}, or not for you to see")
    beside = {name: rows[0][name] for name in _BESIDE}
    steps = [Step.from_row({name: value for name, value in row.items() if name not in _BESIDE})
             for row in rows]
    actor = None if caller.role == "admin" else Actor(
        Role(caller.role), caller.account_id, caller.officer_id, caller.unit_id,
        beside["of_city"])
    return Matter(loop.rebuild(steps, beside["emergency"], beside["placed"]),
                  beside["category_code"], await loop_data.read(connection), actor)


async def store(connection: AsyncConnection, secret: str, matter: Matter, step: Step) -> None:
    """Append a step through the database's door, which says who took it and hashes it.

    Raises
    ------
    InvalidInput
        Field ``to``: the place is not known, or lies in no area.
    Conflict
        The matter has moved on.
    """
    try:
        await connection.execute(queries.get("append_step"), {
            "secret": secret, "id": step.incident_id, "count": matter.incident.step_count,
            "step": as_json(step), "cache": as_json(matter.after(step))})
    except CheckViolation as refusal:
        field, separator, fault = (refusal.diag.message_primary or "").partition(": ")
        if not separator or field != "to":
            raise
        raise InvalidInput(fault, field) from refusal


async def check_target(connection: AsyncConnection, incident_id: int, text: str | None) -> None:
    """Refuse to send a matter to an officer who is not there, or a unit that does not fit it."""
    if text is None:
        return
    target = read_target(text)
    if not isinstance(target, Target) or target.kind not in (TargetKind.OFFICER, TargetKind.UNIT):
        return
    cursor = await connection.execute(queries.get("incident_target_fault"), {
        "id": incident_id, "kind": target.kind.value, "number": target.id})
    row = await cursor.fetchone()
    if row is not None and row[0] is not None:
        raise InvalidInput(f"{text}: {_TARGET_FAULTS[row[0]]}", "to")


def as_json(record: Step | loop.Incident) -> str:
    """A record's fields as JSON takes them; bytes as hexadecimal."""
    fields = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return orjson.dumps({
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in fields.items()}).decode()


def _limit(limit: Limit | None) -> Json | None:
    return limit and {"hours": limit.duration.total_seconds() / 3600, "working": limit.working}
