"""The keepers: what changed is sealed, and the clocks are acted upon.

Both are calls into the database, which elects whoever comes first and does all of it in one
transaction: a keeper may run twice or die half way. See ``gis/sql/functions/086_sealing.sql``
and ``087_escalation.sql``.
"""

from __future__ import annotations

from datetime import datetime

import psycopg

from gis import queries
from gis.database import Database

AT_ONCE = 200
# A batch holds 20,000 changes at most: more wait for the next tick than for one batch.
_BATCHES = 10


async def keep(database: Database) -> int:
    """One tick, by the database's own clock: seal what changed, then act on what is due.

    Returns
    -------
    int
        How many escalations, urgings and resumptions were made.
    """
    acted = 0
    async with database.plain() as connection:
        for _ in range(_BATCHES):
            cursor = await connection.execute(queries.get("keep_changes"))
            if await cursor.fetchone() == (None,):
                break
        while True:
            cursor = await connection.execute(queries.get("escalate_due"), {"most": AT_ONCE})
            (done,) = await cursor.fetchone()
            acted += done
            # What could not be done now is for the next tick.
            if done == 0:
                return acted


def keep_once(connection: psycopg.Connection, at: datetime | None = None) -> int:
    """The same as the owner, at an instant of choice where one is given.

    Parameters
    ----------
    connection
        As the owner, in autocommit: each round is a transaction of its own.
    at
        The instant to go by; None for now.
    """
    query = queries.get("escalate_due" if at is None else "escalate_at")
    acted = 0
    for _ in range(_BATCHES):
        if connection.execute(queries.get("keep_changes")).fetchone() == (None,):
            break
    while True:
        (done,) = connection.execute(query, {"at": at, "most": AT_ONCE}).fetchone()
        acted += done
        if done == 0:
            return acted
