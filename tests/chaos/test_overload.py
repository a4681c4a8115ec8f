"""Far more comes than can be taken: what is accepted is quick, the rest is told when to come."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from dataclasses import dataclass

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
# As many as are well taken at once: what the same server does on this machine, busy as it is now.
FEW = 20
# Under overload at least this share of what is taken calmly, and at most so many times as late:
# half of them as half of the calm ones are, and all but a few as the slowest of these, or as it
# would take a calm server to serve every sender once.
TIMES_AS_LATE, SHARE = 5, 0.5
MOST_ROUNDS = 3


class Flood:
    """Senders that never rest, and what they were answered."""

    def __init__(self, url: str, token: str, senders: int = SENDERS) -> None:
        self._caller = Caller(url, token, most=senders)
        self._senders = senders
        self.accepted: dict[int, float] = {}
        self.refused = 0

    async def pour(self, seconds: float) -> None:
        """All at once for so long."""
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(self._senders):
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

    def median_s(self) -> float:
        """How long half of the accepted ones took at most."""
        return statistics.median(self.accepted.values())

    def p99_s(self) -> float:
        """How long the slowest but one of a hundred accepted ones took."""
        return sorted(self.accepted.values())[math.ceil(0.99 * len(self.accepted)) - 1]

    def __str__(self) -> str:
        return (f"{len(self.accepted):,} accepted, median {self.median_s():.3f} s,"
                f" p99 {self.p99_s():.2f} s")


async def poured(url: str, admin_url: str, senders: int) -> Flood:
    """What so many senders get through."""
    flood = Flood(url, issue_token(admin_url, "intake"), senders)
    await flood.pour(SECONDS)
    return flood


@dataclass
class Round:
    """A flood, and what the same server takes calmly before and after it."""

    calm: list[Flood]
    flood: Flood

    @classmethod
    async def of(cls, url: str, admin_url: str, stream: Told) -> Round:
        """Poured now; the walls are told to go slower meanwhile, and are let go again."""
        calm = [await poured(url, admin_url, FEW)]
        flood = Flood(url, issue_token(admin_url, "intake"))
        pouring = asyncio.create_task(flood.pour(SECONDS))
        assert (await stream.next("pace"))["slower"] > 1
        await pouring
        calm.append(await poured(url, admin_url, FEW))
        while (await stream.next("pace"))["slower"] > 1:
            continue
        return cls(calm, flood)

    def holds(self) -> bool:
        """Whether enough was taken, and soon enough."""
        taken, late_s = [len(one.accepted) for one in self.calm], [
            one.p99_s() for one in self.calm]
        once_s = SENDERS * SECONDS / min(taken)
        return (len(self.flood.accepted) >= SHARE * min(taken)
                and self.flood.median_s() <= TIMES_AS_LATE * max(
                    one.median_s() for one in self.calm)
                and self.flood.p99_s() <= TIMES_AS_LATE * max(*late_s, once_s))

    def __str__(self) -> str:
        calm = " and ".join(str(one) for one in self.calm)
        return f"calm: {calm}; flooded: {self.flood}, {self.flood.refused:,} refused"


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
            rounds = []
            # Whatever else this machine does for a moment only slows: one round of three tells.
            while len(rounds) < MOST_ROUNDS and not (rounds and rounds[-1].holds()):
                rounds.append(await Round.of(server.url, admin_url, stream))
            # And a single sender is served again at once.
            one = Caller(server.url, issue_token(admin_url, "intake"))
            after = await one.post("/api/reports", report())
            one.close()
            assert after.status == 201
            while after.body["incident"]["id"] not in stream.incidents:
                await stream.next("incident")
    finally:
        await server.stop()
    print("", *rounds, sep="\n")
    assert rounds[-1].holds()
    for one in rounds:
        assert [calm.refused for calm in one.calm] == [0, 0]
        assert one.flood.refused > SENDERS
    with psycopg.connect(admin_url) as connection:
        stored = {row[0] for row in connection.execute(
            "SELECT id FROM report WHERE id > %s", (before,))}
    accepted = [number for one in rounds for flood in (*one.calm, one.flood)
                for number in flood.accepted]
    assert len(accepted) == len(set(accepted))
    assert stored == {*accepted, after.body["report"]["id"]}
    assert sorted(stream.incidents) == sorted(stored)
