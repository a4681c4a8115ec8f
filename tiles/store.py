"""Tiles that were drawn: kept in memory and on disk for as long as they are fresh."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gis.tile_changes import TileChange
from tiles import vector
from tiles.cache import Body, Cache
from tiles.disk import Disk, Place
from tiles.freshness import Freshness, Tile
from tiles.vector import Drawing

log = logging.getLogger("gridwall.tiles")

# The load in the tiles of areas may be as old as this; live loads come with /api/wall/areas.
LOAD_S = 10.0
# For so long what is not drawn as it will stay is kept: areas whose coverage is being made.
UNSETTLED_S = 2.0
# Changes that were not read for so long are taken to have happened.
DEAF_S = 15.0
# What was drawn is written so much later, one after the other: whoever waits for a tile goes first.
WRITE_AFTER_S = 1.0
MOST_WRITES = 512


@dataclass(frozen=True)
class TileKey:
    """By what a tile is known: whose share of the city it shows, and its address."""

    share: str
    address: vector.TileAddress

    @property
    def place(self) -> Place:
        """Where it lies on disk."""
        asked = self.address
        return Place(asked.layer, asked.z, asked.x, asked.y, repr((self.share, asked)))

    @property
    def sources(self) -> tuple[str, ...]:
        """Under which names changes of what it shows are told."""
        return vector.layer(self.address.layer).sources

    @property
    def load_source(self) -> tuple[str, ...]:
        """Under which name changes of the load in it are told, if it shows any."""
        asked = self.address
        if asked.layer != "areas" or asked.at is not None:
            return ()
        return (f"load:{asked.scheme}:{asked.level}",)


@dataclass
class Kept:
    """A tile with the number up to which changes were known before it was drawn.

    `drawn_at` and `until` are by the clock that only runs on; a tile from disk was drawn at no
    time that is known.
    """

    body: Body
    as_of: int
    drawn_at: float = float("-inf")
    until: float = float("inf")

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return self.body.size + 400


@dataclass
class Flight:
    """A drawing under way, for all who ask meanwhile."""

    as_of: int
    task: asyncio.Task[tuple[Body, str | None]] = field(repr=False)


class TileStore:
    """Gives tiles, drawn or kept.

    Parameters
    ----------
    disk
        Where they are kept beyond this process.
    limit
        Bytes of memory that they may take.
    """

    def __init__(self, disk: Disk, limit: int = 64_000_000) -> None:
        self.disk = disk
        self.freshness: Freshness | None = None
        self._memory: Cache[Kept] = Cache(limit)
        self._flights: dict[TileKey, Flight] = {}
        self._heard_at = float("-inf")
        self._unwritten: dict[TileKey, Kept] = {}
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def begin(self, freshness: Freshness) -> None:
        """Go by this from now on; what was kept in memory is let go.

        Numbers before mean nothing any more: what is under way is kept nowhere.
        """
        self._memory.clear()
        self._flights.clear()
        self._unwritten.clear()
        self.freshness = freshness

    def heard(self) -> None:
        """All changes that were numbered till now have been told."""
        self._heard_at = time.monotonic()

    def touch(self, change: TileChange) -> list[Tile]:
        """A change has been read; returns the tiles that it touches, but those below large ones.

        Raises
        ------
        RuntimeError
            Before `begin`.
        """
        if self.freshness is None:
            raise RuntimeError("nothing has begun")
        return self.freshness.touch(change)

    async def get(self, key: TileKey, draw: Callable[[], Awaitable[Drawing]]) -> Body:
        """A tile.

        Parameters
        ----------
        key
            Whose tile, and which.
        draw
            Draws it with the rights of whoever asks, and tells for which share.

        Raises
        ------
        GridwallError
            What `draw` raises.
        """
        kept = self._memory.get(key)
        if kept is not None and self._is_fresh(key, kept):
            return kept.body
        flight = self._flights.get(key)
        if flight is not None and self._is_fresh(key, Kept(Body(b""), flight.as_of, _now())):
            try:
                body, share = await asyncio.shield(flight.task)
            except Exception:  # what went wrong was another's: it may go well for this one
                return Body((await draw()).content)
            return body if share == key.share else Body((await draw()).content)
        flight = self._fly(key, draw)
        return (await asyncio.shield(flight.task))[0]

    async def close(self) -> None:
        """Write what is not written yet."""
        self._closing.set()
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)

    def _fly(self, key: TileKey, draw: Callable[[], Awaitable[Drawing]]) -> Flight:
        as_of = self.freshness.sequence if self.freshness else -1
        flight = Flight(as_of, asyncio.create_task(self._make(key, draw, as_of)))
        self._flights[key] = flight

        def landed(task: asyncio.Task[tuple[Body, str | None]]) -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]
            if not task.cancelled():
                task.exception()  # told to who waits; nobody may

        flight.task.add_done_callback(landed)
        return flight

    async def _make(self, key: TileKey, draw: Callable[[], Awaitable[Drawing]], as_of: int,
                    ) -> tuple[Body, str | None]:
        layer = vector.layer(key.address.layer)
        # A look costs microseconds, a thread its turn: most tiles that are drawn were never kept.
        if layer.on_disk and self._hears() and self.disk.has(key.place):
            found = await asyncio.to_thread(self.disk.read, key.place)
            if found is not None:
                kept = Kept(found[1], found[0])
                if self._is_fresh(key, kept):
                    self._memory.put(key, kept)
                    return kept.body, key.share
        known = self.freshness
        drawing = await draw()
        kept = Kept(Body(drawing.content), as_of, _now(), _now() + _lasts_s(layer, drawing))
        # A share that has changed meanwhile is another's; changes that nobody hears touch all.
        if drawing.share == key.share and self._hears() and self.freshness is known:
            self._memory.put(key, kept)
            if layer.on_disk and drawing.settled and drawing.content:
                self._write(key, kept)
        return kept.body, drawing.share

    def _write(self, key: TileKey, kept: Kept) -> None:
        if len(self._unwritten) < MOST_WRITES:
            self._unwritten[key] = kept
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_later())

    async def _write_later(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), WRITE_AFTER_S)
        try:
            while self._unwritten:
                key = next(iter(self._unwritten))
                kept = self._unwritten.pop(key)
                await asyncio.to_thread(self.disk.write, key.place, kept.as_of, kept.body,
                                        self.disk.installation)
        finally:
            self._writing = None

    def _hears(self) -> bool:
        return self.freshness is not None and _now() - self._heard_at < DEAF_S

    def _is_fresh(self, key: TileKey, kept: Kept) -> bool:
        now = _now()
        if self.freshness is None or not self._hears() or now >= kept.until:
            return False
        asked = key.address
        place = (asked.z, asked.x, asked.y)
        if self.freshness.last(key.sources, *place) > kept.as_of:
            return False
        return now - kept.drawn_at < LOAD_S or not key.load_source \
            or self.freshness.last(key.load_source, *place) <= kept.as_of


def _lasts_s(layer: vector.Layer, drawing: Drawing) -> float:
    if not drawing.settled:
        return UNSETTLED_S
    return layer.lasts_s if layer.lasts_s is not None else float("inf")


def _now() -> float:
    return time.monotonic()
