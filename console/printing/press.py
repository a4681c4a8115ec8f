"""The press: each document is set by a process of its own.

What Typst remembers of a document it never gives back (some 200 KB a plate, measured), and
drawing QR codes holds Python's lock: neither belongs into a server that runs for months.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable

from console.printing.document import Document
from console.printing.picture import Picture
from gis.errors import Overloaded, SetupError

SETUP_FAULT = 3
# Processes at a time, and orders that may be under way: a community's thousand plates leave the
# turn to others after each part, so that one matter's printout does not wait for all of them.
AT_ONCE, MOST_ORDERS = 2, 6

Told = Callable[[int, int], None]
Gone = Callable[[], Awaitable[bool]]


class Press:
    """Prints for one server; of one event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._orders = 0

    async def picture(self, picture: Picture) -> bytes:
        """A drawing as PNG; refusals as of `print`."""
        return await self.print([picture])

    async def print(self, parts: list[Document] | list[Picture],
                    told: Told = lambda done, total: None,
                    gone: Gone | None = None) -> bytes:
        """One PDF of all parts, in their order.

        Parameters
        ----------
        parts
            At least one.
        told
            Called with parts done and parts in all.
        gone
            Asked before each part whether nobody waits for it any more.

        Raises
        ------
        Overloaded
            When too many are under way already, or nobody waits for this one.
        SetupError
            When something that printing needs is missing.
        """
        if self._orders >= MOST_ORDERS:
            raise Overloaded("too much is being printed just now", retry_after_s=10)
        self._orders += 1
        try:
            made: list[bytes] = []
            for part in parts:
                if gone is not None and await gone():
                    raise Overloaded("whoever ordered it has gone")
                async with self._turn:
                    made.append(await _set(part))
                told(len(made), len(parts))
        finally:
            self._orders -= 1
        return made[0] if len(made) == 1 else await asyncio.to_thread(_joined, made)


async def _set(document: Document | Picture) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "console.printing", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        made, said = await process.communicate(document.as_json())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == SETUP_FAULT:
        raise SetupError(said.decode(errors="replace").strip())
    if process.returncode != 0:
        raise RuntimeError(f"printing failed: {said.decode(errors='replace')[-2000:]}")
    return made


def _joined(parts: list[bytes]) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter()
    for part in parts:
        writer.append(io.BytesIO(part), import_outline=False)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
