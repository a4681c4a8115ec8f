"""A year in three databases: a city after five weeks and the same city after a year, and a year
of a city that has a tenth of the work.

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
from gis import queries
from gis.accounts import issue_token
from gis.cluster import OWNER, SERVER, Cluster
from gis.database import Database
from gis.schema import migrate
from gis.settings import Settings

CITY = ZoneInfo("Asia/Shanghai")
YEAR_DAYS = 365.0
SMALL, LARGE = 50_000, 500_000
QUICK = (400, 2_000)
DISTRICT = "bench_district"
NAMES = ("bench_short", "bench_long", "bench_sparse")
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


def three_years(context: Context) -> tuple[str, str, str]:
    """The databases, made once in a run: a short past, a long one, and one of a tenth the pace."""
    cluster = context.cluster()
    small, large = QUICK if context.quick else (SMALL, LARGE)
    with psycopg.connect(cluster.url(OWNER, "postgres")) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAMES[-1],)
                              ).fetchone():
            return NAMES
    now = datetime.now(CITY)
    context.say("the district")
    cluster.create_database(DISTRICT)
    migrate(cluster.url(OWNER, DISTRICT))
    load_district(cluster.url(OWNER, DISTRICT), scale="demo", now=now)
    for name, count, days in zip(NAMES, (small, large, small),
                                 (YEAR_DAYS * small / large, YEAR_DAYS, YEAR_DAYS), strict=True):
        context.say(f"{name}: {count:,} matters in {days:.1f} days")
        _make(cluster, name, count, days, now)
    return NAMES


def _make(cluster: Cluster, name: str, count: int, days: float, now: datetime) -> None:
    cluster.superuser_sql('CREATE DATABASE :"name" TEMPLATE :"district" OWNER :"owner"',
                          name=name, district=DISTRICT, owner=OWNER)
    cluster.create_database(name)
    admin_url = cluster.url(OWNER, name)
    load_year(admin_url, count, now, days=days)
    with psycopg.connect(admin_url) as connection:
        # Counts made in one go lie in the order of their keys, which a server's never do.
        connection.execute(queries.get("year_lay_counts_as_lived"))
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def compare(context: Context, bench: str, role: str, area: str | None,
            asked: Iterable[tuple[str, str]], told: Iterable[tuple[str, str]] = ()) -> list[Row]:
    """Rows of pages touched with the long past against the short one, and of whole scans.

    Without a bar, a row each against the year of a tenth the pace: there, open work and whatever
    a request answers with are a tenth too.

    Parameters
    ----------
    role, area
        Who asks.
    asked
        Names and addresses of what is asked for.
    told
        The same, of what a short past does not hold: against the year of a tenth the pace only.
    """
    asked, told = list(asked), list(told)
    addresses = [address for _, address in asked + told]
    short, long, sparse = (
        asyncio.run(_ask(context.cluster(), name, role, area, addresses))
        for name in three_years(context))
    rows = []
    for (name, _), before, after in zip(asked, short, long, strict=False):
        context.say(f"{bench}: {name}: {before.pages} pages, then {after.pages}")
        bound = BAR * max(before.pages, FLOOR_PAGES)
        rows.append(Row.at_most(bench, f"{name} (pages; {BAR}× of {before.pages})",
                                after.pages, bound))
    for (name, _), before, after in zip(asked + told, sparse, long, strict=True):
        rows.append(Row(bench, f"{name} (pages; peer: a year of a tenth the work)", after.pages,
                        before.pages, after.pages / before.pages, None, True))
    whole = [f"{name}: {', '.join(sorted(scanned))}"
             for (name, _), one, other in zip(asked + told, long, sparse, strict=True)
             if (scanned := one.scanned | other.scanned)]
    return [*rows, Row.at_most(
        bench, f"{role}: tables of history read whole: {'; '.join(whole) or 'none'}",
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


def place_of(context: Context, level: str, under: str = "") -> str:
    """The code of a busy area of a level, under another, with as much open work after either past.

    What a desk shows is then alike, and what differs is the history behind it.
    """
    short, long = (_open_work(context.cluster(), name, level)
                   for name in three_years(context)[:2])
    both = [code for code in short.keys() & long.keys() if code.startswith(under)]
    busiest = sorted(both, key=lambda code: -short[code])
    return min(busiest[:max(3, len(busiest) // 10)],
               key=lambda code: (abs(long[code] / short[code] - 1), code))


def _open_work(cluster: Cluster, name: str, level: str) -> dict[str, int]:
    with psycopg.connect(cluster.url(OWNER, name)) as connection:
        return dict(connection.execute(queries.get("year_open_work"), {"level": level}).fetchall())
