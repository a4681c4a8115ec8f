"""``/api/desk``: what a street centre's desk shows: a place, its numbers, its work, its people."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as PathParameter
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from starlette.responses import Response

from console.api.parameters import words
from console.api.scoped import answer_bytes, now_of, scoped
from console.desk_lists import Filters, Page, Place, lanes_of, page_of, rows_of
from gis import queries
from gis.assessment import settle
from gis.errors import NotFound
from tiles.cache import Body

router = APIRouter(prefix="/api/desk", tags=["desk"])
BUILDINGS_A_PAGE = 200
LARGEST_ID = 2**63 - 1
_Code = Annotated[str | None, Query(max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]


class At:
    """Where a desk stands, as its address says: an area, a building or a house, or nowhere."""

    def __init__(self, area: _Code = None, building: _Code = None, house: _Code = None) -> None:
        self.area, self.building, self.house = area, building, house

    async def find(self, connection: AsyncConnection) -> Place:
        """The place, within the caller's scope.

        Raises
        ------
        NotFound
            When there is none such, or it is not for the caller to see.
        """
        house = building = None
        area = self.area
        if self.house:
            house = await _one(connection, "street_house", {"code": self.house})
            if house is None:
                raise NotFound(f"no house {self.house} here, or not for you to see")
        code = house["building"] if house else self.building
        if code:
            building = await _one(connection, "street_building", {"code": code})
            if building is None:
                raise NotFound(f"no building {code} here, or not for you to see")
            area = building["area"]
        here = await _one(connection, "street_here", {"area": area})
        if here is None and (area or self.building or self.house):
            raise NotFound(f"no area {area} here, or not for you to see")
        if here is not None and not here["own"]:
            # The areas above one's own may be named on the way, but not entered.
            raise NotFound(f"the area {here['code']} is not yours to see")
        unit = None if here else await _one(connection, "street_unit", {})
        return Place(here, building, house, unit)


At_ = Annotated[At, Depends()]
Filters_ = Annotated[Filters, Depends()]


@router.get("/place", response_class=Response)
async def place(request: Request, at: At_) -> Response:
    """A place: the way down to it, what lies under it, and its open work by step."""
    await settle(request.app.state.database)
    async with scoped(request) as connection:
        here = await at.find(connection)
        subject, subject_id = here.subject
        row = await _one(connection, "street_numbers", {
            "place_id": here.place_id, "area_id": here.identity_id,
            "ancestor_ids": here.ancestor_ids, "subject": subject, "subject_id": subject_id,
            "unit_id": here.unit["id"] if here.unit else None, "now": now_of(request)})
    numbers = orjson.loads(row["body"])
    lanes = lanes_of(numbers)
    return _json(request, orjson.dumps(numbers | here.told() | {"lanes": lanes}))


@router.get("/incidents", response_class=Response)
async def incidents(request: Request, at: At_, filters: Filters_,
                    cursor: str | None = None) -> Response:
    """A page of matters at a place: open work in the order asked for, or what is finished.

    ``next`` is the cursor of the next page. A page may be short, and still have a next: where
    filters leave little, no more than a part is looked at for one (``looked_back_to``).
    """
    await settle(request.app.state.database)
    async with scoped(request) as connection:
        here = await at.find(connection)
        found = await page_of(connection, here, filters, cursor, now_of(request))
        rows = await rows_of(connection, found.ids)
    return _json(request, _page(found, rows))


@router.get("/mine", response_class=Response)
async def mine(request: Request) -> Response:
    """The signed-in officer's open matters, the nearest deadline first."""
    officer_id = request.state.caller.officer_id
    if officer_id is None:
        raise NotFound("this account is no officer's")
    await settle(request.app.state.database)
    async with scoped(request) as connection:
        head = await _one(connection, "event_head", {})
        found = await page_of(connection, Place(None, None, None, None), Filters(
            officer=officer_id, class_rank=None, urgency=None, unit=None, q=None), None,
            now_of(request))
        rows = await rows_of(connection, found.ids)
    return _json(request, b'{"epoch":%b,"sequence":%d,%b' % (
        orjson.dumps(head["epoch"]), head["sequence"], _page(found, rows)[1:]))


@router.get("/duty", response_class=Response)
async def duty(request: Request, at: At_) -> Response:
    """Who is on shift at a place and under it, with phone and load; the units that work there."""
    async with scoped(request) as connection:
        here = await at.find(connection)
        await connection.execute(queries.get("street_join_whole"))
        row = await _one(connection, "street_duty", {
            "identity_id": here.identity_id, "ancestor_ids": here.ancestor_ids,
            "now": now_of(request)})
    return _json(request, row["body"].encode())


@router.get("/map", response_class=Response)
async def ground(request: Request, at: At_) -> Response:
    """What a desk draws of a place: areas, ground and, at a grid, buildings, as SVG paths."""
    async with scoped(request) as connection:
        here = await at.find(connection)
        row = await _one(connection, "street_map", {
            "identity_id": here.drawn, "buildings": here.leaf})
    return _json(request, (row["body"] or "null").encode())


@router.get("/points", response_class=Response)
async def points(request: Request, at: At_) -> Response:
    """Open matters at a place as ``[id, lon, lat, urgency, late, officer_id]``, the 600 nearest
    deadlines and all emergencies."""
    async with scoped(request) as connection:
        here = await at.find(connection)
        row = await _one(connection, "street_points", {
            "place_id": here.place_id, "now": now_of(request)})
    return _json(request, row["body"].encode())


@router.get("/buildings")
async def buildings(request: Request, at: At_,
                    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0) -> dict[str, Any]:
    """The buildings of an area by pages; ``next`` is the ``after`` of the next one."""
    async with scoped(request) as connection:
        here = await at.find(connection)
        cursor = await connection.execute(queries.get("street_buildings"), {
            "identity_id": here.identity_id, "after_id": after, "most": BUILDINGS_A_PAGE + 1})
        rows = [row[0] for row in await cursor.fetchall()]
    more = len(rows) > BUILDINGS_A_PAGE
    rows = rows[:BUILDINGS_A_PAGE]
    return {"rows": rows, "next": rows[-1]["id"] if more else None}


@router.get("/houses")
async def houses(request: Request, at: At_) -> dict[str, Any]:
    """The houses of a building, by entrance and floor."""
    async with scoped(request) as connection:
        here = await at.find(connection)
        if here.building is None:
            raise NotFound("houses are told of a building: building=CODE")
        cursor = await connection.execute(
            queries.get("street_houses"), {"building_id": here.building["id"]})
        rows = await cursor.fetchall()
    return {"rows": [row[0] for row in rows]}


@router.get("/beside/{incident_id}")
async def beside(request: Request, incident_id: Annotated[int, PathParameter(ge=0, le=LARGEST_ID)],
                 ) -> dict[str, Any]:
    """What a card shows of a matter beside its own call: category, shares, since when the step."""
    async with scoped(request) as connection:
        row = await _one(connection, "street_beside", {"id": incident_id})
    if row is None:
        raise NotFound(f"no incident {incident_id}, or not for you to see")
    return row["body"]


@router.get("/search")
async def search(request: Request, q: str) -> list[dict[str, Any]]:
    """Areas by name or code, a building or house by its code, a matter by its number."""
    asked = words(q, "q") or ""
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("street_search"), {"words": asked, "number": number})
        rows = await cursor.fetchall()
    return [row[0] for row in rows]


async def _one(connection: AsyncConnection, query: str,
               values: dict[str, Any]) -> dict[str, Any] | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchone()


def _page(found: Page, rows: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"rows": rows, "next": found.next,
                         "looked_back_to": found.looked_back_to})


def _json(request: Request, content: bytes) -> Response:
    return answer_bytes(request, Body(content), "application/json")
