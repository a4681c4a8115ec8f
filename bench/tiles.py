"""Vector tiles of 102,034 real buildings over HTTP, against tipg on the same table.

Both behind uvicorn with one worker, on one cluster, asked in turns for the same random tiles, each
for the first time (tipg keeps none). tipg draws from the table's geometry in EPSG:4490, as it does
by itself; what it takes over our own column in EPSG:3857 is told beside that. It has no sign-in
and no scope to look at. Bare SQL is the plain statement for the tile, in a session, over the
column in EPSG:3857; the empty request is one of the same server that needs neither sign-in nor
database, and a tile without buildings, which needs both, is told beside it. Ratios are of means.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.report import Context, Row
from bench.tiles_peers import (
    Answer,
    Client,
    all_at_once,
    install_tipg,
    own_server,
    tipg_path,
    tipg_server,
)
from gis.accounts import issue_token
from gis.cluster import OWNER
from gis.errors import SetupError
from gis.loading.buildings import load_buildings
from gis.loading.run import Options
from gis.schema import migrate

NAME, DATABASE, SEED = "tiles", "bench_tiles", 20261123
BARS = {13: 0.6, 14: 0.6, 15: 0.6, 16: 0.75}
BARE_BAR, WARM_BAR, CROWD_BAR = 1.2, 0.05, 3.0
TILES, QUICK_TILES, CROWD, WARM_TURNS = 60, 5, 200, 400
COLUMNS = {"geom": "EPSG:4490", "geom_3857": "EPSG:3857"}
_TILES = """
SELECT DISTINCT floor((ST_X(c) + 20037508.342789244) / side)::int AS x,
                floor((20037508.342789244 - ST_Y(c)) / side)::int AS y
FROM building, ST_Centroid(ST_Envelope(geom_3857)) AS c,
     LATERAL (SELECT 40075016.685578488 / 2 ^ %(z)s AS side) AS zoom
ORDER BY 1, 2
"""
_BARE = """
SELECT ST_AsMVT(shown, 'buildings', 4096, 'geom') FROM (
    SELECT id, building_code AS code, name, kind, floors, height_m AS height,
           ST_AsMVTGeom(geom_3857, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom
    FROM building WHERE geom_3857 && ST_TileEnvelope(%(z)s, %(x)s, %(y)s)) AS shown
"""
Tile = tuple[int, int, int]


@dataclass
class City:
    """The loaded buildings, and who asks for what."""

    admin_url: str
    token: str
    tiles: dict[int, list[Tile]]


@dataclass
class Turns:
    """Seconds by contender, of the same tiles."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def note(self, name: str, answer: Answer) -> None:
        """Take in one answer."""
        if answer.status not in (200, 204):
            raise SetupError(f"{name} answered {answer.status}: {answer.body[:300]!r}")
        self.seconds.setdefault(name, []).append(answer.seconds)
        self.sizes[name] = self.sizes.get(name, 0) + len(answer.body)

    def ms(self, name: str) -> float:
        """The mean, in milliseconds."""
        return 1000 * statistics.mean(self.seconds[name])


def run(context: Context) -> list[Row]:
    """Cold, warm, bytes, and two hundred at once; none without the data or without tipg."""
    file = buildings_file()
    if not file.exists():
        context.say(f"{NAME}: no {file} (GRIDWALL_TEST_DATA)")
        return []
    with tempfile.TemporaryDirectory(prefix="gridwall-tiles-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        context.say(f"{NAME}: installing tipg")
        python = install_tipg(folder / "tipg")
        context.say(f"{NAME}: loading buildings")
        city = load_city(context, file)
        cluster = context.cluster()
        theirs = stack.enter_context(tipg_server(python, cluster, DATABASE))
        ours = stack.enter_context(own_server(cluster, DATABASE, folder / "home"))
        rows, z14 = _cold(context, city, ours, theirs)
        rows += _warm(city, ours, z14)
        rows += _bytes(city, ours, theirs)
        rows += _crowd(context, city, ours)
    return rows


def buildings_file() -> Path:
    """The file of real buildings, which may be absent."""
    folder = os.environ.get("GRIDWALL_TEST_DATA") or (
        Path(__file__).parents[2] / "shared" / "data")
    return Path(folder) / "city_buildings" / "buildings.parquet"


def load_city(context: Context, file: Path) -> City:
    """The buildings through our own loader, and the tiles that hold any, in random order."""
    cluster = context.cluster()
    cluster.create_database(DATABASE)
    admin_url = cluster.url(OWNER, DATABASE)
    migrate(admin_url)
    context.say(f"{NAME}: {load_buildings_of(admin_url, file):,} buildings")
    chance, tiles = random.Random(SEED), {}
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE building")
        for zoom in BARS:
            found = connection.execute(_TILES, {"z": zoom}).fetchall()
            tiles[zoom] = [(zoom, x, y) for x, y in found]
            chance.shuffle(tiles[zoom])
    return City(admin_url, issue_token(admin_url, "hall"), tiles)


def load_buildings_of(admin_url: str, file: Path) -> int:
    """The whole buildings of the file, with height and road; how many."""
    return load_buildings(admin_url, file, Options(
        mapping={"building_code": "osm_id", "road": "addr_street", "road_number": "addr_no"},
        where=("kind", "building"), free_codes=True)).loaded


def _cold(context: Context, city: City, ours: int, theirs: int) -> tuple[list[Row], float]:
    """Rows of each zoom, and tipg's mean at z14 in milliseconds."""
    rows, z14 = [], 0.0
    with psycopg.connect(city.admin_url, autocommit=True) as session:
        session.execute("SET max_parallel_workers_per_gather = 0")
        own = Client(ours, Authorization=f"Bearer {city.token}", Accept_Encoding="identity")
        peer = Client(theirs, Accept_Encoding="identity")
        contenders: dict[str, Callable[[Tile], Answer]] = {
            "ours": lambda tile: own.get(own_path(tile)),
            "bare": lambda tile: _bare(session, tile),
            "empty": lambda _: own.get("/healthz"),
            "nothing": lambda tile: own.get(own_path((20, *tile[1:]))),
            **{column: lambda tile, column=column: peer.get(tipg_path(tile, column))
               for column in COLUMNS},
        }
        for zoom, bar in BARS.items():
            tiles = city.tiles[zoom][:QUICK_TILES if context.quick else TILES]
            turns = take_turns(contenders, tiles, warm_up=zoom == min(BARS))
            context.say(f"{NAME}: z{zoom}, {len(tiles)} tiles")
            rows += _cold_rows(zoom, bar, turns)
            z14 = turns.ms("geom") if zoom == 14 else z14
        own.close()
        peer.close()
    return rows, z14


def own_path(tile: Tile) -> str:
    """Address of a tile of ours."""
    return "/tiles/buildings/{}/{}/{}.mvt".format(*tile)


def take_turns(contenders: dict[str, Callable[[Tile], Answer]], tiles: Sequence[Tile],
               warm_up: bool) -> Turns:
    """Every contender for every tile; who begins changes with each."""
    turns, names = Turns(), list(contenders)
    if warm_up:  # connections, plans, caches of the system catalogue: on a tile without buildings
        for _ in range(20):
            for contend in contenders.values():
                contend((16, 0, 0))
    for at, tile in enumerate(tiles):
        for name in names[at % len(names):] + names[:at % len(names)]:
            turns.note(name, contenders[name](tile))
    return turns


def _bare(session: psycopg.Connection, tile: Tile) -> Answer:
    begun = time.perf_counter()
    cursor = session.execute(_BARE, dict(zip("zxy", tile, strict=True)), binary=True)
    [body] = cursor.fetchone()
    return Answer(time.perf_counter() - begun, 200, bytes(body or b""))


def _cold_rows(zoom: int, bar: float, turns: Turns) -> list[Row]:
    cold, ours, bare = f"z{zoom} cold, against", turns.ms("ours"), turns.ms("bare")
    rows = [_less(f"{cold} tipg from {system} (ms)", ours, turns.ms(column),
                  bar if column == "geom" else None) for column, system in COLUMNS.items()]
    return [*rows,
            _less(f"{cold} bare SQL and an empty request (ms)", ours, bare + turns.ms("empty"),
                  BARE_BAR),
            _less(f"{cold} bare SQL and an empty tile (ms)", ours, bare + turns.ms("nothing"),
                  None)]


def _less(name: str, ours: float, peer: float, bar: float | None) -> Row:
    """A row where less is better: the ratio may be the bar at most, where there is one."""
    ratio = ours / peer
    return Row(NAME, name, ours, peer, ratio, bar, bar is None or ratio <= bar)


def _warm(city: City, ours: int, z14: float) -> list[Row]:
    """Tiles of z14 that are drawn already."""
    client, turns = Client(ours, Authorization=f"Bearer {city.token}",
                           Accept_Encoding="br"), Turns()
    tiles = city.tiles[14][:QUICK_TILES]
    for tile in tiles:
        client.get(own_path(tile))
    for turn in range(WARM_TURNS):
        turns.note("ours", client.get(own_path(tiles[turn % len(tiles)])))
    client.close()
    return [_less("z14 warm, against tipg's z14 (ms)", turns.ms("ours"), z14, WARM_BAR)]


def _bytes(city: City, ours: int, theirs: int) -> list[Row]:
    """All bytes of the same tiles, as they are and compressed."""
    rows = []
    for coding in ("identity", "br", "gzip"):
        own = Client(ours, Authorization=f"Bearer {city.token}", Accept_Encoding=coding)
        peer, turns = Client(theirs, Accept_Encoding=coding), Turns()
        for zoom, tiles in city.tiles.items():
            for tile in tiles[:QUICK_TILES * 2]:
                turns.note(f"ours {zoom}", own.get(own_path(tile)))
                turns.note(f"tipg {zoom}", peer.get(tipg_path(tile, "geom")))
        rows += [_less(f"z{zoom} bytes, {coding}", turns.sizes[f"ours {zoom}"],
                       turns.sizes[f"tipg {zoom}"], 1.0) for zoom in city.tiles]
        own.close()
        peer.close()
    return rows


def _crowd(context: Context, city: City, ours: int) -> list[Row]:
    """Two hundred connections with one request each at the same moment, for tiles not yet drawn."""
    paths = [own_path(tile) for tile in city.tiles[16][TILES:TILES + CROWD]]
    answers = asyncio.run(all_at_once(ours, paths, Authorization=f"Bearer {city.token}",
                                      Accept_Encoding="br"))
    spent = sorted(answer.seconds for answer in answers)
    p50, p99 = 1000 * statistics.median(spent), 1000 * spent[int(0.99 * len(spent)) - 1]
    refused = sum(answer.status not in (200, 204) for answer in answers)
    context.say(f"{NAME}: {len(paths)} at once, p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    at_once = f"z16, {len(paths)} at once"
    return [_less(f"{at_once}: p99 against p50 (ms)", p99, p50, CROWD_BAR),
            Row(NAME, f"{at_once}: refused", refused, 0, None, None, not refused)]
