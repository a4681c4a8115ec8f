"""What this process keeps follows the events: tiles that were drawn, and who callers are."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable

import psycopg

from console.callers import Callers
from console.events import Position
from gis.database import Database
from gis.errors import GridwallError
from gis.tile_changes import AccessChange, Origin, TileChange, read_changes, read_origin
from tiles.freshness import Freshness, Tile
from tiles.store import TileStore
from tiles.vector import LAYERS, Layer

log = logging.getLogger("gridwall.tiles")

# As many events are read at once; and after so many it is cheaper to draw all anew.
PAGE, FURTHEST_BEHIND = 20_000, 100_000
# Which tiles were touched is written down so often.
WRITE_S = 60.0
AREAS = "area"
# What walls are told of nowhere else: areas and incidents have events of their own.
SILENT_SOURCES = {"building", "ground"}
# A load of a city tells in many events; another process may read one so much later.
TELL_AFTER_S, TELL_EVERY_S = 2.0, 10.0


class Following:
    """Reads what has changed, once for this process; `follow` is called with each new head.

    Parameters
    ----------
    database
        Its pool is borrowed for moments.
    callers, store
        What is kept.
    tell_tiles
        Called when tiles on walls have become old, but seldom.
    """

    def __init__(self, database: Database, callers: Callers, store: TileStore,
                 tell_tiles: Callable[[], None]) -> None:
        self._database = database
        self._callers = callers
        self._store = store
        self._tell_tiles = tell_tiles
        self._tell_at: float | None = None
        self._told_at = float("-inf")
        self._epoch = ""
        self._written_at = time.monotonic()
        self._written = -1
        self._reading = asyncio.Lock()

    async def follow(self, head: Position) -> None:
        """Read on to the head; what can't be read now is read at the next call."""
        async with self._reading:
            await self._follow(head)

    async def _follow(self, head: Position) -> None:
        try:
            freshness = self._store.freshness
            if freshness is None or head.epoch != self._epoch:
                freshness = await self._begin()
            while freshness.sequence < head.sequence:
                await self._read(freshness, min(head.sequence, freshness.sequence + PAGE))
        except (GridwallError, psycopg.Error) as problem:
            log.debug("changes of tiles wait: %s", problem)
            return
        self._store.heard()
        self._callers.heard()
        now = time.monotonic()
        if self._tell_at is not None and now >= self._tell_at:
            self._tell_at, self._told_at = None, now
            self._tell_tiles()
        if now - self._written_at > WRITE_S:
            await self._write()

    async def close(self) -> None:
        """Write down what the next start goes on from."""
        await self._store.close()
        await self._write()

    async def _begin(self) -> Freshness:
        """Go on from what was written down, or from now."""
        async with self._database.plain() as connection:
            origin = await read_origin(connection)
        self._callers.forget_all()
        disk = self._store.disk
        await asyncio.to_thread(disk.open, _installation(origin))
        told = await asyncio.to_thread(disk.read_marks)
        freshness = Freshness.from_told(told) if told else Freshness(origin.sequence)
        if not _reaches(freshness, origin):
            freshness = Freshness(origin.sequence)
        self._store.begin(freshness)
        self._epoch = origin.epoch
        # At once, for processes that start later.
        self._written_at = float("-inf")
        return freshness

    async def _read(self, freshness: Freshness, upto: int) -> None:
        async with self._database.plain() as connection:
            changes = await read_changes(connection, freshness.sequence, upto)
        gone: dict[str, dict[Tile, int]] = {}
        for change in changes:
            if isinstance(change, AccessChange):
                self._callers.note_change(change)
                continue
            touched = self._store.touch(change)
            for layer in _layers_on_disk(change):
                gone.setdefault(layer, {}).update(dict.fromkeys(touched, change.sequence))
            if change.source == AREAS:
                # What lies above and under whose ground may have changed for anybody.
                self._callers.forget_all()
            if change.source in SILENT_SOURCES and self._tell_at is None:
                self._tell_at = max(time.monotonic() + TELL_AFTER_S, self._told_at + TELL_EVERY_S)
        freshness.sequence = max(freshness.sequence, upto)
        for layer, tiles in gone.items():
            await asyncio.to_thread(self._store.disk.drop, layer, tiles)

    async def _write(self) -> None:
        freshness = self._store.freshness
        self._written_at = time.monotonic()
        if freshness is not None and freshness.sequence != self._written:
            self._written = freshness.sequence
            await asyncio.to_thread(self._store.disk.write_marks, freshness.told())


def _reaches(freshness: Freshness, origin: Origin) -> bool:
    """Whether all events since then are still there, and few enough to be read."""
    behind = origin.sequence - freshness.sequence
    return 0 <= behind <= FURTHEST_BEHIND and (
        behind == 0 or freshness.sequence + 1 >= origin.lowest)


def _layers_on_disk(change: TileChange) -> list[str]:
    return [name for name, layer in LAYERS.items() if _shows(layer, change.source)]


def _shows(layer: Layer, source: str) -> bool:
    return layer.on_disk and source in layer.sources


def _installation(origin: Origin) -> str:
    """A name for what tiles are drawn from, and by which functions."""
    said = repr((origin.database, origin.epoch, origin.scripts))
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
