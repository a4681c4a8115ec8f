"""Reports that arrive while redraws are published, and what must be true of all of them after."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx
import psycopg
import shapely
from psycopg import AsyncConnection

from gis.publication import Publication, publications, publish, undo
from gis.redraw import Redraw, RedrawnArea
from tests.gis.builders import at, rectangle
from tests.gis.publishing import E1, E2, W1, W2, E, W

INSERT = ("INSERT INTO report (category_code, channel, external_id, datum, lon, lat)"
          " VALUES ('service', 'resident', %s, 'cgcs2000', %s, %s)")
EARLIER = ("INSERT INTO report (category_code, channel, external_id, datum, lon, lat, received_at)"
           " VALUES ('service', 'import', %s, 'cgcs2000', %s, %s,"
           " clock_timestamp() - interval '700 milliseconds')")
# Owner of the moment: what the first change found, or what never changed; and as recomputed.
JUDGED = """
WITH first AS (
    SELECT DISTINCT ON (c.incident_id) c.* FROM assignment_change AS c
    WHERE c.scheme = 'base' ORDER BY c.incident_id, c.at
), had AS (
    SELECT r.id, r.lon, r.lat, r.received_at,
           CASE WHEN f.incident_id IS NULL THEN s.area_id ELSE f.before_area_id END AS area_id,
           CASE WHEN f.incident_id IS NULL THEN s.officer_id ELSE f.before_officer_id END
               AS officer_id,
           i.grid_id, i.officer_id AS now_officer_id, s.area_id AS now_area_id
    FROM report AS r
    JOIN incident AS i ON i.id = r.id
    JOIN assignment AS s ON s.incident_id = r.id AND s.scheme = 'base'
    LEFT JOIN first AS f ON f.incident_id = r.id
), many AS (
    SELECT array_agg(h.id) AS ids, array_agg(h.lon) AS lons, array_agg(h.lat) AS lats,
           array_agg('cgcs2000'::text) AS datums, array_agg(h.received_at) AS ats,
           array_agg(clock_timestamp()) AS nows, array_agg(NULL::float8) AS accuracies,
           array_agg(NULL::text) AS nothing
    FROM had AS h
)
SELECT h.id, h.lon, h.lat, h.received_at, h.area_id, t.area_id AS moment_area_id,
       h.officer_id = t.officer_id AS officer_of_moment,
       h.grid_id = n.identity_id AND h.now_officer_id = n.officer_id AS now_as_now
FROM had AS h
JOIN many AS m ON true
JOIN locate_points(m.ids, m.lons, m.lats, m.datums, m.accuracies, m.nothing, m.nothing, m.nothing,
                   m.ats, 'base') AS t ON t.ordinal = h.id
JOIN locate_points(m.ids, m.lons, m.lats, m.datums, m.accuracies, m.nothing, m.nothing, m.nothing,
                   m.nows, 'base') AS n ON n.ordinal = h.id
"""
VERSIONS = ("SELECT id, nullif(lower(period), '-infinity'), upper(period), ST_AsBinary(geom)"
            " FROM area WHERE scheme = 'base' AND leaf")


@dataclass
class Fire:
    """Reports by HTTP and by SQL at a rate; what was accepted, and how long each waited."""

    url: str
    token: str
    admin_url: str
    rate: float
    luck: random.Random
    accepted: dict[str, float] = field(default_factory=dict)
    edges: list[float] = field(default_factory=lambda: [1.0, 3.0])
    late_s: float = 0.0

    async def burn(self, seconds: float) -> None:
        """One report every so often, whatever becomes of those before it."""
        headers = {"Authorization": f"Bearer {self.token}"}
        limits = httpx.Limits(max_connections=40)
        async with (httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30,
                                      limits=limits) as client,
                    asyncio.TaskGroup() as group):
            begun = time.monotonic()
            for number in range(int(seconds * self.rate)):
                due = begun + number / self.rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                # What this machine owes everybody, the server in this process too.
                self.late_s = max(self.late_s, time.monotonic() - due)
                one = self._http if number % 2 else self._sql
                group.create_task(one(f"r{number}", client))
            group.create_task(self._load(seconds))

    def place(self) -> tuple[float, float]:
        """Anywhere, and often on an edge that moves."""
        if self.luck.random() < 0.2:
            return at(self.luck.choice(self.edges), self.luck.uniform(0.1, 1.9))
        return at(self.luck.uniform(0.01, 3.99), self.luck.uniform(0.01, 1.99))

    async def _http(self, name: str, client: httpx.AsyncClient) -> None:
        lon, lat = self.place()
        begun = time.monotonic()
        told = {"text": "路灯坏了", "category": "service", "channel": "resident", "lon": lon,
                "lat": lat, "datum": "cgcs2000", "external_id": name}
        answer = await client.post("/api/reports", json=told)
        assert answer.status_code == 201, answer.text
        self.accepted[name] = time.monotonic() - begun

    async def _sql(self, name: str, client: httpx.AsyncClient) -> None:
        begun = time.monotonic()
        async with await AsyncConnection.connect(self.admin_url, autocommit=True) as connection:
            told = time.monotonic()
            query = EARLIER if self.luck.random() < 0.1 else INSERT
            await connection.execute(query, (name, *self.place()))
        self.accepted[name] = time.monotonic() - max(begun, told)

    async def _load(self, seconds: float) -> None:
        """A loader beside them: many rows in transactions that last."""
        async with await AsyncConnection.connect(self.admin_url) as connection:
            for number in range(int(seconds)):
                for row in range(5):
                    name = f"l{number}-{row}"
                    await connection.execute(INSERT, (name, *self.place()))
                    self.accepted[name] = 0.0
                    await asyncio.sleep(0.02)
                await connection.commit()
                await asyncio.sleep(0.7)


async def standing(connection: AsyncConnection, *codes: str) -> dict[str, shapely.Geometry]:
    """Shapes in force."""
    cursor = await connection.execute(
        "SELECT code, ST_AsBinary(geom) FROM area WHERE scheme = 'base' AND upper_inf(period)"
        " AND code = ANY (%s)", (list(codes),))
    return {code: shapely.from_wkb(shape) for code, shape in await cursor.fetchall()}


async def publish_something(connection: AsyncConnection, luck: random.Random, fire: Fire | None
                            ) -> Publication:
    """The edge of one community's grids to another place, a split, or the last taken back."""
    last = await publications(connection, most=1)
    if last and last[0]["undoes"] is None and luck.random() < 0.3:
        return await undo(connection, last[0]["id"])
    west, community, pair = luck.choice([(0, W, (W1, W2)), (2, E, (E1, E2))])
    edge = west + round(luck.uniform(0.2, 1.8), 2)
    if fire:
        fire.edges.append(edge)
    before = await standing(connection, *(await _grids(connection, community)))
    shapes = (rectangle(west, 0, edge, 2), rectangle(edge, 0, west + 2, 2))
    after = [RedrawnArea(code, "grid", f"name of {code}", community, shape, ())
             for code, shape in zip(pair, shapes, strict=True)]
    if luck.random() < 0.3:
        # The eastern one in two: its other half gets a code.
        north, south = rectangle(edge, 1, west + 2, 2), rectangle(edge, 0, west + 2, 1)
        after[1:] = [RedrawnArea(pair[1], "grid", f"name of {pair[1]}", community, south, ()),
                     RedrawnArea("+1", "grid", "new", community, north, ())]
    (now,) = await (await connection.execute("SELECT now()")).fetchone()
    return await publish(connection, Redraw("base", now, before, tuple(after)))


async def _grids(connection: AsyncConnection, community: str) -> list[str]:
    cursor = await connection.execute(
        "SELECT code FROM area WHERE upper_inf(period) AND level = 'grid'"
        " AND starts_with(code, %s)", (community,))
    return [code for code, in await cursor.fetchall()]


def judge(admin_url: str, expected: Iterable[str]) -> int:
    """Every report is there once and had exactly the owner of its moment; how many."""
    with psycopg.connect(admin_url) as connection:
        rows = connection.execute(JUDGED).fetchall()
        versions = [(number, since, until, shapely.from_wkb(shape))
                    for number, since, until, shape in connection.execute(VERSIONS)]
        names = [name for name, in connection.execute("SELECT external_id FROM report")]
    assert sorted(names) == sorted(expected)
    assert len(rows) == len(names)
    for number, lon, lat, moment, had, expected_area, officer, now_as_now in rows:
        assert had == expected_area, f"report {number} at {moment}"
        assert officer, f"the officer of report {number} at {moment}"
        assert now_as_now, f"report {number} is not whose it lies with now"
        # Once more, by shapely alone.
        inside = [version for version, since, until, shape in versions
                  if (since is None or since <= moment) and (until is None or moment < until)
                  and shapely.intersects_xy(shape, lon, lat)]
        assert had in inside, f"report {number} at {moment}"
    return len(rows)
