"""``/api/drafts/{id}/rehearsal``: what a draft would have meant for the past year."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console import language
from console.api.plates import pdf_response
from console.api.scoped import scoped
from console.exports import stamp_of
from console.printing.rehearsal import rehearsal_document
from console.rehearsal_tables import TABLES, lines
from console.rehearsing import Rehearsal, Rehearsals
from console.spreadsheet import CSV_TYPE, XLSX_TYPE, csv_rows, xlsx_rows
from console.why import language_of
from gis.errors import InvalidInput
from gis.plans import Draft, read_draft

router = APIRouter(prefix="/api/drafts", tags=["drafts"])


@router.post("/{draft_id}/rehearsal", status_code=202)
async def started(request: Request, draft_id: int, anew: bool = False) -> dict[str, Any]:
    """Rehearse a draft as it is now; a rehearsal of the same version is kept for ten minutes."""
    draft = await _draft(request, draft_id)
    return _told(_rehearsals(request).start(
        request.state.caller.name, request.state.secret, draft_id, draft.version, anew))


@router.get("/{draft_id}/rehearsal", response_class=Response)
async def told(request: Request, draft_id: int) -> Response:
    """How far the rehearsal of the present version is; with `rehearsal` once it is ready.

    `state` is `none`, `running`, `ready` or `failed`.
    """
    draft = await _draft(request, draft_id)
    found = _rehearsals(request).find(request.state.caller.name, draft_id, draft.version)
    answer = _told(found) if found else {"state": "none", "version": draft.version}
    if found and found.figures is not None:
        answer["rehearsal"] = found.figures
    return Response(orjson.dumps(answer), media_type="application/json",
                    headers={"Cache-Control": "private, no-store"})


@router.get("/{draft_id}/rehearsal.pdf", response_class=Response)
async def printed(request: Request, draft_id: int) -> Response:
    """The rehearsal on paper, for the meeting; 409 while it is under way."""
    figures = await _figures(request, draft_id)
    lang = language_of(request)
    stamp = await stamp_of(request, f"rehearsal:{draft_id} pdf", 1)
    document = rehearsal_document(figures, by=str(stamp), at=stamp.at, lang=lang,
                                  time_zone=request.app.state.settings.time_zone)
    pdf = await request.app.state.press.print([document])
    return pdf_response(pdf, f"rehearsal-{draft_id}.pdf")


@router.get("/{draft_id}/rehearsal/export", response_class=Response)
async def exported(
    request: Request, draft_id: int,
    table: Annotated[str, Query(pattern=f"^({'|'.join(TABLES)})$")] = "flows",
    form: Annotated[str, Query(alias="format", pattern="^(csv|xlsx)$")] = "csv",
) -> Response:
    """One of its tables as a file that spreadsheets open."""
    figures = await _figures(request, draft_id)
    lang, zone = language_of(request), ZoneInfo(request.app.state.settings.time_zone)
    heads, rows = lines(figures, table, lang)
    day = datetime.fromisoformat(figures["until"]).astimezone(zone).date()
    name = f"rehearsal-{draft_id}-{table}-{day}.{form}"
    stamp = await stamp_of(request, name, len(rows))
    heads, rows = [*heads, *stamp.heads(lang)], [[*row, *stamp.cells] for row in rows]
    pieces = csv_rows(heads, [rows], zone) if form == "csv" else xlsx_rows(
        language.text(f"rehearsal.table_{table}", lang), heads, [16] * len(heads), [rows], zone,
        stamp.about(lang), language.text("export.about", lang))
    return Response(
        b"".join(pieces), media_type=XLSX_TYPE if form == "xlsx" else CSV_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"',
                 "Cache-Control": "private, no-store"})


async def _figures(request: Request, draft_id: int) -> dict[str, Any]:
    draft = await _draft(request, draft_id)
    return _rehearsals(request).ready(request.state.caller.name, draft_id, draft.version)


async def _draft(request: Request, draft_id: int) -> Draft:
    if not 0 < draft_id < 2**63:
        raise InvalidInput("a draft's number", "draft_id")
    async with scoped(request) as connection:
        return await read_draft(connection, draft_id)


def _rehearsals(request: Request) -> Rehearsals:
    return request.app.state.rehearsals


def _told(found: Rehearsal) -> dict[str, Any]:
    return {"state": found.state, "version": found.version, "done": found.done,
            "total": found.total, "what": found.what,
            "problem": str(found.refused) if found.refused else None}
