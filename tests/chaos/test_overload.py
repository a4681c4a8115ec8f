"""Far more comes than can be taken: what is accepted is quick, the rest is told when to come."""

from __future__ import annotations

import asyncio
import math
import statistics
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
SENDERS, ROOM = 300, 40
# As many as are well taken at once: what the same server does on this machine, busy as it is now.
# They and the flood take turns, so that whatever else keeps the machine busy is there for both.
FEW, TURNS, TURN_S = 20, 4, 1.0
# Under overload at least this share of what is taken calmly, and at most so many times as late:
# half of them as half of the calm ones are, and all but a few as the slowest of these, or as it
# would take a calm server to serve every sender once.
TIMES_AS_LATE, SHARE = 5, 0.5


class Flood:
    """Senders that never rest, and what they were answered."""

    def __init__(self, url: str, token: str, senders: int) -> None:
        self._caller = Caller(url, token, most=senders)
        self._senders = senders
        self.accepted: dict[int, float] = {}
        self.in_time = 0
        self.refused = 0

    async def pour(self, seconds: float) -> None:
        """All at once for so long."""
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(self._senders):
                group.create_task(self._send(until))

    def close(self) -> None:
        """Let go of the connections."""
        self._caller.close()

    async def _send(self, until: float) -> None:
        while (begun := time.monotonic()) < until:
            answer = await self._caller.post("/api/reports", report())
            if answer.status == 201:
                answered = time.monotonic()
                self.accepted[answer.body["report"]["id"]] = answered - begun
                self.in_time += answered <= until
                continue
            assert answer.status in (429, 503), answer
            assert 1 <= int(answer.headers["retry-after"]) <= 10
            assert answer.headers["content-type"] == "application/problem+json"
            self.refused += 1

    def median_s(self) -> float:
        """How long half of the accepted ones took at most."""
        return statistics.median(self.accepted.values())

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
            calm, flood = (Flood(server.url, issue_token(admin_url, "intake"), senders)
                           for senders in (FEW, SENDERS))
            for _ in range(TURNS):
                await calm.pour(TURN_S)
                await flood.pour(TURN_S)
            calm.close()
            flood.close()
            assert (await stream.next("pace"))["slower"] > 1
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
    once_s = SENDERS * TURNS * TURN_S / calm.in_time
    for name, one in (("calm", calm), ("flooded", flood)):
        print(f"{name}: {one.in_time:,} accepted, median {one.median_s():.3f} s,"
              f" p99 {one.p99_s():.2f} s; {one.refused:,} refused")
    assert calm.refused == 0
    assert flood.in_time >= SHARE * calm.in_time
    assert flood.refused > SENDERS
    assert flood.median_s() <= TIMES_AS_LATE * calm.median_s()
    assert flood.p99_s() <= TIMES_AS_LATE * max(calm.p99_s(), once_s)
    with psycopg.connect(admin_url) as connection:
        stored = {row[0] for row in connection.execute(
            "SELECT id FROM report WHERE id > %s", (before,))}
    accepted = [number for one in (calm, flood) for number in one.accepted]
    assert len(accepted) == len(set(accepted))
    assert stored == {*accepted, after.body["report"]["id"]}
    assert sorted(stream.incidents) == sorted(stored)
