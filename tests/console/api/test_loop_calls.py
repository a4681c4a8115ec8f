"""The loop through the API: claims, places found later, emergencies, allowances, who answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from gis.accounts import create_account
from tests.console.conftest import PASSWORD, SOUTH, STEP, STREETS, WEST, report

pytestmark = pytest.mark.anyio
COMMUNITY = STREETS[0] + "001"


def sql(town, statement: str, **values):
    with psycopg.connect(town.admin_url, autocommit=True) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchone()[0] if cursor.description else None


async def filed(town, **fields) -> int:
    answer = await town.client(town.token("intake")).post("/api/reports", json=report(**fields))
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]


async def step(client, number: int, action: str, status: int = 201, **fields) -> dict:
    answer = await client.post(f"/api/incidents/{number}/steps", json={"action": action, **fields})
    assert answer.status_code == status, answer.text
    return answer.json()


def officer_client(town, serial: int = 1, unit: int | None = None):
    """A client of the officer of a grid of the first street."""
    grid = f"{COMMUNITY}00{serial}"
    token = town.token("officer", COMMUNITY)
    sql(town, "UPDATE account SET officer_id = (SELECT id FROM officer WHERE officer_code ="
        " %(code)s), unit_id = %(unit)s WHERE id = (SELECT account_id FROM credential WHERE"
        " secret_hash = sha256(convert_to(%(token)s, 'UTF8')))",
        code=f"O{grid}", token=token, unit=unit)
    return town.client(token)


def officer_id(town, serial: int = 1) -> int:
    return sql(town, "SELECT id FROM officer WHERE officer_code = %(code)s",
               code=f"O{COMMUNITY}00{serial}")


async def test_who_claims_a_task_closes_it(town):
    number = await filed(town)
    one, two = officer_client(town, 1), officer_client(town, 2)
    await step(one, number, "verify")
    other = f"officer:{officer_id(town, 2)}"
    refused = await step(one, number, "accept", 422, to=other)
    assert refused["errors"][0]["field"] == "to"
    taken = await step(one, number, "accept")
    assert taken["incident"]["officer"]["to"] == f"officer:{officer_id(town, 1)}"
    seen = (await two.get(f"/api/incidents/{number}")).json()
    assert not {"handle", "close", "ask_return"} & set(seen["lawful"])
    unlawful = await step(two, number, "handle", 409, note="我来办")
    assert unlawful["lawful"] == seen["lawful"]
    desk = town.client(town.token("community", COMMUNITY))
    await step(desk, number, "transfer", to=other, note="换人")
    await step(one, number, "accept", 409)
    await step(two, number, "accept")
    done = await step(two, number, "handle", note="办好了")
    assert done["incident"]["state"] == "handled"


async def test_a_unit_s_members_act_for_it(town):
    number = await filed(town, category="urban")
    team = sql(town, "INSERT INTO unit (unit_code, name, kind, area_identity_id, categories)"
               " SELECT 'T1', '执法队', 'team', id, '{urban}' FROM area_identity WHERE code ="
               " %(code)s RETURNING id", code=STREETS[0])
    other = sql(town, "INSERT INTO unit (unit_code, name, kind, area_identity_id, categories)"
                " SELECT 'T2', '执法队', 'team', id, '{urban}' FROM area_identity WHERE code ="
                " %(code)s RETURNING id", code=STREETS[1])
    market = sql(town, "INSERT INTO unit (unit_code, name, kind, categories)"
                 " VALUES ('M', '市监局', 'department', '{market}') RETURNING id")
    desk = town.client(town.token("street", STREETS[0]))
    await step(desk, number, "verify")
    for _ in range(2):
        await step(desk, number, "escalate", note="需执法队")
    told = (await desk.get(f"/api/incidents/{number}/targets")).json()
    assert [unit["code"] for unit in told["units"]] == ["T1"]
    assert {person["code"] for person in told["officers"]} == {f"O{COMMUNITY}001"}
    for wrong in (other, market, 99):
        refused = await step(desk, number, "dispatch", 422, to=f"unit:{wrong}")
        assert refused["errors"][0]["field"] == "to"
    await step(desk, number, "dispatch", to=f"unit:{team}")
    sql(town, "UPDATE officer SET unit_id = %(unit)s WHERE officer_code = %(code)s",
        unit=team, code=f"O{STREETS[1]}001001")
    token = town.token("officer", STREETS[1])
    sql(town, "UPDATE account SET officer_id = (SELECT id FROM officer WHERE officer_code ="
        " %(code)s) WHERE id = (SELECT account_id FROM credential WHERE"
        " secret_hash = sha256(convert_to(%(token)s, 'UTF8')))",
        code=f"O{STREETS[1]}001001", token=token)
    member = town.client(token)
    claimed = await step(member, number, "accept")
    assert claimed["incident"]["unit"]["code"] == "T1"
    await step(member, number, "handle", note="已清理")


async def test_words_only_get_their_place_by_intake(town):
    number = await filed(town, lon=None, lat=None, address="老百货大楼后面")
    intake = town.client(town.token("intake"))
    street = town.client(town.token("street", STREETS[0]))
    assert (await street.get(f"/api/incidents/{number}")).status_code == 404
    told = (await intake.get(f"/api/incidents/{number}")).json()
    assert told["actions"] == [{"action": "locate", "needs": ["to"],
                                "target_kinds": ["house", "building", "point"]}]
    assert not told["incident"]["placed"]
    for nowhere in ("point:10.5,10.5", "house:3301040010010112345000101", "officer:1", "point:x"):
        refused = await step(intake, number, "locate", 422, to=nowhere)
        assert refused["errors"][0]["field"] == "to", nowhere
    placed = await step(
        intake, number, "locate", to=f"point:{WEST + STEP / 2},{SOUTH + STEP / 2}")
    # It is on somebody's ground now, and out of intake's sight.
    assert placed["seen"] is False
    assert (await intake.get(f"/api/incidents/{number}")).status_code == 404
    seen = (await street.get(f"/api/incidents/{number}")).json()
    assert seen["incident"]["placed"]
    assert "locate" not in seen["lawful"]
    assert seen["incident"]["officer"]["id"] == f"O{COMMUNITY}001"
    assert seen["assignments"][0]["area"]["code"] == f"{COMMUNITY}001"
    assert seen["steps"][1]["to"].endswith(f" officer:{officer_id(town, 1)}")
    await step(street, number, "verify")
    assert (await street.get(f"/api/incidents/{number}")).json()["incident"]["officer"]


async def test_an_emergency_is_the_street_s_and_the_hall_s_at_once(town):
    number = await filed(town, category="safety.fire")
    hall = town.client(town.token("hall"))
    street = town.client(town.token("street", STREETS[0]))
    for client in (hall, street):
        told = (await client.get(f"/api/incidents/{number}")).json()
        assert told["incident"]["tier"] == "street"
        assert {"verify", "dispatch"} <= set(told["lawful"])
    await step(hall, number, "dispatch", to=f"O{COMMUNITY}001")
    assert (await street.get(f"/api/incidents/{number}")).json()["incident"]["state"] == (
        "dispatched")


async def test_whoever_took_the_first_call_is_told_the_answer(town):
    create_account(town.admin_url, "接线员", "intake", PASSWORD)
    number = await filed(town)
    clerk = town.client(sql(town, "SELECT open_credential(id, 'token', NULL) FROM account"
                                  " WHERE name = '接线员'"))
    mine = (await clerk.post("/api/reports", json=report())).json()["incident"]["id"]
    desk = town.client(town.token("street", STREETS[0]))
    told = (await desk.get(f"/api/incidents/{mine}")).json()
    assert told["incident"]["answerable"] == {"name": "接线员", "role": "intake", "you": False}
    for one in (number, mine):
        await step(desk, one, "reject", note="不在范围，请找物业")
    notices = (await clerk.get("/api/notices")).json()["notices"]
    assert [(one["incident"], one["kind"], one["note"]) for one in notices] == [
        (mine, "reject", "不在范围，请找物业")]
    read = await clerk.post("/api/notices/read", json={"up_to": notices[0]["id"]})
    assert read.json() == {"read": 1}
    assert (await clerk.get("/api/notices")).json() == {"notices": []}
    assert (await clerk.post("/api/notices/read", json={"up_to": "x"})).status_code == 422


async def test_clocks_tell_limits_what_is_left_and_that_they_stand(town):
    sql(town, "UPDATE category SET limit_hours = 40, limit_working = true,"
        " stage_limits = '{\"grid\": {\"hours\": 4, \"working\": true}}' WHERE code = 'urban'")
    number = await filed(town, category="urban.litter")
    desk = town.client(town.token("street", STREETS[0]))
    clocks = (await desk.get(f"/api/incidents/{number}")).json()["clocks"]
    assert clocks["stage_limit"] == {"hours": 4, "working": True}
    assert clocks["limit"] == {"hours": 120, "working": False}
    assert clocks["stage_left_s"] <= 4 * 3600
    assert 119 * 3600 < clocks["left_s"] <= 120 * 3600
    assert not clocks["paused"]
    until = datetime.now(UTC) + timedelta(days=3)
    await step(desk, number, "suspend", note="台风", until=until.isoformat())
    paused = (await desk.get(f"/api/incidents/{number}")).json()["clocks"]
    assert paused["paused"]
    assert paused["suspension_count"] == 1
    again = (await desk.get(f"/api/incidents/{number}")).json()["clocks"]
    assert again["left_s"] == paused["left_s"]


async def test_beyond_the_city_s_allowance_is_refused_with_what_would_be_lawful(town):
    sql(town, "UPDATE city_setting SET value = '{\"times\": 1, \"hours\": 24,"
        " \"approver\": \"street\"}' WHERE name = 'extension'")
    number = await filed(town)
    community = town.client(town.token("community", COMMUNITY))
    street = town.client(town.token("street", STREETS[0]))
    assert "extend" not in (await community.get(f"/api/incidents/{number}")).json()["lawful"]
    before = (await street.get(f"/api/incidents/{number}")).json()["clocks"]
    due = datetime.fromisoformat(before["stage_deadline_at"])
    refused = await step(street, number, "extend", 422, note="雨",
                         until=(due + timedelta(hours=25)).isoformat())
    assert refused["errors"][0]["field"] == "until"
    assert (due + timedelta(hours=24)).isoformat(timespec="seconds")[:16] in refused["detail"]
    moved = await step(street, number, "extend", note="雨",
                       until=(due + timedelta(hours=24)).isoformat())
    assert datetime.fromisoformat(moved["clocks"]["stage_deadline_at"]) == (
        due + timedelta(hours=24))
    assert "extend" not in moved["lawful"]
    spent = await step(street, number, "extend", 409, note="还要",
                       until=(due + timedelta(hours=30)).isoformat())
    assert "延期" in spent["detail"]
    assert "核实立案" in spent["detail"]


async def test_authority_is_the_category_s_else_its_class_s_else_the_city_s(town):
    sql(town, "UPDATE category SET closing_tiers = '{street}' WHERE code = 'urban'")
    sql(town, "UPDATE category SET closing_tiers = '{grid}' WHERE code = 'urban.litter'")
    officer = officer_client(town)
    for category, lawful in (("urban.litter", True), ("urban.stall", False), ("market", True)):
        number = await filed(town, category=category)
        verified = await step(officer, number, "verify")
        assert ("close" in verified["lawful"]) is lawful, category
    sql(town, "UPDATE city_setting SET value = '[\"community\"]' WHERE name = 'closing_tiers'")
    number = await filed(town, category="market")
    assert "close" not in (await step(officer, number, "verify"))["lawful"]


async def test_the_city_s_tier_is_switched_on_and_is_a_city_hall_s(town):
    number = await filed(town)
    street = town.client(town.token("street", STREETS[0]))
    district_hall = town.client(town.token("hall", "330104"))
    city_hall = town.client(town.token("hall"))
    for _ in range(3):
        await step(street, number, "escalate", note="上呈")
    assert "escalate" not in (await city_hall.get(f"/api/incidents/{number}")).json()["lawful"]
    sql(town, "UPDATE city_setting SET value = '\"city\"' WHERE name = 'top_tier'")
    await step(district_hall, number, "escalate", note="市级协调")
    assert (await district_hall.get(f"/api/incidents/{number}")).json()["lawful"] == []
    assert "verify" in (await city_hall.get(f"/api/incidents/{number}")).json()["lawful"]


async def test_two_matters_become_one_and_both_callers_are_told(town):
    first, second = await filed(town), await filed(town)
    desk = town.client(town.token("street", STREETS[0]))
    await step(desk, second, "merge", to=f"incident:{first}")
    merged = (await desk.get(f"/api/incidents/{second}")).json()
    assert merged["incident"]["merged_into"] == first
    assert merged["lawful"] == ["split"]
    steps = (await desk.get(f"/api/incidents/{first}")).json()["steps"]
    assert [one["action"] for one in steps] == ["report", "absorb"]
    await step(desk, first, "reject", note="重复来电，已答复")
    told = sql(town, "SELECT array_agg(incident_id ORDER BY incident_id) FROM notice")
    assert told == [first, second]


async def test_what_is_out_of_scope_is_not_taken(town):
    sql(town, "UPDATE category SET active = false WHERE code = 'market.smoke'")
    intake = town.client(town.token("intake"))
    answer = await intake.post("/api/reports", json=report(category="market.smoke"))
    assert answer.status_code == 422


async def test_of_two_at_once_one_wins_and_the_other_is_told_what_is_lawful_now(town):
    number = await filed(town)
    street = town.client(town.token("street", STREETS[0]))
    community = town.client(town.token("community", COMMUNITY))
    answers = await asyncio.gather(*(
        client.post(f"/api/incidents/{number}/steps", json={"action": "reject", "note": "不在范围"})
        for client in (street, community, street, community)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        assert answer.json()["lawful"] == ["reopen"]
    steps = (await street.get(f"/api/incidents/{number}")).json()["steps"]
    assert [one["action"] for one in steps] == ["report", "reject"]


async def test_what_can_t_be_merged_into_is_named(town):
    first, second, third = [await filed(town) for _ in range(3)]
    desk = town.client(town.token("street", STREETS[0]))
    await step(desk, second, "merge", to=f"incident:{first}")
    for action in ("merge", "absorb"):
        refused = await step(desk, third, action, 409, to=f"incident:{second}")
        assert refused["detail"].startswith(f"incident:{second}: ")
        # What is lawful is told of the matter that was asked about.
        assert "verify" in refused["lawful"]
        unlawful = await step(desk, second, action, 409, to=f"incident:{third}")
        assert unlawful["lawful"] == ["split"]
