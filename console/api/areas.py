"""``GET /api/areas/{code}``, its children and its geometry."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console.api.parameters import Moment, Scheme, moment, words
from console.api.scoped import now_of, scoped
from gis import queries
from gis.errors import NotFound

router = APIRouter(prefix="/api/areas", tags=["places"])
Level = Annotated[str | None, Query(pattern="^(city|district|street|community|grid)$")]


@router.get("/{code}")
async def area(request: Request, code: str, scheme: Scheme = "base", level: Level = None,
               at: Moment = None) -> dict[str, Any]:
    """An area as it stands now or stood at a time: name, path, residents, centre, bounds."""
    return (await _rows(request, "area_by_code", code, scheme, level, at))[0][0]


@router.get("/{code}/children")
async def children(request: Request, code: str, scheme: Scheme = "base", level: Level = None,
                   at: Moment = None) -> list[dict[str, Any]]:
    """The areas right under it, by code."""
    await _rows(request, "area_by_code", code, scheme, level, at)
    return [row[0] for row in await _rows(
        request, "area_children", code, scheme, level, at, needed=False)]


@router.get("/{code}/geometry", response_class=Response)
async def geometry(request: Request, code: str, scheme: Scheme = "base", level: Level = None,
                   at: Moment = None) -> Response:
    """A GeoJSON feature as of RFC 7946: lon and lat on CGCS2000, which is WGS 84 to centimetres."""
    rows = await _rows(request, "area_geometry", code, scheme, level, at)
    return Response(rows[0][0], media_type="application/geo+json")


async def _rows(request: Request, query: str, code: str, scheme: str, level: str | None,
                at: datetime | None, needed: bool = True) -> list[tuple[Any, ...]]:
    values = {"code": words(code, "code"), "scheme": scheme, "level": level,
              "at": moment(at, "at") or now_of(request)}
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get(query), values)
        rows = await cursor.fetchall()
    if needed and not rows:
        raise NotFound(f"no area {code!r:.60} in the scheme {scheme}, or not for you to see")
    return rows
