"""Renames by the owner: the addresses follow, what was stays findable."""

from __future__ import annotations

import psycopg

from gis import queries
from gis.errors import InvalidInput, NotFound
from gis.loading.run import owner_connection

KINDS = ("house", "building", "compound", "road")
LONGEST_NAME = 300


def check_new_name(name: str) -> str:
    """A new name that can be one.

    Raises
    ------
    InvalidInput
        Where it is empty or too long.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or "\0" in name:
        raise InvalidInput(f"a name has 1 to {LONGEST_NAME} characters", "to")
    return name


def rename_place(admin_url: str, kind: str, named: str, new_name: str,
                 within: str | None = None, reason: str | None = None) -> int:
    """Rename a house's address or a building (by code), a compound or a road (by name).

    Parameters
    ----------
    within
        Code of a base area to which the rename is confined.

    Returns
    -------
    int
        How many addresses read differently now.

    Raises
    ------
    NotFound
        When nothing has that code or name.
    """
    values = {"kind": kind, "named": named, "new_name": check_new_name(new_name),
              "within": within, "reason": reason}
    with owner_connection(admin_url) as connection:
        try:
            return connection.execute(queries.get("rename_place"), values).fetchone()[0]
        except psycopg.errors.NoDataFound:
            raise NotFound(f"there is no {kind} {named}"
                           + (f" in {within}" if within else "")) from None
