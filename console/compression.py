"""Compress what is compressible, once: files are kept compressed, event streams never are."""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict

import brotli
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 800
LARGEST = 16 * 1024 * 1024
CACHE_BYTES = 64 * 1024 * 1024
# Files are compressed once and sent often; answers once and sent once.
FILE_QUALITY, ANSWER_QUALITY = 9, 4
_KINDS = (b"text/", b"application/json", b"application/problem+json", b"application/javascript",
          b"application/geo+json", b"application/xml", b"image/svg+xml",
          b"application/manifest+json")
_NEVER = b"text/event-stream"

Headers = list[tuple[bytes, bytes]]


class Compression:
    """Pure ASGI middleware; leaves alone what is encoded already, ranged, small or unknown."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[tuple[bytes, ...], bytes] = OrderedDict()
        self._kept_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the answer back until it is whole, then send it compressed."""
        coding = _coding(scope) if scope["type"] == "http" else None
        if coding is None:
            await self._app(scope, receive, send)
            return
        answer = _Held(self, scope, coding, send)
        await self._app(scope, receive, answer.send)

    async def compressed(self, key: tuple[bytes, ...] | None, coding: bytes,
                         body: bytes) -> bytes:
        """The body in a coding; under a key it is kept for the next who asks."""
        kept = self._kept.get(key) if key else None
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        if len(body) < 32_768 and key is None:
            return _compress(coding, body, ANSWER_QUALITY)
        quality = FILE_QUALITY if key else ANSWER_QUALITY
        small = await asyncio.to_thread(_compress, coding, body, quality)
        if key:
            self._keep(key, small)
        return small

    def _keep(self, key: tuple[bytes, ...], body: bytes) -> None:
        if key in self._kept:
            return
        self._kept[key] = body
        self._kept_bytes += len(body)
        while self._kept_bytes > CACHE_BYTES:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])


class _Held:
    """One answer on its way."""

    def __init__(self, owner: Compression, scope: Scope, coding: bytes, send: Send) -> None:
        self._owner = owner
        self._scope = scope
        self._coding = coding
        self._send = send
        self._start: Message | None = None
        self._body: list[bytes] = []
        self._size = 0

    async def send(self, message: Message) -> None:
        """Take a message of the answer; passes on at once what is not to be compressed."""
        if message["type"] == "http.response.start":
            if _is_compressible(message):
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body.append(message.get("body", b""))
            self._size += len(self._body[-1])
            if message.get("more_body") and self._size <= LARGEST:
                return
            await self._finish(bool(message.get("more_body")))
            return
        await self._send(message)

    async def _finish(self, more: bool) -> None:
        start, body = self._start, b"".join(self._body)
        self._start = None
        if not more and len(body) >= SMALLEST:
            headers = start["headers"]
            tag = _header(headers, b"etag")
            key = (self._scope["path"].encode(), tag, self._coding) if tag else None
            body = await self._owner.compressed(key, self._coding, body)
            start = start | {"headers": _encoded(headers, self._coding, len(body))}
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


def _coding(scope: Scope) -> bytes | None:
    accepted = _header(scope["headers"], b"accept-encoding") or b""
    if _header(scope["headers"], b"range"):
        return None
    if b"br" in accepted:
        return b"br"
    return b"gzip" if b"gzip" in accepted else None


def _is_compressible(message: Message) -> bool:
    headers = message["headers"]
    kind = _header(headers, b"content-type") or b""
    return (message["status"] == 200 and kind.startswith(_KINDS) and not kind.startswith(_NEVER)
            and _header(headers, b"content-encoding") is None)


def _header(headers: Headers, name: bytes) -> bytes | None:
    return next((value for key, value in headers if key.lower() == name), None)


def _encoded(headers: Headers, coding: bytes, length: int) -> Headers:
    """The headers of the compressed answer; its entity tag is weak, for its bytes differ."""
    changed: Headers = []
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length":
            value = str(length).encode()
        elif lower == b"etag" and not value.startswith(b"W/"):
            value = b"W/" + value
        if lower not in (b"vary", b"accept-ranges"):
            changed.append((name, value))
    vary = _header(headers, b"vary")
    return [*changed, (b"content-encoding", coding),
            (b"vary", vary + b", Accept-Encoding" if vary else b"Accept-Encoding")]


def _compress(coding: bytes, body: bytes, quality: int) -> bytes:
    if coding == b"br":
        return brotli.compress(body, quality=quality)
    return gzip.compress(body, min(quality, 6), mtime=0)
