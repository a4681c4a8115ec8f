"""What drafts are held to: a city's rules by scheme, and those of one draft."""

from __future__ import annotations

import re
from typing import Any

import orjson
from fastapi import APIRouter, Request
from psycopg.types.json import Jsonb
from starlette.responses import Response

from console.api.drafts import broken_json
from console.api.scoped import scoped
from console.draft_calls import (
    bench_of,
    drafts_of,
    json_answer,
    number_of,
    object_of,
    version_of,
)
from console.drafts import read_told_rules
from console.why import language_of
from gis import queries
from gis.errors import InvalidInput, NotAllowed
from gis.plan_rules import DEFAULTS, parse_rules, rules_to_json
from gis.plans import Stale, read_draft

router = APIRouter(prefix="/api/drafts", tags=["drafts"])
_SCHEME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@router.put("/defaults")
async def set_defaults(request: Request) -> dict[str, Any]:
    """What a city holds the drafts of a scheme to: `{scheme, rules}`; for the admin."""
    if request.state.caller.role != "admin":
        raise NotAllowed("an admin sets what the city holds drafts to")
    sent = await object_of(request)
    scheme = sent.get("scheme")
    if scheme != "*" and not (isinstance(scheme, str) and _SCHEME.fullmatch(scheme)):
        raise InvalidInput("a scheme's code, or * for all", "scheme")
    given = _rules_given(sent)
    rules = parse_rules(given)
    async with scoped(request) as connection:
        await connection.execute(queries.get("set_plan_rules"), {
            "scheme": scheme, "rules": Jsonb(given)})
    return {"scheme": scheme, "rules": rules_to_json(rules)}


@router.get("/{draft_id}/rules")
async def rules(request: Request, draft_id: int) -> dict[str, Any]:
    """What the draft is held to, and what of it is its own."""
    async with scoped(request) as connection:
        found = await read_draft(connection, number_of(draft_id))
        city, own = await read_told_rules(connection, found)
    return {"version": found.version, "rules": rules_to_json(parse_rules(city, own)),
            "own": own, "city": rules_to_json(parse_rules(city))}


@router.put("/{draft_id}/rules", response_class=Response)
async def set_rules(request: Request, draft_id: int) -> Response:
    """Hold this draft to other rules: `{version, rules}`; those not named stay the city's."""
    sent = await object_of(request)
    version, given = version_of(sent), _rules_given(sent)
    parsed = parse_rules(given)
    async with scoped(request) as connection:
        found = await read_draft(connection, number_of(draft_id))
        cursor = await connection.execute(queries.get("draft_set_rules"), {
            "id": draft_id, "version": version, "rules": Jsonb(given)})
        (made,) = await cursor.fetchone()
        if made is None:
            raise Stale(found.version, found.state)
    async with bench_of(request, draft_id) as bench:
        told = orjson.loads(await drafts_of(request).run(broken_json, bench, language_of(request)))
    return json_answer(orjson.dumps(told | {"rules": rules_to_json(parsed)}))


def _rules_given(sent: dict[str, Any]) -> dict[str, Any]:
    given = sent.get("rules")
    if not isinstance(given, dict):
        raise InvalidInput(f"an object with {', '.join(DEFAULTS)}, topology", "rules")
    return given
