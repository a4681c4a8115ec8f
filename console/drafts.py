"""Drafts that are being worked on: kept in memory for a while, one piece of work on each at a time.

The database decides which version is the present one; what is kept here is only as good as that,
and is built anew when another process went on with the draft. Work runs in threads of its own,
one a draft at most, so that no draft waits for another's, and none holds up the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import shapely
from psycopg import AsyncConnection

from gis import queries
from gis.database import Database
from gis.errors import Overloaded
from gis.plan_rules import Rules, parse_rules
from gis.plans import Draft, Stale, read_draft
from gis.plans.figures import settled
from gis.plans.ground import DraftGround, read_ground
from gis.plans.reading import BaseArea, read_base, read_made, read_parents
from gis.plans.workbench import Workbench

MOST_DRAFTS = 12
MOST_GROUNDS = 4
MOST_WAITING = 16
# A page asks every quarter of a minute; one that has not for so long is closed.
LOOKING_S = 60.0
THREADS = 3
# What lives on the ground changes by the hour; open incidents by the minute.
GROUND_S = 120.0
Answer = TypeVar("Answer")


@dataclass
class Place:
    """Where one draft is worked on."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    bench: Workbench | None = None
    told_rules: Mapping[str, Any] = field(default_factory=dict)


class Drafts:
    """Drafts in memory; the least used go first.

    Parameters
    ----------
    database
        Where they are stored.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places: OrderedDict[int, Place] = OrderedDict()
        self._grounds: OrderedDict[object, tuple[float, DraftGround]] = OrderedDict()
        self._lookers: dict[int, dict[str, float]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="draft")

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def look(self, draft_id: int, name: str) -> list[str]:
        """Note who looks at a draft; the others who have lately, by name."""
        now = time.monotonic()
        lookers = self._lookers.get(draft_id, {}) | {name: now}
        lately = {who: at for who, at in lookers.items() if now - at < LOOKING_S}
        self._lookers[draft_id] = lately
        self._lookers = {key: ones for key, ones in self._lookers.items()
                         if now - max(ones.values()) < LOOKING_S}
        return sorted(set(lately) - {name})

    async def run(self, work: Callable[..., Answer], *arguments: Any) -> Answer:
        """Work that takes a while, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    @asynccontextmanager
    async def at(self, secret: str, draft_id: int, version: int | None = None
                 ) -> AsyncIterator[Workbench]:
        """A draft at its present version, nobody else's for the while.

        Parameters
        ----------
        secret
            Whose it has to be to see.
        version
            The one that the caller has seen; None for any.

        Raises
        ------
        NotFound
            No such draft, or not for the caller to see.
        Stale
            The draft is at another version, or no longer open.
        Overloaded
            Too much waits for this draft already.
        """
        async with self._database.scope(secret) as connection:
            await read_draft(connection, draft_id)
        place = self._place(draft_id)
        if place.waiting >= MOST_WAITING:
            raise Overloaded("too much waits for this draft already", 2)
        place.waiting += 1
        try:
            async with place.lock:
                draft, bench = await self._bench(secret, draft_id, place)
                if version is not None and (draft.version != version or draft.state != "open"):
                    raise Stale(draft.version, draft.state)
                try:
                    yield bench
                except BaseException:
                    # Whatever it was, it may have been half done: what is stored is what counts.
                    if bench.unsettled:
                        place.bench = None
                    raise
        finally:
            place.waiting -= 1
            self._forget()

    async def _bench(self, secret: str, draft_id: int, place: Place) -> tuple[Draft, Workbench]:
        async with self._database.scope(secret) as connection:
            draft = await read_draft(connection, draft_id)
            told = await read_told_rules(connection, draft)
            bench = place.bench
            if bench is None or bench.version != draft.version or told != place.told_rules:
                place.bench = None
                given = await self._given(connection, draft, parse_rules(*told))
                bench = None
        if bench is None:
            bench = await self.run(Workbench, *given)
            place.bench, place.told_rules = bench, told
        bench.draft = draft
        return draft, bench

    async def _given(self, connection: AsyncConnection, draft: Draft,
                     rules: Rules) -> tuple[Any, ...]:
        base = await read_base(connection, draft.id)
        parents = await read_parents(connection, draft.id)
        made = await read_made(connection, draft.id, undone_too=True)
        cursor = await connection.execute(queries.get("draft_operations"), {"id": draft.id})
        operations = [row[1] for row in await cursor.fetchall()]
        ground = await self._ground(connection, draft, base)
        return draft, base, parents, made, operations, ground, rules

    async def _ground(self, connection: AsyncConnection, draft: Draft,
                      base: Mapping[str, BaseArea]) -> DraftGround:
        """By the area that a draft is bound to: who sees the draft sees what lies in it."""
        area = draft.told["area"]
        key = (draft.scheme, area and area["code"], draft.base_at)
        known = self._grounds.get(key)
        if known and time.monotonic() - known[0] < GROUND_S:
            self._grounds.move_to_end(key)
            return known[1]
        bounds = shapely.total_bounds([one.geom for one in base.values()])
        ground = await read_ground(connection, draft.id, tuple(bounds.tolist()))
        ground = replace(ground, points=await self.run(
            settled, ground.points, {key: one.geom for key, one in base.items()},
            {key: vars(one) for key, one in base.items()}))
        self._grounds[key] = time.monotonic(), ground
        while len(self._grounds) > MOST_GROUNDS:
            self._grounds.popitem(last=False)
        return ground

    def _place(self, draft_id: int) -> Place:
        place = self._places.setdefault(draft_id, Place())
        self._places.move_to_end(draft_id)
        return place

    def _forget(self) -> None:
        """Never one that is being worked on or waited for."""
        idle = [key for key, place in self._places.items() if not place.waiting]
        for key in idle[:max(0, len(self._places) - MOST_DRAFTS)]:
            del self._places[key]


async def read_told_rules(connection: AsyncConnection, draft: Draft) -> tuple[dict[str, Any], ...]:
    """What the city and then the draft itself have set."""
    cursor = await connection.execute(queries.get("plan_rules"), {"scheme": draft.scheme})
    row = await cursor.fetchone()
    return (row[0] if row else {}), dict(draft.rules)
