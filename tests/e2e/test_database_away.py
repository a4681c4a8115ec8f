"""The database goes away and comes back; the server stays, says so, and needs no restart."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from console.server import create_app
from gis.accounts import issue_token
from gis.cluster import OWNER, SERVER, Cluster
from gis.schema import migrate
from gis.settings import Settings
from tests.console.conftest import build_town, report, serving

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A cluster that this test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="gridwall-away-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "pg", durable=False)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def client(own_cluster: Cluster, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A caller who may file and read."""
    admin_url = own_cluster.url(OWNER)
    migrate(admin_url)
    build_town(admin_url)
    token = issue_token(admin_url, "admin")
    app = create_app(Settings(
        home=tmp_path, database_url=own_cluster.url(SERVER), admin_database_url=admin_url,
        secret="a secret of this test alone, long enough"))
    async with serving(app) as url, httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as made:
        yield made


async def until_ready(client: httpx.AsyncClient) -> None:
    """Ask until the server is ready again."""
    async with asyncio.timeout(60):
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0)


async def test_reports_are_taken_again_once_the_database_is_back(client, own_cluster):
    assert (await client.post("/api/reports", json=report())).status_code == 201
    await asyncio.to_thread(own_cluster.stop)
    for method, path, sent in (("POST", "/api/reports", report()), ("GET", "/readyz", None),
                               ("POST", "/api/reports:batch", [report()]),
                               ("GET", "/api/incidents", None)):
        answer = await client.request(method, path, json=sent)
        assert answer.status_code == 503, path
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["title"] == "Database away"
    assert (await client.get("/healthz")).status_code == 200
    await asyncio.to_thread(own_cluster.start)
    await until_ready(client)
    assert (await client.post("/api/reports", json=report())).status_code == 201
    assert len((await client.get("/api/incidents")).json()["incidents"]) == 2


async def test_a_stream_goes_on_over_a_restart(client, own_cluster):
    async with client.stream("GET", "/live") as response:
        chunks = response.aiter_text()
        assert "event: ready" in await anext(chunks)
        await asyncio.to_thread(own_cluster.stop)
        await asyncio.to_thread(own_cluster.start)
        await until_ready(client)
        filed = await client.post("/api/reports", json=report())
        number = f'"id" : {filed.json()["incident"]["id"]}'
        async with asyncio.timeout(30):
            async for chunk in chunks:
                if number in chunk or number.replace(" ", "") in chunk:
                    return
    pytest.fail("the stream ended without the event")
