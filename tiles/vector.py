"""Vector tiles: which layers there are, one tile's address, and its bytes from the database."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from gis import queries
from gis.errors import InvalidInput, NotFound

MAX_ZOOM = 22
LEVELS = ("city", "district", "street", "community", "grid")
# The areas that answer for points, whatever their level: a scheme need not go down to grids.
LEAF = "leaf"
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
_CODE = re.compile(r"[a-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Layer:
    """What a client must know of a layer before it asks for tiles.

    Attributes
    ----------
    min_zoom, max_zoom
        Where tiles are worth asking for; above `max_zoom` a client magnifies.
    vector_layers
        Name of each layer in a tile to its fields and their TileJSON types.
    fresh_s
        Seconds for which a browser may use a tile without asking again.
    """

    min_zoom: int
    max_zoom: int
    vector_layers: dict[str, dict[str, str]]
    fresh_s: int


LAYERS = {
    "areas": Layer(0, 16, {"areas": {
        "id": "String", "code": "String", "name": "String", "level": "String", "load": "Number",
    }}, 0),
    "buildings": Layer(11, 16, {"buildings": {
        "id": "Number", "code": "String", "name": "String", "height": "Number",
        "floors": "Number", "kind": "String",
    }}, 60),
    "ground": Layer(8, 16, {
        "ground": {"kind": "String", "name": "String"},
        "roads": {"name": "String", "class": "String", "width": "Number"},
    }, 60),
}


def layer(name: str) -> Layer:
    """A layer by name.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    if name not in LAYERS:
        raise NotFound(f"there is no layer {name!r:.40}; there are {', '.join(LAYERS)}")
    return LAYERS[name]


@dataclass(frozen=True)
class TileAddress:
    """One tile of one layer; `scheme`, `level` and `at` matter to the layer `areas` alone.

    `at` asks for the areas that were in force then; None for those of now.

    Raises
    ------
    NotFound
        If there is no such layer, or no such tile in the square of its zoom.
    InvalidInput
        If scheme or level can't be one.
    """

    layer: str
    z: int
    x: int
    y: int
    scheme: str = "base"
    level: str = LEAF
    at: datetime | None = None

    def __post_init__(self) -> None:
        layer(self.layer)
        side = 1 << self.z if 0 <= self.z <= MAX_ZOOM else 0
        if not (0 <= self.x < side and 0 <= self.y < side):
            raise NotFound(
                f"there is no tile {self.z}/{self.x}/{self.y}: z is 0 to {MAX_ZOOM},"
                " x and y are 0 to 2^z - 1"
            )
        if self.level not in (*LEVELS, LEAF):
            raise InvalidInput(f"level is one of {', '.join((*LEVELS, LEAF))}", field="level")
        if self.at is not None and self.at.tzinfo is None:
            raise InvalidInput("a time has an offset from UTC", field="at")
        if not _CODE.fullmatch(self.scheme):
            raise InvalidInput(f"{self.scheme!r:.40} can't be a scheme's code", field="scheme")


@dataclass(frozen=True)
class Context:
    """Whose share of a layer is drawn, and of what state: with an address, a cache key."""

    scope: str | None
    version: str


async def context(connection: AsyncConnection, name: str) -> Context:
    """Scope and version of a layer, inside a transaction that has entered."""
    return Context(**await _row(connection, "tile_context", {"layer": name}))


async def draw(connection: AsyncConnection, address: TileAddress) -> bytes:
    """The tile's uncompressed bytes; empty where nothing of the caller's lies in it."""
    row = await _row(connection, f"tile_{address.layer}", asdict(address))
    return bytes(row["tile"] or b"")


async def tilejson(connection: AsyncConnection, name: str, template: str) -> dict[str, Any]:
    """TileJSON 3.0 of a layer.

    Parameters
    ----------
    connection
        Inside a transaction that has entered: the bounds are those of the caller's share.
    name
        The layer's.
    template
        Address of a tile, with ``{z}``, ``{x}`` and ``{y}`` left in it.
    """
    described = layer(name)
    row = await _row(connection, "tile_bounds", {"layer": name})
    found = {
        "tilejson": "3.0.0", "name": name, "scheme": "xyz", "tiles": [template],
        "minzoom": described.min_zoom, "maxzoom": described.max_zoom,
        "vector_layers": [
            {"id": key, "fields": fields} for key, fields in described.vector_layers.items()
        ],
    }
    if row["bounds"]:
        west, south, east, north = row["bounds"]
        found |= {"bounds": row["bounds"],
                  "center": [(west + east) / 2, (south + north) / 2, described.min_zoom]}
    return found


async def _row(connection: AsyncConnection, query: str, values: dict[str, Any]) -> dict[str, Any]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchone()
