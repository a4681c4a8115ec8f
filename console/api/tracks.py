"""``POST /api/tracks``: an officer's phone tells where it was."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request

from console.api.body import read_body, read_json
from console.api.schemas import TRACKS_DOCS
from console.api.scoped import now_of, scoped
from console.problems import problem
from gis import queries
from gis.errors import FieldProblem, InvalidFields
from gis.tracks import MOST_AT_ONCE, check_fix

router = APIRouter(prefix="/api", tags=["tracks"])


@router.post("/tracks", openapi_extra=TRACKS_DOCS)
async def tracks(request: Request) -> dict[str, Any]:
    """Store up to 1,000 fixes of the officer who sends them; sent again, they are `known`.

    A fix that can't be used is told in `refused`, by its place, and the others are stored.
    """
    body = await read_body(request, request.app.state.settings.body_limit_bytes)
    now, good, refused = now_of(request), [], []
    for place, sent in enumerate(_fixes(read_json(request, body))):
        try:
            good.append(check_fix(sent, now))
        except InvalidFields as fault:
            refused.append({"place": place, **problem(fault)})
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("store_fixes"), {"fixes": orjson.dumps(good).decode()})
        (stored,) = await cursor.fetchone()
    return {"stored": stored, "known": len(good) - stored, "refused": refused}


def _fixes(sent: object) -> list[object]:
    fixes = sent.get("fixes") if isinstance(sent, dict) and list(sent) == ["fixes"] else sent
    if not isinstance(fixes, list):
        raise InvalidFields([FieldProblem("fixes", "a JSON array of fixes is needed")])
    if len(fixes) > MOST_AT_ONCE:
        raise InvalidFields([FieldProblem(
            "fixes", f"{len(fixes):,} are too many in one body: at most {MOST_AT_ONCE:,}")])
    return fixes
