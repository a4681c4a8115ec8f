"""Officers tell where they are; who leads them sees it, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.console.bodies import GRIDS, OFFICERS
from tests.console.town import DISTRICT, SOUTH, STEP, STREETS, WEST
from tests.gis.builders import owner as owner_of
from tests.gis.builders import put_account, value

pytestmark = pytest.mark.anyio
LAT = SOUTH + STEP / 2


@pytest.fixture(scope="module")
async def field(shared_town):
    """Two officers with accounts of their own, one in each street, and who leads them."""
    with owner_of(shared_town.admin_url) as owner:
        tokens = {}
        for place, name in enumerate(("west", "east")):
            tokens[name] = put_account(owner, f"{name} on foot", "officer")
            owner.execute(
                "UPDATE account SET officer_id = (SELECT id FROM officer WHERE officer_code = %s)"
                " WHERE name = %s", (OFFICERS[place], f"{name} on foot"))
        tokens["nobody"] = put_account(owner, "no officer", "officer", areas=[
            value(owner, "SELECT id FROM area_identity WHERE code = %s", GRIDS[0])])
    for role, area in (("hall", None), ("street", STREETS[0]), ("community", STREETS[0] + "001"),
                       ("planner", DISTRICT), ("intake", None)):
        tokens[role] = shared_town.token(role, area)
    now = datetime.now(UTC)
    for name, x in (("west", WEST + STEP / 2), ("east", WEST + 2.5 * STEP)):
        fixes = [{"at": (now - timedelta(minutes=m)).isoformat(), "lon": x + m * 1e-5, "lat": LAT}
                 for m in (40, 39, 3, 2, 1)]
        answer = await shared_town.client(tokens[name]).post("/api/tracks", json=fixes)
        assert answer.json() == {"stored": 5, "known": 0, "refused": []}
    shared_town.told = tokens
    return shared_town


async def _trails(field, who: str, minutes: int = 60) -> list[dict]:
    answer = await field.client(field.told[who]).get(f"/api/wall/trails?minutes={minutes}")
    assert answer.status_code == 200
    return answer.json()["trails"]


@pytest.mark.parametrize("who, seen", [
    ("hall", {0, 1}), ("street", {0}), ("community", {0}), ("west", {0}), ("east", {1}),
    ("planner", set()), ("nobody", set())])
async def test_who_leads_them_sees_where_they_are(field, who, seen):
    trails = await _trails(field, who)
    assert {trail["officer_id"] for trail in trails} == {OFFICERS[place] for place in seen}
    # Nothing was known for 36 minutes: two trails an officer.
    assert [len(trail["path"]) for trail in trails] == [2, 3] * len(seen)


async def test_intake_has_no_door_to_it(field):
    answer = await field.client(field.told["intake"]).get("/api/wall/trails")
    assert answer.status_code == 403


async def test_a_trail_has_a_time_for_each_place_and_ends_with_the_newest(field):
    [trail] = await _trails(field, "west", 10)
    assert trail["name"]
    assert trail["at"] == sorted(trail["at"])
    assert len(trail["at"]) == len(trail["path"]) == 3
    assert trail["path"][-1] == [round(WEST + STEP / 2 + 1e-5, 6), round(LAT, 6)]


async def test_outside_their_own_ground_the_street_does_not_follow_them(field):
    away = {"at": datetime.now(UTC).isoformat(), "lon": WEST + 2.5 * STEP, "lat": LAT}
    client = field.client(field.told["west"])
    assert (await client.post("/api/tracks", json=[away])).json()["stored"] == 1
    try:
        east = [WEST + 2.5 * STEP, LAT]
        assert east in [point for trail in await _trails(field, "hall", 61)
                        for point in trail["path"]]
        for who in ("street", "community"):
            assert east not in [point for trail in await _trails(field, who, 61)
                                for point in trail["path"]]
    finally:
        with owner_of(field.admin_url) as owner:
            owner.execute("DELETE FROM track_fix WHERE at = %s", (away["at"],))


async def test_sent_again_they_are_known_and_what_is_wrong_is_told_by_place(field):
    now = datetime.now(UTC)
    good = {"at": (now - timedelta(hours=5)).isoformat(), "lon": WEST, "lat": LAT}
    sent = [good, good | {"lon": 200}, good | {"at": (now + timedelta(hours=1)).isoformat()},
            good | {"at": (now - timedelta(days=8)).isoformat()}, good | {"speed": 3},
            {"at": good["at"]}, 7, good | {"datum": "mars"}]
    client = field.client(field.told["west"])
    answer = (await client.post("/api/tracks", json={"fixes": sent})).json()
    assert (answer["stored"], answer["known"]) == (1, 0)
    assert [(one["place"], [error["field"] for error in one["errors"]])
            for one in answer["refused"]] == [
        (1, ["lon"]), (2, ["at"]), (3, ["at"]), (4, ["speed"]), (5, ["lon", "lat"]),
        (6, ["fix"]), (7, ["datum"])]
    again = (await client.post("/api/tracks", json=[good])).json()
    assert (again["stored"], again["known"]) == (0, 1)
    with owner_of(field.admin_url) as owner:
        owner.execute("DELETE FROM track_fix WHERE at = %s", (good["at"],))


async def test_what_a_phone_of_the_street_maps_sends_is_converted_and_kept(field):
    at = (datetime.now(UTC) - timedelta(hours=6)).isoformat()
    sent = {"at": at, "lon": 120.2048, "lat": 30.2976, "datum": "gcj02", "accuracy_m": 12}
    await field.client(field.told["west"]).post("/api/tracks", json=[sent])
    with owner_of(field.admin_url) as owner:
        row = owner.execute(
            "DELETE FROM track_fix WHERE at = %s RETURNING lon, lat, datum, accuracy_m,"
            " ST_X(geom) AS x, ST_Y(geom) AS y", (at,)).fetchone()
    assert (row["lon"], row["lat"], row["datum"], row["accuracy_m"]) == (
        120.2048, 30.2976, "gcj02", 12)
    assert row["x"] == pytest.approx(120.2, abs=3e-4)
    assert row["y"] == pytest.approx(30.3, abs=3e-4)


@pytest.mark.parametrize("who", ["hall", "street", "planner", "nobody"])
async def test_only_officers_tell_where_they_are(field, who):
    answer = await field.client(field.told[who]).post("/api/tracks", json=[
        {"at": datetime.now(UTC).isoformat(), "lon": WEST, "lat": LAT}])
    assert answer.status_code == 403


async def test_too_many_at_once_and_no_list_are_refused(field):
    client = field.client(field.told["west"])
    for body in ([{}] * 1_001, {"fixes": 3}, "x", {"points": []}):
        assert (await client.post("/api/tracks", json=body)).status_code == 422


@pytest.mark.parametrize("minutes", ["0", "1441", "x"])
async def test_minutes_are_of_one_day_at_most(field, minutes):
    answer = await field.client(field.told["hall"]).get(f"/api/wall/trails?minutes={minutes}")
    assert answer.status_code == 422
