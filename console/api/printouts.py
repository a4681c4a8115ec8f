"""``/api/incidents/{id}.pdf``: a matter on paper."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from psycopg import AsyncConnection
from starlette.responses import Response

from console.api.plates import pdf_response
from console.api.scoped import scoped
from console.exports import stamp_of
from console.places import box_around, surroundings
from console.printing.incident import incident_document
from console.public_address import public_address
from console.why import explained, language_of
from gis import queries
from gis.errors import NotFound

router = APIRouter(prefix="/api/incidents", tags=["printing"])
LARGEST_ID = 2**63 - 1
# To each side of the place, on the ground.
REACH_M = 220


@router.get("/{incident_id}.pdf", response_class=Response)
async def printout(request: Request, incident_id: int) -> Response:
    """An incident as PDF: place and map, text, who answers and why, steps, clocks, a QR code."""
    lang = language_of(request)
    settings = request.app.state.settings
    async with scoped(request) as connection:
        told = await _told(connection, incident_id)
        category = await _category(connection, told["incident"]["category"], lang)
        names = await _names(connection, told.get("steps") or [])
        around = None
        if told["incident"]["lon"] is not None:
            around = await surroundings(connection, box_around(
                told["incident"]["lon"], told["incident"]["lat"], REACH_M))
    stamp = await stamp_of(request, f"incident:{incident_id} pdf", 1)
    document = incident_document(
        explained(told, lang, settings.time_zone), around, category=category, names=names,
        base=public_address(request), by=str(stamp), at=stamp.at,
        lang=lang, time_zone=settings.time_zone)
    pdf = await request.app.state.press.print([document])
    return pdf_response(pdf, f"incident-{incident_id}.pdf")


async def _told(connection: AsyncConnection, incident_id: int) -> dict[str, Any]:
    row = None
    if 0 <= incident_id <= LARGEST_ID:
        cursor = await connection.execute(queries.get("incident_by_id"), {"id": incident_id})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"no incident {incident_id}, or not for you to see")
    return row[0]


async def _names(connection: AsyncConnection, steps: list[dict[str, Any]]) -> dict[str, str]:
    """Officers and units that steps point at, by the way steps write them (``officer:12``)."""
    numbers: dict[str, list[int]] = {"officer": [], "unit": []}
    for step in steps:
        kind, _, number = (step.get("to") or "").partition(":")
        if kind in numbers and number.isdecimal():
            numbers[kind].append(int(number))
    cursor = await connection.execute(queries.get("names_of_targets"), {
        "officers": numbers["officer"], "units": numbers["unit"]})
    return dict(await cursor.fetchall())


async def _category(connection: AsyncConnection, code: str, lang: str) -> str:
    cursor = await connection.execute(queries.get("category_names"), {"code": code})
    names = [row[0 if lang == "zh" else 1] for row in await cursor.fetchall()]
    return " › ".join(names) or code
