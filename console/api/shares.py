"""``/api/incidents/{id}/extent``: the line or area of a matter, and whose shares it makes."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import shapely
from fastapi import APIRouter, Request
from starlette.responses import Response

from console.api.body import read_body, read_json
from console.api.scoped import scoped
from gis import queries
from gis.crs import Datum
from gis.errors import FieldProblem, InvalidFields, InvalidInput, NotFound
from gis.shares import read_extent

router = APIRouter(prefix="/api/incidents", tags=["incidents"])
EXTENT_LIMIT_BYTES = 1_000_000
LARGEST_ID = 2**63 - 1
_FIELDS = ("geometry", "datum")


@router.get("/{incident_id}/extent")
async def extent(request: Request, incident_id: int) -> dict[str, Any]:
    """The line or area with its shares: one leads, others assist; what lies outside is told."""
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("extent_told"), {"id": check_id(incident_id)})
        (told,) = await cursor.fetchone()
    if told is None:
        raise NotFound(f"incident {incident_id} has no extent, or is not for you to see")
    return told


@router.put("/{incident_id}/extent")
async def put_extent(request: Request, incident_id: int) -> dict[str, Any]:
    """Give it a line or an area: `{geometry, datum?="wgs84"}`; it is split among the grids."""
    sent = read_json(request, await read_body(request, EXTENT_LIMIT_BYTES))
    geometry, datum = _check(sent)
    # Some thousand positions take a while.
    read = await asyncio.to_thread(read_extent, geometry, datum)
    return await _set(request, incident_id, {
        "shape": shapely.to_wkb(read.shape, hex=True), "datum": read.datum,
        "received": orjson.dumps(read.received).decode()})


@router.delete("/{incident_id}/extent", status_code=204, response_class=Response)
async def remove_extent(request: Request, incident_id: int) -> Response:
    """Take its line or area away, and the shares with it."""
    await _set(request, incident_id, {"shape": None, "datum": None, "received": None})
    return Response(status_code=204)


async def _set(request: Request, incident_id: int, extent: dict[str, Any]) -> dict[str, Any]:
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("set_extent"), {
            "secret": request.state.secret, "id": check_id(incident_id), **extent})
        (told,) = await cursor.fetchone()
    return told


def check_id(incident_id: int) -> int:
    """An incident's number.

    Raises
    ------
    NotFound
        Where there can be none of it.
    """
    if not 0 <= incident_id <= LARGEST_ID:
        raise NotFound(f"no incident {incident_id}, or not for you to see")
    return incident_id


def _check(sent: object) -> tuple[object, Datum]:
    if not isinstance(sent, dict):
        raise InvalidInput("a JSON object is needed: {geometry, datum}", "body")
    if "coordinates" in sent:
        sent = {"geometry": sent}
    unknown = [FieldProblem(str(name)[:60], "there is no such field")
               for name in sent if name not in _FIELDS]
    if unknown:
        raise InvalidFields(unknown)
    try:
        datum = Datum(sent.get("datum", Datum.WGS84))
    except ValueError:
        raise InvalidInput(f"use one of {', '.join(Datum)}", "datum") from None
    return sent.get("geometry"), datum
