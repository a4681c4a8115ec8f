"""What routes over the caller's own share have in common: its transaction, and its answers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime

from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from tiles.cache import Body

# Two accounts of one browser never share an answer: it belongs to the cookie that asked.
_VARY = "Cookie, Authorization, Accept-Encoding"


def scoped(request: Request) -> AbstractAsyncContextManager[AsyncConnection]:
    """A transaction that has entered with the caller's secret."""
    return request.app.state.database.scope(request.state.secret)


def answer_bytes(request: Request, body: Body, media_type: str, fresh_s: int = 0) -> Response:
    """A private answer with its entity tag: 204 when empty, 304 when the caller has it."""
    headers = {
        "ETag": body.tag, "Vary": _VARY,
        "Cache-Control": f"private, max-age={fresh_s}" if fresh_s else "private, no-cache",
    }
    if not body.content:
        return Response(status_code=204, headers=headers)
    known = request.headers.get("if-none-match", "")
    if any(tag.strip().removeprefix("W/") in (body.tag, "*") for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    coding = _coding(request.headers.get("accept-encoding", "")) if body.size > 1000 else "identity"
    if coding != "identity":
        headers["Content-Encoding"] = coding
    return Response(body.coded(coding), media_type=media_type, headers=headers)


def _coding(accepted: str) -> str:
    refused = ("q=0", "q=0.0", "q=0.00", "q=0.000")
    offered = set()
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in refused:
            offered.add(name.strip())
    return next((name for name in ("br", "gzip") if name in offered), "identity")


def now_of(request: Request) -> datetime:
    """The time by the database's clock, by which deadlines are told."""
    return request.app.state.database.now()
