"""Rehearsals and proposals over HTTP: ordered, followed, taken, exported, printed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import httpx
import pytest
import shapely

from console.server import create_app
from gis.settings import Settings
from tests.conftest import cloned
from tests.console.conftest import serving
from tests.gis.builders import at, owner
from tests.gis.planning import COMMUNITIES, DISTRICT, grid, put_planning_town

pytestmark = pytest.mark.anyio
WEST, EAST = grid(0, 1), grid(0, 2)
MOVE = {"op": "move_vertex", "at": at(10, 0), "to": at(5, 0)}


@pytest.fixture(scope="module")
async def table(cluster, template, tmp_path_factory):
    """The town served, with a matter in each quarter of its first grid; clients by role."""
    with cloned(cluster, template) as database:
        with owner(database.admin_url) as connection:
            town = put_planning_town(connection)
            for x, y in ((1, 1), (1, 9), (9, 1), (9, 9)):
                lon, lat = at(x, y)
                connection.execute(
                    "INSERT INTO report (category_code, text, lon, lat)"
                    " VALUES ((SELECT min(code) FROM category WHERE parent_code IS NOT NULL),"
                    " '=路灯不亮', %s, %s)", (lon, lat))
            connection.execute("SELECT recount_matters()")
        app = create_app(Settings(
            home=tmp_path_factory.mktemp("home"), database_url=database.server_url,
            admin_database_url=database.admin_url,
            secret="a secret of this test alone, long enough"))
        async with serving(app) as address:
            clients = {name: httpx.AsyncClient(base_url=address, timeout=30, headers={
                "Authorization": f"Bearer {town.secrets[name]}"})
                for name in ("planner", "west", "street")}
            yield SimpleNamespace(**clients)
            for client in clients.values():
                await client.aclose()


async def draft(client: httpx.AsyncClient, *operations: dict, area: str = DISTRICT) -> int:
    """A draft with some operations."""
    opened = await client.post("/api/drafts", json={"name": "推演", "area": area})
    number = opened.json()["id"]
    for version, operation in enumerate(operations, start=1):
        made = await client.post(f"/api/drafts/{number}/operations", json={
            "version": version, "operation": operation})
        assert made.status_code == 200, made.text
    return number


async def followed(client: httpx.AsyncClient, address: str) -> dict:
    """What a job answers when it is over."""
    async with asyncio.timeout(60):
        while (answer := (await client.get(address)).json())["state"] == "running":
            await asyncio.sleep(0.05)
    return answer


async def rehearsed(client: httpx.AsyncClient, number: int) -> dict:
    """The figures of a draft."""
    started = await client.post(f"/api/drafts/{number}/rehearsal")
    assert started.status_code == 202
    return await followed(client, f"/api/drafts/{number}/rehearsal")


async def test_a_rehearsal_tells_who_goes_where(table):
    number = await draft(table.planner, MOVE)
    answer = await table.planner.get(f"/api/drafts/{number}/rehearsal")
    assert answer.json() == {"state": "none", "version": 2}
    assert (await table.planner.get(f"/api/drafts/{number}/rehearsal.pdf")).status_code == 404
    answer = await rehearsed(table.planner, number)
    assert answer["state"] == "ready"
    figures = answer["rehearsal"]
    flow, = figures["flows"]
    # One of the four buildings, two houses in it, three people in each; one of the four matters.
    assert flow == {
        "from": WEST, "from_name": flow["from_name"], "to": EAST, "to_name": flow["to_name"],
        "residents": 6, "households": 2, "addresses": 2, "buildings": 1, "incidents": 1,
        "open": 1}
    loads = {row["code"]: (row["load_before"], row["load_after"]) for row in figures["officers"]}
    assert loads == {f"O{WEST}": (4, 3), f"O{EAST}": (0, 1)}
    assert figures["gini"]["officers_before"] == 0.5
    assert figures["gini"]["officers_after"] == 0.25
    assert figures["matters"]["total"] == 1
    assert {row["officer_after"] for row in figures["matters"]["rows"]}
    assert figures["codes"] == []


async def test_a_change_of_the_draft_asks_for_another_rehearsal(table):
    number = await draft(table.planner, MOVE)
    await rehearsed(table.planner, number)
    await table.planner.post(f"/api/drafts/{number}/undo", json={"version": 2})
    answer = await table.planner.get(f"/api/drafts/{number}/rehearsal")
    assert answer.json()["state"] == "none"
    failed = await rehearsed(table.planner, number)
    assert failed["state"] == "failed"
    assert "changes nothing" in failed["problem"]


async def test_tables_leave_as_files_without_formulas_and_paper_is_printed(table):
    number = await draft(table.planner, MOVE)
    await rehearsed(table.planner, number)
    for name in ("flows", "areas", "officers", "matters", "codes", "plates"):
        answer = await table.planner.get(
            f"/api/drafts/{number}/rehearsal/export?table={name}&format=csv")
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(b"\xef\xbb\xbf")
    matters = await table.planner.get(
        f"/api/drafts/{number}/rehearsal/export?table=matters&format=csv")
    assert "'=路灯不亮" in matters.text
    sheet = await table.planner.get(f"/api/drafts/{number}/rehearsal/export?format=xlsx")
    assert sheet.content.startswith(b"PK")
    pdf = await table.planner.get(f"/api/drafts/{number}/rehearsal.pdf?lang=en")
    assert pdf.status_code == 200, pdf.text
    assert pdf.content.startswith(b"%PDF")


async def test_what_is_not_ones_own_is_not_found(table):
    number = await draft(table.planner, area=COMMUNITIES[1])
    for path in ("rehearsal", "rehearsal.pdf", "rehearsal/export", "proposals/x", "proposals/x/0"):
        answer = await table.west.get(f"/api/drafts/{number}/{path}")
        assert answer.status_code == 404, path
    answer = await table.west.post(f"/api/drafts/{number}/proposals", json={})
    assert answer.status_code == 404


async def test_a_proposal_is_drawn_looked_at_and_taken(table):
    number = await draft(table.planner)
    order = {"area": COMMUNITIES[0], "target": 48, "seeds": 1, "seconds": 30}
    answer = await table.planner.post(f"/api/drafts/{number}/proposals", json=order)
    assert answer.status_code == 202, answer.text
    job = answer.json()["id"]
    address = f"/api/drafts/{number}/proposals/{job}"
    answer = await followed(table.planner, address)
    assert answer["state"] == "done", answer
    one, = answer["proposals"]
    assert one["scores"]["grids"] == 2
    assert one["scores"]["outside"] == 0
    shown = (await table.planner.get(f"{address}/0")).json()
    faces = [shapely.from_geojson(str(part["geometry"]).replace("'", '"'))
             for part in shown["features"]]
    assert shapely.coverage_is_valid(faces)
    assert len(shown["ended"]) == 2
    taken = await table.planner.post(f"{address}/0/take", json={"version": 1})
    assert taken.status_code == 200, taken.text
    coverage = (await table.planner.get(f"/api/drafts/{number}/coverage")).json()
    under = [part for part in coverage["features"]
             if part["properties"]["parent_code"] == COMMUNITIES[0]]
    assert sorted(part["properties"]["actual_residents"] for part in under) == [48, 48]
    # It was drawn on another version than there is now.
    again = await table.planner.post(f"{address}/0/take", json={"version": 2})
    assert again.status_code == 409


@pytest.mark.parametrize("wrong, field", [
    ({"weight": "votes"}, "weight"), ({"target": 0}, "target"), ({"seeds": 99}, "seeds"),
    ({"seconds": "long"}, "seconds"), ({"area": "nowhere"}, "area"), ({"target": True}, "target"),
])
async def test_an_order_that_makes_no_sense_is_refused_with_its_field(table, wrong, field):
    number = await draft(table.planner)
    answer = await table.planner.post(f"/api/drafts/{number}/proposals", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_an_order_can_be_stopped(table):
    number = await draft(table.planner)
    answer = await table.planner.post(f"/api/drafts/{number}/proposals", json={"seeds": 2})
    address = f"/api/drafts/{number}/proposals/{answer.json()['id']}"
    stopped = await table.planner.delete(address)
    assert stopped.json()["state"] in ("canceled", "done")
