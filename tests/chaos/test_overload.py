"""Far more comes than can be taken: what is accepted is quick, the rest is told when to come."""

from __future__ import annotations

import asyncio
import math
import time

import psycopg
import pytest

from gis.accounts import issue_token
from gis.cluster import OWNER
from tests.chaos.caller import Caller
from tests.chaos.conftest import Told
from tests.chaos.storm import Server
from tests.console.conftest import report
from tests.program import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
SENDERS, SECONDS, ROOM = 300, 3, 40
# Room for 40, which go in a call or two; the rest is how late this machine, which pours too, is.
P99_S = 10.0


class Flood:
    """Senders that never rest, and what they were answered."""

    def __init__(self, url: str, token: str) -> None:
        self._caller = Caller(url, token, most=SENDERS)
        self.accepted: dict[int, float] = {}
        self.refused = 0

    async def pour(self, seconds: float) -> None:
        """All at once for so long."""
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(SENDERS):
                group.create_task(self._send(until))
        self._caller.close()

    async def _send(self, until: float) -> None:
        while (begun := time.monotonic()) < until:
            answer = await self._caller.post("/api/reports", report())
            if answer.status == 201:
                self.accepted[answer.body["report"]["id"]] = time.monotonic() - begun
                continue
            assert answer.status in (429, 503), answer
            assert 1 <= int(answer.headers["retry-after"]) <= 10
            assert answer.headers["content-type"] == "application/problem+json"
            self.refused += 1

    def p99_s(self) -> float:
        """How long the slowest but one of a hundred accepted ones took."""
        return sorted(self.accepted.values())[math.ceil(0.99 * len(self.accepted)) - 1]


async def test_beyond_what_it_can_take_it_says_so_and_loses_nothing(shared_cluster, monkeypatch):
    monkeypatch.setenv("GRIDWALL_INTAKE_WAITING", str(ROOM))
    admin_url = shared_cluster.url(OWNER)
    with psycopg.connect(admin_url) as connection:
        (before,) = connection.execute("SELECT coalesce(max(id), 0) FROM report").fetchone()
    server = Server(shared_cluster.folder.parent, free_port())
    hall = issue_token(admin_url, "hall")
    await server.start()
    try:
        async with Told.by(server.url, hall) as stream:
            await stream.next("ready")
            flood = Flood(server.url, issue_token(admin_url, "intake"))
            pouring = asyncio.create_task(flood.pour(SECONDS))
            assert (await stream.next("pace"))["slower"] > 1
            await pouring
            # And a single sender is served again at once.
            one = Caller(server.url, issue_token(admin_url, "intake"))
            after = await one.post("/api/reports", report())
            one.close()
            assert after.status == 201
            assert (await stream.next("pace"))["slower"] == 1
            while after.body["incident"]["id"] not in stream.incidents:
                await stream.next("incident")
    finally:
        await server.stop()
    print(f"\n{len(flood.accepted):,} accepted, p99 {flood.p99_s():.2f} s;"
          f" {flood.refused:,} refused")
    assert len(flood.accepted) >= ROOM
    assert flood.refused > SENDERS
    assert flood.p99_s() < P99_S
    with psycopg.connect(admin_url) as connection:
        stored = {row[0] for row in connection.execute(
            "SELECT id FROM report WHERE id > %s", (before,))}
    assert stored == {*flood.accepted, after.body["report"]["id"]}
    assert sorted(stream.incidents) == sorted(stored)
