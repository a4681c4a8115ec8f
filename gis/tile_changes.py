"""What has changed on the map, and of who may see it, as the outbox tells it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from psycopg import AsyncConnection

from gis import queries

LOWEST, HIGHEST = 0, 22


class Box(NamedTuple):
    """Degrees of EPSG:4490."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class TileChange:
    """Something changed under the layers that show `source`.

    Attributes
    ----------
    sequence
        The number of the event that told it.
    source
        The name under which a table is watched; `load:SCHEME:LEVEL` for areas of which open
        incidents have become more or fewer.
    boxes
        Where, for tiles of the zooms `zooms[0]` to `zooms[1]`.
    tiles
        Or in which tiles (z, x, y) and all below them.
    everywhere
        Or in all of it.
    """

    sequence: int
    source: str
    boxes: tuple[Box, ...] = ()
    tiles: tuple[tuple[int, int, int], ...] = ()
    zooms: tuple[int, int] = (LOWEST, HIGHEST)
    everywhere: bool = False


@dataclass(frozen=True)
class AccessChange:
    """What a credential, an account or an officer may see has changed, or has ended."""

    sequence: int
    credential_id: int | None = None
    account_id: int | None = None
    officer_id: int | None = None


class Origin(NamedTuple):
    """Of which database events are: its number, its epoch, the head, the lowest event that is
    still there, and a digest of the functions by which tiles are drawn in it."""

    database: int
    epoch: str
    sequence: int
    lowest: int
    scripts: str


Change = TileChange | AccessChange


async def read_origin(connection: AsyncConnection) -> Origin:
    """Where the events come from, and from where on they can be read."""
    cursor = await connection.execute(queries.get("event_origin"))
    return Origin(*await cursor.fetchone())


async def read_changes(connection: AsyncConnection, after: int, upto: int) -> list[Change]:
    """What the events with numbers above `after` and up to `upto` say, in no order."""
    cursor = await connection.execute(
        queries.get("tile_changes"), {"after": after, "upto": upto})
    return [change(*row) for row in await cursor.fetchall()]


def change(sequence: int, kind: str, told: str) -> Change:
    """One change, read from its event's kind, `tiles` or `access`, and payload."""
    given = json.loads(told)
    if kind == "access":
        return AccessChange(sequence, given.get("credential"), given.get("account"),
                            given.get("officer"))
    return TileChange(
        sequence, given["source"],
        tuple(Box(*box) for box in given.get("boxes") or ()),
        tuple((int(z), int(x), int(y)) for z, x, y in given.get("tiles") or ()),
        tuple(given.get("zooms") or (LOWEST, HIGHEST)), bool(given.get("all")))
