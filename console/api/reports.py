"""``POST /api/reports`` and ``POST /api/reports:batch``: the intake.

The hot path: one decode, one check, one round trip to the database, no model in between.
"""

from __future__ import annotations

from typing import Any

import orjson
import psycopg
from fastapi import APIRouter, Request
from starlette.responses import Response

from console.api.body import read_body, read_json
from console.api.schemas import BATCH_DOCS, REPORT_DOCS
from console.problems import problem, respond
from console.understanding import understand, with_candidates
from console.why import explained, language_of
from gis import queries
from gis.database import Database
from gis.errors import FieldProblem, GridwallError, InvalidFields, InvalidInput
from gis.origin import ORIGIN
from gis.reports import LARGEST_BATCH, Report, check_report

# A thousand reports of the longest lawful text in three-byte characters.
BATCH_LIMIT_BYTES = 40_000_000

router = APIRouter(prefix="/api", tags=["reports"])


@router.post("/reports", status_code=201, response_class=Response, openapi_extra=REPORT_DOCS)
async def file_report(request: Request) -> Response:
    """File one report: 201 with its incident and assignments; 200 when it was filed before."""
    state = request.app.state
    sent = read_json(request, await read_body(request, state.settings.body_limit_bytes))
    report = check_report(sent, await state.categories.codes(), state.database.now())
    report["origin"] = ORIGIN.get()
    [candidates] = await understand(state.database, request.state.secret, [report])
    _, created, answer = await state.gatherer.file(request.state.secret, report)
    with_candidates(answer, candidates)
    state.metrics.reports.labels("created" if created else "repeated").inc()
    body = orjson.dumps(explained(answer, language_of(request)))
    return Response(body, 201 if created else 200, media_type="application/json")


@router.post("/reports:batch", response_class=Response, openapi_extra=BATCH_DOCS)
async def file_batch(request: Request) -> Response:
    """File up to 1,000 reports; each is answered in its place, with its own status."""
    state = request.app.state
    sent = _batch(read_json(request, await read_body(request, BATCH_LIMIT_BYTES)))
    categories, now = await state.categories.codes(), state.database.now()
    answers: list[dict[str, Any]] = [{}] * len(sent)
    good: list[tuple[int, Report]] = []
    for place, one in enumerate(sent):
        try:
            report = check_report(one, categories, now)
            report["origin"] = ORIGIN.get()
            good.append((place, report))
        except InvalidInput as fault:
            answers[place] = problem(fault)
    language = language_of(request)
    candidates = dict(zip((place for place, _ in good), await understand(
        state.database, request.state.secret, [report for _, report in good]), strict=True))
    for place, answer in await _file_all(request, good):
        with_candidates(answer, candidates[place])
        answers[place] = explained(answer, language) if "assignments" in answer else answer
    state.metrics.reports.labels("batched").inc(len(good))
    state.metrics.reports.labels("refused").inc(len(sent) - len(good))
    return Response(orjson.dumps(answers), media_type="application/json")


def _batch(sent: object) -> list[object]:
    if isinstance(sent, dict) and list(sent) == ["reports"]:
        sent = sent["reports"]
    if not isinstance(sent, list):
        raise InvalidFields([FieldProblem("reports", "a JSON array of reports is needed")])
    if len(sent) > LARGEST_BATCH:
        raise InvalidFields([FieldProblem(
            "reports", f"{len(sent):,} are too many in one body: at most {LARGEST_BATCH:,}")])
    return sent


async def _file_all(request: Request,
                    good: list[tuple[int, Report]]) -> list[tuple[int, dict[str, Any]]]:
    """All in one transaction; only when the database refuses one of them, one by one."""
    if not good:
        return []
    try:
        rows = await store(request.app.state.database, request.state.secret,
                           [report for _, report in good])
    except (InvalidInput, psycopg.DataError, psycopg.IntegrityError):
        return [(place, await _file_alone(request, report)) for place, report in good]
    return [(good[ordinal][0], {"status": 201 if created else 200, **answer})
            for ordinal, created, answer in rows]


async def _file_alone(request: Request, report: Report) -> dict[str, Any]:
    try:
        [(_, created, answer)] = await store(
            request.app.state.database, request.state.secret, [report])
    except GridwallError as fault:
        return problem(fault)
    except (psycopg.DataError, psycopg.IntegrityError) as fault:
        return problem(refused_by_database(fault))
    return {"status": 201 if created else 200, **answer}


async def store(database: Database, secret: str,
                reports: list[Report]) -> list[tuple[int, bool, dict[str, Any]]]:
    """Reports of one caller in one transaction: (place, newly made, answer) in their order."""
    database.demand_room()
    async with database.plain() as connection:
        cursor = await connection.execute(
            queries.get("file_reports"),
            {"secret": secret, "reports": orjson.dumps(reports).decode()}, prepare=True)
        rows = await cursor.fetchall()
    database.pulse.note_stored()
    return [(ordinal, created, orjson.loads(answer)) for ordinal, created, answer in rows]


def refused_by_database(fault: psycopg.Error) -> InvalidInput:
    """What a check in the database refused, though it had passed the door."""
    return InvalidInput(f"the database refuses it: {fault.diag.message_primary or fault}")


async def on_data_error(request: Request, fault: Exception) -> Response:
    """Answer for an exception handler: 422."""
    return respond(refused_by_database(fault))
