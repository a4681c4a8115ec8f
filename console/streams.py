"""Open streams, and those of equal scope together: each event is encoded once for all of them."""

from __future__ import annotations

import asyncio
from collections import deque

from console.events import Position, encode, encode_resync

MOST_WAITING_BYTES = 256 * 1024

Row = tuple[int, str, str]


class Stream:
    """One open connection: what waits to be sent to it."""

    def __init__(self, secret: str, sequence: int) -> None:
        self.secret = secret
        self.sequence = sequence
        self.ended = False
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()

    def push(self, chunk: bytes, at: Position) -> None:
        """Queue bytes; a reader that is too slow gets `resync` instead, and its end."""
        if self.ended:
            return
        if self._waiting_bytes + len(chunk) > MOST_WAITING_BYTES:
            self._waiting.clear()
            self.end(encode_resync(at, "too slow"))
            return
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        self._wake.set()

    def end(self, last: bytes = b"") -> None:
        """Close after what waits, and `last`, are sent."""
        if last:
            self._waiting.append(last)
        self.ended = True
        self._wake.set()

    async def take(self, timeout_s: float) -> bytes:
        """All that waits; empty when nothing came in time, or the end has come."""
        if not self._waiting and not self.ended:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._wake.wait()
            except TimeoutError:
                return b""
        self._wake.clear()
        chunks = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        return chunks


class Group:
    """The streams that may see the same, and how far they have been read to."""

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence
        self.streams: set[Stream] = set()

    def push(self, epoch: str, rows: list[Row], head: Position) -> None:
        """Hand every stream the same bytes, less what it had before it joined."""
        events = [(n, encode(Position(epoch, n), kind, text)) for n, kind, text in rows]
        shared = b"".join(chunk for _, chunk in events)
        for stream in self.streams:
            if stream.sequence < events[0][0]:
                stream.push(shared, head)
            else:
                stream.push(b"".join(c for n, c in events if n > stream.sequence), head)

    def resync(self, head: Position, reason: str) -> None:
        """Tell every stream to load anew, and read on from there."""
        self.sequence = head.sequence
        for stream in self.streams:
            stream.sequence = head.sequence
            stream.push(encode_resync(head, reason), head)
