"""Addresses that came with nothing but their text, by psql or QGIS: their elements, read late."""

from __future__ import annotations

import psycopg

from gis import queries
from gis.loading.elements import LOWER, UPPER, with_elements
from gis.loading.run import owner_connection

ROWS_AT_ONCE = 5_000
_ELEMENTS = (*UPPER, *LOWER)


def count_unread(connection: psycopg.Connection) -> int:
    """How many addresses have none of the elements of GA/T 2000.32."""
    return connection.execute(queries.get("count_unread_addresses")).fetchone()[0]


def read_unread(admin_url: str) -> tuple[int, int]:
    """Fill the elements of addresses that have none, from their texts; all or nothing.

    Returns
    -------
    tuple
        How many have elements now, and how many texts told none.
    """
    filled = unclear = 0
    with owner_connection(admin_url) as connection:
        last = 0
        while rows := connection.execute(
                queries.get("unread_addresses"),
                {"after": last, "most": ROWS_AT_ONCE}).fetchall():
            last = rows[-1][0]
            told = {identity: with_elements(dict.fromkeys(_ELEMENTS), text)
                    for identity, text in rows}
            read = {identity: parts for identity, parts in told.items() if any(parts.values())}
            connection.execute(queries.get("put_elements"), {
                "ids": list(read),
                **{name: [parts[name] for parts in read.values()] for name in _ELEMENTS}})
            filled += len(read)
            unclear += len(rows) - len(read)
    return filled, unclear
