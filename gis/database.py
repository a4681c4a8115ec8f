"""The database as the server uses it: one pool, and transactions that know who is asking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import (
    DeadlockDetected,
    DiskFull,
    InsufficientPrivilege,
    InvalidAuthorizationSpecification,
    LockNotAvailable,
    NoDataFound,
    OutOfMemory,
    QueryCanceled,
    ReadOnlySqlTransaction,
    SerializationFailure,
)
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from gis import queries
from gis.errors import (
    Conflict,
    DatabaseAway,
    DatabaseShut,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Overloaded,
)
from gis.origin import ORIGIN
from gis.pulse import FULL, PATIENCE, READ_ONLY, Pulse, hang_up, hung_up_after

_WAIT_S = 2.0
# Known to be away, nobody is kept waiting; a connection that comes back serves the next.
_WAIT_AWAY_S = 0.5
# A connection that says nothing for so long when it is taken from the pool is a dead one.
_CHECK_S = 1.0
# More than this many in the queue for a connection would only wait for their own time-out.
MOST_WAITING = 200
# What tells that the database is away, full or stopping, and not that a query is wrong.
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed)
_BUSY = (TooManyRequests, QueryCanceled, LockNotAvailable, OutOfMemory)


class Database:
    """A pool of connections as the server's role, which sees nothing until it has entered.

    Parameters
    ----------
    pool
        Opened and closed by whoever made it.
    is_short
        Whether the database's disk has too little room for anything new.
    """

    def __init__(self, pool: AsyncConnectionPool,
                 is_short: Callable[[], bool] = lambda: False) -> None:
        self._pool = pool
        self._away = False
        self._lent: set[AsyncConnection] = set()
        self.pulse = Pulse(pool.conninfo, self.hang_up, is_short)

    @asynccontextmanager
    async def plain(self) -> AsyncIterator[AsyncConnection]:
        """A connection in autocommit that has entered for nobody.

        Raises
        ------
        DatabaseAway, DatabaseShut, Overloaded, NotSignedIn, NotAllowed, NotFound, Conflict
            What PostgreSQL says, in the project's words.
        """
        try:
            with _told():
                async with self._lend() as connection:
                    yield connection
        except DatabaseShut as refusal:
            # What `scope` lets only read while there is too little room is not read-only.
            self.demand_room()
            self.pulse.note_shut(refusal.reason)
            raise
        except DatabaseAway:
            self._away = True
            raise

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[AsyncConnection]:
        wait_s = _WAIT_AWAY_S if self._away else _WAIT_S
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(
                    self._pool.connection(timeout=wait_s))
            except PoolTimeout:
                if len(self._lent) >= self._pool.max_size:
                    raise Overloaded("all connections to the database are in use") from None
                raise
            self._away = False
            self._lent.add(connection)
            stack.callback(self._lent.discard, connection)
            yield connection

    def demand_room(self) -> None:
        """Go on only where there is room for something new.

        Raises
        ------
        DatabaseShut
            Where the database's disk has too little.
        """
        if not self.pulse.has_room():
            raise DatabaseShut(FULL)

    def now(self) -> datetime:
        """The time by the database's clock: what deadlines are told by."""
        return self.pulse.now()

    def hang_up(self) -> None:
        """Give up all that waits for an answer which will not come; each gets `DatabaseAway`."""
        for connection in list(self._lent):
            hang_up(connection)

    @asynccontextmanager
    async def scope(self, secret: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees what the secret's owner may see; as `plain` otherwise.

        While the disk has too little room it can only read.
        """
        async with self.plain() as connection, connection.transaction():
            await connection.execute(
                queries.get("enter"), {"secret": secret, "origin": ORIGIN.get()})
            if not self.pulse.has_room():
                await connection.execute(queries.get("only_read"))
            yield connection


def make_pool(url: str, most: int = 10) -> AsyncConnectionPool:
    """A pool that whoever made it has yet to open, inside an event loop, and to close."""
    return AsyncConnectionPool(
        url, min_size=2, max_size=most, open=False, timeout=_WAIT_S, reconnect_timeout=0,
        check=_check, max_waiting=MOST_WAITING, kwargs={"autocommit": True, **PATIENCE},
    )


async def _check(connection: AsyncConnection) -> None:
    with hung_up_after(connection, _CHECK_S):
        await AsyncConnectionPool.check_connection(connection)


@asynccontextmanager
async def open_pool(url: str, most: int = 10) -> AsyncIterator[Database]:
    """A database whose pool lives as long as the block; it opens even while PostgreSQL is away.

    Parameters
    ----------
    url
        libpq URL of the server's role.
    most
        Connections at most.
    """
    pool = make_pool(url, most)
    await pool.open(wait=False)
    try:
        yield Database(pool)
    finally:
        await pool.close(timeout=2)


@contextmanager
def _told() -> Iterator[None]:
    """PostgreSQL's refusals in the project's words."""
    try:
        yield
    except InvalidAuthorizationSpecification as error:
        raise NotSignedIn("sign in: no such session or token, or it has ended") from error
    except InsufficientPrivilege as error:
        raise NotAllowed("not yours to do") from error
    except NoDataFound as error:
        raise NotFound("no such thing, or not for you to see") from error
    except (SerializationFailure, DeadlockDetected) as error:
        raise Conflict("somebody else was first; look again") from error
    except DiskFull as error:
        raise DatabaseShut(FULL) from error
    except ReadOnlySqlTransaction as error:
        raise DatabaseShut(READ_ONLY) from error
    except _BUSY as error:
        raise Overloaded("the database has more to do than it can do now") from error
    except _AWAY as error:
        raise DatabaseAway from error
