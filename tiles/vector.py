"""Vector tiles: which layers there are, one tile's address, and its bytes from the database."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from gis import queries
from gis.errors import InvalidInput, NotFound, UnknownCategory

MAX_ZOOM = 22
LEVELS = ("city", "district", "street", "community", "grid")
# The areas that answer for points, whatever their level: a scheme need not go down to grids.
LEAF = "leaf"
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
_CODE = re.compile(r"[a-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Layer:
    """What a client must know of a layer before it asks for tiles, and a cache besides.

    Attributes
    ----------
    min_zoom, max_zoom
        Where tiles are worth asking for; above `max_zoom` a client magnifies.
    vector_layers
        Name of each layer in a tile to its fields and their TileJSON types.
    fresh_s
        Seconds for which a browser may use a tile without asking again.
    sources
        The tables whose changes it shows, by the names under which they are told. The `load` of
        areas, which changes with incidents, may be some seconds old instead.
    filters
        Which of `at`, `category`, `since` and `until` it takes.
    by_account
        Whether two accounts with the same ground and role may see different things in it.
    on_disk
        Whether its tiles may be kept on disk: not what is to be erased after a time.
    lasts_s
        For how many seconds a tile may be kept where changes are not all told; None: any time.
    """

    min_zoom: int
    max_zoom: int
    vector_layers: dict[str, dict[str, str]]
    fresh_s: int
    sources: tuple[str, ...]
    filters: frozenset[str] = frozenset()
    by_account: bool = False
    on_disk: bool = True
    lasts_s: float | None = None


LAYERS = {
    "areas": Layer(0, 16, {"areas": {
        "id": "String", "code": "String", "name": "String", "level": "String", "load": "Number",
    }}, 0, ("area",), frozenset({"at"})),
    # Their numbers are the features' own ids.
    "buildings": Layer(11, 16, {"buildings": {
        "code": "String", "name": "String", "height": "Number", "floors": "Number",
        "kind": "String",
    }}, 0, ("building",)),
    "ground": Layer(8, 16, {
        "ground": {"kind": "String", "name": "String", "side_m": "Number"},
        "roads": {"name": "String", "class": "String", "width": "Number"},
    }, 60, ("ground",)),
    "addresses": Layer(14, 18, {"addresses": {
        "id": "Number", "count": "Number", "code": "String", "text": "String",
        "building": "Number",
    }}, 0, ("address",)),
    "incidents": Layer(0, 18, {"incidents": {
        "id": "Number", "count": "Number", "category": "String", "class": "String",
        "state": "String", "tier": "String", "urgency": "Number", "emergency": "Boolean",
        "received": "Number", "deadline": "Number",
    }}, 0, ("incident",), frozenset({"at", "category", "since", "until"}), by_account=True,
        on_disk=False),
    "places": Layer(8, 18, {"places": {
        "id": "Number", "count": "Number", "code": "String", "category": "String",
        "element": "String", "name": "String",
    }}, 0, ("place_object",), frozenset({"category"}), on_disk=False),
    "tracks": Layer(8, 18, {"tracks": {
        "id": "String", "name": "String", "since": "Number", "until": "Number",
    }}, 0, ("track_fix",), frozenset({"since", "until"}), by_account=True, on_disk=False,
        lasts_s=10.0),
}
CUSTOM = "custom:"
_CUSTOM_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def layer(name: str) -> Layer:
    """A layer by name; of ``custom:<name>`` only the database knows more (see `tilejson`).

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    if name.startswith(CUSTOM) and _CUSTOM_NAME.fullmatch(name.removeprefix(CUSTOM)):
        # What becomes of the table itself nobody tells, and whose ground it is the areas do.
        return Layer(0, MAX_ZOOM, {}, 0, (name, "area"), on_disk=False, lasts_s=60.0)
    if name not in LAYERS:
        raise _no_layer(name)
    return LAYERS[name]


def _no_layer(name: str) -> NotFound:
    return NotFound(f"there is no layer {name!r:.60}; there are {', '.join(LAYERS)} and"
                    f" {CUSTOM}NAME for tables that an administrator has registered")


@dataclass(frozen=True)
class TileAddress:
    """One tile of one layer; `scheme` and `level` matter to the layer `areas` alone.

    `at` asks for what was in force, or open, then; None for what is now. `category` is a code or
    a Chinese name. `since` and `until` bound when incidents were received, and when officers were
    where they were, `until` not included.

    Raises
    ------
    NotFound
        If there is no such layer, or no such tile in the square of its zoom.
    InvalidInput
        If scheme or level can't be one, a time has no offset, `since` is not before `until`, or
        the layer does not take what it is asked.
    """

    layer: str
    z: int
    x: int
    y: int
    scheme: str = "base"
    level: str = LEAF
    at: datetime | None = None
    category: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        filters = layer(self.layer).filters
        side = 1 << self.z if 0 <= self.z <= MAX_ZOOM else 0
        if not (0 <= self.x < side and 0 <= self.y < side):
            raise NotFound(
                f"there is no tile {self.z}/{self.x}/{self.y}: z is 0 to {MAX_ZOOM},"
                " x and y are 0 to 2^z - 1"
            )
        if self.level not in (*LEVELS, LEAF):
            raise InvalidInput(f"level is one of {', '.join((*LEVELS, LEAF))}", field="level")
        if not _CODE.fullmatch(self.scheme):
            raise InvalidInput(f"{self.scheme!r:.40} can't be a scheme's code", field="scheme")
        for name in ("at", "category", "since", "until"):
            asked = getattr(self, name)
            if asked is not None and name not in filters:
                raise InvalidInput(f"the layer {self.layer} takes no {name}", field=name)
            if isinstance(asked, datetime) and asked.tzinfo is None:
                raise InvalidInput("a time has an offset from UTC", field=name)
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise InvalidInput("since is before until", field="until")


class Drawing(NamedTuple):
    """A tile as the database drew it: for whose share of the city, and whether it will stay so
    while nothing changes."""

    content: bytes
    share: str | None
    settled: bool = True


async def draw(connection: AsyncConnection, address: TileAddress) -> Drawing:
    """The tile, uncompressed, in a transaction that has entered; empty where nothing is in it.

    Raises
    ------
    NotFound
        If a table was never registered, or not for the caller's role, or can't be shown now.
    UnknownCategory
        If the category is none.
    """
    if address.category is not None:
        known = await _row(connection, "tile_category_known", asdict(address))
        if not known["known"]:
            raise UnknownCategory(address.category)
    kind, _, name = address.layer.partition(":")
    row = await _row(connection, f"tile_{kind}", asdict(address) | {"name": name})
    if name and row["tile"] is None:
        raise _no_layer(address.layer)
    return Drawing(bytes(row["tile"] or b""), row["share"], row.get("settled", True))


async def draw_entering(connection: AsyncConnection, address: TileAddress, secret: str,
                        origin: str | None) -> Drawing:
    """A tile of buildings in one statement that enters for its caller, outside any transaction.

    Buildings are asked for most, and five turns to PostgreSQL take longer than a small tile.

    Raises
    ------
    NotSignedIn
        As `gis.database.Database.plain` tells it, where the secret stands for nobody.
    """
    row = await _row(connection, "tile_buildings_entering",
                     asdict(address) | {"secret": secret, "origin": origin})
    return Drawing(bytes(row["tile"] or b""), row["share"])


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

    Raises
    ------
    NotFound
        If the caller has no such layer.
    """
    described = layer(name)
    if name.startswith(CUSTOM):
        row = await _row(connection, "custom_described", {"name": name.removeprefix(CUSTOM)})
        if row is None:
            raise _no_layer(name)
        described = replace(
            described, min_zoom=row["min_zoom"], max_zoom=row["max_zoom"],
            vector_layers={name.removeprefix(CUSTOM): row["fields"]})
        more = {"description": row["title"]}
    else:
        row = await _row(connection, "tile_bounds", {"layer": name})
        more = {}
    if row["bounds"]:
        west, south, east, north = row["bounds"]
        more |= {"bounds": row["bounds"],
                 "center": [(west + east) / 2, (south + north) / 2, described.min_zoom]}
    return {
        "tilejson": "3.0.0", "name": name, "scheme": "xyz", "tiles": [template],
        "minzoom": described.min_zoom, "maxzoom": described.max_zoom,
        "vector_layers": [
            {"id": key, "fields": fields} for key, fields in described.vector_layers.items()
        ],
        **more,
    }


async def _row(connection: AsyncConnection, query: str, values: dict[str, Any]) -> Any:
    # Binary: as text, a tile's bytes would be twice as many.
    async with connection.cursor(row_factory=dict_row, binary=True) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchone()
