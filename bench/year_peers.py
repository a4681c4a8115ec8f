"""A year in two databases: the city after five weeks, and the same city after a year.

What a request touches is counted by running each of its statements once more under
``EXPLAIN (ANALYZE, BUFFERS)``, on the connection and in the transaction of the request: as the
server's role, inside the caller's scope, with the application's own routes, queries and values.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
from psycopg import AsyncCursor
from psycopg_pool import AsyncConnectionPool

from bench.report import Context, Row
from console.server import create_app
from fixtures.loader import load_district
from fixtures.year import load_year
from gis.accounts import issue_token
from gis.cluster import OWNER, SERVER, Cluster
from gis.database import Database
from gis.schema import migrate
from gis.settings import Settings

CITY = ZoneInfo("Asia/Shanghai")
YEAR_DAYS = 365.0
SMALL, LARGE = 50_000, 500_000
QUICK = (400, 2_000)
BAR = 1.3
# Cost that is there whatever the history, so that 3 pages against 2 are no 1.5.
FLOOR_PAGES = 60
HISTORY = ("incident", "step", "report", "assignment", "assessment_fact", "incident_area",
           "assessment_count", "assessment_time", "event")
_READS = re.compile(rb"^(\s|--[^\n]*\n)*(SELECT|WITH)\b", re.IGNORECASE)
_WRITES = re.compile(rb"\b(enter|sequence_events|fold_matters|append_step|renew_session)\s*\(")


@dataclass
class Touched:
    """What one request touched: pages of the database, and tables of history read whole."""

    pages: int = 0
    scanned: set[str] = field(default_factory=set)
    status: int = 0


_counting: Touched | None = None


class CountingCursor(AsyncCursor):
    """Runs each reading statement once more, before it is run, to count its pages."""

    async def execute(self, query: Any, params: Any = None, **options: Any) -> CountingCursor:
        """As the cursor's own."""
        text = query if isinstance(query, bytes) else str(query).encode()
        if _counting is not None and _READS.match(text) and not _WRITES.search(text):
            async with psycopg.AsyncCursor(self.connection) as beside:
                await beside.execute(b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + text, params)
                plan = (await beside.fetchone())[0][0]["Plan"]
            _counting.pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            _counting.scanned |= set(_scanned(plan))
        return await super().execute(query, params, **options)


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    # A branch that was planned and never run has touched nothing.
    if (plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in HISTORY
            and plan["Actual Loops"]):
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scanned(part)


def two_years(context: Context) -> tuple[str, str]:
    """The databases with the short and the long past, made once in a run."""
    cluster = context.cluster()
    small, large = QUICK if context.quick else (SMALL, LARGE)
    now = datetime.now(CITY)
    names = ("bench_short", "bench_long")
    with psycopg.connect(cluster.url(OWNER, "postgres")) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = 'bench_long'").fetchone():
            return names
    for name, count in zip(names, (small, large), strict=True):
        context.say(f"{name}: the district, and {count:,} matters")
        _make(cluster, name, count, YEAR_DAYS * count / large, now)
    return names


def _make(cluster: Cluster, name: str, count: int, days: float, now: datetime) -> None:
    cluster.create_database(name)
    admin_url = cluster.url(OWNER, name)
    migrate(admin_url)
    load_district(admin_url, scale="demo", now=now)
    load_year(admin_url, count, now, days=days)
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def compare(context: Context, bench: str, role: str, area: str | None,
            asked: Iterable[tuple[str, str]]) -> list[Row]:
    """Rows of pages touched with the long past against the short one, and of whole scans.

    Parameters
    ----------
    role, area
        Who asks.
    asked
        Names and addresses of what is asked for.
    """
    databases = two_years(context)
    asked = list(asked)
    short, long = (asyncio.run(_ask(context.cluster(), name, role, area,
                                    [address for _, address in asked]))
                   for name in databases)
    rows = []
    for (name, _), before, after in zip(asked, short, long, strict=True):
        context.say(f"{bench}: {name}: {before.pages} pages, then {after.pages}")
        bound = BAR * max(before.pages, FLOOR_PAGES)
        rows.append(Row.at_most(bench, f"{name} (pages; {BAR}× of {before.pages})",
                                after.pages, bound))
    whole = [f"{name}: {', '.join(sorted(after.scanned))}"
             for (name, _), after in zip(asked, long, strict=True) if after.scanned]
    told = "; ".join(whole) or "none"
    return [*rows, Row.at_most(bench, f"{role}: tables of history read whole: {told}",
                               len(whole), 0.5)]


async def _ask(cluster: Cluster, name: str, role: str, area: str | None,
               addresses: Sequence[str]) -> list[Touched]:
    token = issue_token(cluster.url(OWNER, name), role, area)
    async with _client(cluster, name, token) as client:
        return [await _touched(client, address) for address in addresses]


async def _touched(client: httpx.AsyncClient, address: str) -> Touched:
    global _counting
    # What the first time reads of the catalogue is no part of it.
    warm = await client.get(address)
    _counting = Touched(status=warm.status_code)
    try:
        answer = await client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code} {answer.text[:300]}")
        return _counting
    finally:
        _counting = None


@contextlib.asynccontextmanager
async def _client(cluster: Cluster, name: str, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """The application over a database, without its background work."""
    app = create_app(Settings(
        home=Path(cluster.folder), database_url=cluster.url(SERVER, name),
        admin_database_url=cluster.url(OWNER, name), secret=secrets.token_hex(32)))
    state = app.inner.state
    pool = AsyncConnectionPool(
        cluster.url(SERVER, name), min_size=1, max_size=1, open=False,
        kwargs={"autocommit": True, "cursor_factory": CountingCursor})
    await pool.open()
    await state.pool.open()
    state.database = Database(pool)
    try:
        async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="http://bench.test", timeout=60,
                headers={"Authorization": f"Bearer {token}"}) as client:
            yield client
    finally:
        await pool.close()
        await state.pool.close()


def places(context: Context, level: str) -> str:
    """The code of the area of a level that has most to do."""
    name = two_years(context)[0]
    with psycopg.connect(context.cluster().url(OWNER, name)) as connection:
        return connection.execute(
            "SELECT a.code FROM assessment_count AS c JOIN area AS a ON a.identity_id = c.key_id"
            " WHERE c.subject = %s AND c.grain = 'ever' AND a.scheme = 'base'"
            " AND upper_inf(a.period) GROUP BY a.code ORDER BY sum(c.reported) DESC LIMIT 1",
            (level,)).fetchone()[0]
