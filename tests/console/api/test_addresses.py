"""Places by words, codes and coordinates, over HTTP, each caller within their own ground."""

from __future__ import annotations

import psycopg
import pytest

from tests.conftest import cloned
from tests.console.conftest import SOUTH, STEP, WEST
from tests.console.town import served_town

pytestmark = pytest.mark.anyio

ROADS = {1: ("文三路", "锦绣苑"), 2: ("学院路", "翠庭小区")}


def put_houses(town) -> None:
    """In either street a compound of four buildings, each with two units of two rooms."""
    with psycopg.connect(town.admin_url) as connection:
        for street, (road, compound) in ROADS.items():
            for number in range(1, 5):
                west = WEST + (2 * street - 2) * STEP + 0.001 * number
                code = f"33010400{street}00101{number:05d}"
                building = connection.execute(
                    "INSERT INTO building (building_code, name, road, road_number, compound, geom)"
                    " VALUES (%s, %s, %s, '12', %s,"
                    "  ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4490))) RETURNING id",
                    (code, f"{compound}{number}幢", road, compound, west, SOUTH + 0.002,
                     west + 0.0005, SOUTH + 0.0025)).fetchone()[0]
                for serial, (unit, room) in enumerate(
                        [("1", "101"), ("1", "501"), ("2", "101"), ("2", "501")], start=1):
                    connection.execute(
                        "INSERT INTO address (house_code, building_id, text, district, community,"
                        " road, road_number, compound, building_number, unit, room, geom)"
                        " VALUES (%s, %s, %s, '江干区', %s, %s, '12', %s, %s, %s, %s,"
                        " ST_SetSRID(ST_MakePoint(%s, %s), 4490))",
                        (f"{code}{serial:06d}", building,
                         f"江干区甲社区{road}12号{compound}{number}幢{unit}单元{room}室", "甲社区",
                         road, compound, str(number), unit, room, west + 0.0002, SOUTH + 0.0022))


@pytest.fixture(scope="module")
async def houses(cluster, town_template, tmp_path_factory):
    """A town with houses, for tests that change none of them."""
    with cloned(cluster, town_template) as database:
        async with served_town(database, tmp_path_factory.mktemp("home")) as town:
            put_houses(town)
            yield town


@pytest.fixture
async def own_houses(town):
    """The same for a test that changes it."""
    put_houses(town)
    return town


async def ask(town, q: str, role: str = "admin", area: str | None = None, **more):
    client = town.client(town.token(role, area))
    answer = await client.get("/api/addresses", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("q", [
    "江干区甲社区文三路12号锦绣苑3幢2单元501室", "文三路１２号锦绣苑３幢２单元５０１",
    "锦绣苑三幢二单元五〇一室", "锦绣苑3-2-501", "文山路12号锦绣苑3栋2单元501",
    "锦秀苑3号楼2单元501", "锦绣苑3幢2单元501号", "锦绣苑12号文三路3-2-501",
    "3幢2单元501室锦绣苑文三路12号", "江干区江干区文三路12号【锦绣苑3-2-501】(菜场附近)",
    "3301040010010100003000004",
])
async def test_one_house_however_it_is_written(houses, q):
    first = (await ask(houses, q))[0]
    assert first["house_code"] == "3301040010010100003000004"
    assert first["score"] >= 0.85
    assert not first["ambiguous"]
    assert first["lon"] == pytest.approx(WEST + 0.0032)


async def test_the_shape_of_a_match(houses):
    [match] = await ask(houses, "锦绣苑3-2-501", limit=1)
    assert set(match) == {"house_code", "building_code", "text", "lon", "lat", "score", "how",
                          "level", "determined", "ambiguous", "tied", "reason"}
    assert match["how"] == "words"
    assert "楼幢相符" in match["reason"]


async def test_answers_go_as_far_as_the_words(houses):
    building = (await ask(houses, "文三路12号锦绣苑3幢"))[0]
    assert building["house_code"] is None
    assert building["building_code"] == "3301040010010100003"
    assert not building["ambiguous"]
    compound = await ask(houses, "锦绣苑")
    assert len(compound) == 4
    assert all(match["tied"] and match["ambiguous"] for match in compound)
    assert compound[0]["determined"] == "compound"
    units = await ask(houses, "锦绣苑3幢501")
    assert [match["tied"] for match in units] == [True, True]
    assert {match["house_code"][-1] for match in units} == {"2", "4"}


async def test_another_digit_is_another_house(houses):
    for q in ("锦绣苑9幢2单元501室", "锦绣苑3幢2单元999室", "文三路99号锦绣苑3幢2单元501室",
              "锦绣苑3幢7单元501室"):
        matches = await ask(houses, q)
        assert all(match["score"] < 0.6 and match["ambiguous"] for match in matches), q


async def test_a_district_that_contradicts_is_told(houses):
    match = (await ask(houses, "杭州市西湖区锦绣苑3-2-501", lang="en"))[0]
    assert match["score"] < 0.8
    assert match["ambiguous"]
    assert "another district is named: 西湖区" in match["reason"]


async def test_between_two_numbers_of_a_road(own_houses):
    with psycopg.connect(own_houses.admin_url) as connection:
        connection.execute(
            "INSERT INTO building (building_code, road, road_number, geom) VALUES"
            " ('3301040010010100009', '文三路', '20',"
            "  ST_Multi(ST_MakeEnvelope(120.009, 30.002, 120.0095, 30.0025, 4490)))")
    [match] = await ask(own_houses, "文三路16号")
    assert match["how"] == "interpolated"
    assert match["building_code"] is None
    assert match["ambiguous"]
    assert 120.0 < match["lon"] < 120.0095
    assert (await ask(own_houses, "文三路17号"))[0]["how"] != "interpolated"


async def test_other_names_answer_with_the_standard(own_houses):
    with psycopg.connect(own_houses.admin_url) as connection:
        connection.execute(
            "INSERT INTO other_name (kind, origin, name, standard)"
            " VALUES ('compound', 'alias', '机床厂宿舍', '锦绣苑'),"
            "  ('road', 'former', '翠柏路', '文三路')")
    match = (await ask(own_houses, "机床厂宿舍3幢2单元501"))[0]
    assert (match["house_code"], match["how"]) == ("3301040010010100003000004", "alias")
    match = (await ask(own_houses, "翠柏路12号3幢2单元501"))[0]
    assert match["house_code"] == "3301040010010100003000004"


@pytest.mark.parametrize("q", [
    "a", "苑", "1", "%", "_%", "' OR 1=1 --", "🙂", "🏠🏠", "\\", "()", "【", "-", "zzzz zzzz",
    "号", "幢单元室", "٣", "x" * 500, "文" * 500, "3-" * 200, "一" * 400, "(" * 300])
async def test_whatever_is_typed_gets_an_answer(houses, q):
    assert isinstance(await ask(houses, q), list)


@pytest.mark.parametrize("q", ["", "   ", "文" * 501, "x" * 10_000, "a\0b"])
async def test_what_can_not_be_asked_is_refused(houses, q):
    client = houses.client(houses.token("admin"))
    answer = await client.get("/api/addresses", params={"q": q})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "q"


async def test_codes_typed_in_part(houses):
    assert [m["building_code"] for m in await ask(houses, "33010400100101", limit=4)] == [
        f"330104001001010000{n}" for n in range(1, 5)]
    assert (await ask(houses, "3301040010010100003"))[0]["level"] == "building"
    assert len(await ask(houses, "3301040010010100003000")) == 4


async def test_a_street_never_finds_another_streets_houses(houses):
    mine, other = "翠庭小区3幢2单元501", "锦绣苑3幢2单元501"
    for q in (other, "文三路12号", "江干区甲社区文三路12号锦绣苑3幢2单元501室", "锦绣", "文三路",
              "3301040010010100003", "3301040010010100003000004", "机床厂宿舍3幢"):
        matches = await ask(houses, q, "street", "330104002")
        told = [match["text"] for match in matches]
        assert not any("锦绣" in text or "文三" in text for text in told), q
    assert (await ask(houses, mine, "street", "330104002"))[0]["house_code"]
    client = houses.client(houses.token("street", "330104002"))
    near = (await client.get("/api/addresses", params={
        "lon": WEST + 0.0032, "lat": SOUTH + 0.0022})).json()
    assert not any("锦绣" in match["text"] for match in near)


async def test_names_are_fresh(own_houses):
    assert not [m for m in await ask(own_houses, "新建苑3幢") if m["score"] > 0.5]
    with psycopg.connect(own_houses.admin_url) as connection:
        connection.execute("UPDATE building SET compound = '新建苑' WHERE compound = '锦绣苑'")
        connection.execute("UPDATE address SET compound = '新建苑' WHERE compound = '锦绣苑'")
    assert (await ask(own_houses, "新建苑3幢"))[0]["building_code"] == "3301040010010100003"
    with psycopg.connect(own_houses.admin_url) as connection:
        connection.execute("DELETE FROM address WHERE compound = '新建苑'")
        connection.execute("DELETE FROM building WHERE compound = '新建苑'")
    assert not [m for m in await ask(own_houses, "新建苑3幢") if m["score"] > 0.5]


async def test_the_nearest_building(houses):
    client = houses.client(houses.token("admin"))
    near = (await client.get("/api/addresses", params={
        "lon": WEST + 0.0032, "lat": SOUTH + 0.0022, "datum": "cgcs2000", "limit": 2})).json()
    assert [match["building_code"][-1] for match in near] == ["3", "2"]
    assert near[0]["distance_m"] == 0
    assert near[0]["how"] == "nearest"
    assert 50 < near[1]["distance_m"] < 80
    moved = (await client.get("/api/addresses", params={
        "lon": WEST + 0.0032, "lat": SOUTH + 0.0022, "datum": "gcj02"})).json()
    assert not moved or moved[0]["distance_m"] > 100
    for bad in ({"lon": 1}, {"lat": 1}, {}, {"lon": 200, "lat": 1}, {"lon": 1, "lat": 1,
                                                                   "datum": "x"}):
        assert (await client.get("/api/addresses", params=bad)).status_code == 422


REPORT = {"text": "井盖破损", "category": "urban", "channel": "hotline"}


async def test_a_report_with_words_gets_its_place(own_houses):
    client = own_houses.client(own_houses.token("admin"))
    filed = await client.post("/api/reports", json=REPORT | {"address": "锦秀苑3幢二单元501"})
    assert filed.status_code == 201, filed.text
    [base] = filed.json()["assignments"]
    assert base["how"] == "inside"
    assert base["area"]["code"] == "330104001001001"
    assert any("锦绣苑3幢2单元501室" in line for line in base["why"])
    with psycopg.connect(own_houses.admin_url) as connection:
        [(address, understood, score)] = connection.execute(
            "SELECT address, understood_text, understood_score FROM report").fetchall()
    assert address == "锦秀苑3幢二单元501"
    assert understood == "江干区甲社区文三路12号锦绣苑3幢2单元501室"
    assert 0.85 <= score < 1


async def test_intake_has_its_words_understood_and_sees_no_more_than_places(houses):
    client = houses.client(houses.token("intake"))
    filed = await client.post("/api/reports", json=REPORT | {"address": "锦秀苑3幢二单元501"})
    assert filed.json()["assignments"][0]["how"] == "inside"
    unsure = await client.post("/api/reports", json=REPORT | {"address": "锦绣苑501室"})
    assert any("锦绣苑1幢1单元501室" in line for line in unsure.json()["assignments"][0]["why"])
    assert (await ask(houses, "锦绣苑3幢2单元501室", role="intake"))[0]["score"] == 1
    for path in ("/api/buildings/x", "/api/houses/x", "/tiles/buildings/14/0/0.mvt"):
        assert (await client.get(path)).status_code == 403, path


async def test_words_that_are_not_sure_place_nothing(houses):
    client = houses.client(houses.token("admin"))
    filed = await client.post("/api/reports", json=REPORT | {"address": "锦绣苑501室"})
    [base] = filed.json()["assignments"]
    assert base["how"] == "unlocated"
    assert any("锦绣苑1幢1单元501室" in line for line in base["why"])
    batch = (await client.post("/api/reports:batch", json=[
        REPORT | {"address": "锦绣苑3-1-101"}, REPORT | {"address": "无此地"},
        REPORT | {"lon": WEST + 0.001, "lat": SOUTH + 0.001}])).json()
    assert [one["assignments"][0]["how"] for one in batch] == ["inside", "unlocated", "inside"]


async def test_locate_by_words(houses):
    client = houses.client(houses.token("admin"))
    found = (await client.get("/api/locate", params={"address": "锦绣苑3-1-101"})).json()
    assert found["assignments"][0]["area"]["code"] == "330104001001001"
    assert any("锦绣苑3幢1单元101室" in line for line in found["assignments"][0]["why"])
    building = (await client.get("/api/locate", params={"address": "翠庭小区2幢"})).json()
    assert building["assignments"][0]["area"]["code"] == "330104002001001"
    unsure = (await client.get("/api/locate", params={"address": "锦绣苑101"})).json()
    assert unsure["assignments"][0]["how"] == "unlocated"
