"""The database as the server uses it: one pool, and transactions that know who is asking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import (
    DeadlockDetected,
    InsufficientPrivilege,
    InvalidAuthorizationSpecification,
    NoDataFound,
    SerializationFailure,
)
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from gis import queries
from gis.errors import Conflict, DatabaseAway, NotAllowed, NotFound, NotSignedIn

_WAIT_S = 5.0
# Known to be away, nobody is kept waiting; a connection that comes back serves the next.
_WAIT_AWAY_S = 0.5
# What tells that the database is away, full or stopping, and not that a query is wrong.
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed)


class Database:
    """A pool of connections as the server's role, which sees nothing until it has entered."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._away = False

    @asynccontextmanager
    async def plain(self) -> AsyncIterator[AsyncConnection]:
        """A connection in autocommit that has entered for nobody.

        Raises
        ------
        DatabaseAway, NotSignedIn, NotAllowed, NotFound, Conflict
            What PostgreSQL says, in the project's words.
        """
        wait_s = _WAIT_AWAY_S if self._away else _WAIT_S
        try:
            with _told():
                async with self._pool.connection(timeout=wait_s) as connection:
                    self._away = False
                    yield connection
        except DatabaseAway:
            self._away = True
            raise

    @asynccontextmanager
    async def scope(self, secret: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees what the secret's owner may see; as `plain` otherwise."""
        async with self.plain() as connection, connection.transaction():
            await connection.execute(queries.get("enter"), {"secret": secret})
            yield connection


def make_pool(url: str, most: int = 10) -> AsyncConnectionPool:
    """A pool that whoever made it has yet to open, inside an event loop, and to close."""
    return AsyncConnectionPool(
        url, min_size=2, max_size=most, open=False, timeout=_WAIT_S, reconnect_timeout=0,
        check=AsyncConnectionPool.check_connection, kwargs={"autocommit": True},
    )


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
    except _AWAY as error:
        raise DatabaseAway from error
