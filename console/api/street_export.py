"""``/api/desk/export.csv`` and ``.xlsx``: the whole list that a desk's filters say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from console import language
from console.api.scoped import now_of, scoped
from console.api.street import At_, Filters_
from console.desk_lists import Filters, Place, page_of, rows_of
from console.exports import WIDTHS, Stamp, held, stamp_of
from console.spreadsheet import CSV_TYPE, XLSX_TYPE, Cell, csv_rows, moment_name, xlsx_rows
from console.why import language_of
from gis.assessment import settle
from gis.statistics import moment as city_moment

router = APIRouter(prefix="/api/desk", tags=["desk"])
MOST_ROWS = 50_000
BATCH = 2_500
_COLUMNS = (
    ("id", 10), ("received", 17), ("urgency", 8), ("class", 12), ("category", 16), ("state", 10),
    ("tier", 10), ("area", 22), ("area_code", 18), ("text", 48), ("officer", 12), ("unit", 20),
    ("stage_deadline", 17), ("deadline", 17), ("overdue", 8), ("suspended", 17), ("closed", 17),
    ("lon", 12), ("lat", 12))


@router.get("/export.{kind}", response_class=StreamingResponse)
async def export(request: Request, kind: Literal["csv", "xlsx"], at: At_, filters: Filters_,
                 ) -> StreamingResponse:
    """All matters that a list's filters say, by the same address as the list, at most 50,000.

    Batches are read one after the other, each in a transaction of its own: a slow reader holds
    no connection. Who takes what is noted in the audit log before the first row leaves, how much
    of it after the last.
    """
    lang, now = language_of(request), now_of(request)
    await settle(request.app.state.database)
    async with scoped(request) as connection:
        here = await at.find(connection)
        zone = ZoneInfo((await city_moment(connection, now)).zone)
    name = here.told()["name"] or ""
    sheet = _Sheet(lang, zone, await stamp_of(request, f"{kind} {name} {filters.lane}"))
    title = "-".join(part for part in ("gridwall", name, moment_name(now, zone)) if part)
    return StreamingResponse(
        _written(request, here, filters, sheet, kind, name),
        media_type=CSV_TYPE if kind == "csv" else XLSX_TYPE,
        headers={"Content-Disposition": f"attachment; filename=\"gridwall.{kind}\";"
                                        f" filename*=UTF-8''{quote(title)}.{kind}",
                 "Cache-Control": "private, no-store"})


async def _written(request: Request, here: Place, filters: Filters, sheet: _Sheet,
                   kind: str, name: str) -> AsyncIterator[bytes]:
    async with held(request):
        batches = _Batches()
        pieces = (csv_rows(sheet.heads, batches, sheet.zone) if kind == "csv" else xlsx_rows(
            sheet.word("matters"), sheet.heads, [*(width for _, width in _COLUMNS), *WIDTHS],
            batches, sheet.zone, sheet.about(name, filters, batches), sheet.word("about")))
        cursor: str | None = None
        if kind == "csv":
            yield next(pieces)
        while True:
            async with scoped(request) as connection:
                page = await page_of(connection, here, filters, cursor, sheet.stamp.at,
                                     min(BATCH, MOST_ROWS - batches.count))
                found = await rows_of(connection, page.ids)
            batches.given = [sheet.row(row) for row in found]
            cursor = page.next
            batches.more = cursor is not None
            yield await asyncio.to_thread(next, pieces)
            if cursor is None or batches.count >= MOST_ROWS:
                break
        batches.given = None
        await stamp_of(request, f"export:{sheet.stamp.number}", batches.count)
        for piece in pieces:
            yield piece


class _Batches:
    """Batches of rows as they are read: the writer asks for the next when it was given one."""

    def __init__(self) -> None:
        self.given: list[Sequence[Cell]] | None = None
        self.count = 0
        self.more = False

    def __iter__(self) -> Iterator[list[Sequence[Cell]]]:
        while self.given is not None:
            self.count += len(self.given)
            yield self.given


class _Sheet:
    """A list in somebody's language: heads, rows, and what is said about it."""

    def __init__(self, lang: str, zone: ZoneInfo, stamp: Stamp) -> None:
        self.lang, self.zone, self.stamp = lang, zone, stamp
        self.heads = [*(self.word(f"column_{column}") for column, _ in _COLUMNS),
                      *stamp.heads(lang)]

    def word(self, key: str) -> str:
        return language.text(f"export.{key}", self.lang)

    def row(self, row: dict[str, Any]) -> list[Cell]:
        """One matter as cells, in the order of the columns."""
        due = _time(row["deadline_at"])
        late = due is not None and due < (_time(row["closed_at"]) or self.stamp.at)
        return [
            row["id"], _time(row["at"]), self._named("urgency", row["urgency"]),
            self._named("class", row["class"]),
            (row["category_en"] if self.lang == "en" else None) or row["category"],
            self._named("state", row["state"]), self._named("tier", row["tier"]),
            row["area_name"], row["area_code"], row["text"], row["officer"], row["unit"],
            _time(row["stage_deadline_at"]), due,
            self.word("yes" if late and not row["suspended_at"] else "no"),
            _time(row["suspended_at"]), _time(row["closed_at"]), row["lon"], row["lat"],
            *self.stamp.cells]

    def about(self, place: str, filters: Filters, batches: _Batches) -> Iterator[list[Cell]]:
        """Who took it, when, of what place, by which filters; asked for when all is written."""
        yield from self.stamp.about(self.lang)
        yield [self.word("about_place"), place]
        yield [self.word("about_rows"), batches.count]
        if batches.more:
            yield [self.word("about_cut"), MOST_ROWS]
        yield [self.word("about_order"), f"{filters.lane} · {filters.sort}"]
        for name, value in filters.narrow.items():
            if value is not None:
                yield [name, value]

    def _named(self, kind: str, value: object) -> str | None:
        return None if value is None else language.text(f"{kind}.{value}", self.lang)


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
