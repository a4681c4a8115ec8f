"""The page at ``/report``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from console.api.scoped import scoped
from console.pages.desk import render
from console.places import find_place
from gis import queries
from gis.codes import Level, level_of, parse
from gis.errors import InvalidCode, InvalidInput, NotFound
from gis.reports import check_words

CHANNELS = {"officer": "officer", "department": "department", "intake": "resident"}
LONGEST_CODE = 100

router = APIRouter(include_in_schema=False)


@router.get("/report")
async def report(request: Request, code: Annotated[str, Query(max_length=2_000)] = "",
                 ) -> HTMLResponse:
    """A form for a phone: where, what, and who will answer.

    ``?code=`` is what the QR code of a house, building or area says: its place stands in the
    form. With one that is unknown or wrong the form says so and can be used all the same.
    """
    code = code.strip()
    async with request.app.state.database.plain() as connection:
        cursor = await connection.execute(queries.get("desk_categories"))
        rows = await cursor.fetchall()
    categories = [
        {"code": row[0], "name": row[1], "name_en": row[2], "parent": row[3]} for row in rows
    ]
    return render(request, "report", categories=categories, code=code[:LONGEST_CODE],
                  place=await _place(request, code) if code else None,
                  usable=_may_be_a_house(code),
                  asks_who=request.state.caller.role != "intake",
                  channel=CHANNELS.get(request.state.caller.role, "hotline"))


async def _place(request: Request, code: str) -> dict[str, Any] | None:
    """What the form shows of a scanned place; None where there is none that the caller sees."""
    try:
        check_words(code, LONGEST_CODE)
        async with scoped(request) as connection:
            return (await find_place(connection, code)).told
    except (InvalidInput, NotFound):
        return None


def _may_be_a_house(code: str) -> bool:
    """Whether it is worth sending as a house code though the caller can't see the place."""
    try:
        return level_of(code) in (Level.HOUSE, Level.BUILDING) and bool(parse(code))
    except InvalidCode:
        return False
