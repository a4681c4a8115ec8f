"""QR codes, door plates and printouts over HTTP; the pages of places; the form by code."""

from __future__ import annotations

import asyncio
import io
import json
import re

import httpx
import psycopg
import pytest
import zxingcpp
from pypdf import PdfReader

from console.api import plates as plates_api
from tests.console.conftest import SOUTH, STEP, STREETS, WEST, report
from tests.console.printing.test_plates import bitmap

pytestmark = pytest.mark.anyio

# Two buildings, the first in the first street's first grid, the other in the second street.
BUILDINGS = ("3301040010010100001", "3301040020010100001")
GRIDS = ("330104001001001", "330104002001001")
HOUSES = 11


def add_houses(admin_url: str) -> None:
    """Two buildings of eleven houses each."""
    with psycopg.connect(admin_url) as connection:
        for number, code in enumerate(BUILDINGS):
            connection.execute(
                "INSERT INTO building (building_code, name, kind, compound, road, road_number,"
                " floors, geom) VALUES (%(code)s, '春晖花园3幢', 'residential', '春晖花园',"
                " '文三路', '18', 6, ST_Multi(ST_MakeEnvelope("
                " %(x)s, %(y)s, %(x)s + 0.0004, %(y)s + 0.0002, 4490)))",
                {"code": code, "x": WEST + 2 * number * STEP + STEP / 2, "y": SOUTH + STEP / 2})
            connection.execute(
                "INSERT INTO address (house_code, building_id, text, road, road_number, compound,"
                " building_number, unit, floor, room, geom)"
                " SELECT b.building_code || lpad(n::text, 6, '0'), b.id,"
                " '江南省临江市望江区文三路18号春晖花园3幢1单元' || n || '01室', '文三路', '18',"
                " '春晖花园', '3', '1', n::text, n || '01', ST_PointOnSurface(b.geom)"
                " FROM building AS b, generate_series(1, %(houses)s) AS n"
                " WHERE b.building_code = %(code)s", {"code": code, "houses": HOUSES})


@pytest.fixture(scope="module")
async def homes(shared_town):
    """The town with houses, for tests that change nothing in it."""
    add_houses(shared_town.admin_url)
    return shared_town


def pages(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert "no-store" in answer.headers["cache-control"]
    return [re.sub(r"[\s\u200b]+", "", page.extract_text())
            for page in PdfReader(io.BytesIO(answer.content)).pages]


def told(page: httpx.Response) -> dict:
    assert page.status_code == 200, page.text[:500]
    return json.loads(re.search(r'id="told">(.*?)</script>', page.text, re.DOTALL)[1])


@pytest.mark.parametrize("code", [BUILDINGS[0], BUILDINGS[0] + "000003", GRIDS[0], STREETS[0]])
async def test_a_qr_code_opens_the_form_of_its_place(homes, code):
    hall = homes.client(homes.token("hall"))
    answer = await hall.get(f"/api/qr/{code}.svg", params={"correction": "Q"})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    (found,) = zxingcpp.read_barcodes(bitmap(answer.text))
    assert found.text == f"{homes.url}/report?code={code}"
    assert found.ec_level == "Q"


async def test_a_forged_host_reaches_no_door(homes):
    hall = homes.client(homes.token("hall"), Host="evil.example")
    answer = await hall.get(f"/api/qr/{GRIDS[0]}.svg")
    assert zxingcpp.read_barcodes(bitmap(answer.text))[0].text.startswith(homes.url + "/")


async def test_what_is_not_one_s_own_has_no_code(homes):
    street = homes.client(homes.token("street", STREETS[0]))
    assert (await street.get(f"/api/qr/{BUILDINGS[0]}.svg")).status_code == 200
    for path in (f"/api/qr/{BUILDINGS[1]}.svg", f"/api/plates/{BUILDINGS[1]}.pdf",
                 f"/api/plates/{STREETS[1]}.pdf", "/api/qr/no-such.svg", "/api/qr/%00.svg"):
        assert (await street.get(path)).status_code in (404, 422), path
    nobody = homes.client()
    assert (await nobody.get(f"/api/qr/{GRIDS[0]}.svg")).status_code == 401
    intake = homes.client(homes.token("intake"))
    assert (await intake.get(f"/api/plates/{GRIDS[0]}.pdf")).status_code == 403


async def test_plates_of_a_community_hold_all_its_houses_in_order(homes):
    hall = homes.client(homes.token("hall"))
    texts = pages(await hall.get(f"/api/plates/{STREETS[0]}001.pdf"))
    rooms = re.findall(r"3幢1单元(\d+)01室\d{6}|3幢1单元(\d+)01室江", "".join(texts))
    assert len(texts) == 2
    assert [int(a or b) for a, b in rooms] == list(range(1, HOUSES + 1))


@pytest.mark.parametrize("code, query, count, words", [
    (BUILDINGS[0], {}, 1, "春晖花园3幢"),
    (BUILDINGS[0], {"kind": "house", "per_page": 4}, 3, "3幢1单元1101室"),
    (BUILDINGS[0] + "000003", {"per_page": 1}, 1, "3幢1单元301室"),
    (GRIDS[0], {}, 1, "grid001"),
    (STREETS[0], {"kind": "grid", "per_page": 1}, 2, "grid002"),
    ("330104", {"kind": "building"}, 1, "文三路18号春晖花园"),
    (GRIDS[0], {"lang": "en"}, 1, "Scantoreport"),
])
async def test_plates_of_each_kind(homes, code, query, count, words):
    hall = homes.client(homes.token("hall"))
    texts = pages(await hall.get(f"/api/plates/{code}.pdf", params=query))
    assert len(texts) == count
    assert words in "".join(texts)


@pytest.mark.parametrize("code, query, status, words", [
    (GRIDS[0], {"per_page": 3}, 422, "per_page"),
    (GRIDS[0], {"kind": "street"}, 422, "kind"),
    (BUILDINGS[0], {"kind": "grid"}, 422, "kind"),
    (BUILDINGS[0] + "000001", {"kind": "building"}, 422, "kind"),
    (GRIDS[0][:-1] + "2", {"kind": "building"}, 404, "no building"),
    ("999999", {}, 404, "999999"),
])
async def test_an_order_that_can_t_be_filled_says_why(homes, code, query, status, words):
    hall = homes.client(homes.token("hall"))
    answer = await hall.get(f"/api/plates/{code}.pdf", params=query)
    assert answer.status_code == status
    assert words in answer.text


async def test_too_many_plates_are_refused_before_any_is_drawn(homes, monkeypatch):
    monkeypatch.setattr("console.printing.plates.MOST_PLATES", 5)
    hall = homes.client(homes.token("hall"))
    answer = await hall.get(f"/api/plates/{STREETS[0]}.pdf")
    assert answer.status_code == 422
    assert "smaller areas" in answer.json()["detail"]
    assert plates_api.MOST_PLATES > 5


async def test_others_are_answered_while_plates_are_drawn(homes):
    hall = homes.client(homes.token("hall"))
    printing = asyncio.create_task(hall.get(f"/api/plates/{STREETS[0]}.pdf"))
    answered = 0
    while not printing.done():
        assert (await hall.get("/healthz")).status_code == 200
        answered += 1
    assert answered > 3
    assert (await printing).status_code == 200


async def test_an_incident_is_printed_with_its_map_and_reason(homes):
    street = homes.client(homes.token("street", STREETS[0]))
    filed = (await street.post("/api/reports", json=report(
        lon=None, lat=None, house_code=BUILDINGS[0] + "000003", text="渗水"))).json()
    number = filed["incident"]["id"]
    (text,) = pages(await street.get(f"/api/incidents/{number}.pdf"))
    for words in (f"事件{number}", "渗水", "王001", "红圈为事发位置", BUILDINGS[0] + "000003"):
        assert words in text, words
    other = homes.client(homes.token("street", STREETS[1]))
    assert (await other.get(f"/api/incidents/{number}.pdf")).status_code == 404
    assert (await street.get("/api/incidents/999999999999999999999.pdf")).status_code == 404
    assert (await street.get("/api/incidents/x.pdf")).status_code == 422


async def test_the_page_of_a_building_lists_its_floors_from_the_top(homes):
    hall = homes.client(homes.token("hall"))
    page = told(await hall.get(f"/place/{BUILDINGS[0]}"))
    assert [one["floor"] for one in page["floors"]] == [
        str(floor) for floor in range(HOUSES, 0, -1)]
    assert page["place"]["houses"] == HOUSES
    assert [step["code"] for step in page["place"]["path"]][-1] == GRIDS[0]
    assert page["doors"] == {"report": False, "street": True}


@pytest.mark.parametrize("code, kind, under", [
    (GRIDS[0], "grid", [BUILDINGS[0]]),
    ("330104001001", "community", [GRIDS[0], GRIDS[0][:-1] + "2"]),
    ("330104", "district", list(STREETS)), (BUILDINGS[0] + "000001", "house", [])])
async def test_the_page_of_a_place_tells_what_lies_under_it(homes, code, kind, under):
    hall = homes.client(homes.token("hall"))
    page = told(await hall.get(f"/place/{code}", params={"lang": "en"}))
    assert page["place"]["kind"] == kind
    assert [one["code"] for one in page["children"]] == under
    assert page["groups"][0] == "330104"


async def test_a_map_shows_only_the_buildings_of_one_s_own_ground(homes):
    seen = {}
    for name, client in (("hall", homes.client(homes.token("hall"))),
                         ("street", homes.client(homes.token("street", STREETS[0])))):
        page = told(await client.get("/place/330104"))
        seen[name] = {one["code"] for one in page["around"]["shapes"] if one["kind"] == "area"}
        page = told(await client.get(f"/place/{GRIDS[0]}"))
        seen[name] |= {one["code"] for one in page["around"]["shapes"]
                       if one["kind"] == "building"}
    assert seen["hall"] >= {BUILDINGS[0], *STREETS}
    assert seen["street"] == {BUILDINGS[0], STREETS[0]}


async def test_a_page_of_nothing_is_a_page_that_says_so(homes):
    hall = homes.client(homes.token("hall"), Accept="text/html")
    for code in ("no-such", "3301040010010199999", "%00", "x" * 300):
        answer = await hall.get(f"/place/{code}")
        assert answer.status_code == 404, code
        assert "<html" in answer.text


@pytest.mark.parametrize("code, kind, usable", [
    (BUILDINGS[0] + "000003", "house", True), (BUILDINGS[0], "building", True),
    (GRIDS[0], "grid", False), (BUILDINGS[0] + "999999", None, True),
    ("9901040010010100001000001", None, False), ("nonsense", None, False),
    ("</script><b>", None, False), ("x" * 500, None, False)])
async def test_the_form_says_what_a_scanned_code_is(homes, code, kind, usable):
    officer = homes.client(homes.token("officer", GRIDS[0]))
    page = told(await officer.get("/report", params={"code": code}))
    assert (page["place"] or {}).get("kind") == kind
    assert page["usable"] is usable


async def test_who_only_files_reports_may_scan_too(homes):
    intake = homes.client(homes.token("intake"))
    page = told(await intake.get("/report", params={"code": BUILDINGS[0] + "000003"}))
    assert page["asks_who"] is False
    filed = await intake.post("/api/reports", json=report(
        lon=None, lat=None, house_code=BUILDINGS[0] + "000003"))
    assert filed.status_code == 201


async def test_signing_in_keeps_the_code(homes):
    nobody = homes.client(Accept="text/html")
    path = f"/report?code={BUILDINGS[0]}000003"
    sent = await nobody.get(path)
    assert sent.status_code == 303
    page = await nobody.get(sent.headers["location"])
    assert f'name="next" value="{path}"' in page.text
    other = re.search(r'href="(/login\?lang=en[^"]*)"', page.text)[1].replace("&amp;", "&")
    assert f'name="next" value="{path}"' in (await nobody.get(other)).text


async def test_changing_the_language_keeps_the_code(homes):
    officer = homes.client(homes.token("officer", GRIDS[0]))
    page = await officer.get("/report", params={"code": "a b&c", "lang": "zh"})
    assert 'href="?code=a+b%26c&amp;lang=en"' in page.text
