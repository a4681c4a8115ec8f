"""``GET /live``: the stream of what the caller may see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.datastructures import State
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.events import Position, heartbeat
from gis.accounts import Caller
from gis.errors import GridwallError

router = APIRouter(tags=["live"])
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store",
    # Proxies that gather bytes before passing them on would hold events back.
    "X-Accel-Buffering": "no",
}


class EventStream(Response):
    """Sends chunks as they come; ends with its reader, or with the chunks."""

    def __init__(self, first: bytes, chunks: AsyncIterator[bytes],
                 now: Callable[[], datetime]) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._first = first
        self._now = now
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until either side ends."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(self._send_all(send))
        hearing = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait((sending, hearing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, hearing):
                task.cancel()
            await asyncio.gather(sending, hearing, return_exceptions=True)
            await self._chunks.aclose()

    async def _send_all(self, send: Send) -> None:
        await _send_chunk(send, self._first + heartbeat(self._now()))
        # What the database can't give any more the reader asks for when it comes again.
        with contextlib.suppress(GridwallError):
            async for chunk in self._chunks:
                await _send_chunk(send, chunk or heartbeat(self._now()))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_chunk(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _events(state: State, caller: Caller, secret: str, place: Position | None,
                  ) -> AsyncIterator[bytes]:
    """What a stream brings, under a secret that stays while the browser's changes."""
    held = await state.callers.hold(caller, secret)
    try:
        async with contextlib.aclosing(state.live.events(caller, held, place)) as chunks:
            async for chunk in chunks:
                yield chunk
    finally:
        await state.callers.release(secret, held)


@router.get("/live", response_class=Response)
async def live(request: Request, after: str | None = None) -> Response:
    """Server-sent events; `Last-Event-ID`, or `after`, resumes with nothing lost, nothing twice.

    Where it can't resume it says `resync`: load everything anew, then read on.
    """
    given = request.headers.get("last-event-id") or after
    place = Position.parse(given)
    if given and place is None:
        place = Position("", 0)
    state = request.app.state
    chunks = _events(state, request.state.caller, request.state.secret, place)
    return EventStream(await anext(chunks), chunks, state.database.now)
