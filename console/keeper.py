"""The keepers inside the server: a tick every few seconds, whoever of several servers is first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg
import shapely

from gis.database import Database
from gis.errors import DatabaseAway, GridwallError
from gis.generalise import generalise_due
from gis.keeping import keep

log = logging.getLogger("gridwall.keeper")


class Keeper:
    """Seals changes, acts on clocks and generalises areas, from `start` to `close`.

    Parameters
    ----------
    database
        Its pool is borrowed for moments.
    tick_s
        Seconds between two looks: how late an escalation may be.
    """

    def __init__(self, database: Database, tick_s: float) -> None:
        self._database = database
        self._tick_s = tick_s
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, inside the running event loop."""
        # Apart: the clocks don't wait for the geometry of a city.
        self._tasks = [asyncio.create_task(self._run(keep, "the clocks wait")),
                       asyncio.create_task(self._run(generalise_due, "generalised areas wait"))]

    async def close(self) -> None:
        """End; what is under way is undone by the database and done at the next look."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, work: Callable[[Database], Awaitable[object]], trouble: str) -> None:
        while True:
            # Before the first look too: a server that has just come up has other things to do.
            await asyncio.sleep(self._tick_s)
            try:
                await work(self._database)
            except DatabaseAway:
                continue
            except (GridwallError, psycopg.Error, shapely.errors.ShapelyError) as problem:
                log.warning("%s: %s", trouble, problem)
