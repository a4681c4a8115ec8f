"""A town over a cluster that a test may kill, fill, cut off and stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from console.server import create_app
from gis.accounts import issue_token
from gis.cluster import OWNER, SERVER, Cluster
from gis.schema import migrate
from gis.settings import Settings
from tests.console.conftest import build_town, serving

SIZE = "400m"
SECRET = "a secret of this test alone, long enough"


@contextlib.contextmanager
def own_cluster(small: bool = True) -> Iterator[Cluster]:
    """A town's durable cluster in a home of its own, on a small file system where that may be."""
    folder = Path(tempfile.mkdtemp(prefix="gridwall-fault-"))
    folder.chmod(0o755)
    small = small and _mount(folder)
    cluster = Cluster(folder / "pg")
    try:
        cluster.start()
        migrate(cluster.url(OWNER))
        build_town(cluster.url(OWNER))
        with psycopg.connect(cluster.url(OWNER)) as connection:
            # What the town itself had to tell lies before the test.
            connection.execute("SELECT sequence_events()")
        yield cluster
    finally:
        cluster.stop()
        if small:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _mount(folder: Path) -> bool:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs",
                           str(folder)], capture_output=True, check=False)
    return done.returncode == 0


@dataclass
class Place:
    """A served town: who files and reads there, and what stands behind."""

    client: httpx.AsyncClient
    cluster: Cluster
    app: object

    async def until_ready(self, timeout_s: float = 60) -> None:
        """Ask until the server is ready again."""
        async with asyncio.timeout(timeout_s):
            while (await self.client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)

    async def timed(self, method: str, path: str, **sent: object) -> tuple[httpx.Response, float]:
        """An answer, and how many seconds it took."""
        begun = time.monotonic()
        answer = await self.client.request(method, path, **sent)
        return answer, time.monotonic() - begun

    @contextlib.asynccontextmanager
    async def told(self) -> AsyncIterator[Told]:
        """An open stream, read by name."""
        async with self.client.stream("GET", "/live") as response:
            assert response.status_code == 200
            yield Told(response)


class Told:
    """What a stream tells, event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.aiter_text()
        self._left = ""
        self.incidents: list[int] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def by(cls, url: str, token: str) -> AsyncIterator[Told]:
        """The stream of a token's owner."""
        headers = {"Authorization": f"Bearer {token}"}
        async with (httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client,
                    client.stream("GET", "/live") as response):
            assert response.status_code == 200
            yield cls(response)

    async def next(self, name: str, timeout_s: float = 30) -> dict[str, object]:
        """The data of the next event of a name; others are passed over."""
        async with asyncio.timeout(timeout_s):
            while True:
                block, found, rest = self._left.partition("\n\n")
                if not found:
                    self._left += await anext(self._chunks)
                    continue
                self._left = rest
                told = dict(line.split(": ", 1) for line in block.split("\n")
                            if not line.startswith(":"))
                if told.get("event") == "incident":
                    self.incidents.append(json.loads(told["data"])["id"])
                if told.get("event") == name:
                    return json.loads(told["data"])


@contextlib.asynccontextmanager
async def served(cluster: Cluster, home: Path, url: str = "",
                 is_short: Callable[[], bool] = lambda: False, **more: object,
                 ) -> AsyncIterator[Place]:
    """The application over a cluster; `url` where it reaches it by another way."""
    token = issue_token(cluster.url(OWNER), "admin")
    app = create_app(Settings(
        home=home, database_url=url or cluster.url(SERVER),
        admin_database_url=cluster.url(OWNER), secret=SECRET, **more), is_short)
    async with serving(app) as address, httpx.AsyncClient(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        yield Place(client, cluster, app)


@pytest.fixture(scope="package")
def shared_cluster() -> Iterator[Cluster]:
    """One cluster for these tests; each leaves it running and well."""
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture
async def place(shared_cluster: Cluster, tmp_path: Path) -> AsyncIterator[Place]:
    """The town served over the shared cluster."""
    async with served(shared_cluster, tmp_path) as made:
        yield made
