"""`bench assign`: 1.2 million points into 543 and into 36,000 polygons of some 85 vertices.

All ways work on the same points and polygons in one run, taking turns, and must agree: a point's
answer is the lowest code among the polygons that a peer finds for it. Times are medians.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
import shapely
from numpy.typing import NDArray

from bench import assign_peers
from bench.coverage import SIDE_DEGREES, SOUTH, WEST, irregular_coverage
from bench.report import Context, Row
from gis.coverage_index import CoverageIndex

SEED = 20260
NAME = "assign"
POINTS, QUICK_POINTS = 1_200_000, 20_000
# Polygons: the ratio to reach against DuckDB.
BARS = {543: 8.0, 36_000: 4.0}
QUICK_BARS: dict[int, float | None] = {60: None}
ROUNDS = 5
# Often DuckDB's quickest way, so it has the bar too; but it misjudges points on slanting edges,
# so what it answers proves nothing.
INEXACT = "DuckDB ST_DWithin 0"


def run(context: Context) -> list[Row]:
    """Rows in points per second, and counts of answers other than plain shapely's."""
    rows = []
    for count, bar in (QUICK_BARS if context.quick else BARS).items():
        rows += _compare(context, count, bar)
    return rows


def points_over(areas: NDArray[np.object_], count: int) -> tuple[NDArray[np.float64], ...]:
    """Random points in the extent, one in a hundred on a vertex or in the middle of an edge."""
    random = np.random.default_rng(SEED)
    points = random.uniform(0, SIDE_DEGREES, (count, 2)) + [WEST, SOUTH]
    corners = shapely.get_coordinates(areas)
    chosen = random.integers(0, len(corners) - 1, count // 100)
    on = corners[chosen]
    on[::2] = (on[::2] + corners[chosen + 1][::2]) / 2
    points[random.permutation(count)[:len(on)]] = on
    return points[:, 0].copy(), points[:, 1].copy()


def _compare(context: Context, count: int, bar: float | None) -> list[Row]:
    context.say(f"assign: {count} polygons: making them")
    areas = irregular_coverage(count, SEED)
    codes = np.char.zfill(np.arange(count).astype(np.str_), 8)
    lon, lat = points_over(areas, QUICK_POINTS if context.quick else POINTS)
    before = perf_counter()
    index = CoverageIndex(areas, codes)
    build_s = perf_counter() - before
    with ExitStack() as stack:
        peers = _peers(context, stack, areas, lon, lat)
        times = _take_turns(context, {"ours": (ROUNDS, lambda: index.locate(lon, lat, 0.0)), **{
            name: (rounds, peer.run) for name, (rounds, peer) in peers.items()}})
        answers = {name: _lowest(*peer.pairs(), len(lon)) for name, (_, peer) in peers.items()}
    answers["ours"] = index.locate(lon, lat, 0.0).index
    truth = answers.pop("shapely STRtree")
    rate = {name: len(lon) / median(spent) for name, spent in times.items()}
    return [
        *(Row.compare(NAME, f"{count} polygons, points/s: {name}", rate["ours"], rate[name],
                      bar if name.startswith("DuckDB") else None) for name in peers),
        *(_unlike(f"{count} polygons, answers unlike shapely's: {name}",
                  int(np.count_nonzero(found != truth)), name != INEXACT)
          for name, found in answers.items()),
        Row(NAME, f"{count} polygons, seconds to build the index", build_s, None, None, None, True),
    ]


def _unlike(name: str, wrong: int, exact: bool) -> Row:
    return Row(NAME, name, wrong, 0, None, 0 if exact else None, wrong == 0 or not exact)


def _peers(context: Context, stack: ExitStack, areas: NDArray[np.object_],
           lon: NDArray[np.float64],
           lat: NDArray[np.float64]) -> dict[str, tuple[int, assign_peers.Peer]]:
    """Each peer, ready, with its rounds: the slow ones get fewer, for their times vary less."""
    makers = {
        "DuckDB ST_Intersects": (ROUNDS, partial(assign_peers.duckdb_spatial, "intersects")),
        INEXACT: (ROUNDS, partial(assign_peers.duckdb_spatial, "dwithin")),
        "shapely STRtree": (3, assign_peers.shapely_tree),
        "geopandas sjoin": (3, assign_peers.geopandas_sjoin),
        "PostGIS join": (1, partial(assign_peers.postgis_join, context.cluster())),
    }
    ready = {}
    for name, (rounds, make) in makers.items():
        context.say(f"assign: {len(areas)} polygons: making {name} ready")
        ready[name] = (rounds, stack.enter_context(make(areas, lon, lat)))
    return ready


def _take_turns(context: Context, ways: dict) -> dict[str, list[float]]:
    """Seconds of every run, in turns, so that a busy moment of the machine meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(1 if context.quick else ROUNDS):
        for name, (rounds, way) in ways.items():
            if turn < rounds:
                before = perf_counter()
                way()
                times[name].append(perf_counter() - before)
                context.say(f"assign: {name}: {times[name][-1]:.3f} s")
    return times


def _lowest(point: NDArray[np.integer], area: NDArray[np.integer],
            count: int) -> NDArray[np.int64]:
    """The lowest area of each point, -1 for none; areas are numbered in the order of codes."""
    lowest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(lowest, point, area)
    return np.where(lowest == np.iinfo(np.int64).max, -1, lowest)
