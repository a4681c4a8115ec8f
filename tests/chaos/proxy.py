"""A line that can be cut: it forwards what comes, until it is told to swallow it instead."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path


class Line:
    """Between whoever connects to `path` and a socket behind; a cut tells neither side.

    Parameters
    ----------
    path, behind
        Unix sockets.
    """

    def __init__(self, path: Path, behind: Path) -> None:
        self._path, self._behind = path, behind
        self._whole = asyncio.Event()
        self._whole.set()
        self._open: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Nothing passes any more, in neither direction; nobody is told."""
        self._whole.clear()

    def mend(self) -> None:
        """All passes again, also what was on its way when the line was cut."""
        self._whole.set()

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator[Line]:
        """The line, as long as the block lasts."""
        server = await asyncio.start_unix_server(self._serve, str(self._path))
        try:
            yield self
        finally:
            server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        await self._whole.wait()
        there, back = await asyncio.open_unix_connection(str(self._behind))
        pumps = [asyncio.create_task(self._pump(reader, back)),
                 asyncio.create_task(self._pump(there, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (writer, back):
                end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65_536):
                await self._whole.wait()
                writer.write(chunk)
                await writer.drain()
