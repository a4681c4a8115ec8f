"""``/api/audit``: the log of who did what, to what, from where; for admins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Query, Request
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from starlette.responses import StreamingResponse

from console import language
from console.api.parameters import Limit, Moment, moment, words
from console.api.scoped import scoped
from console.exports import WIDTHS, Stamp, held, stamp_of
from console.spreadsheet import CSV_TYPE, XLSX_TYPE, Cell, csv_rows, moment_name, xlsx_rows
from console.why import language_of
from gis import queries
from gis.errors import InvalidInput, NotAllowed

router = APIRouter(prefix="/api/audit", tags=["audit"])
MOST_ROWS = 100_000
BATCH = 2_500
_LARGEST = 2**63 - 1
_COLUMNS = (("id", 10), ("at", 18), ("who", 16), ("role", 12), ("action", 20), ("subject", 30),
            ("origin", 16), ("detail", 60), ("sealed", 10))


@dataclass(frozen=True)
class Filters:
    """What of the log is asked for; `words` is part of a subject."""

    since: datetime | None
    until: datetime | None
    who: str | None
    action: str | None
    words: str | None
    origin: str | None


def _filters(
    since: Moment = None, until: Moment = None,
    who: Annotated[str | None, Query(max_length=100)] = None,
    action: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    origin: Annotated[str | None, Query(max_length=100)] = None,
) -> Filters:
    return Filters(moment(since, "since"), moment(until, "until"), words(who, "who"),
                   words(action, "action"), words(q, "q", 200), words(origin, "origin"))


Filters_ = Annotated[Filters, Depends(_filters)]


@router.get("")
async def read(request: Request, filters: Filters_, limit: Limit = 100,
               cursor: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None) -> dict[str, Any]:
    """Rows of the log, newest first; `next` is the cursor of the page that follows.

    `sealed` tells whether a batch of seals holds the row already, `seal` which was the last.
    """
    _require_admin(request)
    async with scoped(request) as connection:
        rows = await _page(connection, filters, cursor, limit + 1)
        seal = await _seal(connection)
        actions = await (await connection.execute(queries.get("audit_actions"))).fetchall()
    told = [_told(row, seal) for row in rows[:limit]]
    return {"rows": told, "next": told[-1]["id"] if len(rows) > limit else None,
            "seal": seal, "actions": [action for (action,) in actions]}


@router.get("/export.{kind}", response_class=StreamingResponse)
async def export(request: Request, kind: Literal["csv", "xlsx"],
                 filters: Filters_) -> StreamingResponse:
    """All rows that fit, newest first, at most 100,000; the export itself is in the log."""
    _require_admin(request)
    lang = language_of(request)
    zone = ZoneInfo(request.app.state.settings.time_zone)
    # What can't be asked for is refused while there is still a status to say so with.
    async with scoped(request) as connection:
        await _page(connection, filters, None, 1)
    stamp = await stamp_of(request, f"audit {kind}")
    return StreamingResponse(
        _written(request, filters, stamp, kind, lang, zone),
        media_type=CSV_TYPE if kind == "csv" else XLSX_TYPE,
        headers={"Content-Disposition":
                 f'attachment; filename="gridwall-audit-{moment_name(stamp.at, zone)}.{kind}"',
                 "Cache-Control": "private, no-store"})


def _require_admin(request: Request) -> None:
    if request.state.caller.role != "admin":
        raise NotAllowed("the audit log is read by admins")


async def _page(connection: AsyncConnection, filters: Filters, below: int | None,
                limit: int) -> list[dict[str, Any]]:
    account_id = None
    if filters.who is not None:
        row = await (await connection.execute(
            queries.get("audit_account"), {"name": filters.who})).fetchone()
        if row is None:
            raise InvalidInput("no account has this name", "who")
        (account_id,) = row
    async with connection.cursor(row_factory=dict_row) as reading:
        await reading.execute(queries.get("audit_page"), {
            "below": below, "since": filters.since, "until": filters.until,
            "account_id": account_id, "action": filters.action, "origin": filters.origin,
            "subject": None if filters.words is None else f"%{_literal(filters.words)}%",
            "limit": limit})
        return await reading.fetchall()


def _literal(text: str) -> str:
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text


async def _seal(connection: AsyncConnection) -> dict[str, Any] | None:
    async with connection.cursor(row_factory=dict_row) as reading:
        await reading.execute(queries.get("audit_sealed"))
        return await reading.fetchone()


def _told(row: dict[str, Any], seal: dict[str, Any] | None) -> dict[str, Any]:
    return {**row, "sealed": seal is not None and row["id"] <= seal["audit_to"]}


async def _written(request: Request, filters: Filters, stamp: Stamp, kind: str, lang: str,
                   zone: ZoneInfo) -> AsyncIterator[bytes]:
    """Batches are read one after the other: a slow reader holds no connection."""
    heads = [language.text(f"admin_audit.column_{name}", lang) for name, _ in _COLUMNS]
    batch: list[Sequence[Cell]] = []
    count = 0

    def batches() -> Iterator[list[Sequence[Cell]]]:
        while batch:
            yield batch

    title = language.text("admin_audit.title", lang)
    pieces = (csv_rows([*heads, *stamp.heads(lang)], batches(), zone) if kind == "csv"
              else xlsx_rows(title, [*heads, *stamp.heads(lang)],
                             [*(width for _, width in _COLUMNS), *WIDTHS], batches(), zone,
                             stamp.about(lang), language.text("export.about", lang)))
    if kind == "csv":
        yield next(pieces)
    below = None
    async with held(request):
        while count < MOST_ROWS:
            async with scoped(request) as connection:
                rows = await _page(connection, filters, below, min(BATCH, MOST_ROWS - count))
                seal = await _seal(connection)
            if not rows:
                break
            batch[:] = [[*_cells(_told(row, seal), lang), *stamp.cells] for row in rows]
            count, below = count + len(rows), rows[-1]["id"]
            yield await asyncio.to_thread(next, pieces)
    batch.clear()
    for piece in pieces:
        yield piece


def _cells(row: dict[str, Any], lang: str) -> list[Cell]:
    return [row["id"], row["at"].astimezone(UTC), row["who"], row["role"],
            row["action"],
            row["subject"], row["origin"], orjson.dumps(row["detail"]).decode(),
            language.text("export.yes" if row["sealed"] else "export.no", lang)]
