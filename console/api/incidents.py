"""``/api/incidents``: the list by pages, one with its steps and clocks, and the next step."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request
from psycopg import AsyncConnection
from starlette.responses import Response

from console.api.body import read_body, read_json
from console.api.parameters import Limit, Moment, moment, words
from console.api.scoped import now_of, scoped
from console.matters import Matter, check_target, read_matter, store
from console.merging import store_merge
from console.why import explained, language_of
from gis import queries
from gis.errors import (
    Conflict,
    FieldProblem,
    InvalidFields,
    InvalidInput,
    NotFound,
    NotLawful,
    UnknownCategory,
)
from gis.incident_rules import Action, State
from gis.reports import check_words
from gis.types import TargetKind, Tier, read_target

router = APIRouter(prefix="/api/incidents", tags=["incidents"])
STEP_LIMIT_BYTES = 64_000
LONGEST_NOTE = 2_000
_STEP_FIELDS = ("action", "note", "to", "until")


@router.get("")
async def incidents(
    request: Request, area: str | None = None, state: State | None = None,
    tier: Tier | None = None, category: str | None = None, since: Moment = None,
    limit: Limit = 50, cursor: str | None = None,
) -> dict[str, Any]:
    """Incidents that the caller may see, newest first; `next` is the cursor of the next page.

    `area` takes in all that lies under it, `category` all sub-classes.
    """
    codes = await request.app.state.categories.codes()
    if category is not None and category not in codes:
        raise UnknownCategory(category)
    received_before, before_id = _read_cursor(cursor)
    values = {
        "area": words(area, "area"), "state": state, "tier": tier,
        "category": codes.get(category or ""), "since": moment(since, "since"),
        "before": received_before, "before_id": before_id, "most": limit + 1}
    async with scoped(request) as connection:
        found = await connection.execute(queries.get("incidents_page"), values)
        rows = await found.fetchall()
    page = rows[:limit]
    following = _cursor(*page[-1][1:]) if len(rows) > limit else None
    return {"incidents": [row[0] for row in page], "next": following}


@router.get("/{incident_id}")
async def incident(request: Request, incident_id: int) -> dict[str, Any]:
    """One incident with its report, assignments, steps, clocks, and what the caller may do."""
    async with scoped(request) as connection:
        return await _told(request, connection, incident_id)


@router.get("/{incident_id}/targets")
async def targets(request: Request, incident_id: int) -> dict[str, Any]:
    """To whom it can be sent: officers posted on its ground, units for category and ground."""
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("incident_targets"), {"id": incident_id, "now": now_of(request)})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"no incident {incident_id}, or not for you to see")
    return row[0]


@router.post("/{incident_id}/steps", status_code=201, response_class=Response)
async def step(request: Request, incident_id: int) -> Response:
    """Take a step: `{action, note?, to?, until?}`; 409 with the lawful ones when it is not one."""
    sent = read_json(request, await read_body(request, STEP_LIMIT_BYTES))
    wanted = _check_step(sent)
    try:
        async with scoped(request) as connection:
            await _take(request, connection, incident_id, wanted)
            told = await _told_after(request, connection, incident_id)
    except Conflict:
        raise await _moved_on(request, incident_id) from None
    return Response(orjson.dumps(told), 201, media_type="application/json")


async def _take(request: Request, connection: AsyncConnection, incident_id: int,
                wanted: dict[str, Any]) -> None:
    matter = await _matter(request, connection, incident_id)
    target = await _target(connection, wanted["to"])
    if wanted["action"] in (Action.MERGE, Action.ABSORB) and target is not None:
        await _merge(request, connection, matter, wanted, target)
        return
    await check_target(connection, incident_id, target)
    taken = matter.take(
        wanted["action"], now_of(request), language_of(request), note=wanted["note"],
        target=target, until=wanted["until"])
    await store(connection, request.state.secret, matter, taken)


async def _moved_on(request: Request, incident_id: int) -> Conflict:
    """Somebody else was first: how it stands now, and what the caller may do."""
    async with scoped(request) as connection:
        matter = await _matter(request, connection, incident_id)
    lawful = tuple(one["action"] for one in matter.lawful())
    return Conflict(matter.standing("loop.moved_on", lawful, language_of(request)), lawful)


async def _merge(request: Request, connection: AsyncConnection, matter: Matter,
                 wanted: dict[str, Any], target: str) -> None:
    """The other side is a step of its own, on the matter that `to` names."""
    named = read_target(target)
    if named.kind is not TargetKind.INCIDENT:
        raise InvalidInput(f"{wanted['action']} points at incident:N", "to")
    other = await _matter(request, connection, named.id)
    lang = language_of(request)
    matter.rule(wanted["action"], lang)
    merged, into = ((matter, other) if wanted["action"] is Action.MERGE else (other, matter))
    try:
        await store_merge(connection, request.state.secret, merged, into, now_of(request),
                          lang, wanted["note"])
    except NotLawful as refusal:
        # This side may: what `to` names may not.
        lawful = tuple(one["action"] for one in matter.lawful())
        raise NotLawful(f"{named}: {refusal.message}", lawful) from None


async def _target(connection: AsyncConnection, to: str | None) -> str | None:
    """Whom a step points at: ``officer:12`` as it is, an officer's or unit's code as its number."""
    if to is None or ":" in to:
        return to
    cursor = await connection.execute(queries.get("target_of_code"), {"code": to})
    row = await cursor.fetchone()
    if row is None:
        raise InvalidInput(f"{to!r} is no officer or unit that you see: give the code, or"
                           " officer:N, unit:N or incident:N", "to")
    return row[0]


async def _matter(request: Request, connection: AsyncConnection, incident_id: int) -> Matter:
    state = request.app.state
    return await read_matter(connection, state.loop_data, request.state.caller, incident_id)


async def _told_after(request: Request, connection: AsyncConnection,
                      incident_id: int) -> dict[str, Any]:
    """The matter after a step; only its number where the step has taken it out of sight."""
    try:
        return await _told(request, connection, incident_id)
    except NotFound:
        return {"incident": {"id": incident_id}, "seen": False, "actions": [], "lawful": []}


async def _told(request: Request, connection: AsyncConnection,
                incident_id: int) -> dict[str, Any]:
    matter = await _matter(request, connection, incident_id)
    cursor = await connection.execute(queries.get("incident_by_id"), {"id": incident_id})
    answer = explained((await cursor.fetchone())[0], language_of(request),
                       request.app.state.settings.time_zone)
    answer["clocks"] |= matter.clocks(now_of(request))
    answer["actions"] = matter.lawful()
    answer["lawful"] = [one["action"] for one in answer["actions"]]
    cursor = await connection.execute(queries.get("incident_beside"), {"id": incident_id})
    answer["duplicates"], answer["shares"] = await cursor.fetchone()
    return answer


def _check_step(sent: object) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", "a JSON object is needed")])
    faults = [FieldProblem(str(name)[:60], "there is no such field")
              for name in sent if name not in _STEP_FIELDS]
    checked: dict[str, Any] = {}
    for name, check in (("action", _action), ("note", _note), ("to", _to), ("until", _until)):
        try:
            value = sent.get(name)
            checked[name] = check(value) if value is not None or name == "action" else None
        except InvalidInput as fault:
            faults.append(FieldProblem(name, fault.message))
    if faults:
        raise InvalidFields(faults)
    return checked


def _action(value: object) -> Action:
    try:
        return Action(value)
    except ValueError:
        raise InvalidInput(f"use one of {', '.join(Action)}") from None


def _note(value: object) -> str:
    return check_words(value, LONGEST_NOTE)


def _to(value: object) -> str:
    return check_words(value, 80)


def _until(value: object) -> datetime:
    try:
        until = datetime.fromisoformat(check_words(value, 40))
    except ValueError:
        raise InvalidInput("RFC 3339 is needed, such as 2026-11-22T08:30:00+08:00") from None
    if until.tzinfo is None:
        raise InvalidInput("its offset is missing: write it as 2026-11-22T08:30:00+08:00")
    return until


def _cursor(received_at: datetime, incident_id: int) -> str:
    text = f"{received_at.isoformat()}|{incident_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> tuple[datetime | None, int | None]:
    if cursor is None:
        return None, None
    try:
        padded = cursor[:200] + "=" * (-len(cursor) % 4)
        text = base64.urlsafe_b64decode(padded.encode()).decode()
        received_at, _, number = text.partition("|")
        return datetime.fromisoformat(received_at), int(number)
    except (ValueError, binascii.Error):
        raise InvalidInput("it is none that this call gave", "cursor") from None
