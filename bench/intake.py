"""Reports per second with durable commits, against pgbench inserting one bare row.

Eight clients throughout; all in one run on one cluster, taking turns, so that a slow moment of
the machine falls on all alike. The ratio is that of the medians.
"""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.intake_peers import CONNECTIONS
from bench.report import Context, Row
from fixtures.loader import load_district
from gis.accounts import issue_token
from gis.cluster import OWNER, SERVER, Cluster
from gis.errors import SetupError
from gis.schema import migrate

DATABASE = "bench_intake"
SQL_BAR, HTTP_BAR, BATCH_BAR = 0.25, 0.04, 0.15
BATCH = 100
ROUNDS, SECONDS = 3, 6
START_TIMEOUT_S = 60
BARE = """\
\\set id random(1, 1000000000)
INSERT INTO bare (id, text) VALUES (:id, '路面塌陷，行人绕行');
"""
# The trigger does the rest: incident, first step, assignments, outbox.
ONE_REPORT = """\
\\set x random(0, 1000000)
\\set y random(0, 1000000)
INSERT INTO report (text, category_code, channel, lon, lat) VALUES ('路面塌陷，行人绕行', 'urban',
    'resident', {west} + ({east} - {west}) * :x / 1e6, {south} + ({north} - {south}) * :y / 1e6);
"""
Box = tuple[float, float, float, float]


def run(context: Context) -> list[Row]:
    """The three comparisons of the intake."""
    cluster = context.cluster()
    context.say("intake: loading the synthetic district")
    box, token = _prepare(cluster)
    rounds, seconds = (1, 1) if context.quick else (ROUNDS, SECONDS)
    with tempfile.TemporaryDirectory() as folder, _server(cluster, Path(folder)) as port:
        west, south, east, north = box
        one_report = ONE_REPORT.format(west=west, south=south, east=east, north=north)
        measures: dict[str, Callable[[], float]] = {
            "bare": lambda: _pgbench(cluster, Path(folder), BARE, seconds),
            "sql": lambda: _pgbench(cluster, Path(folder), one_report, seconds),
            "http": lambda: _http(port, token, box, 1, seconds),
            "batch": lambda: _http(port, token, box, BATCH, seconds),
        }
        found: dict[str, list[float]] = {name: [] for name in measures}
        for turn in range(rounds):
            for name, measure in measures.items():
                found[name].append(measure())
                context.say(f"intake: round {turn + 1}, {name}: {found[name][-1]:,.0f} a second")
    bare, sql, http, batch = (statistics.median(found[name]) for name in measures)
    return [
        Row.compare("intake", "SQL: one INSERT, assigned (reports/s)", sql, bare, SQL_BAR),
        Row.compare("intake", "HTTP, one server process (reports/s)", http, bare, HTTP_BAR),
        Row.compare("intake", f"HTTP, batches of {BATCH} (reports/s)", batch, bare, BATCH_BAR),
    ]


def _prepare(cluster: Cluster) -> tuple[Box, str]:
    """The district in a database of its own; the middle of it, and a token."""
    cluster.create_database(DATABASE)
    admin_url = cluster.url(OWNER, DATABASE)
    migrate(admin_url)
    load_district(admin_url, scale="demo")
    with psycopg.connect(admin_url) as connection:
        connection.execute("CREATE TABLE bare (id bigint, text text)")
        west, south, east, north = connection.execute(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
            " FROM (SELECT ST_Extent(geom) AS e FROM area WHERE scheme = 'base') AS box"
        ).fetchone()
    dx, dy = (east - west) / 5, (north - south) / 5
    return (west + dx, south + dy, east - dx, north - dy), issue_token(admin_url, "intake")


def _pgbench(cluster: Cluster, folder: Path, script: str, seconds: int) -> float:
    """Transactions a second that pgbench reports for a script."""
    file = folder / "script.sql"
    file.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [cluster.programs.path("pgbench"), "-n", "-M", "prepared", "-c", str(CONNECTIONS),
         "-j", "2", "-T", str(seconds), "-f", str(file), "-h", str(cluster.socket),
         "-U", OWNER, DATABASE],
        capture_output=True, text=True, check=False)
    told = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    if done.returncode or told is None:
        raise SetupError(f"pgbench failed: {done.stderr or done.stdout}")
    return float(told[1])


def _http(port: int, token: str, box: Box, batch: int, seconds: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.intake_peers", "load", str(port), token,
         ",".join(map(str, box)), str(batch), str(seconds)],
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"the load failed: {done.stderr[-2000:]}")
    return float(done.stdout)


@contextmanager
def _server(cluster: Cluster, home: Path) -> Iterator[int]:
    """One server process on a free port."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    environment = os.environ | {
        "GRIDWALL_HOME": str(home), "GRIDWALL_SECRET": "a secret of this benchmark alone",
        "GRIDWALL_DATABASE_URL": cluster.url(SERVER, DATABASE),
        "GRIDWALL_ADMIN_DATABASE_URL": cluster.url(OWNER, DATABASE),
        "GRIDWALL_BODY_LIMIT_BYTES": "2000000",
    }
    server = subprocess.Popen([sys.executable, "-m", "bench.intake_peers", "serve", str(port)],
                              env=environment, stdin=subprocess.DEVNULL)
    try:
        _wait_ready(server, port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_ready(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SetupError("the server did not become ready")
