"""`/live`: one sequencer, one reader per scope, one encoded buffer for all who share it.

Numbers are given by the database (`sequence_events`), in one backend at a time. Streams of
equal scope form a group: the group reads what its scope may see, once, and hands every stream
the same bytes. No stream holds a database connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg

from console.callers import Callers
from console.events import Position, encode, encode_notice, encode_resync
from console.streams import Group, Row, Stream
from gis import queries
from gis.accounts import Caller
from gis.database import Database
from gis.errors import DatabaseAway, DatabaseShut, GridwallError, NotSignedIn, Overloaded
from gis.pulse import Trouble

log = logging.getLogger("gridwall.live")

IDLE_POLL_S = 1.0
AWAY_POLL_S = 0.5
HEARTBEAT_S = 5.0
WANTED_S = 10.0
PAGE = 500
# Further behind than this, loading everything anew is cheaper than catching up.
FURTHEST_BEHIND = 5_000
RESTORED = "restored"
MOST_STREAMS = 2_000
# Under load changes may wait for each other so long, and no longer.
SLOWEST_POLL_S = 1.0


class Live:
    """Sequences, reads and fans out, from `start` to `close`.

    Parameters
    ----------
    database
        Its pool is borrowed for moments.
    callers
        Tells whether the credentials of open streams still hold.
    poll_s
        How long a change may wait for its number while somebody watches.

    Attributes
    ----------
    follow
        Awaited with the head of the events, whenever that was read; it raises nothing.
    """

    def __init__(self, database: Database, callers: Callers, poll_s: float) -> None:
        self._database = database
        self._callers = callers
        self._poll_s = poll_s
        self._groups: dict[str, Group] = {}
        self._head: Position | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._watched = asyncio.Event()
        self._slower = 1
        self._trouble: Trouble | None = None
        self._wanted_until = 0.0
        self.follow: Callable[[Position], Awaitable[None]] | None = None
        self.closing = False

    @property
    def stream_count(self) -> int:
        """How many streams are open."""
        return sum(len(group.streams) for group in self._groups.values())

    @property
    def head_sequence(self) -> int:
        """The last number that was seen to be given."""
        return self._head.sequence if self._head else 0

    def start(self) -> None:
        """Begin, inside the running event loop."""
        self._tasks = [asyncio.create_task(self._sequence()),
                       asyncio.create_task(self._guard())]

    def want(self) -> None:
        """Somebody goes by what is numbered, though no stream is open: don't idle for a while."""
        self._wanted_until = time.monotonic() + WANTED_S
        self._watched.set()

    def set_pace(self, slower: int) -> None:
        """Have all pages refresh so many times more seldom: the first thing that gives."""
        if slower != self._slower:
            self._slower = slower
            self._tell_all(encode_notice("pace", {"slower": slower}))

    def tell_trouble(self, trouble: Trouble | None) -> None:
        """Have all pages say what is wrong with the database, or that nothing is any more."""
        self._trouble = trouble
        self._tell_all(_notice_of(trouble))

    def tell_tiles(self) -> None:
        """Have all walls ask again for the tiles that they show; most are answered 304."""
        self._tell_all(encode_notice("tiles", {}))

    def _tell_all(self, chunk: bytes) -> None:
        for group in self._groups.values():
            for stream in group.streams:
                stream.push(chunk, self._head or Position("", 0))

    def end_streams(self) -> None:
        """Let every stream end by itself, now; callable from the event loop at any time."""
        self.closing = True
        for group in self._groups.values():
            for stream in group.streams:
                stream.end()

    async def close(self) -> None:
        """End the streams and the work behind them."""
        self.end_streams()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def events(self, caller: Caller, secret: str, after: Position | None,
                     ) -> AsyncIterator[bytes]:
        """The bytes of one stream, an empty chunk where a heartbeat is due.

        Parameters
        ----------
        caller, secret
            Whose scope it reads.
        after
            Where the reader stands; None for "from now on".

        Raises
        ------
        Overloaded
            When `MOST_STREAMS` are open.
        """
        if self.stream_count >= MOST_STREAMS:
            raise Overloaded("no room for another stream", retry_after_s=10)
        head = await self._read_head()
        sequence, first = _begin(head, after)
        yield first
        while sequence < (bound := self._read_to(caller, head)):
            rows = await self._read(secret, sequence)
            if rows:
                yield _encoded(head.epoch, rows)
            sequence = _reached(rows, bound)
        async for chunk in self._follow(caller, secret, Position(head.epoch, sequence)):
            yield chunk

    def _read_to(self, caller: Caller, head: Position) -> int:
        group = self._groups.get(caller.scope_key)
        return group.sequence if group else head.sequence

    async def _follow(self, caller: Caller, secret: str, at: Position) -> AsyncIterator[bytes]:
        group = self._groups.setdefault(caller.scope_key, Group(at.sequence))
        stream = Stream(secret, at.sequence)
        group.streams.add(stream)
        self._watched.set()
        if self._head and self._head.epoch != at.epoch:
            stream.push(encode_resync(self._head, RESTORED), self._head)
        if self._slower > 1:
            stream.push(encode_notice("pace", {"slower": self._slower}), at)
        if self._trouble:
            stream.push(_notice_of(self._trouble), at)
        if self.closing:
            stream.end()
        try:
            while True:
                chunk = await stream.take(HEARTBEAT_S)
                if chunk or not stream.ended:
                    yield chunk
                if stream.ended:
                    return
        finally:
            group.streams.discard(stream)
            if not group.streams and self._groups.get(caller.scope_key) is group:
                del self._groups[caller.scope_key]

    async def _sequence(self) -> None:
        """Number what was committed, and hand it out, until cancelled."""
        while True:
            away = False
            try:
                with contextlib.suppress(DatabaseShut):
                    await self._number()
                await self._step()
            except DatabaseAway:
                away = True
            except (GridwallError, psycopg.Error) as problem:
                away = True
                log.warning("events wait: %s", problem)
            await self._pause(away)

    async def _pause(self, away: bool) -> None:
        if away or self._groups or time.monotonic() < self._wanted_until:
            pace_s = min(self._poll_s * self._slower, SLOWEST_POLL_S)
            await asyncio.sleep(AWAY_POLL_S if away else pace_s)
            return
        self._watched.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_POLL_S):
                await self._watched.wait()

    async def _number(self) -> None:
        async with self._database.plain() as connection:
            await connection.execute(queries.get("sequence_events"))

    async def _step(self) -> None:
        head = await self._read_head()
        before, self._head = self._head, head
        if before is not None and head.epoch != before.epoch:
            for group in self._groups.values():
                group.resync(head, RESTORED)
        # Before walls hear of it: what they ask for then must not be of before.
        if self.follow is not None:
            await self.follow(head)
        for group in list(self._groups.values()):
            await self._advance(group, head)

    async def _advance(self, group: Group, head: Position) -> None:
        """Read on for one group; a credential that has ended takes only its own streams along."""
        while group.sequence < head.sequence and group.streams:
            reader = next(iter(group.streams))
            try:
                rows = await self._read(reader.secret, group.sequence)
            except NotSignedIn:
                self._end_secret(reader.secret)
                continue
            if rows:
                group.push(head.epoch, rows, head)
            group.sequence = _reached(rows, head.sequence)

    async def _guard(self) -> None:
        """Close the streams whose credentials have ended or now stand for something else."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            for key, group in list(self._groups.items()):
                for secret in {stream.secret for stream in group.streams}:
                    try:
                        caller = await self._callers.identify(secret)
                    except NotSignedIn:
                        self._end_secret(secret)
                        continue
                    except GridwallError:
                        break
                    if caller.scope_key != key:
                        self._end_secret(secret, "scope changed")

    def _end_secret(self, secret: str, resync: str = "") -> None:
        last = encode_resync(self._head, resync) if resync and self._head else b""
        for group in self._groups.values():
            for stream in [one for one in group.streams if one.secret == secret]:
                group.streams.discard(stream)
                stream.end(last)

    async def _read_head(self) -> Position:
        async with self._database.plain() as connection:
            cursor = await connection.execute(queries.get("event_head"))
            return Position(*await cursor.fetchone())

    async def _read(self, secret: str, after: int) -> list[Row]:
        async with self._database.scope(secret) as connection:
            cursor = await connection.execute(
                queries.get("events_after"), {"after": after, "most": PAGE})
            return await cursor.fetchall()


def _begin(head: Position, after: Position | None) -> tuple[int, bytes]:
    """Where a stream begins, and its first event."""
    if after is None:
        return head.sequence, encode(head, "ready", "{}")
    behind = head.sequence - after.sequence
    if after.epoch != head.epoch or behind < 0:
        return head.sequence, encode_resync(head, "unknown position")
    if behind > FURTHEST_BEHIND:
        return head.sequence, encode_resync(head, "too far behind")
    return after.sequence, encode(after, "ready", "{}")


def _notice_of(trouble: Trouble | None) -> bytes:
    told = {"kind": trouble.kind, "since": trouble.since} if trouble else {"kind": None}
    return encode_notice("trouble", told)


def _encoded(epoch: str, rows: list[Row]) -> bytes:
    return b"".join(encode(Position(epoch, n), kind, text) for n, kind, text in rows)


def _reached(rows: list[Row], bound: int) -> int:
    """How far a reading came: what the scope does not show is passed over as well."""
    last = rows[-1][0] if rows else 0
    return last if len(rows) == PAGE else max(bound, last)
