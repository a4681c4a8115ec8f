"""What fails behind the server: what callers are told, what stays true, how it mends itself."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest

from console.cli import guardian
from gis import postmaster
from gis.cluster import OWNER, SERVER, Cluster
from gis.pulse import LATEST_S
from tests.chaos.conftest import served
from tests.chaos.proxy import Line
from tests.console.conftest import PASSWORD, report

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]
LONGEST_S = 2.5
JUST_NOW = timedelta(seconds=LATEST_S + 4)


def stored(place) -> int:
    """How many reports are in the database."""
    with psycopg.connect(place.cluster.url(OWNER)) as connection:
        return connection.execute("SELECT count(*) FROM report").fetchone()[0]


async def file(place, status: int = 201) -> httpx.Response:
    answer, took_s = await place.timed("POST", "/api/reports", json=report())
    assert answer.status_code == status, answer.text
    if status == 503:
        assert took_s < LONGEST_S
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
    return answer


def shut_out(place, limit: int) -> None:
    """End all sessions of the server's role, and let it have no more than so many."""
    place.cluster.superuser_sql(f"alter role gridwall_server connection limit {limit}")
    place.cluster.superuser_sql("select pg_terminate_backend(pid) from pg_stat_activity"
                                " where usename = 'gridwall_server'")


async def test_a_killed_database_is_told_at_once_on_the_open_stream_too(place):
    before = stored(place)
    async with place.told() as stream:
        await stream.next("ready")
        accepted = [(await file(place)).json()["incident"]["id"]]
        postmaster.find(place.cluster.data).kill()
        # A session may outlive the first process for a moment, and what it stores is stored.
        while (answer := await place.client.post("/api/reports", json=report())
               ).status_code == 201:
            accepted.append(answer.json()["incident"]["id"])
        assert (answer.status_code, answer.json()["title"]) == (503, "Database away")
        await file(place, 503)
        trouble = await stream.next("trouble")
        assert trouble["kind"] == "away"
        since = datetime.fromisoformat(trouble["since"])
        assert timedelta() <= datetime.now(UTC) - since < JUST_NOW
        assert (await place.client.get("/healthz")).status_code == 200
        await asyncio.to_thread(place.cluster.start)
        assert (await stream.next("trouble"))["kind"] is None
        await place.until_ready()
        accepted.append((await file(place)).json()["incident"]["id"])
        while accepted[-1] not in stream.incidents:
            await stream.next("incident")
        assert stream.incidents == accepted
    assert stored(place) == before + len(accepted)


async def test_a_read_only_database_reads_on_and_says_so(place):
    before = stored(place)
    async with place.told() as stream:
        await stream.next("ready")
        place.cluster.superuser_sql("alter system set default_transaction_read_only = on")
        place.cluster.superuser_sql("select pg_reload_conf()")
        assert (await stream.next("trouble"))["kind"] == "read_only"
        refused = await file(place, 503)
        assert "read-only" in refused.json()["detail"]
        assert (await place.client.get("/api/incidents")).status_code == 200
        assert (await place.client.get("/readyz")).status_code == 503
        place.cluster.superuser_sql(
            "begin; set local transaction_read_only = off; commit;"
            "set default_transaction_read_only = off;"
            "alter system reset default_transaction_read_only")
        place.cluster.superuser_sql("select pg_reload_conf()")
        assert (await stream.next("trouble"))["kind"] is None
    await file(place)
    assert stored(place) == before + 1


async def test_without_connections_it_is_away_and_comes_back_by_itself(place):
    await file(place)
    shut_out(place, 0)
    refused = await file(place, 503)
    assert refused.json()["title"] in ("Database away", "Overloaded")
    assert (await place.client.get("/healthz")).status_code == 200
    shut_out(place, -1)
    await place.until_ready()
    await file(place)


@pytest.mark.parametrize("cut_s", [3, pytest.param(60, marks=pytest.mark.long)])
async def test_a_network_cut_is_noticed_and_nothing_hangs_or_doubles(
        shared_cluster, tmp_path: Path, cut_s):
    folder = shared_cluster.folder.parent / f"line{cut_s}"
    folder.mkdir()
    name = ".s.PGSQL.5432"
    url = f"postgresql://{SERVER}@/gridwall?host={quote(str(folder), safe='')}"
    async with (Line(folder / name, shared_cluster.socket / name).laid() as line,
                served(shared_cluster, tmp_path, url) as place, place.told() as stream):
        await stream.next("ready")
        await file(place)
        before = stored(place)
        line.cut()
        under_way = [asyncio.create_task(place.client.post(
            "/api/reports", json=report(external_id=f"cut-{cut_s}-{n}"))) for n in range(20)]
        trouble = await stream.next("trouble", LATEST_S + 3)
        assert trouble["kind"] == "away"
        await file(place, 503)
        answers = await asyncio.gather(*under_way)
        assert {one.status_code for one in answers} == {503}
        await asyncio.sleep(max(0, cut_s - 4))
        line.mend()
        assert (await stream.next("trouble", 30))["kind"] is None
        await place.until_ready()
        again = [await place.client.post(
            "/api/reports", json=report(external_id=f"cut-{cut_s}-{n}")) for n in range(20)]
        assert {one.status_code for one in again} <= {200, 201}
        assert stored(place) == before + 20


async def test_a_full_disk_refuses_intake_reads_on_and_needs_no_hand(shared_cluster, tmp_path):
    home, reserve = small_disk(shared_cluster), shared_cluster.folder / "reserve"
    # As `up` serves a private cluster.
    guard = asyncio.create_task(guardian.Guardian(shared_cluster).run())
    try:
        async with (served(shared_cluster, tmp_path, is_short=shared_cluster.reserve.is_short
                           ) as place, place.told() as stream):
            await stream.next("ready")
            await until(reserve.exists)
            before = stored(place)
            # A session ends with PostgreSQL.
            with psycopg.connect(shared_cluster.url(OWNER), autocommit=True) as session:
                fill(home / "filler")
                await refused_and_told(place, stream, await place.client.post(
                    "/api/reports", json=report()))
                await until(lambda: not reserve.exists())
                # Other work goes on: segments that nothing but the reserve has room for.
                new_log(shared_cluster, 3)
                await reads_on(place)
                await somebody_signs_in(place)
                (home / "filler").unlink()
                await taken_again(place, stream)
                await until(reserve.exists)
                session.execute("SELECT 1")
            assert stored(place) == before + 1
    finally:
        guard.cancel()
        await asyncio.gather(guard, return_exceptions=True)
        reserve.unlink(missing_ok=True)


async def test_rows_that_find_no_room_are_refused_by_a_database_that_keeps_no_reserve(place):
    home = small_disk(place.cluster)
    before, accepted = stored(place), 0
    async with place.told() as stream:
        await stream.next("ready")
        # Room for its log is for its own administrators to keep.
        new_log(place.cluster, 3)
        place.cluster.superuser_sql("CHECKPOINT")
        fill(home / "filler")
        for _ in range(2_000):
            batch = await place.client.post(
                "/api/reports:batch", json=[report(text="长" * 2_000)] * 20)
            if batch.status_code == 503:
                break
            accepted += 20
        await refused_and_told(place, stream, batch)
        await reads_on(place)
        (home / "filler").unlink()
        await taken_again(place, stream)
    assert stored(place) == before + accepted + 1


def small_disk(cluster: Cluster) -> Path:
    """The small file system that a cluster's folder stands on."""
    home = cluster.folder.parent
    if not os.path.ismount(home):
        pytest.skip("no small file system can be mounted here: that takes the rights of root")
    return home


async def refused_and_told(place, stream, answer: httpx.Response) -> None:
    """An answer says that the disk is full, and so do walls and the probe."""
    assert (answer.status_code, answer.json()["title"]) == (503, "Nothing can be stored")
    assert "full" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0
    assert (await stream.next("trouble"))["kind"] == "full"
    assert (await place.client.get("/readyz")).status_code == 503


async def reads_on(place) -> None:
    """Lists are answered as ever."""
    listed = await place.client.get("/api/incidents", params={"limit": 5})
    assert listed.status_code == 200


async def somebody_signs_in(place) -> None:
    """With a name and a password, and reads."""
    async with httpx.AsyncClient(base_url=place.client.base_url, timeout=30) as client:
        answer = await client.post("/login", data={"name": "wang", "password": PASSWORD})
        assert answer.status_code == 303
        assert (await client.get("/api/incidents")).status_code == 200


async def taken_again(place, stream) -> None:
    """The next report is taken, and all are told."""
    await file(place)
    assert (await stream.next("trouble"))["kind"] is None
    assert (await place.client.get("/readyz")).status_code == 200


async def until(holds: Callable[[], bool], timeout_s: float = 30) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(timeout_s):
        while not holds():
            await asyncio.sleep(0.05)


def new_log(cluster: Cluster, segments: int) -> None:
    """Have it go on to new segments of its log (WAL), 16 MB each."""
    for _ in range(segments):
        cluster.superuser_sql("SELECT pg_logical_emit_message(false, 'new', '');"
                              " SELECT pg_switch_wal()")


def fill(filler: Path) -> None:
    """Take all the room that is left where a file lies."""
    with filler.open("wb") as file_, suppress(OSError):
        os.posix_fallocate(file_.fileno(), 0, shutil.disk_usage(filler.parent).free)


async def test_a_killed_cluster_is_started_again_and_a_stopped_one_is_not(shared_cluster):
    watch = asyncio.create_task(guardian.Guardian(shared_cluster).run())
    try:
        postmaster.find(shared_cluster.data).kill()
        async with asyncio.timeout(30):
            while shared_cluster.status() != "running":
                await asyncio.sleep(0.1)
        await asyncio.to_thread(shared_cluster.stop)
        await asyncio.sleep(4 * guardian.LOOK_S)
        assert shared_cluster.status() == "stopped"
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await asyncio.to_thread(shared_cluster.start)
