"""Publications over HTTP and at the command line: looked at, put in force, listed, taken back."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from click.testing import CliRunner

from console.cli import cli
from console.server import create_app
from gis.settings import Settings
from tests.chaos.conftest import Told
from tests.conftest import cloned
from tests.console.conftest import serving
from tests.gis.builders import at, owner, put_account, put_report, value
from tests.gis.planning import COMMUNITIES, DISTRICT, grid, put_planning_town

pytestmark = pytest.mark.anyio
MOST_S_TO_FOLLOW = 1.0
WEST, EAST = grid(0, 1), grid(0, 2)
SPLIT = {"op": "split", "code": WEST, "line": [at(-1, 5), at(11, 5)]}
MERGE = {"op": "merge", "codes": [WEST, EAST], "into": EAST}


@pytest.fixture(scope="module")
async def town(cluster, template, tmp_path_factory):
    """A town served, with a planner, a hall and a western planner at their tables."""
    home = tmp_path_factory.mktemp("home")
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        planned = put_planning_town(connection)
        secrets = dict(planned.secrets) | {
            "hall": put_account(connection, "the hall", "hall", whole=True)}
        app = create_app(Settings(
            home=home, database_url=database.server_url, admin_database_url=database.admin_url,
            secret="a secret of this test alone, long enough"))
        async with serving(app) as url:
            clients = {name: httpx.AsyncClient(
                base_url=url, timeout=30, headers={"Authorization": f"Bearer {secret}"})
                for name, secret in secrets.items()}
            yield SimpleNamespace(url=url, secrets=secrets, database=database,
                                  connection=connection, **clients)
            for client in clients.values():
                await client.aclose()


async def drawn(town, *operations: dict) -> str:
    """A draft with operations carried out; its address."""
    answer = await town.planner.post("/api/drafts", json={"name": "改界", "area": DISTRICT})
    draft = f"/api/drafts/{answer.json()['id']}"
    for version, operation in enumerate(operations, start=1):
        answer = await town.planner.post(
            f"{draft}/operations", json={"version": version, "operation": operation})
        assert answer.status_code == 200, answer.text
    return draft


async def test_a_draft_is_looked_at_published_and_taken_back(town):
    draft = await drawn(town, SPLIT)
    now = value(town.connection, "SELECT clock_timestamp()")
    number = put_report(town.connection, at(5, 8), received_at=now)
    plan = (await town.planner.get(f"{draft}/publication")).json()
    (minted,) = plan["codes"]
    assert minted["code"].startswith(COMMUNITIES[0])
    assert (plan["changed"], plan["ended"], plan["faults"], plan["duties"]) == (
        [WEST], [], [], [])
    assert plan["open_incidents"] == 1
    assert plan["publishable"] is True
    assert "duty_officers" not in {one["rule"] for one in plan["violations"]}

    stale = await town.planner.post(f"{draft}/publish", json={"version": 1})
    assert stale.status_code == 409
    assert stale.json()["version"] == 2
    done = await town.planner.post(f"{draft}/publish", json={"version": 2})
    assert done.status_code == 200, done.text
    told = done.json()
    assert (told["changed"], told["opened"], told["matters"]) == ([WEST], [minted["code"]], 1)
    assert (await town.planner.get(draft)).json()["state"] == "published"
    again = await town.planner.post(f"{draft}/publish", json={"version": 2})
    assert again.status_code == 409

    matter = (await town.planner.get(f"/api/incidents/{number}")).json()
    assert [step["action"] for step in matter["steps"]] == ["report", "redraw"]
    owner_now = matter["assignments"][0]["area"]["code"]
    assert owner_now in (WEST, minted["code"])
    since = datetime.fromisoformat(told["publication"]["at"])
    before = (since - timedelta(seconds=1)).isoformat()
    assert (await town.planner.get(f"/api/areas/{minted['code']}")).status_code == 200
    assert (await town.planner.get(f"/api/areas/{minted['code']}",
                                   params={"at": before})).status_code == 404
    lon, lat = at(5, 8)
    located = [(await town.planner.get("/api/locate", params={
        "lon": lon, "lat": lat, "datum": "cgcs2000"} | when)).json() for when in (
            {}, {"at": before}, {"at": since.isoformat()})]
    found = [one["assignments"][0]["area"]["code"] for one in located]
    assert found == [owner_now, WEST, owner_now]

    listed = (await town.planner.get("/api/publications")).json()
    assert (listed[0]["id"], listed[0]["who"], listed[0]["name"], listed[0]["changed"]) == (
        told["publication"]["id"], "planner one", "改界", 2)
    back = await town.planner.post(f"/api/publications/{listed[0]['id']}/undo", json={})
    assert back.status_code == 200, back.text
    assert back.json()["closed"] == [minted["code"]]
    one = (await town.planner.get(f"/api/publications/{listed[0]['id']}")).json()
    assert one["undone_by"] == back.json()["publication"]["id"]
    twice = await town.planner.post(f"/api/publications/{listed[0]['id']}/undo", json={})
    assert twice.status_code == 409


async def test_who_may_publish_and_who_may_know(town):
    draft = await drawn(town, SPLIT)
    for name in ("hall", "street"):
        client = getattr(town, name)
        assert (await client.get(f"{draft}/publication")).status_code in (403, 404)
        refused = await client.post(f"{draft}/publish", json={"version": 2})
        assert refused.status_code in (403, 404)
    assert (await town.hall.get("/api/publications")).status_code == 200
    undone = await town.hall.post("/api/publications/1/undo", json={})
    assert undone.status_code in (403, 404, 409)
    missing = await town.planner.get("/api/publications/999999")
    assert missing.status_code == 404
    for body in ([], {"version": "2"}, {"version": 2, "duties": []}, {"version": 2, "name": 5}):
        refused = await town.planner.post(f"{draft}/publish", json=body)
        assert refused.status_code == 422, body


async def test_rules_that_block_are_asked_again(town):
    draft = await drawn(town, SPLIT)
    answer = await town.planner.put(f"{draft}/rules", json={
        "version": 2, "rules": {"households": {"min": 100, "blocks": True}}})
    version = answer.json()["version"]
    plan = (await town.planner.get(f"{draft}/publication")).json()
    assert plan["publishable"] is False
    refused = await town.planner.post(f"{draft}/publish", json={"version": version})
    assert refused.status_code == 409, refused.text
    assert {one["rule"] for one in refused.json()["violations"]} == {"households"}


async def test_walls_and_desks_follow_within_a_second(town):
    draft = await drawn(town, SPLIT)
    minted = (await town.planner.get(f"{draft}/publication")).json()["codes"][0]["code"]
    async with (Told.by(town.url, town.secrets["hall"]) as wall,
                Told.by(town.url, town.secrets["street"]) as desk):
        for stream in (wall, desk):
            await stream.next("ready")
        done = await town.planner.post(f"{draft}/publish", json={"version": 2})
        since = time.monotonic()
        for stream in (wall, desk):
            await stream.next("areas")
        names = await town.hall.get("/api/wall/areas", params={"level": "grid"})
        children = await town.street.get(f"/api/areas/{COMMUNITIES[0]}/children")
        took_s = time.monotonic() - since
    assert minted in {one["code"] for one in names.json()}
    assert minted in {one["code"] for one in children.json()}
    print(f"a publication is on walls and desks {took_s:.2f} s after its answer")
    assert took_s < MOST_S_TO_FOLLOW
    publication = done.json()["publication"]["id"]
    undone = await town.planner.post(f"/api/publications/{publication}/undo", json={})
    assert undone.status_code == 200, undone.text


async def test_at_the_command_line(town, monkeypatch, tmp_path):
    draft = (await drawn(town, MERGE)).rpartition("/")[2]
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", town.database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", town.database.admin_url)

    async def said(*arguments: str) -> dict:
        # A loop of its own is made by the command, as in a terminal.
        done = await asyncio.to_thread(CliRunner().invoke, cli, ["plan", *arguments, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    done = await said("publish", draft, "--name", "合并")
    assert (done["closed"], done["changed"]) == ([WEST], [EAST])
    back = await said("undo", str(done["id"]))
    assert back["opened"] == [WEST]
    listed = await said("list")
    assert [one["name"] for one in listed["publications"]][:2] == ["", "合并"]
