"""``GET /api/ranking`` and ``/api/assessments``: how it goes, and what is behind the number."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import Response

from console.api.parameters import Limit, Scheme
from console.api.scoped import now_of, scoped
from gis import assessment, queries
from gis.errors import InvalidInput
from gis.periods import HELP
from gis.scoring import PARTS

router = APIRouter(prefix="/api", tags=["assessment"])
_SUBJECTS = "^(grid|officer|community|street|district)$"
Subject = Annotated[str, Query(pattern=_SUBJECTS)]
PeriodText = Annotated[str, Query(max_length=20, description=HELP)]
Code = Annotated[str, Path(pattern=r"^[^/\s]{1,100}$")]


@router.get("/ranking")
async def ranking(
    request: Request, by: Subject = "grid", period: PeriodText = "month",
    scheme: Scheme = "base", limit: Limit = 50,
) -> dict[str, Any]:
    """Counts, parts of the score, score and stars in a period, the best first."""
    now = now_of(request)
    await assessment.settle(request.app.state.database)
    async with scoped(request) as connection:
        span = await assessment.span_of(connection, period, now)
        rows = await assessment.ranking(connection, by, span, scheme)
    return _told(by, span) | {"total": len(rows), "rows": [_public(row) for row in rows[:limit]]}


@router.get("/assessments/{by}/{code}")
async def assess(
    request: Request, by: Annotated[str, Path(pattern=_SUBJECTS)], code: Code,
    period: PeriodText = "month", scheme: Scheme = "base",
    part: str | None = None, cost: bool = False, cursor: str | None = None, limit: Limit = 50,
) -> dict[str, Any]:
    """One score opened: its parts, days and stage medians, and the incidents behind a part.

    `part` chooses whose incidents are listed (all of the period without it), `cost` only those
    that took points away; `next` of an answer is the `cursor` of the next page.
    """
    if part is not None and part not in PARTS:
        raise InvalidInput(f"part is one of {', '.join(PARTS)}", field="part")
    before = _before(cursor)
    now = now_of(request)
    await assessment.settle(request.app.state.database)
    async with scoped(request) as connection:
        span = await assessment.span_of(connection, period, now)
        row = await assessment.assessment(connection, by, code, span, scheme)
        found = await assessment.matters_behind(
            connection, by, row, span, part, only_cost=cost, before=before, most=limit + 1)
    page, more = found[:limit], len(found) > limit
    last = f"{page[-1]['received_at'].isoformat()}~{page[-1]['id']}" if more else None
    return _told(by, span) | _public(row) | {"part": part, "incidents": page, "next": last}


@router.post("/incidents/{number}/rating", status_code=204)
async def rate(
    request: Request, number: Annotated[int, Path(ge=1, le=2**62)],
    score: Annotated[int, Body(ge=1, le=5)],
    note: Annotated[str | None, Body(max_length=500)] = None,
) -> Response:
    """How content the caller is with a closed incident, 1 to 5: one's own report, or checked."""
    async with scoped(request) as connection:
        await connection.execute(queries.get("rate_incident"), {
            "secret": request.state.secret, "id": number, "score": score, "note": note})
    return Response(status_code=204)


def _told(by: str, span: assessment.Span) -> dict[str, Any]:
    return {"by": by, "since": span.since, "until": span.until,
            "first_day": span.period.first, "last_day": span.period.last}


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "key_id"}


def _before(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    at, _, number = cursor.partition("~")
    try:
        return datetime.fromisoformat(at), int(number)
    except ValueError:
        raise InvalidInput("cursor is the `next` of an answer", field="cursor") from None
