"""The page at ``/report``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from console.pages.desk import render
from gis import queries

CHANNELS = {"officer": "officer", "department": "department", "intake": "resident"}

router = APIRouter(include_in_schema=False)


@router.get("/report")
async def report(
    request: Request, code: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """A form for a phone: where, what, and who will answer; ``?code=`` is a house's QR code."""
    async with request.app.state.database.plain() as connection:
        cursor = await connection.execute(queries.get("desk_categories"))
        rows = await cursor.fetchall()
    categories = [
        {"code": row[0], "name": row[1], "name_en": row[2], "parent": row[3]} for row in rows
    ]
    return render(request, "report", categories=categories, code=code,
                  channel=CHANNELS.get(request.state.caller.role, "hotline"))
