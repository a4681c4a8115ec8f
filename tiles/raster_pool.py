"""Who draws rasters for a server: a few processes that can be ended.

Neither threads nor a pool of futures: GDAL can't be told to stop, and a broken file can end the
process that reads it. Here that is a process of its own, which is ended when its time is over.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from dataclasses import asdict

from gis.errors import BadFile, NotFound, Overloaded
from tiles.raster_order import Order
from tiles.raster_worker import BAD_FILE, LENGTH, NOTHING_THERE, READY

log = logging.getLogger("gridwall.rasters")
AT_ONCE, MOST_WAITING = 2, 200
# For one picture; and to load what is needed for the first, on a machine that has much to do.
TIME_S, START_S = 10.0, 60.0


class RasterPool:
    """Draws for one server; of one event loop. A process starts when it is first needed.

    Parameters
    ----------
    at_once
        Processes.
    most_waiting
        Pictures that may wait for one; more are refused.
    time_s
        For one picture, in seconds.
    """

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING,
                 time_s: float = TIME_S) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._idle: list[asyncio.subprocess.Process] = []
        self._alive: set[asyncio.subprocess.Process] = set()
        self._most, self._asked, self._time_s = at_once + most_waiting, 0, time_s

    @property
    def process_ids(self) -> list[int]:
        """Of the processes that draw, for those who measure."""
        return [process.pid for process in self._alive]

    async def draw(self, order: Order) -> bytes:
        """A picture as PNG.

        Raises
        ------
        Overloaded
            When too many wait, or the picture takes too long.
        NotFound, BadFile
            As of `tiles.raster.draw`; the latter too when a file ends the process.
        """
        if self._asked >= self._most:
            raise Overloaded("too many raster tiles are being drawn just now", retry_after_s=1)
        self._asked += 1
        try:
            async with self._turn:
                return await self._drawn(order)
        finally:
            self._asked -= 1

    async def _drawn(self, order: Order) -> bytes:
        process = self._idle.pop() if self._idle else None
        try:
            if process is None or process.returncode is not None:
                await self._end(process)
                process = await self._start()
            message = json.dumps(asdict(order)).encode()
            async with asyncio.timeout(self._time_s):
                process.stdin.write(LENGTH.pack(len(message)) + message)
                await process.stdin.drain()
                kind, said = await _answer(process)
        except TimeoutError:
            await self._end(process)
            log.warning("a raster took longer than %g s: %s", self._time_s, order.paths[:3])
            raise Overloaded("this picture of a raster takes too long to draw") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._end(process)
            log.error("a raster ended the process that read it: %s", order.paths[:3])
            raise BadFile("a file of this raster can't be read") from None
        except BaseException:
            await self._end(process)
            raise
        self._idle.append(process)
        if kind in (NOTHING_THERE, BAD_FILE):
            raise (NotFound if kind == NOTHING_THERE else BadFile)(said.decode())
        return said

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "tiles.raster_worker", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
        self._alive.add(process)
        try:
            async with asyncio.timeout(START_S):
                kind, _ = await _answer(process)
        except BaseException:
            await self._end(process)
            raise
        assert kind == READY
        return process

    async def _end(self, process: asyncio.subprocess.Process | None) -> None:
        if process is None or process not in self._alive:
            return
        self._alive.discard(process)
        if process.returncode is None:
            process.kill()
        # Its pipe is closed with it, so that the loop can be.
        process.stdin.close()
        await process.wait()

    async def close(self) -> None:
        """End all processes."""
        self._idle.clear()
        for process in list(self._alive):
            await self._end(process)


async def _answer(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    said = await process.stdout.readexactly(length)
    return said[:1], said[1:]
