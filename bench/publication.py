"""`bench publication`: 1.2 million addresses come under other areas, all of them or 1 % of them.

543 grids of some 85 vertices; 120,000 buildings with ten addresses each. Full is settling all
places anew after every grid has changed; the other is a publication that cuts grids in two, so that
1 % of the ground gets another grid. Both find each place's areas and write what differs, with all
that follows from it. Beside them, settling all where nothing differs: the least that anything
without an eye for what changed would cost.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import numpy as np
import psycopg
import shapely
from psycopg import AsyncConnection

from bench.coverage import SIDE_DEGREES, SOUTH, WEST, irregular_coverage
from bench.report import Context, Row
from gis.cluster import OWNER, Cluster
from gis.publication import publish
from gis.redraw import Redraw, RedrawnArea
from gis.schema import migrate

DATABASE = "bench_publication"
SEED = 20261123
GRIDS, BUILDINGS, HOUSES = 543, 120_000, 10
QUICK_BUILDINGS = 2_000
SHARE, BAR = 0.01, 0.03
PARENT = "330104001001"
PLACES = """
INSERT INTO building (building_code, road, road_number, geom)
SELECT %(parent)s || '01' || lpad(to_hex(n), 5, '0'), '路' || n %% 500, n || '号',
       ST_Multi(ST_Envelope(ST_Buffer(ST_SetSRID(ST_MakePoint(x[n], y[n]), 4490), 0.0001, 1)))
FROM (SELECT %(x)s::float8[] AS x, %(y)s::float8[] AS y) AS given,
     generate_series(1, %(count)s) AS n;
"""
ADDRESSES = """
INSERT INTO address (house_code, building_id, text, road, road_number, room, geom)
SELECT b.building_code || lpad(n::text, 6, '0'), b.id, b.road || b.road_number || n || '室', b.road,
       b.road_number, n::text, ST_SetSRID(ST_Centroid(b.geom), 4490)
FROM building AS b, generate_series(1, %(houses)s) AS n
"""
TRIGGERS = ("building", "address")


def run(context: Context) -> list[Row]:
    """Time of the one as a share of the other."""
    cluster = context.cluster()
    cluster.create_database(DATABASE)
    admin_url = cluster.url(OWNER, DATABASE)
    migrate(admin_url)
    buildings = QUICK_BUILDINGS if context.quick else BUILDINGS
    context.say(f"publication: {buildings * HOUSES:,} addresses")
    grids = irregular_coverage(GRIDS, SEED)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        _lay_out(connection, grids, buildings)
        context.say("publication: all of them anew")
        full_s = _timed(connection, "SELECT settle_places()")
        _tidy(connection)
        idle_s = _timed(connection, "SELECT settle_places()")
    context.say(f"publication: a full reassignment took {full_s:.1f} s; 1 % of the ground")
    part_s, addresses, held_ms = asyncio.run(_publish(admin_url, grids))
    _check(cluster, addresses, buildings)
    return [
        Row.at_most("publication", f"a publication that reassigns {addresses:,} of"
                    f" {buildings * HOUSES:,} addresses (share of a full reassignment's time)",
                    part_s / full_s, BAR),
        Row("publication", "the same, against settling all where none differs (s)", part_s, idle_s,
            part_s / idle_s, None, True),
        Row("publication", "the same, against a full reassignment (s)", part_s, full_s,
            part_s / full_s, None, True),
        Row.at_most("publication", "intake held (ms)", held_ms, 2_000.0),
    ]


def _lay_out(connection: psycopg.Connection, grids: np.ndarray, buildings: int) -> None:
    """Places that lie under nothing yet, and the grids."""
    for table in TRIGGERS:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    random = np.random.default_rng(SEED)
    with connection.transaction():
        for code, shape in zip(_codes(len(grids)), grids, strict=True):
            connection.execute(
                "WITH named AS (INSERT INTO area_identity (scheme, level, code)"
                " VALUES ('base', 'grid', %(code)s) RETURNING id)"
                " INSERT INTO area (identity_id, scheme, level, code, name, geom, ancestor_ids)"
                " SELECT id, 'base', 'grid', %(code)s, %(code)s,"
                " ST_Multi(ST_SetSRID(%(shape)s::bytea::geometry, 4490)), ARRAY[id] FROM named",
                {"code": code, "shape": shapely.to_wkb(shape)})
        connection.execute("SELECT settle_areas('base')")
        x, y = (random.uniform(0.001, SIDE_DEGREES - 0.001, buildings) for _ in range(2))
        connection.execute(PLACES, {
            "parent": PARENT, "count": buildings, "x": (WEST + x).tolist(),
            "y": (SOUTH + y).tolist()})
        connection.execute(ADDRESSES, {"houses": HOUSES})
    for table in TRIGGERS:
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    _tidy(connection)


def _tidy(connection: psycopg.Connection) -> None:
    connection.execute("VACUUM ANALYZE area, building, address, site")


def _timed(connection: psycopg.Connection, statement: str) -> float:
    begun = time.perf_counter()
    connection.execute(statement)
    return time.perf_counter() - begun


def _codes(count: int) -> list[str]:
    return [f"{PARENT}{number:03d}" for number in range(1, count + 1)]


def cut_in_two(grids: np.ndarray, share: float) -> Redraw:
    """Grids halved from west to east until the eastern halves are a share of all ground."""
    total, before, after, moved = shapely.area(grids).sum(), {}, [], 0.0
    for code, shape in zip(_codes(len(grids)), grids, strict=True):
        if moved >= share * total:
            break
        west, south, east, north = shape.bounds
        # The cut's own corners fall on the grid of 1e-9°, where the halves meet.
        middle = round((west + east) / 2, 9)
        halves = [shapely.set_precision(shapely.intersection(shape, shapely.box(*box)), 1e-9)
                  for box in ((west, south, middle, north), (middle, south, east, north))]
        if any(half.geom_type != "Polygon" for half in halves):
            continue
        before[code] = shape
        after += [RedrawnArea(code, "grid", code, None, halves[0], (code,)),
                  RedrawnArea(f"+{len(before)}", "grid", "new", None, halves[1], (code,))]
        moved += halves[1].area
    return Redraw("base", datetime.now().astimezone(), before, tuple(after))


async def _publish(admin_url: str, grids: np.ndarray) -> tuple[float, int, float]:
    redraw = cut_in_two(grids, SHARE)
    async with await AsyncConnection.connect(admin_url, autocommit=True) as connection:
        begun = time.perf_counter()
        done = await publish(connection, redraw)
        return time.perf_counter() - begun, done.detail["addresses"], done.detail["held_ms"]


def _check(cluster: Cluster, addresses: int, buildings: int) -> None:
    """What was reassigned is 1 %, and nothing else differs from settling all."""
    assert 0.008 < addresses / (buildings * HOUSES) < 0.013 or buildings == QUICK_BUILDINGS
    with psycopg.connect(cluster.url(OWNER, DATABASE)) as connection:
        query = "SELECT md5(string_agg(id || scope_ids::text, ',' ORDER BY id)) FROM address"
        before = connection.execute(query).fetchone()
        connection.execute("SELECT settle_places()")
        assert connection.execute(query).fetchone() == before
