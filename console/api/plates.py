"""``/api/qr/{code}.svg`` and ``/api/plates/{area_code}.pdf``: codes for doors."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from starlette.responses import Response

from console.api.parameters import words
from console.api.scoped import answer_bytes, scoped
from console.exports import stamp_of
from console.places import Place, find_place
from console.printing.plates import KINDS, MOST_PLATES, SHEETS, Order, plate_documents
from console.printing.qr import qr_svg
from console.public_address import public_address, report_address
from console.why import language_of
from gis import queries
from gis.errors import InvalidInput
from tiles.cache import Body

router = APIRouter(prefix="/api", tags=["printing"])
Kind = Literal["house", "building", "grid"]
_QUERIES = {"house": "plates_of_houses", "building": "plates_of_buildings",
            "grid": "plates_of_grids"}


@router.get("/qr/{code}.svg", response_class=Response)
async def qr(request: Request, code: str,
             correction: Annotated[Literal["M", "Q"], Query()] = "M") -> Response:
    """The QR code of a house, a building or an area: it opens the form for a report there."""
    async with scoped(request) as connection:
        place = await find_place(connection, words(code, "code"))
    drawing = qr_svg(report_address(public_address(request), place.code), correction.lower())
    return answer_bytes(request, Body(drawing.encode()), "image/svg+xml")


@router.get("/plates/{area_code}.pdf", response_class=Response)
async def plates(request: Request, area_code: str, kind: Kind | None = None,
                 per_page: int = 8) -> Response:
    """Door plates as PDF, to cut: of all houses, buildings or grids of an area, of the houses of
    a building, or of one house. The kind is `house` where it isn't told, `grid` for a grid.
    """
    if per_page not in SHEETS:
        raise InvalidInput(f"a sheet holds {', '.join(map(str, SHEETS))} plates", "per_page")
    async with scoped(request) as connection:
        place = await find_place(connection, words(area_code, "area_code"))
        rows = await plate_rows(connection, place, kind or default_kind(place))
    stamp = await stamp_of(request, f"plates {place.code}", len(rows))
    order = plate_order_of(place, kind or default_kind(place), public_address(request),
                           str(stamp), request.app.state.settings.time_zone)
    order = replace(order, per_page=per_page, lang=language_of(request))
    # Thousands of addresses are long enough to sort that streams would stutter.
    documents = await asyncio.to_thread(plate_documents, rows, order)
    pdf = await request.app.state.press.print(documents, gone=request.is_disconnected)
    return pdf_response(pdf, f"plates-{place.code}.pdf")


def default_kind(place: Place) -> Kind:
    """What is printed of a place where nobody says."""
    return place.kind if place.kind in ("building", "grid") else "house"


def plate_order_of(place: Place, kind: Kind, base: str, by: str, time_zone: str) -> Order:
    """An order for the plates of a place, eight on a sheet."""
    path = [step["name"] for step in place.told["path"] or []]
    # A plate says its street and community: who stands before it knows the town.
    shown = path[1:3] if len(path) > 2 else path
    return Order(place.told["name"], kind, " · ".join(shown), base, by,
                 datetime.now(ZoneInfo(time_zone)).isoformat())


async def plate_rows(connection: AsyncConnection, place: Place,
                     kind: Kind) -> list[dict[str, Any]]:
    """What stands on the plates of a place: one more than may be printed, at most.

    Raises
    ------
    InvalidInput
        A house has no plates but its own, a building none of grids.
    """
    by_code = {f"{name}_code": place.code if place.kind == name else None
               for name in ("building", "house")}
    if KINDS.index(kind) > {"house": 0, "building": 1}.get(place.kind, 2):
        raise InvalidInput(f"a {place.kind} has no plates of the kind {kind}", "kind")
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(_QUERIES[kind]), {
            **by_code, "within_id": place.within_id, "most": MOST_PLATES + 1})
        return await cursor.fetchall()


def pdf_response(pdf: bytes, name: str) -> Response:
    """A PDF that the browser shows, under a name to keep it by."""
    return Response(pdf, media_type="application/pdf", headers={
        "Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store",
        "Vary": "Cookie, Authorization"})
