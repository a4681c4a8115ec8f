"""Opening the wall on 102,034 real buildings, against the synthetic district, in Chromium.

Both walls have a district down to grids and as many open matters; a server each, in one run, in
turns. Main-thread time is Chromium's own sum of the tasks of the page, until the wall says that it
has settled; bytes are all that came over the wire till then, with an empty cache.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench.report import Context, Row
from bench.tiles import buildings_file
from bench.tiles_peers import own_server
from bench.wall_peers import Opening, open_wall, surround
from fixtures.loader import load_district
from gis.accounts import ensure_demo_accounts
from gis.cluster import OWNER
from gis.schema import migrate

NAME, DISTRICT, CITY = "wall", "bench_wall_district", "bench_wall_city"
MOST_BYTES, MOST_TIME = 6_000_000, 1.5
ROUNDS = 3


def run(context: Context) -> list[Row]:
    """Bytes and main-thread time; none without the data."""
    file = buildings_file()
    if not file.exists():
        context.say(f"{NAME}: no {file} (GRIDWALL_TEST_DATA)")
        return []
    cluster = context.cluster()
    with tempfile.TemporaryDirectory(prefix="gridwall-wall-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        context.say(f"{NAME}: loading the synthetic district and the real city")
        matters = _prepare(context, folder, file)
        ports = {}
        for name in (DISTRICT, CITY):
            (folder / name).mkdir()
            ports[name] = stack.enter_context(own_server(cluster, name, folder / name))
        found: dict[str, list[Opening]] = {name: [] for name in ports}
        for turn in range(1 if context.quick else ROUNDS):
            for name, port in ports.items():
                opening = open_wall(port, _picture(name))
                context.say(f"{NAME}: round {turn + 1}, {name}: {_told(opening)}")
                found[name].append(opening)
    context.say(f"{NAME}: {matters} open matters on each; requests and bytes of the city:")
    for kind, (count, size) in sorted(found[CITY][0].requests.items(), key=lambda one: -one[1][1]):
        context.say(f"    {kind}: {count}, {size:,}")
    return _rows(found)


def _prepare(context: Context, folder: Path, file: Path) -> int:
    cluster = context.cluster()
    urls = {}
    for name in (DISTRICT, CITY):
        cluster.create_database(name)
        urls[name] = cluster.url(OWNER, name)
        migrate(urls[name])
    load_district(urls[DISTRICT])
    with psycopg.connect(urls[DISTRICT]) as connection:
        [matters] = connection.execute(
            "SELECT count(*) FROM incident WHERE closed_at IS NULL").fetchone()
    surround(urls[CITY], file, folder, matters)
    for url in urls.values():
        ensure_demo_accounts(url, loopback=True)
    return matters


def _picture(name: str) -> Path | None:
    """Where pictures of what was measured are kept, if anywhere: BENCH_PICTURES."""
    folder = os.environ.get("BENCH_PICTURES")
    return Path(folder) / f"{name}.png" if folder else None


def _told(opening: Opening) -> str:
    return (f"{opening.bytes / 1e6:.2f} MB, main thread {opening.main_thread_s:.2f} s"
            f" (scripts {opening.script_s:.2f} s), settled after {opening.elapsed_s:.1f} s")


def _rows(found: dict[str, list[Opening]]) -> list[Row]:
    def middle(name: str, of: str) -> float:
        return statistics.median(getattr(one, of) for one in found[name])

    ours, peer = (middle(name, "main_thread_s") for name in (CITY, DISTRICT))
    scripts = [middle(name, "script_s") for name in (CITY, DISTRICT)]
    return [
        Row.at_most(NAME, "real city, over the wire (bytes)", middle(CITY, "bytes"), MOST_BYTES),
        Row(NAME, "real city, main thread, against the synthetic district (s)", ours, peer,
            ours / peer, MOST_TIME, ours / peer <= MOST_TIME),
        Row(NAME, "of that scripts (s)", *scripts, scripts[0] / scripts[1], None, True),
    ]
