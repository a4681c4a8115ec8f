"""Drafts over HTTP: what a page does with them, by two planners and in two processes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import shapely

from console.drafts import MOST_DRAFTS
from console.server import create_app
from gis.settings import Settings
from tests.conftest import cloned
from tests.console.conftest import serving
from tests.gis.builders import at, owner
from tests.gis.planning import (
    COMMUNITIES,
    DISTRICT,
    grid,
    put_planning_town,
    rectangle,
    republish,
)

pytestmark = pytest.mark.anyio
WEST, EAST = grid(0, 1), grid(0, 2)
MOVE = {"op": "move_vertex", "at": at(10, 0), "to": at(8, 0)}
SPLIT = {"op": "split", "code": WEST, "line": [at(-1, 5), at(11, 5)]}


def _settings(database, home: Path) -> Settings:
    return Settings(home=home, database_url=database.server_url,
                    admin_database_url=database.admin_url,
                    secret="a secret of this test alone, long enough")


@pytest.fixture(scope="module")
async def table(cluster, template, tmp_path_factory):
    """The town served by two processes' worth of application, and clients by role."""
    home = tmp_path_factory.mktemp("home")
    with cloned(cluster, template) as database:
        with owner(database.admin_url) as connection:
            town = put_planning_town(connection)
        apps = [create_app(_settings(database, home)) for _ in range(2)]
        async with serving(apps[0]) as one, serving(apps[1]) as other:
            clients: list[httpx.AsyncClient] = []

            def client(name: str, where: str = one) -> httpx.AsyncClient:
                clients.append(httpx.AsyncClient(
                    base_url=where, timeout=20,
                    headers={"Authorization": f"Bearer {town.secrets[name]}"}))
                return clients[-1]

            yield SimpleNamespace(
                planner=client("planner"), second=client("second", other), west=client("west"),
                street=client("street"), admin=client("admin"), database=database, town=town,
                apps=apps)
            for each in clients:
                await each.aclose()


@pytest.fixture
async def draft(table):
    """A new draft of the whole district; its address."""
    answer = await table.planner.post("/api/drafts", json={"name": "试一试", "area": DISTRICT})
    assert answer.status_code == 201, answer.text
    return f"/api/drafts/{answer.json()['id']}"


async def _do(client, draft: str, version: int, operation: dict, **query) -> dict:
    answer = await client.post(f"{draft}/operations", params=query,
                               json={"version": version, "operation": operation})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_areas_with_their_figures(table, draft):
    told = (await table.planner.get(f"{draft}/coverage")).json()
    assert len(told["features"]) == 8
    first = next(one for one in told["features"] if one["properties"]["key"] == WEST)
    assert first["geometry"]["type"] == "MultiPolygon"
    assert {name: first["properties"][name] for name in (
        "households", "addresses", "actual_residents", "registered_residents",
        "open_incidents", "officers", "frozen", "parent_code")} == {
        "households": 8, "addresses": 8, "actual_residents": 24, "registered_residents": 8,
        "open_incidents": 0, "officers": 1, "frozen": False, "parent_code": COMMUNITIES[0]}
    assert first["properties"]["area_m2"] == pytest.approx(961.9 * 1108.6, rel=1e-3)
    assert first["properties"]["compactness"] == pytest.approx(0.7815, abs=1e-3)
    assert told["totals"]["actual_residents"] == 8 * 24
    rules = {one["rule"] for one in told["violations"]}
    assert rules == {"households", "actual_residents", "whole_compounds"}
    cut = next(one for one in told["violations"] if one["rule"] == "whole_compounds")
    assert (cut["figure"], cut["limit"], cut["name"]) == (4, 1, "春江苑")
    assert cut["place"]["type"] == "MultiPoint"
    assert "春江苑" in cut["message"]


async def test_an_operation_changes_two_and_is_undone_to_the_same_bytes(table, draft):
    before = (await table.planner.get(f"{draft}/coverage")).json()["features"]
    made = await _do(table.planner, draft, 1, MOVE)
    assert (made["version"], made["can_undo"], made["can_redo"]) == (2, True, False)
    assert {one["properties"]["key"] for one in made["changed"]["features"]} == {WEST, EAST}
    after = (await table.planner.get(f"{draft}/coverage")).json()["features"]
    assert after != before
    undone = (await table.planner.post(f"{draft}/undo", json={"version": 2})).json()
    assert (undone["version"], undone["can_redo"]) == (3, True)
    assert (await table.planner.get(f"{draft}/coverage")).json()["features"] == before
    # Another process has never seen the operation made, and says the same.
    redone = await table.second.post(f"{draft}/redo", json={"version": 3})
    assert redone.status_code == 200, redone.text
    for client in (table.second, table.planner):
        assert (await client.get(f"{draft}/coverage")).json()["features"] == after


async def test_figures_follow(table, draft):
    made = await _do(table.planner, draft, 1, SPLIT)
    # The neighbour in the east has a vertex more on its edge.
    assert sorted(made["figures"]) == ["+1", WEST, EAST]
    halves = [made["figures"][key]["actual_residents"] for key in ("+1", WEST)]
    assert sum(halves) == 24
    assert made["figures"]["+1"]["officers"] == 0
    assert made["totals"]["areas"] == 9
    assert ("duty_officers", "+1") in {
        (one["rule"], one["key"]) for one in made["violations"]}
    merged = await _do(table.planner, draft, 2, {
        "op": "merge", "codes": [WEST, "+1", EAST], "into": EAST})
    assert sorted(merged["removed"]) == ["+1", WEST]
    assert merged["figures"][EAST]["actual_residents"] == 48
    again = await _do(table.planner, draft, 3, {
        **SPLIT, "code": EAST, "line": [at(-1, 5), at(21, 5)]})
    assert "+2" in again["figures"]


async def test_a_trial_keeps_nothing(table, draft):
    before = (await table.planner.get(f"{draft}/coverage")).json()
    tried = await _do(table.planner, draft, 1, MOVE, **{"try": 1})
    assert tried["tried"] is True
    assert tried["figures"][WEST]["area_m2"] < tried["figures"][EAST]["area_m2"]
    assert (await table.planner.get(f"{draft}/coverage")).json() == before


async def test_who_comes_second_is_told_the_version(table, draft):
    await _do(table.planner, draft, 1, MOVE)
    for client in (table.planner, table.second):
        late = await client.post(f"{draft}/operations", json={"version": 1, "operation": SPLIT})
        assert (late.status_code, late.json()["version"]) == (409, 2)
    made = await _do(table.second, draft, 2, SPLIT)
    assert made["version"] == 3
    assert (await table.planner.get(draft)).json()["operations_count"] == 2
    history = (await table.planner.get(f"{draft}/history")).json()
    assert [(one["operation"]["op"], one["who"]) for one in history] == [
        ("move_vertex", "planner one"), ("split", "planner two")]


async def test_refused_in_its_place(table, draft):
    answer = await table.planner.post(f"{draft}/operations", params={"lang": "en"}, json={
        "version": 1, "operation": {**MOVE, "at": at(10, 10), "to": at(25, 10)}})
    assert answer.status_code == 422
    told = answer.json()
    assert told["title"] == "Refused"
    assert told["refusals"]
    for one in told["refusals"]:
        assert shapely.geometry.shape(one["place"]).is_valid
        assert one["message"]
    assert (await table.planner.get(draft)).json()["version"] == 1


async def test_a_line_that_ends_inside_is_refused_in_words_of_its_own(table, draft):
    line = {**SPLIT, "line": [at(-1, 5), at(5, 5)]}
    answer = await table.planner.post(f"{draft}/operations",
                                      json={"version": 1, "operation": line})
    (told,) = answer.json()["refusals"]
    assert (told["kind"], told["detail"]) == ("invalid", "line_ends_inside")
    assert told["message"] == "线没有从边界画到边界"


async def test_a_draft_whose_highest_key_is_taken_goes_on(table, draft):
    made = await _do(table.planner, draft, 1, {**SPLIT, "new_key": "+99999"})
    answer = await table.planner.post(f"{draft}/operations", json={
        "version": made["version"], "operation": {**SPLIT, "code": EAST,
                                                  "line": [at(9, 5), at(21, 5)]}})
    assert answer.status_code == 200, answer.text
    assert "+1" in {one["properties"]["key"] for one in answer.json()["changed"]["features"]}
    odd = await table.planner.post(f"{draft}/operations", json={
        "version": answer.json()["version"], "operation": {**SPLIT, "new_key": "+٣"}})
    assert (odd.status_code, odd.json()["errors"][0]["field"]) == (422, "new_key")


async def test_frozen_areas_do_not_move(table, draft):
    made = await table.planner.post(f"{draft}/freeze", json={"version": 1, "codes": [EAST]})
    assert made.status_code == 200, made.text
    assert made.json()["frozen"] == [EAST]
    assert (await table.planner.get(draft)).json()["frozen"] == [EAST]
    answer = await table.planner.post(
        f"{draft}/operations", json={"version": 2, "operation": MOVE})
    assert {one["kind"] for one in answer.json()["refusals"]} == {"frozen"}
    free = await table.planner.post(
        f"{draft}/freeze", json={"version": 2, "codes": [EAST], "frozen": False})
    assert free.json()["frozen"] == []
    await _do(table.planner, draft, 3, MOVE)


async def test_names_travel_with_the_areas(table, draft):
    made = await _do(table.planner, draft, 1, {"op": "rename", "code": WEST, "name": "滨江一网格"})
    (feature,) = made["changed"]["features"]
    assert feature["properties"]["name"] == "滨江一网格"


async def test_own_rules_light_other_areas(table, draft):
    told = (await table.planner.get(f"{draft}/rules")).json()["rules"]
    assert told["duty_officers"] == {"on": True, "min": 1, "blocks": False, "unit": "officers"}
    answer = await table.planner.put(f"{draft}/rules", json={"version": 1, "rules": {
        "households": {"min": 1, "target": 8, "max": 7}}})
    assert answer.status_code == 422
    answer = await table.planner.put(f"{draft}/rules", json={"version": 1, "rules": {
        "households": {"min": 1, "max": 7}, "actual_residents": {"on": False},
        "whole_compounds": {"max": 4}}})
    assert answer.status_code == 200, answer.text
    broken = answer.json()["violations"]
    assert {(one["rule"], one["figure"], one["limit"], one["side"]) for one in broken} == {
        ("households", 8, 7, "max")}
    assert len(broken) == 8
    assert (await table.planner.get(draft)).json()["version"] == 2


async def test_who_may_not(table, draft):
    for client in (table.west, table.street):
        assert (await client.get(draft)).status_code == 404
        assert (await client.get(f"{draft}/coverage")).status_code == 404
        assert (await client.get("/api/drafts")).json() == []
    assert (await table.street.post("/api/drafts", json={"name": "x"})).status_code == 403
    assert (await table.planner.put("/api/drafts/defaults", json={
        "scheme": "*", "rules": {}})).status_code == 403
    part = await table.west.post("/api/drafts", json={"name": "西社区"})
    assert part.json()["area"]["code"] == COMMUNITIES[0]
    assert len((await table.west.get(
        f"/api/drafts/{part.json()['id']}/coverage")).json()["features"]) == 4


async def test_streets_and_buildings_of_a_part(table, draft):
    west, south = at(0, 0)
    east, north = at(10, 10)
    told = (await table.planner.get(f"{draft}/ground", params={
        "bbox": f"{west},{south},{east},{north}"})).json()
    kinds = [one["properties"]["kind"] for one in told["features"]]
    assert (kinds.count("building"), kinds.count("street")) == (4, 1)


async def test_a_draft_given_up(table, draft):
    answer = await table.second.request("DELETE", draft, json={"version": 1})
    assert answer.status_code == 403
    answer = await table.planner.request("DELETE", draft, json={"version": 1})
    assert answer.json()["state"] == "abandoned"
    answer = await table.planner.post(f"{draft}/operations", json={"version": 2,
                                                                   "operation": MOVE})
    assert answer.status_code == 409


async def test_a_draft_whose_base_was_overtaken(table, draft):
    """A publication elsewhere is taken in; one on the same ground is told where it conflicts."""
    await _do(table.planner, draft, 1, {**SPLIT, "line": [at(-1, 5), at(10.5, 5)]})
    ended = "DELETE FROM area WHERE lower(period) > '2000-01-01'"
    again = ("UPDATE area SET period = tstzrange('-infinity', NULL)"
             " WHERE upper(period) < 'infinity'")
    with owner(table.database.admin_url) as connection:
        try:
            republish(connection, grid(1, 3), rectangle(20, 10, 29, 20))
            republish(connection, grid(1, 4), rectangle(29, 10, 40, 20))
            told = (await table.planner.get(draft)).json()
            assert told["overtaken_codes"] == [grid(1, 3), grid(1, 4)]
            made = await table.planner.post(f"{draft}/rebase", json={"version": 2})
            assert made.status_code == 200, made.text
            assert (made.json()["overtaken"], made.json()["cursor"]) == (False, 1)
            shapes = await _shapes(table.planner, draft)
            assert shapes[grid(1, 4)].equals(rectangle(29, 10, 40, 20))
            assert "+1" in shapes
            republish(connection, WEST, rectangle(0, 0, 12, 10))
            republish(connection, EAST, rectangle(12, 0, 20, 10))
            refused = await table.planner.post(f"{draft}/rebase", json={"version": 3})
            assert refused.status_code == 409
            (conflict,) = refused.json()["conflicts"]
            assert (conflict["number"], conflict["op"]) == (1, "split")
            assert shapely.geometry.shape(conflict["place"]).is_valid
            assert conflict["message"]
            assert (await table.planner.get(draft)).json()["version"] == 3
            made = await table.planner.post(f"{draft}/rebase", json={"version": 3, "drop": True})
            assert [one["number"] for one in made.json()["dropped"]] == [1]
            assert (await _shapes(table.planner, draft))[WEST].equals(rectangle(0, 0, 12, 10))
        finally:
            connection.execute(ended)
            connection.execute(again)


async def _shapes(client, draft: str) -> dict:
    features = (await client.get(f"{draft}/coverage")).json()["features"]
    return {one["id"]: shapely.geometry.shape(one["geometry"]) for one in features}


async def test_two_planners_at_once(table, draft):
    """Eight operations from either side at the same moment: each is stored once, or told."""
    names = [{"op": "rename", "code": WEST, "name": f"名字{number}"} for number in range(8)]

    async def persist(client, operation: dict) -> int:
        version = 1
        while True:
            answer = await client.post(f"{draft}/operations", json={
                "version": version, "operation": operation})
            if answer.status_code == 200:
                return answer.json()["version"]
            assert answer.status_code == 409, answer.text
            version = answer.json()["version"]

    versions = await asyncio.gather(*(
        persist((table.planner, table.second)[number % 2], operation)
        for number, operation in enumerate(names)))
    assert sorted(versions) == list(range(2, 10))
    history = (await table.second.get(f"{draft}/history")).json()
    assert sorted(one["operation"]["name"] for one in history) == sorted(
        one["name"] for one in names)
    one, other = [(await client.get(f"{draft}/coverage")).json()["features"]
                  for client in (table.planner, table.second)]
    assert one == other


async def test_what_is_kept_in_memory_is_bounded(table):
    drafts = table.apps[0].inner.state.drafts
    for number in range(MOST_DRAFTS + 3):
        made = await table.planner.post("/api/drafts", json={
            "name": f"第{number}稿", "area": COMMUNITIES[1]})
        address = f"/api/drafts/{made.json()['id']}"
        assert len(await _shapes(table.planner, address)) == 4
    assert len(drafts._places) <= MOST_DRAFTS
    # One that was let go of is built anew from what is stored.
    first = f"/api/drafts/{made.json()['id'] - MOST_DRAFTS - 2}"
    assert len(await _shapes(table.planner, first)) == 4


async def test_work_on_one_draft_does_not_hold_up_another(table, draft):
    drafts = table.apps[0].inner.state.drafts
    number = int(draft.rpartition("/")[2])
    other = (await table.planner.post("/api/drafts", json={"name": "另一稿"})).json()["id"]
    async with drafts.at(table.town.secrets["planner"], number):
        told = await table.planner.get(f"/api/drafts/{other}/coverage")
        assert told.status_code == 200
        waiting = asyncio.create_task(table.planner.get(f"{draft}/coverage"))
        while not drafts._places[number].waiting > 1:
            await asyncio.sleep(0)
        assert not waiting.done()
    assert (await waiting).status_code == 200


async def test_a_draft_has_another_name_and_tells_who_else_looks(table, draft):
    seen = (await table.admin.get(draft)).json()
    named = await table.planner.patch(draft, json={"version": seen["version"], "name": "秋季调整"})
    assert named.status_code == 200, named.text
    assert (named.json()["name"], named.json()["version"]) == ("秋季调整", seen["version"] + 1)
    stale = await table.planner.patch(draft, json={"version": seen["version"], "name": "再改"})
    assert (stale.status_code, stale.json()["version"]) == (409, seen["version"] + 1)
    assert seen["also_open"] == []
    assert len((await table.planner.get(draft)).json()["also_open"]) == 1


async def test_a_trial_that_would_be_refused_is_answered(table, draft):
    away = {"op": "move_vertex", "at": at(10, 0), "to": at(400, 300)}
    tried = await _do(table.planner, draft, 1, away, **{"try": 1})
    assert tried["refusals"][0]["place"]
    assert (await table.planner.get(draft)).json()["version"] == 1
    kept = await table.planner.post(f"{draft}/operations", json={"version": 1, "operation": away})
    assert kept.status_code == 422


async def test_the_base_has_the_same_figures(table, draft):
    base, now = [(await table.planner.get(f"{draft}/coverage", params=query)).json()
                 for query in ({"base": 1}, {})]
    for was, told in zip(base["features"], now["features"], strict=True):
        assert was["properties"].items() <= told["properties"].items()
