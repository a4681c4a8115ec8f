"""Categories by code and by Chinese name, read from the database and kept for a while."""

from __future__ import annotations

import time
from collections.abc import Mapping

from gis import queries
from gis.database import Database

KEEP_S = 15.0


class Categories:
    """What reports may be about."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._codes: dict[str, str] = {}
        self._read_at = 0.0

    async def codes(self) -> Mapping[str, str]:
        """Category code by code and by name; at most `KEEP_S` old.

        Raises
        ------
        DatabaseAway
            When they were never read and can't be now.
        """
        if not self._codes or time.monotonic() - self._read_at > KEEP_S:
            async with self._database.plain() as connection:
                cursor = await connection.execute(queries.get("category_codes"))
                rows = await cursor.fetchall()
            # A code wins over a name that reads the same.
            self._codes = {name: code for code, name in rows} | {code: code for code, _ in rows}
            self._read_at = time.monotonic()
        return self._codes
