"""A rehearsal at full size: 1.2 million addresses, half a million matters of a year.

A redraw of two grids, of a street's grids, and of all grids of the district at once: in each,
neighbours in the order of their codes change places by halves of their ground. Each is held to a
bound in seconds.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import psycopg
import shapely
from psycopg import AsyncConnection

from bench.report import Context, Row
from fixtures.loader import load_district
from fixtures.year import load_year
from gis.cluster import OWNER
from gis.redraw import Redraw, RedrawnArea
from gis.rehearsal import rehearse
from gis.schema import migrate

MATTERS, QUICK_MATTERS = 500_000, 3_000
STREET = "330191001"
BOUNDS_S = {"two grids": 5.0, "a street": 30.0, "the whole district": 120.0}


def run(context: Context) -> list[Row]:
    """Seconds that each takes."""
    cluster, name, now = context.cluster(), "bench_rehearsal", datetime.now(UTC)
    cluster.create_database(name)
    url = cluster.url(OWNER, name)
    migrate(url)
    context.say("loading the district and its year …")
    load_district(url, "demo" if context.quick else "full", now=now)
    load_year(url, QUICK_MATTERS if context.quick else MATTERS, now)
    with psycopg.connect(url) as connection:
        grids = {code: (title, shapely.from_wkb(shape)) for code, title, shape in
                 connection.execute(
                     "SELECT code, name, ST_AsBinary(geom) FROM area WHERE scheme = 'base'"
                     " AND level = 'grid' AND upper_inf(period) ORDER BY code")}
    first = list(grids)[:2]
    wanted = {"two grids": first, "the whole district": list(grids),
              "a street": [code for code in grids if code.startswith(STREET)]}
    rows = []
    for what, codes in sorted(wanted.items(), key=lambda one: len(one[1])):
        figures = asyncio.run(_rehearsed(url, _redraw(grids, codes, now), now))
        totals = figures["totals"]
        context.say(f"{what}: {len(codes)} grids, {totals['year_incidents']:,} matters of the"
                    f" year, {totals['addresses']:,} addresses move")
        rows.append(Row.at_most("rehearsal", f"{what} (seconds)", figures["seconds"],
                                BOUNDS_S[what]))
    return rows


async def _rehearsed(url: str, redraw: Redraw, now: datetime) -> dict:
    async with await AsyncConnection.connect(url) as connection:
        return await rehearse(connection, redraw, now)


def _redraw(grids: dict, codes: list[str], now: datetime) -> Redraw:
    """Pairs of grids give each other the half of their ground."""
    after = []
    for one, other in zip(codes[::2], codes[1::2], strict=False):
        west = [_half(grids[code][1], True) for code in (one, other)]
        east = [_half(grids[code][1], False) for code in (one, other)]
        for code, parts in ((one, (west[0], east[1])), (other, (west[1], east[0]))):
            geom = shapely.multipolygons(shapely.get_parts(shapely.union_all(parts)))
            after.append(RedrawnArea(code, "grid", grids[code][0], code[:12], geom, (one, other)))
    return Redraw("base", now, {area.key: grids[area.key][1] for area in after}, tuple(after))


def _half(shape, west: bool):
    left, south, right, north = shape.bounds
    middle = round((left + right) / 2, 9)
    box = shapely.box(left - 1, south - 1, middle, north + 1) if west else \
        shapely.box(middle, south - 1, right + 1, north + 1)
    return shapely.set_precision(shape.intersection(box), 1e-9)
