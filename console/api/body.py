"""Bodies as they come: never more than the limit, and any JSON that can be spoken about."""

from __future__ import annotations

import json

import orjson
from starlette.requests import ClientDisconnect, Request

from console.problems import plain

JSON_TYPES = ("", "application/json", "text/json")


class BadBody(Exception):
    """A body that is refused before anybody looks at its fields; carries the problem."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.problem = plain(status, detail, "body")


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The whole body.

    Raises
    ------
    BadBody
        413, as soon as it is known to be longer than the limit.
    """
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit_bytes:
        raise BadBody(413, _too_large(limit_bytes))
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit_bytes:
                raise BadBody(413, _too_large(limit_bytes))
            chunks.append(chunk)
    except ClientDisconnect:
        raise BadBody(400, "the body ended early") from None
    return b"".join(chunks)


def read_json(request: Request, body: bytes) -> object:
    """The decoded JSON; NaN, Infinity and lone surrogates come through, to be told by field.

    Raises
    ------
    BadBody
        400 where it is no JSON, 415 where it says it is something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES and not kind.endswith("+json"):
        raise BadBody(415, f"{kind[:60]} can't be read here: send application/json")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        return _read_loosely(body, str(problem))


def _read_loosely(body: bytes, strict_problem: str) -> object:
    """What the strict reader refuses may still be spoken about field by field."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadBody(400, f"this is no JSON: {strict_problem}") from None


def _too_large(limit_bytes: int) -> str:
    return f"the body is too large: at most {limit_bytes:,} bytes"
