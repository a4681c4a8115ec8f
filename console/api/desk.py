"""``/api/desk``: what the planner's desk shows: grids, their shapes, their coverage."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Query, Request
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from starlette.responses import Response

from console.api.scoped import answer_bytes, now_of, scoped
from gis import queries
from gis.coverage_health import Health, examine
from tiles.cache import Body

router = APIRouter(prefix="/api/desk", tags=["desk"])
Code = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


@router.get("/grids", response_class=Response)
async def grids(request: Request, scheme: Code = "base") -> Response:
    """The leaf areas of a scheme with people, load, postings and size in square metres."""
    async with scoped(request) as connection:
        row = await _row(connection, "desk_grids", {"scheme": scheme, "now": now_of(request)})
    return _json(request, row["body"])


@router.get("/shapes", response_class=Response)
async def shapes(request: Request, scheme: Code = "base") -> Response:
    """The leaf areas of a scheme as GeoJSON."""
    async with scoped(request) as connection:
        row = await _row(connection, "desk_shapes", {"scheme": scheme, "now": now_of(request)})
    return _json(request, row["body"])


@router.get("/coverage")
async def coverage(request: Request, scheme: Code = "base") -> dict[str, Any]:
    """Whether the areas cover their ground without gap or overlap, and where they do not."""
    async with scoped(request) as connection, connection.cursor() as cursor:
        await cursor.execute(queries.get("desk_leaves"), {"scheme": scheme})
        rows = await cursor.fetchall()
    # Shapely lets go of the interpreter while it works, but the event loop must not wait.
    return asdict(await asyncio.to_thread(_examine, rows))


def _examine(rows: list[tuple[str, bytes]]) -> Health:
    codes = [code for code, _ in rows]
    return examine(codes, shapely.from_wkb([bytes(shape) for _, shape in rows]))


async def _row(
    connection: AsyncConnection, query: str, values: dict[str, Any]
) -> dict[str, Any] | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchone()


def _json(request: Request, text: str) -> Response:
    return answer_bytes(request, Body(text.encode()), "application/json")
