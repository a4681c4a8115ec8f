"""Counting what happened, once a second, so that whoever asks finds little left to count."""

from __future__ import annotations

import asyncio
import logging

import psycopg

from gis.assessment import settle
from gis.database import Database
from gis.errors import GridwallError

log = logging.getLogger("gridwall.folding")

TICK_S = 1.0


class Folding:
    """Folds events into the counts of assessment, from `start` to `close`.

    Any number of servers may do it: the database lets one at a time, and counts once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, inside the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop; what is left waits for the next server, or for whoever asks."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await settle(self._database)
            except (GridwallError, psycopg.Error) as problem:
                log.debug("counts wait: %s", problem)
            await asyncio.sleep(TICK_S)
