"""``GET /api/statistics``: service and control, by class, tier, month and area; as files too."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console import language
from console.api.parameters import Scheme
from console.api.ranking import PeriodText, Subject, ranking
from console.api.scoped import now_of, scoped
from console.exports import Stamp, stamp_of
from console.spreadsheet import CSV_TYPE, XLSX_TYPE, csv_rows, xlsx_rows
from gis import assessment
from gis.breakdown import statistics

router = APIRouter(prefix="/api", tags=["assessment"])
Area = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
_COLUMNS = ("count", "share_percent", "solved", "solved_percent", "open", "overdue",
            "on_time_percent", "reopened", "rejected")
# The columns of each table that tell whose a row is, and those that it has.
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "kinds": (("kind",), _COLUMNS), "classes": (("code", "name"), _COLUMNS),
    "tiers": (("tier",), ("solved", "share_percent", "up_to_percent")),
    "months": (("month",), _COLUMNS), "areas": (("code", "name"), _COLUMNS),
    "ranking": (("rank", "code", "name"), (
        "score", "stars", "reported", "solved", "open", "overdue", "on_time_rate", "comparable")),
}


@router.get("/statistics")
async def read(request: Request, period: PeriodText = "month", scheme: Scheme = "base",
               area: Area = None) -> dict[str, Any]:
    """Counts, shares and solved rates of an area and a period, in all their tables.

    Percentages have two decimals and are null of nothing. `count` leaves out what was turned
    down; `on_time_percent` counts what is open and overdue against it.
    """
    now = now_of(request)
    await assessment.settle(request.app.state.database)
    async with scoped(request) as connection:
        span = await assessment.span_of(connection, period, now)
        found = await statistics(connection, span, scheme, area)
    return {"period": period, "first_day": span.period.first, "last_day": span.period.last,
            "since": span.since, "until": span.until} | found


@router.get("/statistics/export", response_class=Response)
async def export(
    request: Request, table: Annotated[str, Query(pattern=f"^({'|'.join(TABLES)})$")] = "classes",
    form: Annotated[str, Query(alias="format", pattern="^(csv|xlsx)$")] = "csv",
    period: PeriodText = "month", scheme: Scheme = "base", area: Area = None,
    by: Subject = "street", lang: Annotated[str | None, Query(pattern="^(zh|en)$")] = None,
) -> Response:
    """One table as a file that spreadsheets open, its heads in the page's language."""
    if table == "ranking":
        found = await ranking(request, by, period, scheme, 500)
        found["ranking"] = found["rows"]
    else:
        found = await read(request, period, scheme, area)
    chosen = language.choose(lang, request.cookies.get(language.COOKIE))
    name = f"statistics-{table}-{found['first_day']}-{found['last_day']}.{form}"
    stamp = await stamp_of(request, name, len(found[table]))
    heads, *rows = _lines(found[table], table, chosen, stamp)
    zone = ZoneInfo(request.app.state.settings.time_zone)
    pieces = csv_rows(heads, [rows], zone) if form == "csv" else xlsx_rows(
        language.text("statistics.title", chosen), heads, [16] * len(heads), [rows], zone,
        stamp.about(chosen), language.text("export.about", chosen))
    return Response(
        b"".join(pieces), media_type=XLSX_TYPE if form == "xlsx" else CSV_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"',
                 "Cache-Control": "private, no-store"})


def _lines(rows: list[dict[str, Any]], table: str, lang: str, stamp: Stamp) -> list[list[Any]]:
    names, columns = TABLES[table]
    heads = [language.text(f"statistics.{name}", lang) for name in (*names, *columns)]
    return [[*heads, *stamp.heads(lang)], *(
        [*(_named(row, name, lang) for name in names), *(row[name] for name in columns),
         *stamp.cells] for row in rows)]


def _named(row: dict[str, Any], name: str, lang: str) -> str:
    if name in ("kind", "tier"):
        return language.text(f"statistics.{name}_{row[name]}", lang)
    if name == "name" and lang == "en" and row.get("name_en"):
        return row["name_en"]
    return row[name]
