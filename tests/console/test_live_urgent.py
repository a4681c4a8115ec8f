"""What can't wait: an emergency is told at once, a breach climbs, whatever number of servers."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import psycopg
import pytest

from console.server import create_app
from tests.console.conftest import STREETS, report, serving
from tests.console.test_live import stream

pytestmark = pytest.mark.anyio
# A second in each tier, so that no clock has to be moved.
SECOND = json.dumps({tier: {"hours": 1 / 3600} for tier in (
    "grid", "community", "street", "district")})


async def test_an_emergency_is_told_to_street_and_hall_within_a_second(town):
    intake = town.client(town.token("intake"))
    street = town.client(town.token("street", STREETS[0]))
    async with stream(street) as of_street, stream(town.client(town.token("hall"))) as of_hall:
        for reader in (of_street, of_hall):
            await reader.next()
        begun = time.monotonic()
        filed = await intake.post("/api/reports", json=report(category="safety.fire"))
        told = [json.loads((await reader.next())["data"]) for reader in (of_street, of_hall)]
        assert time.monotonic() - begun < 1.0
    number = filed.json()["incident"]["id"]
    assert filed.json()["incident"]["tier"] == "street"
    assert [(one["id"], one["u"], one["s"]) for one in told] == [(number, 3, "reported")] * 2
    listed = await street.get("/api/desk/incidents", params={"lane": "emergency"})
    assert [row["id"] for row in listed.json()["rows"]] == [number]


async def _until_the_top(reader) -> list[dict]:
    """What the clocks tell, up to the breach in the highest tier."""
    told = []
    while len(told) < 8:
        event = await reader.next(30)
        if event["event"] == "clock":
            told.append(json.loads(event["data"]))
    return told


async def test_a_breach_climbs_all_four_tiers_once_with_two_servers(town, tmp_path):
    with psycopg.connect(town.admin_url, autocommit=True) as connection:
        connection.execute("UPDATE category SET stage_limits = %s WHERE code = 'urban'",
                           (SECOND,))
    await _tick_often(town.app)
    settings = town.app.inner.state.settings
    other = create_app(replace(settings, home=tmp_path / "other"))
    async with serving(other) as address:
        await _tick_often(other)
        hall = town.client(town.token("hall"))
        beside = town.client(town.token("hall"))
        beside.base_url = address
        async with stream(hall) as one, stream(beside) as two:
            for reader in (one, two):
                await reader.next()
            filed = await town.client(town.token("intake")).post("/api/reports", json=report())
            number = filed.json()["incident"]["id"]
            by_one, by_two = await asyncio.gather(_until_the_top(one), _until_the_top(two))
        assert by_one == by_two
    assert [(event["kind"], event["action"], event["tier"]) for event in by_one] == [
        ("warning", "urge", "grid"), ("breach", "escalate", "community"),
        ("warning", "urge", "community"), ("breach", "escalate", "street"),
        ("warning", "urge", "street"), ("breach", "escalate", "district"),
        ("warning", "urge", "district"), ("breach", "urge", "district")]
    told = (await hall.get(f"/api/incidents/{number}")).json()
    assert [(step["action"], step["role"], step["tier"]) for step in told["steps"]] == [
        ("report", "resident", "grid"),
        *((event["action"], "system", event["tier"]) for event in by_one)]
    assert told["incident"]["tier"] == "district"
    assert {"verify", "reject"} <= set(told["lawful"])


async def _tick_often(app) -> None:
    keeper = app.inner.state.keeper
    await keeper.close()
    keeper._tick_s = 0.05
    keeper.start()
