"""The keepers inside the server: a tick every few seconds, whoever of several servers is first."""

from __future__ import annotations

import asyncio
import logging

import psycopg

from gis.database import Database
from gis.errors import DatabaseAway, GridwallError
from gis.keeping import keep

log = logging.getLogger("gridwall.keeper")


class Keeper:
    """Seals changes and acts on clocks, from `start` to `close`.

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
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, inside the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End; what is under way is undone by the database and done at the next look."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            # Before the first look too: a server that has just come up has other things to do.
            await asyncio.sleep(self._tick_s)
            try:
                await keep(self._database)
            except DatabaseAway:
                continue
            except (GridwallError, psycopg.Error) as problem:
                log.warning("the clocks wait: %s", problem)
