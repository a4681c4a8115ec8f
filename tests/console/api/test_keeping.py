"""Duplicates, merging, shares and the reporter's answer over HTTP; the keepers in the server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.console.conftest import SOUTH, STEP, STREETS, WEST, report

pytestmark = pytest.mark.anyio


async def _file(client, **changes) -> int:
    answer = await client.post("/api/reports", json=report(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]


async def _step(client, incident: int, action: str, status: int = 201, **fields) -> dict:
    answer = await client.post(f"/api/incidents/{incident}/steps",
                               json={"action": action, **fields})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_reports_of_one_hole_become_one_matter_and_each_is_answered(town):
    intake = town.client(town.token("intake"))
    street = town.client(town.token("street", STREETS[0]))
    first = await _file(intake)
    second = await _file(intake, lon=WEST + STEP / 2 + 0.0003)
    far = await _file(intake, lon=WEST + STEP / 2 + 0.003)
    offered = (await street.get(f"/api/incidents/{second}/duplicates")).json()
    assert [one["id"] for one in offered["duplicates"]] == [first]
    found = offered["duplicates"][0]
    assert (found["reason"], found["reports"]) == (["place"], 1)
    assert found["distance_m"] == pytest.approx(28.9, abs=0.2)
    assert far not in [one["id"] for one in offered["duplicates"]]

    told = await _step(street, second, "merge", to=f"incident:{first}")
    assert told["incident"]["merged_into"] == first
    both = [(await street.get(f"/api/incidents/{number}")).json()["steps"][-1]
            for number in (second, first)]
    assert [(step["action"], step["to"]) for step in both] == [
        ("merge", f"incident:{first}"), ("absorb", f"incident:{second}")]
    offered = (await street.get(f"/api/incidents/{first}/duplicates")).json()
    assert (offered["merged"], offered["duplicates"]) == ([second], [])

    await _step(street, first, "reject", note="已修好")
    answer = (await intake.get(f"/api/reports/{second}")).json()
    assert answer["report"]["id"] == second
    assert (answer["merged_into"], answer["incident"]["state"]) == (first, "rejected")
    assert answer["answer"]["note"] == "已修好"

    # Split again, it stands as it stood: nothing of either is lost.
    await _step(street, second, "split", note="两个坑")
    answer = (await intake.get(f"/api/reports/{second}")).json()
    assert (answer["merged_into"], answer["incident"]["state"]) == (None, "reported")
    steps = (await street.get(f"/api/incidents/{second}")).json()["steps"]
    assert [step["action"] for step in steps] == ["report", "merge", "split"]


async def test_a_report_is_told_to_its_filer_and_to_nobody_else(town):
    intake, other = (town.client(town.token("intake")) for _ in range(2))
    number = await _file(intake)
    assert (await intake.get(f"/api/reports/{number}")).json()["incident"]["state"] == "reported"
    for client in (other, town.client(town.token("street", STREETS[1]))):
        assert (await client.get(f"/api/reports/{number}")).status_code == 404
        assert (await client.get(f"/api/incidents/{number}/duplicates")).status_code in (403, 404)
    street = town.client(town.token("street", STREETS[0]))
    for path in ("/api/reports/999", f"/api/reports/{2**70}", "/api/incidents/999/duplicates"):
        assert (await street.get(path)).status_code == 404


async def test_a_flooded_road_is_shared(town):
    intake = town.client(town.token("intake"))
    street = town.client(town.token("street", STREETS[0]))
    assisting = town.client(town.token("officer", STREETS[0] + "001002"))
    number = await _file(intake)
    path = f"/api/incidents/{number}/extent"
    assert (await assisting.get(f"/api/incidents/{number}")).status_code == 404
    assert (await street.get(path)).status_code == 404
    middle = SOUTH + STEP / 2
    line = {"type": "LineString", "coordinates": [
        [WEST + STEP * 0.2, middle], [WEST + STEP * 1.2, middle]]}
    told = await street.put(path, json={"geometry": line, "datum": "cgcs2000"})
    assert told.status_code == 200, told.text
    shares = told.json()["shares"]
    assert [(one["area"]["code"][-3:], one["role"], one["share"]) for one in shares] == [
        ("001", "lead", 0.8), ("002", "assist", 0.2)]
    assert told.json() == (await street.get(path)).json()
    assert (await assisting.get(f"/api/incidents/{number}")).status_code == 200
    assert (await assisting.get(path)).json()["shares"] == shares
    listed = (await assisting.get("/api/incidents")).json()["incidents"]
    assert [one["id"] for one in listed] == [number]
    for wrong, field in (({"geometry": {"type": "Point", "coordinates": [1, 2]}}, "geometry"),
                         ({"geometry": line, "datum": "mars"}, "datum"),
                         ({"geometry": line, "width": 3}, "width"), ([], "body")):
        refused = await street.put(path, json=wrong)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == field
    assert (await street.delete(path)).status_code == 204
    assert (await assisting.get(f"/api/incidents/{number}")).status_code == 404


async def test_the_server_seals_and_urges_by_itself(town):
    """An overdue report: within a tick somebody is urged, and its steps are sealed."""
    town.app.inner.state.keeper._tick_s = 0.05
    await town.app.inner.state.keeper.close()
    town.app.inner.state.keeper.start()
    with psycopg.connect(town.admin_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO report (text, category_code, channel, lon, lat, received_at) VALUES"
            " ('x', 'urban', 'import', %s, %s, %s)",
            (WEST + STEP / 2, SOUTH + STEP / 2, datetime.now(UTC) - timedelta(hours=23)))
        async with asyncio.timeout(20):
            while not connection.execute(
                    "SELECT 1 FROM seal_head AS h JOIN step AS s USING (incident_id)"
                    " WHERE s.action = 'urge' AND h.step_count >= s.number").fetchone():
                await asyncio.sleep(0.02)


async def test_a_close_is_told_to_all_whose_reports_ended_up_in_it(town):
    """Merged into one that was merged again: each filer hears of the end."""
    filers = [town.client(town.token("intake")) for _ in range(3)]
    street = town.client(town.token("street", STREETS[0]))
    first, second, third = [await _file(filer) for filer in filers]
    await _step(street, first, "merge", to=f"incident:{second}")
    await _step(street, second, "merge", to=f"incident:{third}")
    # Who was merged takes in nothing more, and nothing goes in a circle.
    await _step(street, third, "merge", 409, to=f"incident:{first}")
    await _step(street, third, "reject", note="已修好")
    for filer, number in zip(filers, (first, second, third), strict=True):
        answer = (await filer.get(f"/api/reports/{number}")).json()
        assert (answer["incident"]["id"], answer["incident"]["state"]) == (third, "rejected")
        notices = (await filer.get("/api/notices")).json()["notices"]
        assert [(one["incident"], one["note"]) for one in notices] == [(number, "已修好")]
