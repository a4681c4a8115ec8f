"""Buildings, houses, codes and persons over HTTP; foreign ground is not found."""

from __future__ import annotations

import psycopg
import pytest
import shapely

from gis.personal_data import FILE_NAME, KeyFile, Record
from tests.console.conftest import SOUTH, STEP, STREETS, WEST

pytestmark = pytest.mark.anyio
PEOPLE = (("张三丰", "13812345678", "330104199001011234"), ("李四", "13900001111", None))


def _codes(street: str) -> tuple[str, str, str]:
    building = f"{street}0010100001"
    return building, building + "000001", building + "000002"


OWN, FOREIGN = _codes(STREETS[0]), _codes(STREETS[1])


def build_library(admin_url: str, home) -> list[str]:
    """A building of two houses in each street, with all that hangs on them; persons' ids."""
    ring, ids = KeyFile(home).made(), []
    with psycopg.connect(admin_url) as connection:
        for place, (building, *houses) in enumerate((OWN, FOREIGN)):
            x, y = WEST + (2 * place + 0.5) * STEP, SOUTH + 0.5 * STEP
            shape = shapely.MultiPolygon([shapely.box(x - 1e-4, y - 1e-4, x + 1e-4, y + 1e-4)])
            (number,) = connection.execute(
                "INSERT INTO building (building_code, name, compound, road, road_number, text,"
                " community, floors, geom) VALUES (%s, '锦绣苑3幢', '锦绣苑', '文三路', '12',"
                " '文三路12号锦绣苑3幢', '某社区', 2, ST_SetSRID(%s::geometry, 4490))"
                " RETURNING id", (building, shape.wkb_hex)).fetchone()
            for floor, house in enumerate(houses, start=1):
                (address,) = connection.execute(
                    "INSERT INTO address (house_code, building_id, text, road, road_number,"
                    " compound, floor, room, geom) VALUES (%(house)s, %(building)s, %(text)s,"
                    " '文三路', '12', '锦绣苑', %(floor)s::text, %(room)s,"
                    " ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), 4490)) RETURNING id",
                    {"house": house, "building": number, "floor": floor, "room": f"{floor}01",
                     "text": f"文三路12号锦绣苑3幢{floor}01室", "x": x, "y": y}).fetchone()
                connection.execute("INSERT INTO dwelling VALUES (%s, 'residential', 'owned',"
                                   " 'let', 1, 2)", (address,))
                connection.execute("INSERT INTO enterprise (name, employees, address_id)"
                                   " VALUES ('小店', 3, %s)", (address,))
            ids.append(_put_people(connection, ring, address))
            connection.execute("INSERT INTO place_object (category_code, name, geom) VALUES"
                               " ('camera', '门口', ST_SetSRID(ST_MakePoint(%s, %s), 4490))",
                               (x, y))
        connection.execute("INSERT INTO other_name (kind, origin, name, standard)"
                           " VALUES ('compound', 'alias', '老锦绣', '锦绣苑')")
        connection.execute("UPDATE address SET text = text || '号'")
    return ids


def _put_people(connection, ring, address: int) -> str:
    ids = []
    for number, told in enumerate(PEOPLE):
        record, (identity,) = Record(*told), connection.execute(
            "SELECT gen_random_uuid()").fetchone()
        sealed = ring.seal(record, identity)
        connection.execute(
            "INSERT INTO person VALUES (%s, %s, 'registered', %s, %s, %s, %s, %s)",
            (identity, address, "family" if number else "head", sealed.key_id,
             identity.bytes, sealed.masked, sealed.sealed))
        ids.append(str(identity))
    return ids[0]


@pytest.fixture
async def library(town, tmp_path):
    """The town with a library; `people` are the ids of one person in each street."""
    town.people = build_library(town.admin_url, tmp_path)
    return town


async def test_a_building_with_all_that_belongs_to_it(library):
    client = library.client(library.token("community", STREETS[0] + "001"))
    told = (await client.get(f"/api/buildings/{OWN[0]}")).json()
    assert told["elements"] == {"community": "某社区", "road": "文三路", "road_number": "12",
                                "compound": "锦绣苑"}
    assert [area["code"] for area in told["areas"]] == [STREETS[0] + "001001"]
    assert [(floor["floor"], [house["house_code"] for house in floor["houses"]])
            for floor in told["floors"]] == [("1", [OWN[1]]), ("2", [OWN[2]])]
    assert told["floors"][0]["houses"][0]["occupancy"] == "let"
    assert told["counts"] == {
        "houses": 2, "dwellings": 2, "registered_residents": 2, "actual_residents": 4, "let": 2,
        "vacant": 0, "enterprises": 2, "employees": 6, "persons": 2}
    assert [(one["kind"], one["name"]) for one in told["aliases"]] == [("compound", "老锦绣")]
    assert [(one["category"], one["element"]) for one in told["objects"]] == [("camera", "thing")]


async def test_a_house_shows_people_masked(library):
    client = library.client(library.token("hall"))
    told = (await client.get(f"/api/houses/{OWN[2]}")).json()
    assert told["elements"]["room"] == "201"
    assert told["building"]["building_code"] == OWN[0]
    assert told["residents"] == {"registered": 1, "actual": 2}
    assert [(one["name"], one["phone"], one["id_number"]) for one in told["persons"]] == [
        ("张*", "138****5678", "330104********1234"), ("李*", "139****1111", None)]
    assert told["may_unmask"] is False
    assert [(one["field"], one["name"]) for one in told["history"]] == [
        ("text", "文三路12号锦绣苑3幢201室")]
    assert "personal_data" not in told


async def test_what_lies_elsewhere_is_not_found(library):
    client = library.client(library.token("street", STREETS[0]))
    for path in (f"/api/buildings/{FOREIGN[0]}", f"/api/houses/{FOREIGN[1]}",
                 f"/api/areas/{STREETS[1]}/buildings", "/api/buildings/none", "/api/houses/none"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert "not for you to see" in answer.json()["detail"]
    for person in (library.people[1], "00000000-0000-0000-0000-000000000000", "x"):
        answer = await client.post(f"/api/persons/{person}/unmask", json={"purpose": "入户走访"})
        assert answer.status_code == 404
    assert (await client.get(f"/api/houses/{OWN[2]}")).json()["may_unmask"] is True
    with psycopg.connect(library.admin_url) as connection:
        assert connection.execute("SELECT count(*) FROM audit WHERE action LIKE 'unmask%'"
                                  ).fetchone() == (0,)


async def test_unmasking_is_written_down_before_it_is_answered(library):
    client = library.client(library.token("street", STREETS[0]))
    answer = await client.post(f"/api/persons/{library.people[0]}/unmask",
                               json={"purpose": "入户走访"})
    assert answer.json() == {"id": library.people[0], "name": "张三丰", "phone": "13812345678",
                             "id_number": "330104199001011234"}
    assert answer.headers["cache-control"] == "no-store"
    only = await client.post(f"/api/persons/{library.people[0]}/unmask",
                             json={"purpose": "电话回访", "fields": ["phone"]})
    assert only.json() == {"id": library.people[0], "phone": "13812345678"}
    with psycopg.connect(library.admin_url) as connection:
        rows = connection.execute(
            "SELECT a.role, u.action, u.subject, u.detail FROM audit u JOIN account a"
            " ON a.id = u.account_id WHERE u.action LIKE 'unmask%' ORDER BY u.id").fetchall()
    assert [row[:3] for row in rows] == [
        ("street", "unmask", f"person:{library.people[0]}")] * 2
    assert rows[0][3] == {"purpose": "入户走访", "fields": ["name", "phone", "id_number"],
                          "house_code": OWN[2]}
    assert rows[1][3]["fields"] == ["phone"]


@pytest.mark.parametrize("role", ["hall", "planner"])
async def test_roles_that_may_not_are_refused_clearly_and_written_down(library, role):
    client = library.client(library.token(role))
    answer = await client.post(f"/api/persons/{library.people[0]}/unmask",
                               json={"purpose": "好奇看看"})
    assert answer.status_code == 403
    assert f"the role {role} may not see people in clear" in answer.json()["detail"]
    with psycopg.connect(library.admin_url) as connection:
        assert connection.execute("SELECT action, detail ->> 'purpose' FROM audit WHERE action"
                                  " LIKE 'unmask%'").fetchall() == [("unmask_refused", "好奇看看")]


@pytest.mark.parametrize("body, field", [
    ({}, "purpose"), ({"purpose": " "}, "purpose"), ({"purpose": "查"}, "purpose"),
    ({"purpose": 5}, "purpose"), ({"purpose": "入户走访", "fields": []}, "fields"),
    ({"purpose": "入户走访", "fields": ["sealed"]}, "fields"),
    ({"purpose": "入户走访", "why": "x"}, "why"), ([], "body"),
])
async def test_a_purpose_is_needed(library, body, field):
    client = library.client(library.token("admin"))
    answer = await client.post(f"/api/persons/{library.people[0]}/unmask", json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_lost_key_is_told_and_the_rest_still_answers(library, tmp_path):
    (tmp_path / FILE_NAME).unlink()
    client = library.client(library.token("admin"))
    told = (await client.get(f"/api/houses/{OWN[2]}")).json()
    assert [one["name"] for one in told["persons"]] == [None, None]
    assert "Put the file back" in told["personal_data"]
    answer = await client.post(f"/api/persons/{library.people[0]}/unmask",
                               json={"purpose": "入户走访"})
    assert answer.status_code == 503
    assert "Put the file back" in answer.json()["detail"]


async def test_buildings_of_an_area_by_pages_and_words(library):
    client = library.client(library.token("hall"))
    path = f"/api/areas/{STREETS[0][:6]}/buildings"
    first = (await client.get(path, params={"limit": 1})).json()
    second = (await client.get(path, params={"limit": 1, "cursor": first["next"]})).json()
    codes = [one["building_code"] for page in (first, second) for one in page["buildings"]]
    assert codes == [OWN[0], FOREIGN[0]]
    assert second["next"] is None
    assert (first["buildings"][0]["houses"], first["buildings"][0]["actual_residents"]) == (2, 4)
    for words, count in (("文三", 2), (OWN[0][:12], 1), ("没有", 0)):
        found = (await client.get(path, params={"q": words})).json()["buildings"]
        assert len(found) == count
    assert (await client.get(path, params={"cursor": "x"})).status_code == 422


async def test_renames_over_the_api(library):
    planner = library.client(library.token("planner"))
    sent = {"kind": "road", "of": "文三路", "to": "学院路", "reason": "规划"}
    answer = await planner.post("/api/renames", json=sent)
    assert (answer.status_code, answer.json()["addresses"]) == (201, 4)
    told = (await planner.get(f"/api/houses/{OWN[1]}")).json()
    assert told["text"].startswith("学院路12号")
    assert ("road", "文三路", "规划") in [
        (one["kind"], one["name"], one["note"]) for one in told["history"]]
    desk = library.client(library.token("street", STREETS[0]))
    refused = await desk.post("/api/renames", json=sent | {"of": "学院路"})
    assert refused.status_code == 403
    assert "the role street renames nothing" in refused.json()["detail"]
    bad = await planner.post("/api/renames", json={"kind": "river", "to": ""})
    assert {error["field"] for error in bad.json()["errors"]} == {"kind", "of", "to"}
    assert (await planner.post("/api/renames", json=sent)).status_code == 404


@pytest.mark.parametrize("code, valid, level, problem", [
    ("44030600960102T0117", True, "building", None), ("330104001002003", True, "grid", None),
    ("330104400001", False, "community", "street '400' (characters 7–9)"),
    ("01020133010400100207", True, "grid_object", None),
    ("33010400100200", False, None, "breaks off before a grid (15)"),
])
async def test_codes_are_explained(shared_town, code, valid, level, problem):
    client = shared_town.client(shared_town.token("street", STREETS[0]))
    told = (await client.get(f"/api/codes/{code}")).json()
    assert (told["valid"], told["level"]) == (valid, level)
    assert "".join(part["text"] for part in told["parts"]) == (code if level else "")
    if problem:
        assert problem in told["problems"][0]
    if level == "grid":
        assert told["levels"] == ["grid", "unit_grid"]
