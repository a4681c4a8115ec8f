"""The reading calls of the contract, and the loop's steps, over a served town."""

from __future__ import annotations

import pytest

from tests.console.conftest import DISTRICT, SOUTH, STEP, STREETS, WEST, report

pytestmark = pytest.mark.anyio
GRID = STREETS[0] + "001001"


async def test_locate_stores_nothing_and_answers_as_the_intake_would(town):
    client = town.client(town.token("admin"))
    place = {"lon": WEST + STEP / 2, "lat": SOUTH + STEP / 2}
    located = await client.get("/api/locate", params={**place, "scheme": "base"})
    filed = await client.post("/api/reports", json=report())
    [ours], [theirs] = (one.json()["assignments"] for one in (located, filed))
    assert ours["area"] == theirs["area"]
    assert ours["officer"] == theirs["officer"]
    assert len((await client.get("/api/incidents")).json()["incidents"]) == 1


@pytest.mark.parametrize("query, field", [
    ("", "lon"), ("lon=1", "lat"), ("lon=1&lat=91", "lat"), ("lon=nan&lat=1", "lon"),
    ("lon=x&lat=1", "lon"), ("lon=1&lat=1&datum=x", "datum"), ("code=5", "code"),
    ("lon=1&lat=1&at=2026-01-01T00:00:00", "at"), ("lon=1&lat=1&category=x", "category"),
    ("address=%00", "address"), ("lon=1&lat=1&scheme=nothing", "scheme"),
])
async def test_locate_names_the_bad_parameter(shared_town, query, field):
    client = shared_town.client(shared_town.token("hall"))
    answer = await client.get(f"/api/locate?{query}")
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_areas_their_children_and_their_outline(shared_town):
    client = shared_town.client(shared_town.token("hall"))
    area = (await client.get(f"/api/areas/{STREETS[0]}")).json()
    assert area["level"] == "street"
    assert [one["code"] for one in area["path"]] == [DISTRICT, STREETS[0]]
    children = (await client.get(f"/api/areas/{DISTRICT}/children")).json()
    assert [one["code"] for one in children] == list(STREETS)
    assert (await client.get(f"/api/areas/{GRID}/children")).json() == []
    outline = await client.get(f"/api/areas/{GRID}/geometry")
    assert outline.headers["content-type"] == "application/geo+json"
    feature = outline.json()
    assert feature["type"] == "Feature"
    assert "crs" not in feature
    assert "crs" not in feature["geometry"]
    assert feature["geometry"]["coordinates"][0][0][0] == pytest.approx([WEST, SOUTH], abs=STEP)


async def test_an_area_of_others_is_not_found(shared_town):
    client = shared_town.client(shared_town.token("street", STREETS[0]))
    assert (await client.get(f"/api/areas/{GRID}")).status_code == 200
    for suffix in ("", "/children", "/geometry"):
        hidden = await client.get(f"/api/areas/{STREETS[1]}{suffix}")
        assert hidden.status_code == 404


async def test_pages_of_incidents_give_each_once(town):
    client = town.client(town.token("admin"))
    await client.post("/api/reports:batch", json=[
        report(text=f"n{n}", category="urban" if n % 2 else "safety") for n in range(7)])
    seen, cursor = [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/incidents", params=params)).json()
        seen += [one["id"] for one in page["incidents"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)

    async def count(**params):
        return len((await client.get("/api/incidents", params=params)).json()["incidents"])

    assert await count(category="公共安全") == 4
    assert await count(area=STREETS[0]) == 7
    assert await count(area=STREETS[1]) == 0
    assert await count(state="closed") == 0
    assert await count(tier="grid", since="2020-01-01T00:00:00Z") == 7


@pytest.mark.parametrize("query", ["state=x", "tier=x", "limit=0", "limit=501", "cursor=x",
                                   "cursor=%ff", "category=x", "since=2026-01-01T00:00:00"])
async def test_bad_filters_are_told(shared_town, query):
    client = shared_town.client(shared_town.token("hall"))
    assert (await client.get(f"/api/incidents?{query}")).status_code == 422


async def test_a_step_moves_the_matter_and_an_unlawful_one_names_the_lawful(town):
    filed = await town.client(town.token("intake")).post("/api/reports", json=report())
    number = filed.json()["incident"]["id"]
    desk = town.client(town.token("street", STREETS[0]))
    before = (await desk.get(f"/api/incidents/{number}")).json()
    assert "verify" in before["lawful"]
    assert [step["action"] for step in before["steps"]] == ["report"]
    refused = await desk.post(f"/api/incidents/{number}/steps", json={"action": "assess"})
    assert refused.status_code == 409
    assert refused.json()["lawful"] == before["lawful"]
    taken = await desk.post(f"/api/incidents/{number}/steps", json={"action": "verify"})
    assert taken.status_code == 201, taken.text
    assert taken.json()["incident"]["state"] == "verified"
    after = (await desk.get(f"/api/incidents/{number}")).json()
    assert [step["action"] for step in after["steps"]] == ["report", "verify"]
    assert after["clocks"]["verified_at"]


async def test_a_step_points_at_an_officer_by_the_code_that_answers_give(town):
    filed = await town.client(town.token("intake")).post("/api/reports", json=report())
    number = filed.json()["incident"]["id"]
    officer = filed.json()["assignments"][0]["officer"]["id"]
    desk = town.client(town.token("street", STREETS[0]))
    await desk.post(f"/api/incidents/{number}/steps", json={"action": "verify"})
    unknown = await desk.post(
        f"/api/incidents/{number}/steps", json={"action": "dispatch", "to": "nobody"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "to")
    sent = await desk.post(
        f"/api/incidents/{number}/steps", json={"action": "dispatch", "to": officer})
    assert sent.status_code == 201, sent.text
    assert sent.json()["steps"][-1]["to"].startswith("officer:")


@pytest.mark.parametrize("sent, field", [
    ({}, "action"), ({"action": "dance"}, "action"), ({"action": "verify", "x": 1}, "x"),
    ({"action": "verify", "note": "\0"}, "note"), ({"action": "extend", "until": "x"}, "until"),
    ({"action": "dispatch", "to": 5}, "to"), ([], "body"),
])
async def test_a_bad_step_names_its_field(shared_town, sent, field):
    desk = shared_town.client(shared_town.token("street", STREETS[0]))
    answer = await desk.post("/api/incidents/1/steps", json=sent)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_steps_of_what_is_not_there(shared_town):
    desk = shared_town.client(shared_town.token("street", STREETS[0]))
    for number in (999_999, 2**70, -1):
        answer = await desk.post(f"/api/incidents/{number}/steps", json={"action": "verify"})
        assert answer.status_code == 404


async def test_the_ranking_counts_what_lies_under(town):
    client = town.client(town.token("admin"))
    await client.post("/api/reports:batch", json=[report()] * 3)
    for by, code in (("grid", GRID), ("street", STREETS[0]), ("officer", f"O{GRID}")):
        [first, *_] = (await client.get("/api/ranking", params={"by": by})).json()["rows"]
        assert (first["code"], first["reported"], first["open"]) == (code, 3, 3)
    assert (await client.get("/api/ranking?by=moon")).status_code == 422


async def test_the_documents_are_served_from_here(shared_town):
    client = shared_town.client(shared_town.token("hall"))
    described = (await client.get("/api/openapi.json")).json()
    assert {"/api/reports", "/api/reports:batch", "/live", "/healthz"} <= described["paths"].keys()
    docs = await client.get("/api/docs")
    assert "http" not in docs.text.replace(shared_town.url, "")
    for path in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert (await client.get(f"/static/docs/{path}")).status_code == 200


async def test_metrics_name_routes_and_no_paths(shared_town):
    client = shared_town.client(shared_town.token("hall"))
    await client.get(f"/api/areas/{GRID}")
    text = (await client.get("/metrics")).text
    assert 'route="/api/areas/{code}"' in text
    assert GRID not in text
