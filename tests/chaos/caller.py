"""As little HTTP as a sender of reports needs, so that the sender is not what is measured."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

MOST_KEPT = 32


class Answer(NamedTuple):
    """Status, headers by their small names, and the decoded body."""

    status: int
    headers: dict[str, str]
    body: Any


class Caller:
    """Sends JSON over kept connections, at most so many at once.

    Raises
    ------
    OSError
        From `post`, whatever broke the line.
    """

    def __init__(self, url: str, token: str, most: int = MOST_KEPT) -> None:
        parts = urlsplit(url)
        self._where = (parts.hostname, parts.port)
        self._head = (f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
                      "Content-Type: application/json\r\nContent-Length: ")
        self._room = asyncio.Semaphore(most)
        self._kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, sent: object, timeout_s: float = 20.0) -> Answer:
        """One request and its answer."""
        async with self._room:
            line = self._kept.pop() if self._kept else None
            try:
                async with asyncio.timeout(timeout_s):
                    line = line or await asyncio.open_connection(*self._where)
                    answer = await self._exchange(*line, path, json.dumps(sent).encode())
            except (OSError, EOFError, TimeoutError, ValueError) as broken:
                if line:
                    line[1].close()
                raise OSError(str(broken)) from None
            if answer.headers.get("connection") == "close":
                line[1].close()
            else:
                self._kept.append(line)
            return answer

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                        path: str, body: bytes) -> Answer:
        writer.write(f"POST {path} HTTP/1.1\r\n{self._head}{len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in lines)}
        text = await reader.readexactly(int(headers["content-length"]))
        return Answer(int(first.split()[1]), headers, json.loads(text))

    def close(self) -> None:
        """Let the kept connections go."""
        while self._kept:
            self._kept.pop()[1].close()
