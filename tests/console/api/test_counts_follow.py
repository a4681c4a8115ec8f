"""Rankings follow what becomes of a matter: placed later, shared, merged and split again."""

from __future__ import annotations

import psycopg
import pytest

from tests.console.conftest import SOUTH, STEP, STREETS, WEST, report

pytestmark = pytest.mark.anyio
COMMUNITY = STREETS[0] + "001"
NOWHERE = {"lon": None, "lat": None, "address": "老百货大楼后面"}
MIDDLE = SOUTH + STEP / 2
LINE = {"type": "LineString", "coordinates": [[WEST + STEP * 0.2, MIDDLE],
                                              [WEST + STEP * 1.2, MIDDLE]]}


async def filed(town, **changes) -> int:
    answer = await town.client(town.token("intake")).post("/api/reports", json=report(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]


async def step(client, number: int, action: str, **fields) -> dict:
    answer = await client.post(f"/api/incidents/{number}/steps", json={"action": action, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def share(client, number: int) -> None:
    told = await client.put(f"/api/incidents/{number}/extent",
                            json={"geometry": LINE, "datum": "cgcs2000"})
    assert [one["role"] for one in told.json()["shares"]] == ["lead", "assist"]


async def reported(town, hall) -> dict[str, int]:
    """How many matters count for each area and officer, and for the whole; counted anew alike."""
    counted = {}
    for by in ("grid", "community", "street", "officer"):
        rows = (await hall.get("/api/ranking", params={"by": by, "period": "today"})).json()
        counted |= {row["code"]: row["reported"] for row in rows["rows"] if row["reported"]}
    with psycopg.connect(town.admin_url, autocommit=True) as connection:
        sums = "SELECT * FROM assessment_count WHERE reported <> 0 ORDER BY 1, 2, 3, 4, 5, 6"
        lists = "SELECT * FROM incident_area ORDER BY 1, 2"
        kept = [connection.execute(query).fetchall() for query in (sums, lists)]
        connection.execute("SELECT recount_matters()")
        assert [connection.execute(query).fetchall() for query in (sums, lists)] == kept
    return counted


def only(serial: int, count: int = 1) -> dict[str, int]:
    """What one grid's matters count for."""
    grid = f"{COMMUNITY}00{serial}"
    return dict.fromkeys((grid, COMMUNITY, STREETS[0], f"O{grid}"), count)


async def test_a_matter_that_is_placed_later_counts_where_it_is(town):
    hall = town.client(town.token("hall"))
    number = await filed(town, **NOWHERE)
    assert await reported(town, hall) == {}
    await step(hall, number, "locate", to=f"point:{WEST + STEP * 1.5},{MIDDLE}")
    assert await reported(town, hall) == only(2)


async def test_a_shared_matter_counts_once_and_is_listed_by_all_who_share(town):
    hall = town.client(town.token("hall"))
    street = town.client(town.token("street", STREETS[0]))
    number = await filed(town)
    await share(street, number)
    assert await reported(town, hall) == only(1)
    for serial in (1, 2):
        grid = f"{COMMUNITY}00{serial}"
        listed = await street.get("/api/desk/incidents", params={"area": grid})
        assert [row["id"] for row in listed.json()["rows"]] == [number], listed.text
        behind = await street.get(f"/api/assessments/grid/{grid}", params={"period": "today"})
        assert [row["id"] for row in behind.json()["incidents"]] == [number][:2 - serial]
    await street.delete(f"/api/incidents/{number}/extent")
    assert await reported(town, hall) == only(1)
    listed = await street.get("/api/desk/incidents", params={"area": f"{COMMUNITY}002"})
    assert listed.json()["rows"] == []


async def test_what_was_drawn_before_it_was_placed_is_still_shared(town):
    hall = town.client(town.token("hall"))
    assisting = town.client(town.token("officer", f"{COMMUNITY}002"))
    number = await filed(town, **NOWHERE)
    await share(hall, number)
    assert await reported(town, hall) == {}
    await step(hall, number, "locate", to=f"point:{WEST + STEP / 2},{MIDDLE}")
    assert (await assisting.get(f"/api/incidents/{number}")).status_code == 200
    assert await reported(town, hall) == only(1)
    assert (await hall.delete(f"/api/incidents/{number}/extent")).status_code == 204
    assert (await assisting.get(f"/api/incidents/{number}")).status_code == 404


async def test_merged_counts_once_and_split_counts_twice(town):
    hall = town.client(town.token("hall"))
    street = town.client(town.token("street", STREETS[0]))
    first, second = await filed(town), await filed(town)
    assert await reported(town, hall) == only(1, 2)
    await step(street, second, "merge", to=f"incident:{first}")
    assert await reported(town, hall) == only(1)
    await step(street, second, "split", note="两件事")
    assert await reported(town, hall) == only(1, 2)
