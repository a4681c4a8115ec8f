"""``/api/ranking``, ``/api/assessments``, ratings and ``/api/statistics`` over a small town."""

from __future__ import annotations

import psycopg
import pytest

from tests.console.conftest import STEP, STREETS, WEST, report

pytestmark = pytest.mark.anyio
GRID = STREETS[0] + "001001"


async def filed(town, count: int = 3, **changes) -> list[int]:
    client = town.client(town.token("intake"))
    answers = [await client.post("/api/reports", json=report(**changes)) for _ in range(count)]
    assert {answer.status_code for answer in answers} == {201}
    return [answer.json()["incident"]["id"] for answer in answers]


def close(town, *numbers: int) -> None:
    """As a step would: the cache, and the event that tells of it."""
    with psycopg.connect(town.admin_url) as connection:
        for number in numbers:
            connection.execute("UPDATE incident SET state = 'closed', closed_at = now(),"
                               " handled_at = now() WHERE id = %s", (number,))
            connection.execute("INSERT INTO event_pending (kind, payload)"
                               " VALUES ('incident', json_build_object('id', %s::bigint)::text)",
                               (number,))


async def test_a_ranking_counts_what_has_just_come_in(town):
    first, *_ = await filed(town)
    await filed(town, 1, lon=WEST + 2.5 * STEP)
    close(town, first)
    client = town.client(town.token("hall"))
    told = (await client.get("/api/ranking?by=grid&period=month")).json()
    assert (told["by"], told["total"]) == ("grid", 4)
    row = told["rows"][0]
    assert (row["code"], row["reported"], row["open"], row["closed"], row["on_time_rate"]) == (
        GRID, 3, 2, 1, 1.0)
    assert (row["rank"], row["score"], row["stars"], row["comparable"]) == (1, 100, 5, "identity")
    assert {part["part"] for part in row["parts"]} == {
        "in_tier", "on_time", "reopened", "speed", "satisfaction", "patrols", "visits"}
    for by, count in (("officer", 2), ("community", 2), ("street", 2)):
        rows = (await client.get(f"/api/ranking?by={by}&period=this_week")).json()["rows"]
        assert len(rows) == count
        assert rows[0]["reported"] == 3


async def test_an_assessment_pages_through_what_is_behind_it(town):
    numbers = await filed(town, 5)
    close(town, *numbers)
    client = town.client(town.token("hall"))
    address = f"/api/assessments/grid/{GRID}?period=today&part=on_time&limit=2"
    first = (await client.get(address)).json()
    seen = [row["id"] for row in first["incidents"]]
    while first["next"]:
        first = (await client.get(address, params={"cursor": first["next"]})).json()
        seen += [row["id"] for row in first["incidents"]]
    assert seen == numbers[::-1]
    assert first["stages"]["whole_s"] is not None


async def test_a_rating_counts_as_satisfaction(town):
    number, = await filed(town, 1)
    client = town.client(town.token("hall"))
    refused = await client.post(f"/api/incidents/{number}/rating", json={"score": 5})
    assert refused.status_code == 409
    close(town, number)
    assert (await client.post(f"/api/incidents/{number}/rating",
                              json={"score": 4, "note": "还行"})).status_code == 204
    for bad in ({"score": 6}, {"score": 0}, {}):
        assert (await client.post(f"/api/incidents/{number}/rating",
                                  json=bad)).status_code == 422
    other = town.client(town.token("street", STREETS[1]))
    assert (await other.post(f"/api/incidents/{number}/rating",
                             json={"score": 1})).status_code == 404
    row = (await client.get("/api/ranking?by=street&period=today")).json()["rows"][0]
    parts = {part["part"]: part for part in row["parts"]}
    assert (parts["satisfaction"]["value"], parts["satisfaction"]["score"]) == (4, 75)


@pytest.mark.parametrize("address", [
    "/api/ranking?by=planet", "/api/ranking?period=fortnight", "/api/statistics?period=2026-13",
    f"/api/assessments/grid/{GRID}?part=luck", f"/api/assessments/grid/{GRID}?cursor=x",
    "/api/statistics/export?table=people", "/api/statistics/export?format=doc",
])
async def test_what_can_t_be_asked_is_told(shared_town, address):
    answer = await shared_town.client(shared_town.token("hall")).get(address)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_each_sees_their_own(town):
    await filed(town, 2)
    await filed(town, 1, lon=WEST + 2.5 * STEP)
    client = town.client(town.token("street", STREETS[1]))
    told = (await client.get("/api/statistics?period=today")).json()
    assert (told["area"]["code"], told["total"]["count"]) == (STREETS[1], 1)
    assert (await client.get(f"/api/statistics?area={STREETS[0]}")).status_code == 404
    assert (await client.get(f"/api/assessments/street/{STREETS[0]}")).status_code == 404
    rows = (await client.get("/api/ranking?by=street")).json()["rows"]
    assert [row["code"] for row in rows] == [STREETS[1]]
    whole = (await town.client(town.token("hall")).get("/api/statistics?period=today")).json()
    assert whole["total"]["count"] == 3
    assert {row["code"]: row["count"] for row in whole["areas"]} == {
        STREETS[0]: 2, STREETS[1]: 1}


async def test_a_table_as_a_file(town):
    await filed(town, 2)
    client = town.client(town.token("hall"))
    answer = await client.get("/api/statistics/export?table=classes&period=today")
    heads, *rows = answer.content.decode("utf-8-sig").splitlines()
    assert heads.startswith("编码,名称,事件数")
    assert "urban,城市管理,2,100.0" in "\n".join(rows)
    for table in ("kinds", "tiers", "months", "areas", "ranking"):
        for form in ("csv", "xlsx"):
            answer = await client.get(
                f"/api/statistics/export?table={table}&format={form}&lang=en")
            assert answer.status_code == 200
            assert answer.content[:2] == (b"PK" if form == "xlsx" else b"\xef\xbb")
