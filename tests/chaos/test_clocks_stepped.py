"""Clocks that are set while all goes on: the server's changes nothing, the database's no order."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from gis.accounts import issue_token
from gis.cluster import OWNER, Cluster
from gis.sealing import verify
from tests.chaos.caller import Answer, Caller
from tests.chaos.conftest import Told, own_cluster
from tests.chaos.storm import Server
from tests.console.conftest import report
from tests.program import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
SOURCE = Path(__file__).with_name("stepped_clock.c")
NEAR = timedelta(seconds=20)


class Clock:
    """A clock that can be set, in a file that the process maps."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.step(timedelta())

    def step(self, apart: timedelta) -> None:
        """Set it apart from the true time by so much."""
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.write(struct.pack("=q", int(apart.total_seconds())))
        self.path.chmod(0o644)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """The library that sets clocks apart."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: the clock of a process alone can't be set here")
    # Where the database's own system user can read it.
    folder = Path(subprocess.run(["mktemp", "-d", "/tmp/gridwall-clock-XXXXXX"],
                                 capture_output=True, text=True, check=True).stdout.strip())
    folder.chmod(0o755)
    made = folder / "stepped_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(SOURCE)], check=True)
    yield made
    shutil.rmtree(folder)


@pytest.fixture
def database_clock(library: Path, monkeypatch) -> Clock:
    """The clock of a database that is started under it."""
    clock = Clock(library.with_name("database"))
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("STEPPED_CLOCK", str(clock.path))
    return clock


@pytest.fixture
def cluster(database_clock: Clock, monkeypatch) -> Iterator[Cluster]:
    """A town whose database goes by a clock of its own."""
    with own_cluster() as made:
        monkeypatch.delenv("LD_PRELOAD")
        monkeypatch.delenv("STEPPED_CLOCK")
        yield made


async def filed(caller: Caller) -> Answer:
    """A report of something that happened at this very moment, truly."""
    answer = await caller.post("/api/reports", report(occurred_at=datetime.now(UTC).isoformat()))
    assert answer.status == 201, answer
    return answer


def times(cluster: Cluster) -> list[tuple[datetime, timedelta]]:
    """When each report was received, and how long it may take, in their order."""
    with psycopg.connect(cluster.url(OWNER)) as connection:
        return connection.execute(
            "SELECT received_at, deadline_at - received_at FROM incident ORDER BY id").fetchall()


@pytest.mark.long
async def test_clocks_may_be_set_while_all_goes_on(cluster, library, database_clock):
    server_clock = Clock(library.with_name("server"))
    server = Server(cluster.folder.parent, free_port(),
                    LD_PRELOAD=str(library), STEPPED_CLOCK=str(server_clock.path))
    await server.start()
    caller = Caller(server.url, issue_token(cluster.url(OWNER), "intake"))
    numbers = []
    try:
        async with Told.by(server.url, issue_token(cluster.url(OWNER), "hall")) as stream:
            await stream.next("ready")
            for hours in (0, 3, -3):
                server_clock.step(timedelta(hours=hours))
                numbers.append((await filed(caller)).body["incident"]["id"])
            by_server = times(cluster)
            assert {allowed for _, allowed in by_server} == {by_server[0][1]}
            assert all(abs(at - datetime.now(UTC)) < NEAR for at, _ in by_server)
            server_clock.step(timedelta())
            # Two minutes back and two hours on: what just happened lies in its future, then past.
            for minutes in (-2, 120, 0):
                database_clock.step(timedelta(minutes=minutes))
                numbers.append((await filed(caller)).body["incident"]["id"])
            while numbers[-1] not in stream.incidents:
                await stream.next("incident")
    finally:
        caller.close()
        await server.stop()
    assert numbers == sorted(numbers)
    told_first = list(dict.fromkeys(stream.incidents))
    assert told_first == numbers
    assert timedelta(hours=1) < times(cluster)[4][0] - datetime.now(UTC) < timedelta(hours=3)
    with psycopg.connect(cluster.url(OWNER)) as connection:
        sequences = [n for (n,) in connection.execute("SELECT sequence FROM event ORDER BY 1")]
        while connection.execute("SELECT keep_changes()").fetchone() != (None,):
            connection.commit()
        connection.commit()
        assert verify(connection).findings == []
    assert sequences == list(range(1, len(sequences) + 1))
