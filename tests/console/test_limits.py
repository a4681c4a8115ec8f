"""One caller's haste is limited by token and by address; this machine's own is not."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.limits import BURST_S, MOST_KEPT, Buckets
from console.overload import BUSY_SHARE, SLOWER, Load
from console.server import create_app
from gis.accounts import issue_token
from gis.errors import Overloaded
from gis.settings import Settings
from tests.console.conftest import build_town, report, serving


class Clock:
    """Seconds that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_grants_its_burst_then_its_rate():
    clock = Clock()
    buckets = Buckets(2.0, clock)
    granted = sum(not buckets.take(b"a") for _ in range(100))
    assert granted == 2 * BURST_S
    assert buckets.take(b"a") == pytest.approx(0.5)
    assert buckets.take(b"b") == 0
    clock.now += 0.5
    assert buckets.take(b"a") == 0
    assert buckets.take(b"a") > 0


@given(st.lists(st.floats(0, 30), max_size=60), st.floats(0.5, 20))
def test_nobody_gets_more_than_rate_and_burst(pauses, rate):
    clock = Clock()
    buckets = Buckets(rate, clock)
    granted = 0
    for pause in pauses:
        clock.now += pause
        granted += sum(not buckets.take(b"a") for _ in range(5))
    assert granted <= rate * (BURST_S + sum(pauses)) + 1


def test_no_rate_is_no_limit_and_memory_is_bounded():
    assert not any(Buckets(0).take(b"a") for _ in range(1_000))
    buckets = Buckets(1.0)
    for number in range(MOST_KEPT + 10):
        buckets.take(b"%d" % number)
    assert len(buckets._kept) == MOST_KEPT


def test_pages_are_slowed_before_anything_is_refused():
    told: list[int] = []
    load = Load(8, told.append)
    held = []
    for number in range(8):
        held.append(load.taking(1))
        held[-1].__enter__()
        assert bool(told) == ((number + 1) / 8 >= BUSY_SHARE)
    assert set(told) == {SLOWER}
    with pytest.raises(Overloaded) as refusal, load.taking(1):
        pass
    assert 1 <= refusal.value.retry_after_s <= 4
    assert (load.intake, load.refused) == (8, 1)
    for one in held:
        one.__exit__(None, None, None)
    with load.taking(1_000):
        # Larger than all room, and alone.
        assert load.intake == 1_000
    assert load.intake == 0


def test_pages_go_back_to_their_pace_when_it_is_calm(monkeypatch):
    monkeypatch.setattr("console.overload.CALM_S", 0.02)
    monkeypatch.setattr("console.overload.LOOK_S", 0.01)
    told: list[int] = []

    async def run() -> None:
        load = Load(1, told.append)
        with load.taking(1):
            load.start()
            async with asyncio.timeout(10):
                while told[-1:] != [SLOWER]:
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            while told[-1] != 1:
                await asyncio.sleep(0.01)
        await load.close()

    asyncio.run(run())


@pytest.mark.anyio
async def test_each_token_and_each_address_has_its_own(database, tmp_path):
    build_town(database.admin_url)
    tokens = [issue_token(database.admin_url, "street", "330104001") for _ in range(2)]
    app = create_app(Settings(
        home=tmp_path, database_url=database.server_url, admin_database_url=database.admin_url,
        secret="a secret of this test alone, long enough", rate_per_token=0.2,
        rate_per_address=0.6))

    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:
        async def ask(token: str, address: str) -> httpx.Response:
            # As a proxy on this machine tells it.
            headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
            return await client.get("/api/incidents", headers=headers)

        async def until_refused(token: str, address: str, status: int) -> int:
            for granted in range(50):
                if (answer := await ask(token, address)).status_code == 429:
                    return granted
                assert answer.status_code == status
            return 50

        assert 2 <= await until_refused(tokens[0], "203.0.113.1", 200) < 50
        refused = await ask(tokens[0], "203.0.113.2")
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 5
        assert refused.json()["title"] == "Too many requests"
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert (await ask(tokens[1], "203.0.113.2")).status_code == 200
        guessed = [(await ask(f"guess-{n}", "203.0.113.4")).status_code for n in range(30)]
        assert set(guessed[:6]) == {401}
        assert 429 in guessed
        assert (await client.get("/healthz", headers={"X-Forwarded-For": "203.0.113.4"})
                ).status_code == 200
        near = {"Authorization": f"Bearer {tokens[0]}"}
        assert {(await client.get("/api/incidents", headers=near)).status_code
                for _ in range(30)} == {200}
        filed = await client.post("/api/reports", json=report(), headers=near)
        assert filed.status_code == 201
