"""The database's pulse: does it answer, since when not, does it store, and what time has it.

One connection of its own asks twice a second, so that a pool which is merely busy is never
taken for a database that is gone, and a network that swallows everything is noticed at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg
from psycopg.errors import TooManyConnections

from gis import queries

log = logging.getLogger("gridwall.pulse")

BEAT_S = 0.5
# A beat that takes longer is missed; and so long after the last one what still waits for an
# answer is given up: a network that was cut tells nobody.
LATEST_S, HOPELESS_S = 2.0, 8.0
# Nothing has been refused for so long: the disk has room again, or nobody sends.
SHUT_S = 20.0

AWAY, FULL, READ_ONLY = "away", "full", "read_only"
# Over TCP a peer that vanished is given up by the system too, some seconds later.
PATIENCE = {"connect_timeout": 4, "keepalives_idle": 10, "keepalives_interval": 3,
            "keepalives_count": 3, "tcp_user_timeout": 15_000}


class Trouble(NamedTuple):
    """What is wrong with the database: `away`, `full` or `read_only`; since when, by its clock."""

    kind: str
    since: datetime


class Pulse:
    """Watches one database, from `start` to `close`; before and without that it tells nothing.

    Parameters
    ----------
    url
        libpq URL of the server's role.
    on_hopeless
        Called once when the database has been silent for `HOPELESS_S`.
    is_short
        Whether the database's disk has too little room for anything new.
    """

    def __init__(self, url: str, on_hopeless: Callable[[], None] = lambda: None,
                 is_short: Callable[[], bool] = lambda: False) -> None:
        self._url = url
        self._on_hopeless = on_hopeless
        self._is_short = is_short
        self._tellers: list[Callable[[Trouble | None], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._ahead = timedelta()
        self._beat_at = time.monotonic()
        self._given_up = False
        self._away: Trouble | None = None
        self._shut: Trouble | None = None
        self._shut_at = 0.0
        self._short: Trouble | None = None
        self._told: Trouble | None = None

    def now(self) -> datetime:
        """The time by the database's clock, whatever this machine's has been set to.

        The machine's clock is read for nothing but its own speed between two beats.
        """
        if self._task is None:
            return datetime.now(UTC)
        return _monotonic_time() + self._ahead

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong now; None where nothing is."""
        if self._away or self._short:
            return self._away or self._short
        if self._shut and self._shut.kind == FULL and time.monotonic() - self._shut_at > SHUT_S:
            self._shut = None
        return self._shut

    def on_change(self, tell: Callable[[Trouble | None], None]) -> None:
        """Have somebody told whenever `trouble` becomes another."""
        self._tellers.append(tell)

    def note_shut(self, kind: str) -> None:
        """Something could not be stored, since the disk is full or all is read-only."""
        self._shut_at = time.monotonic()
        if self._shut is None or self._shut.kind != kind:
            self._shut = Trouble(kind, self.now())
        self._tell()

    def note_stored(self) -> None:
        """Something was stored."""
        if self._shut is not None:
            self._shut = None
            self._tell()

    def has_room(self) -> bool:
        """Whether anything new may be stored; looked at afresh, and told when it has changed."""
        try:
            short = self._is_short()
        except OSError as problem:
            log.debug("no room can be measured: %s", problem)
            short = False
        if not short:
            self._short = None
        elif self._short is None:
            self._short = Trouble(FULL, self.now())
        self._tell()
        return not short

    def start(self) -> None:
        """Begin, inside the running event loop."""
        self._ahead = datetime.now(UTC) - _monotonic_time()
        self._beat_at = time.monotonic()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self.has_room()
            try:
                await self._watch()
            except TooManyConnections:
                # It lives, and has no place for one more: the pool's own go on.
                self._well()
            except (psycopg.Error, OSError) as problem:
                log.debug("no pulse: %s", problem)
                self._ill()
            await asyncio.sleep(BEAT_S)

    async def _watch(self) -> None:
        """Beat for as long as it answers; raises what ends it."""
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, **PATIENCE | {"connect_timeout": 2})
        try:
            while True:
                asked = _monotonic_time()
                with hung_up_after(connection, LATEST_S):
                    cursor = await connection.execute(queries.get("pulse"))
                    now, read_only = await cursor.fetchone()
                self._set_clock(now, asked, _monotonic_time())
                if read_only:
                    self.note_shut(READ_ONLY)
                elif self._shut and self._shut.kind == READ_ONLY:
                    self._shut = None
                self._well()
                self.has_room()
                await asyncio.sleep(BEAT_S)
        finally:
            await connection.close()

    def _set_clock(self, now: datetime, asked: datetime, answered: datetime) -> None:
        """Go by the database's time, told somewhere between two instants of our own.

        What differs by no more than that span is our own delay, and no other time.
        """
        ahead = now - (asked + (answered - asked) / 2)
        if abs(ahead - self._ahead) > answered - asked:
            self._ahead = ahead

    def _well(self) -> None:
        self._beat_at = time.monotonic()
        self._away, self._given_up = None, False
        self._tell()

    def _ill(self) -> None:
        silent_s = time.monotonic() - self._beat_at
        if self._away is None:
            self._away = Trouble(AWAY, self.now() - timedelta(seconds=silent_s))
        if silent_s > HOPELESS_S and not self._given_up:
            self._given_up = True
            self._on_hopeless()
        self._tell()

    def _tell(self) -> None:
        trouble = self.trouble
        if trouble != self._told:
            self._told = trouble
            for tell in self._tellers:
                tell(trouble)


def _monotonic_time() -> datetime:
    """An instant that goes on evenly; where it begins means nothing."""
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=time.monotonic())


@contextlib.contextmanager
def hung_up_after(connection: psycopg.AsyncConnection, seconds: float) -> Iterator[None]:
    """Within the block the connection may be silent for so long; then it breaks.

    Cancelling would not do: it asks the other side first, which is just what does not answer.
    Half the time is given twice: after a halt of this process, longer than one of them, an answer
    may have come that nobody has read yet, and the line is as good as ever.
    """
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    def wait_on() -> None:
        timers.append(loop.call_later(seconds / 2, hang_up, connection))

    timers.append(loop.call_later(seconds / 2, wait_on))
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


def hang_up(connection: psycopg.AsyncConnection) -> None:
    """End a connection under whoever waits for its answer: they get an OperationalError."""
    with (contextlib.suppress(OSError, psycopg.Error),
          socket.socket(fileno=socket.dup(connection.fileno())) as own):
        own.shutdown(socket.SHUT_RDWR)
