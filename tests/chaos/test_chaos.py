"""Nothing accepted is lost, and nothing is there twice, whatever is killed and when."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gis.accounts import issue_token
from gis.cluster import OWNER, Cluster
from gis.sealing import verify
from tests.chaos.conftest import own_cluster
from tests.chaos.storm import Monkey, Server, Storm, Watcher
from tests.console.conftest import STREETS
from tests.program import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
RATE = 100.0
# What each report leaves, told by its external id: all of it once.
LEFT = """
WITH told AS (SELECT (payload::json ->> 'id')::bigint AS id, count(*) AS n FROM event
              WHERE kind = 'incident' GROUP BY 1),
     noted AS (SELECT substr(subject, length('incident:') + 1)::bigint AS id, count(*) AS n
               FROM audit WHERE action = 'report' GROUP BY 1),
     stepped AS (SELECT incident_id AS id, count(*) AS n FROM step GROUP BY 1),
     assigned AS (SELECT incident_id AS id, count(*) AS n FROM assignment
                  WHERE scheme = 'base' AND area_id IS NOT NULL GROUP BY 1)
SELECT r.external_id, r.id, count(i.id), sum(a.n)::integer, sum(s.n)::integer, sum(t.n)::integer,
       sum(o.n)::integer
FROM report AS r
LEFT JOIN incident AS i ON i.id = r.id
LEFT JOIN assigned AS a ON a.id = r.id
LEFT JOIN stepped AS s ON s.id = r.id
LEFT JOIN told AS t ON t.id = r.id
LEFT JOIN noted AS o ON o.id = r.id
GROUP BY r.external_id, r.id
"""
EVENTS = """
SELECT sequence, (payload::json ->> 'id')::bigint FROM event WHERE kind = 'incident'
ORDER BY sequence
"""
EVENTS_OF = """
SELECT sequence, (payload::json ->> 'id')::bigint FROM event
WHERE kind = 'incident'
  AND scope_ids @> (SELECT array_agg(id) FROM area_identity WHERE code = %s)
ORDER BY sequence
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A home whose cluster is this test's to kill."""
    with own_cluster(small=False) as cluster:
        yield cluster.folder.parent


async def all_told(admin_url: str, hall: Watcher, street: Watcher) -> None:
    """Wait until every event has its number and both walls have been told."""
    async with asyncio.timeout(60):
        while True:
            with psycopg.connect(admin_url) as connection:
                (pending,) = connection.execute("SELECT count(*) FROM event_pending").fetchone()
                (last,) = connection.execute("SELECT sequence FROM event_head").fetchone()
                own = connection.execute(EVENTS_OF, (STREETS[0],)).fetchall()
            if not pending and hall.at >= last and street.at >= own[-1][0]:
                return
            await asyncio.sleep(0.5)


def check(admin_url: str, storm: Storm, hall: Watcher, street: Watcher) -> None:
    """Each report is there once, with all that belongs to it, and was told once to each wall."""
    with psycopg.connect(admin_url) as connection:
        left = {row[0]: row[1:] for row in connection.execute(LEFT)}
        (count,) = connection.execute("SELECT count(*) FROM report").fetchone()
        (head,) = connection.execute("SELECT sequence FROM event_head").fetchone()
        events = connection.execute(EVENTS).fetchall()
        own = connection.execute(EVENTS_OF, (STREETS[0],)).fetchall()
        while connection.execute("SELECT keep_changes()").fetchone() != (None,):
            connection.commit()
        connection.commit()
        verdict = verify(connection)
    assert count == len(left) == len(storm.answers) == storm.sent
    for external_id, (_, answer) in storm.answers.items():
        report = answer["report"]["id"]
        assert left[external_id] == (report, 1, 1, 1, 1, 1), (external_id, left[external_id])
        assert answer["incident"]["id"] == report
        assert answer["assignments"][0]["area"] is not None
    first = head - len(events) + 1
    assert [number for number, _ in events] == list(range(first, head + 1))
    assert hall.seen == events
    assert street.seen == own
    assert verdict.findings == []
    assert verdict.incidents == count


async def rage(home: Path, seconds: float, kills: int, seed: int = 7) -> tuple[Storm, Monkey]:
    """The storm over a home; what it left is checked."""
    cluster, server = Cluster(home / "pg"), Server(home, free_port())
    admin_url = cluster.url(OWNER)
    luck = random.Random(seed)
    storm = Storm(server.url, issue_token(admin_url, "intake"), RATE, luck)
    hall = Watcher(server.url, issue_token(admin_url, "hall"))
    street = Watcher(server.url, issue_token(admin_url, "street", STREETS[0]))
    monkey = Monkey(server, cluster, luck)
    await server.start()
    watching = [asyncio.create_task(one.watch()) for one in (hall, street)]
    try:
        async with asyncio.timeout(30):
            await asyncio.gather(hall.began.wait(), street.began.wait())
        async with asyncio.TaskGroup() as group:
            group.create_task(storm.blow(seconds))
            group.create_task(monkey.rage(kills, seconds))
        await all_told(admin_url, hall, street)
        await asyncio.to_thread(check, admin_url, storm, hall, street)
    except BaseException:
        print(server.output[-8_000:])
        raise
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await server.stop()
    return storm, monkey


async def test_nothing_accepted_is_lost_when_database_and_server_are_killed(home):
    storm, monkey = await rage(home, seconds=4, kills=2)
    assert monkey.done == ["postmaster", "server_process"]
    assert len(storm.answers) == 400


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_ten_minutes_of_storm(home, capsys):
    storm, monkey = await rage(home, seconds=600, kills=30)
    tries = sorted(storm.tries.values())
    with capsys.disabled():
        print(f"\n{len(storm.answers):,} reports, {Counter(monkey.done)}, {sum(tries):,} tries,"
              f" at most {tries[-1]} for one")
    assert len(monkey.done) == 30
    assert len(storm.answers) == 60_000
