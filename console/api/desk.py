"""``/api/desk``: what the desks show beside the incidents' own API."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Query, Request
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from starlette.responses import Response

from console.api.scoped import answer_bytes, scoped
from gis import queries
from gis.coverage_health import Health, examine
from gis.errors import InvalidInput, NotFound
from gis.incident_rules import State
from tiles.cache import Body

router = APIRouter(prefix="/api/desk", tags=["desk"])
Code = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
_STATES = {"all", "open", "overdue", *State}


@router.get("/areas", response_class=Response)
async def areas(request: Request, scheme: Code = "base", area: Code | None = None) -> Response:
    """An area, the way down to it and what lies under it, with open and overdue matters."""
    async with scoped(request) as connection:
        row = await _area(connection, scheme, area)
    return _json(request, row["body"])


@router.get("/incidents", response_class=Response)
async def incidents(
    request: Request, scheme: Code = "base", area: Code | None = None, state: str = "open",
    class_rank: Annotated[int | None, Query(alias="class", ge=0, le=99)] = None,
    words: Annotated[str | None, Query(alias="q", max_length=100)] = None,
) -> Response:
    """At most 300 matters of an area, newest first, and how many there are."""
    if state not in _STATES:
        raise InvalidInput(f"state is one of {', '.join(sorted(_STATES))}", field="state")
    async with scoped(request) as connection:
        within = (await _area(connection, scheme, area))["identity_id"] if area else None
        row = await _row(connection, "desk_incidents", _filters(
            identity_id=within, state=state, **{"class": class_rank}, words=words or None))
    return _json(request, row["body"])


@router.get("/mine", response_class=Response)
async def mine(request: Request) -> Response:
    """The signed-in officer's open matters, the nearest deadline first."""
    officer_id = request.state.caller.officer_id
    if officer_id is None:
        raise NotFound("this account is no officer's")
    async with scoped(request) as connection:
        row = await _row(connection, "desk_incidents", _filters(
            officer_id=officer_id, nearest=True))
    return _json(request, row["body"])


@router.get("/duty", response_class=Response)
async def duty(request: Request, scheme: Code = "base", area: Code | None = None) -> Response:
    """Who is on shift in an area and under it, with phone and open matters."""
    async with scoped(request) as connection:
        within = (await _area(connection, scheme, area))["identity_id"]
        row = await _row(connection, "desk_duty", {"identity_id": within})
    return _json(request, row["body"])


@router.get("/grids", response_class=Response)
async def grids(request: Request, scheme: Code = "base") -> Response:
    """The leaf areas of a scheme with people, load, postings and size in square metres."""
    async with scoped(request) as connection:
        row = await _row(connection, "desk_grids", {"scheme": scheme})
    return _json(request, row["body"])


@router.get("/shapes", response_class=Response)
async def shapes(request: Request, scheme: Code = "base") -> Response:
    """The leaf areas of a scheme as SVG paths."""
    async with scoped(request) as connection:
        row = await _row(connection, "desk_shapes", {"scheme": scheme})
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


def _filters(**given: Any) -> dict[str, Any]:
    return {"identity_id": None, "officer_id": None, "state": "open", "class": None,
            "words": None, "nearest": False} | given


async def _area(connection: AsyncConnection, scheme: str, area: str | None) -> dict[str, Any]:
    row = await _row(connection, "desk_areas", {"scheme": scheme, "area": area})
    if row is None:
        raise NotFound(f"there is no area {area!r:.40} here" if area else "no area is yours")
    return row


async def _row(
    connection: AsyncConnection, query: str, values: dict[str, Any]
) -> dict[str, Any] | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values | {"now": datetime.now(UTC)})
        return await cursor.fetchone()


def _json(request: Request, text: str) -> Response:
    return answer_bytes(request, Body(text.encode()), "application/json")
