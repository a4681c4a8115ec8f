"""Vector tiles into one file: a PMTiles archive of what one role sees, as of one moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.errors import ForeignKeyViolation

from gis import queries
from gis.errors import InvalidInput, NotFound
from tiles import vector
from tiles.archive_file import Partial
from tiles.archive_plan import Bounds, Tile, corner_of, digest, plan, range_of

ROLES = ("hall", "street", "community", "planner")
# By default what lasts; what is handled now is asked for by name.
LASTING = ("ground", "buildings", "areas")
TRACKS_OF = timedelta(hours=1)
# Where rows lie is told in sixteenths of the finest tiles, so that few are asked for in vain.
_FINER = 4
# Tiles a connection draws before what was drawn is written.
_AT_ONCE = 8

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be in the archive, and as whom it is looked at.

    `bounds` are degrees (west, south, east, north); None: all there is. `at`: the moment whose
    areas and open incidents are shown; None: now.

    Raises
    ------
    InvalidInput
        Where no such archive can be.
    """

    layers: tuple[str, ...] = LASTING
    bounds: Bounds | None = None
    min_zoom: int = 8
    max_zoom: int = 16
    scheme: str = "base"
    level: str = vector.LEAF
    role: str = "hall"
    area: str | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.layers or len(set(self.layers)) < len(self.layers):
            raise InvalidInput("name each layer once, and at least one", field="layers")
        for name in self.layers:
            vector.TileAddress(name, 0, 0, 0, self.scheme, self.level)
        if not 0 <= self.min_zoom <= self.max_zoom <= vector.MAX_ZOOM:
            raise InvalidInput(f"zooms go from 0 to {vector.MAX_ZOOM}, the first not above the"
                               " last", field="max_zoom")
        if self.bounds:
            west, south, east, north = self.bounds
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                raise InvalidInput("a box is west,south,east,north in degrees", field="bbox")
        if self.role not in ROLES:
            raise InvalidInput(f"a role is one of {', '.join(ROLES)}", field="role")
        if self.role in ("street", "community") and self.area is None:
            raise InvalidInput(f"a {self.role} needs its area", field="area")
        if self.at is not None and self.at.tzinfo is None:
            raise InvalidInput("a time has an offset from UTC", field="at")


@dataclass(frozen=True)
class Exported:
    """What became of it: tiles asked for, with something in them, taken over from a broken run."""

    asked: int
    tiles: int
    resumed: int
    bytes: int
    at: datetime
    notes: tuple[str, ...] = ()


async def export(admin_url: str, wanted: Wanted, target: Path,
                 progress: Progress | None = None, jobs: int = 2) -> Exported:
    """Write an archive; what a run before left of the same one is taken up.

    All is read from one snapshot. The same data give the same bytes. What was begun is taken up
    only while the tables that it shows have not been written to since.

    Parameters
    ----------
    admin_url
        libpq URL of the owner, who may look as any role.
    target
        The archive; it appears when it is whole.
    progress
        Called with tiles done and in all.
    jobs
        Connections that draw side by side.

    Raises
    ------
    Conflict
        When another process writes the same archive.
    NotFound
        If there is no such layer or area, or nothing to be shown.
    """
    with Partial(target) as partial:
        versions = await _versions(admin_url, wanted.layers)
        asked = _asked(wanted)
        await _note(admin_url, target, asked)
        asked |= {"versions": versions}
        begun = partial.job
        resumes = begun is not None and begun["asked"] == asked
        at = wanted.at or (datetime.fromisoformat(begun["at"]) if resumes
                           else datetime.now(UTC).replace(microsecond=0))
        async with _scopes(admin_url, wanted, jobs) as connections:
            layers = await _described(connections[0], wanted)
            tiles = plan(await _ranges(connections[0], wanted, layers, at),
                         wanted.max_zoom + _FINER, wanted.min_zoom, wanted.max_zoom, wanted.bounds)
            job = {"asked": asked, "at": at.isoformat(), "tiles": digest(tiles)}
            if begun == job:
                partial.resume([tile.id for tile in tiles])
            else:
                partial.begin(job)
            resumed = partial.done
            await _draw_all(connections, wanted, layers, tiles, at, partial, progress)
        if not partial.filled:
            raise NotFound(f"nothing of {', '.join(wanted.layers)} is there to be shown")
        filled, size = partial.filled, partial.finish(
            _metadata(wanted, layers), _bounds_of(tiles, wanted))
    notes = ("the tables had been written to since an earlier run: it was begun anew",) \
        if begun is not None and not resumed else ()
    return Exported(len(tiles), filled, resumed, size, at, notes)


def _asked(wanted: Wanted) -> dict[str, Any]:
    told = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}
    told |= {"layers": list(wanted.layers), "bounds": wanted.bounds and list(wanted.bounds),
             "at": wanted.at and wanted.at.isoformat()}
    return told


async def _note(admin_url: str, target: Path, asked: dict[str, Any]) -> None:
    """What leaves as a file stands in the audit log first."""
    async with await AsyncConnection.connect(admin_url, autocommit=True) as connection:
        await connection.execute(queries.get("archive_note"), {
            "subject": f"tiles:{target.name}", "detail": json.dumps(asked, ensure_ascii=False)})


async def _versions(admin_url: str, layers: tuple[str, ...]) -> list[list[Any]]:
    sources = {source for name in layers for source in vector.layer(name).sources}
    async with await AsyncConnection.connect(admin_url, autocommit=True) as connection:
        cursor = await connection.execute(
            queries.get("archive_versions"), {"sources": sorted(sources)})
        return [list(row) for row in await cursor.fetchall()]


@asynccontextmanager
async def _scopes(admin_url: str, wanted: Wanted,
                  jobs: int) -> AsyncIterator[list[AsyncConnection]]:
    """Connections that see the same, as that role, at the same moment."""
    async with AsyncExitStack() as stack:
        connections: list[AsyncConnection] = []
        snapshot = None
        for _ in range(jobs):
            connection = await stack.enter_async_context(
                await AsyncConnection.connect(admin_url, autocommit=True))
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            await stack.enter_async_context(connection.transaction(force_rollback=True))
            if snapshot is None:
                cursor = await connection.execute(queries.get("archive_snapshot"))
                (snapshot,) = await cursor.fetchone()
            else:
                await connection.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(
                    psycopg.sql.Literal(snapshot)))
            await _enter(connection, wanted)
            connections.append(connection)
        yield connections


async def _enter(connection: AsyncConnection, wanted: Wanted) -> None:
    """Enter as an account that is there only until the scope is signed: no row stays locked."""
    async def ask(query: str, **values: Any) -> Any:
        cursor = await connection.execute(queries.get(query), values)
        return await cursor.fetchone() if cursor.description else None

    async with connection.transaction(force_rollback=True):
        (account_id,) = await ask("archive_drawer", role=wanted.role, area=wanted.area)
        if wanted.area is not None:
            try:
                await ask("archive_drawer_ground", id=account_id, area=wanted.area)
            except ForeignKeyViolation:
                raise NotFound(f"no area has the code {wanted.area!r:.60}") from None
        (secret,) = await ask("map_drawer_secret", id=account_id)
        await ask("enter", secret=secret, origin=None)
        (scope,) = await ask("archive_entered")
    await ask("archive_keep_scope", scope=scope)


async def _described(connection: AsyncConnection,
                     wanted: Wanted) -> dict[str, dict[str, Any]]:
    return {name: await vector.tilejson(connection, name, "") for name in wanted.layers}


async def _ranges(connection: AsyncConnection, wanted: Wanted, layers: dict[str, dict[str, Any]],
                  at: datetime) -> set[tuple[int, int, int, int]]:
    found: set[tuple[int, int, int, int]] = set()
    for name in wanted.layers:
        if name.startswith(vector.CUSTOM):
            # What is in a table of the operator's own only its tiles tell: all within its bounds.
            if "bounds" in layers[name]:
                found.add(range_of(tuple(layers[name]["bounds"]), wanted.max_zoom + _FINER))
            continue
        cursor = await connection.execute(queries.get("archive_ranges"), {
            "layer": name, "scheme": wanted.scheme, "level": wanted.level, "at": at,
            "since": at - TRACKS_OF, "side": 1 << wanted.max_zoom + _FINER})
        found.update(await cursor.fetchall())
    return found


async def _draw_all(connections: list[AsyncConnection], wanted: Wanted,
                    layers: dict[str, dict[str, Any]], tiles: list[Tile], at: datetime,
                    partial: Partial, progress: Progress | None) -> None:
    addresses = [_address(name, wanted, at) for name in wanted.layers]

    async def draw_some(connection: AsyncConnection, some: list[Tile]) -> list[bytes]:
        return [b"".join([
            (await vector.draw(connection, replace(address, z=tile.z, x=tile.x, y=tile.y))).content
            for address in addresses if tile.z >= layers[address.layer]["minzoom"]])
            for tile in some]

    step = _AT_ONCE * len(connections)
    for start in range(partial.done, len(tiles), step):
        if progress:
            progress(start, len(tiles), "tiles")
        shares = [tiles[start + place:start + step:len(connections)]
                  for place in range(len(connections))]
        drawn = await asyncio.gather(*(
            draw_some(connection, share)
            for connection, share in zip(connections, shares, strict=True)))
        for place, tile in enumerate(tiles[start:start + step]):
            partial.add(tile.id, drawn[place % len(connections)][place // len(connections)])
        partial.flush()
    if progress:
        progress(len(tiles), len(tiles), "tiles")


def _address(name: str, wanted: Wanted, at: datetime) -> vector.TileAddress:
    takes = vector.layer(name).filters
    window = {"since": at - TRACKS_OF, "until": at} if name == "tracks" else {}
    return vector.TileAddress(name, 0, 0, 0, wanted.scheme, wanted.level,
                              at=at if "at" in takes else None, **window)


def _metadata(wanted: Wanted, layers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """As the specification has it; the moment only where it was asked for, so that the same data
    give the same bytes."""
    told = {
        "name": "gridwall", "format": "pbf", "type": "overlay", "role": wanted.role,
        "vector_layers": [
            {"id": one["id"], "fields": one["fields"],
             "minzoom": max(wanted.min_zoom, layers[name]["minzoom"]), "maxzoom": wanted.max_zoom}
            for name in wanted.layers for one in layers[name]["vector_layers"]]}
    for name in ("area", "scheme", "level"):
        if getattr(wanted, name) is not None:
            told[name] = getattr(wanted, name)
    if wanted.at is not None:
        told["as_of"] = wanted.at.isoformat()
    return json.loads(json.dumps(told))


def _bounds_of(tiles: list[Tile], wanted: Wanted) -> Bounds:
    if wanted.bounds:
        return wanted.bounds
    deepest = [tile for tile in tiles if tile.z == tiles[-1].z]
    west, north = corner_of(min(tile.x for tile in deepest), min(tile.y for tile in deepest),
                            tiles[-1].z)
    east, south = corner_of(max(tile.x for tile in deepest) + 1,
                            max(tile.y for tile in deepest) + 1, tiles[-1].z)
    return west, south, east, north
