"""Single reports that arrive together are stored together, as a database's group commit does.

A transaction of one report costs several times what one of many costs for each. So while the
lanes to the database are busy, reports wait for a moment and then go as one call, each answered
by itself. A report that comes alone goes at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import psycopg

from gis.errors import InvalidInput
from gis.reports import Report

Answer = tuple[int, bool, dict[str, Any]]
Store = Callable[[str, list[Report]], Awaitable[list[Answer]]]

# One: what comes during a call makes the next one large, and two cores are busy with it.
LANES = 1
MOST_AT_ONCE = 100


class _Waiting(NamedTuple):
    report: Report
    answered: asyncio.Future[Answer]


class Gatherer:
    """The door for single reports.

    Parameters
    ----------
    store
        Stores reports of one caller in one transaction, all or none, and answers in their order.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, list[_Waiting]] = {}
        self._busy = 0
        self._lanes: set[asyncio.Task[None]] = set()

    async def file(self, secret: str, report: Report) -> Answer:
        """Store one report of the secret's owner; raises what storing it alone would raise."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(secret, []).append(_Waiting(report, answered))
        if self._busy < LANES:
            self._busy += 1
            lane = asyncio.create_task(self._drain())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return await answered

    async def _drain(self) -> None:
        """Serve until nobody waits; the lane is given up in the step that finds so."""
        try:
            while self._waiting:
                secret = next(iter(self._waiting))
                those = self._waiting.pop(secret)
                if len(those) > MOST_AT_ONCE:
                    self._waiting[secret] = those[MOST_AT_ONCE:]
                await self._file(secret, those[:MOST_AT_ONCE])
        finally:
            self._busy -= 1

    async def _file(self, secret: str, those: list[_Waiting]) -> None:
        try:
            answers = await self._store(secret, [one.report for one in those])
        except (InvalidInput, psycopg.DataError, psycopg.IntegrityError) as fault:
            if len(those) == 1:
                _refuse(those, fault)
                return
            for one in those:
                await self._file(secret, [one])
        except Exception as fault:
            _refuse(those, fault)
        else:
            for one, answer in zip(those, answers, strict=True):
                if not one.answered.done():
                    one.answered.set_result(answer)


def _refuse(those: list[_Waiting], fault: Exception) -> None:
    for one in those:
        if not one.answered.done():
            one.answered.set_exception(fault)
