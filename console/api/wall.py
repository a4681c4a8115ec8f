"""``/api/wall``: what the wall shows, counted over what the caller may see."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from psycopg import AsyncConnection
from starlette.responses import Response

from console.api.parameters import Moment
from console.api.scoped import answer_bytes, now_of, scoped
from gis import statistics
from gis.assessment import settle
from gis.errors import InvalidInput
from gis.tracks import trails as trails_of
from tiles.cache import Body
from tiles.vector import LEVELS

FRESH_S = 1.5
KEEP_S = 60.0

router = APIRouter(prefix="/api/wall", tags=["wall"])
Scheme = Annotated[str, Query(pattern=r"^[a-z0-9_-]{1,40}$")]


class Remembered:
    """Answers of the last moments by scope and question; never given to another scope."""

    def __init__(self) -> None:
        self._bodies: dict[tuple[Any, ...], tuple[float, Body]] = {}

    async def get(self, key: tuple[Any, ...], make: Callable[[], Awaitable[bytes]]) -> Body:
        """The answer under a key, made anew when it is older than `FRESH_S`."""
        now = time.monotonic()
        made_at, body = self._bodies.get(key, (-KEEP_S, None))
        if body is None or now - made_at > FRESH_S:
            body = Body(await make())
            self._bodies[key] = (now, body)
            self._forget(now)
        return body

    def _forget(self, now: float) -> None:
        for key in [key for key, (at, _) in self._bodies.items() if now - at > KEEP_S]:
            del self._bodies[key]


_remembered = Remembered()
@router.get("/start")
async def start(request: Request, scheme: Scheme = "base") -> dict[str, Any]:
    """Where the map begins: title, time zone, bounds, outline, tour stops, classes.

    `viewer` is equal for all pages of one account.
    """
    viewer = {"viewer": str(request.state.caller.account_id)}
    async with scoped(request) as connection:
        return await statistics.start(connection, scheme) | viewer


@router.get("/areas", response_class=Response)
async def areas(request: Request, scheme: Scheme = "base", level: str = "grid") -> Response:
    """Areas of a level with a label point and the number of their open incidents."""
    if level not in LEVELS:
        raise InvalidInput(f"level is one of {', '.join(LEVELS)}", field="level")

    async def make(connection: AsyncConnection, _: statistics.Moment) -> bytes:
        return await statistics.areas(connection, scheme, level)

    return await _answer(request, ("areas", scheme, level), make)


@router.get("/incidents", response_class=Response)
async def incidents(
    request: Request, scheme: Scheme = "base", since: Moment = None
) -> Response:
    """Open incidents and those since a moment (default: of 24 hours), as columns."""
    if since is not None and since.tzinfo is None:
        raise InvalidInput("since needs an offset, such as 2026-01-01T00:00:00Z", field="since")

    async def make(connection: AsyncConnection, at: statistics.Moment) -> bytes:
        return await statistics.incidents(connection, since or at.now - statistics.RECENT_WINDOW)

    return await _answer(request, ("incidents", since), make)


@router.get("/figures", response_class=Response)
async def figures(request: Request, scheme: Scheme = "base") -> Response:
    """The figures beside the map."""
    async def make(connection: AsyncConnection, at: statistics.Moment) -> bytes:
        return await statistics.figures(connection, scheme, at)

    await settle(request.app.state.database)
    return await _answer(request, ("figures", scheme), make)


@router.get("/trails", response_class=Response)
async def trails(
    request: Request, minutes: Annotated[int, Query(ge=1, le=24 * 60)] = 60
) -> Response:
    """Where the officers whom the caller leads were in the last minutes, thinned for a wall."""
    async def make(connection: AsyncConnection, at: statistics.Moment) -> bytes:
        return await trails_of(connection, minutes, at.now)

    return await _answer(request, ("trails", minutes), make)


@router.get("/dispatches", response_class=Response)
async def dispatches(request: Request) -> Response:
    """Arcs from officers to the matters they were sent to, as columns."""
    async def make(connection: AsyncConnection, at: statistics.Moment) -> bytes:
        return await statistics.dispatches(connection, at.now)

    return await _answer(request, ("dispatches",), make)


@router.get("/visits", response_class=Response, responses={200: {"content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}})
async def visits(request: Request) -> Response:
    """Days since somebody was last at a building, by its number: packed, big endian."""
    async def make(connection: AsyncConnection, at: statistics.Moment) -> bytes:
        return await statistics.visits(connection, at.now)

    return await _answer(request, ("visits",), make, "application/octet-stream")


Make = Callable[[AsyncConnection, statistics.Moment], Awaitable[bytes]]


async def _answer(request: Request, question: tuple[Any, ...], make: Make,
                  media_type: str = "application/json") -> Response:
    async with scoped(request) as connection:
        at = await statistics.moment(connection, now_of(request))
        body = await _remembered.get((at.scope, *question), lambda: make(connection, at))
    return answer_bytes(request, body, media_type)
