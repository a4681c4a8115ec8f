"""Every route × every role × what is another street's: no row, id, count or event comes through.

The routes are the application's own, so that a new one is walked from its first day; one whose
path parameters nobody has told values for fails the first test here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import openpyxl
import psycopg
import pypdf
import pytest
from mapbox_vector_tile import decode
from starlette.routing import Route

from tests.console.conftest import STEP, STREETS, WEST

# Panel still speaks to its web server in words that this deprecates; a page of it is walked too.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:The (method, uri, and version|start_line) argument:DeprecationWarning")]
# What a search may ask for, and what then stands beside it in each of the other street's rows.
MARK, SECRET = "外街", "密语"
OWN, FOREIGN, ABSENT = 0, 1, 2
GRIDS = [f"{street}001001" for street in STREETS] + ["330104009001001"]
BUILDINGS = [f"{street}0010100001" for street in STREETS] + ["3301040090010100001"]
HOUSES = [f"{code}000001" for code in BUILDINGS]
# Numbers far apart, so that one of another street is not found by chance in an answer.
NUMBERS = [70_000_101, 70_000_202, 70_000_303]
BOUND = {"street": STREETS[0], "community": STREETS[0] + "001", "officer": GRIDS[0]}
# A stream, walked by tests/console/test_live.py and tests/gis/test_outbox.py; and the way out.
APART = {"/live", "/logout"}


@dataclass(frozen=True)
class Door:
    """A route with one method."""

    method: str
    path: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)", self.path)

    def address(self, whose: int) -> str:
        """The path with its parameters filled in."""
        told = values(self, whose)
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: str(told[found[1]]), self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def doors(app: object) -> list[Door]:
    """All routes of the application, those of its pages too."""
    return sorted({Door(method, route.path) for route in _routes(app.inner.routes)
                   for method in sorted(route.methods or {"GET"}) if method != "HEAD"}, key=str)


def _routes(routes: list) -> Iterator[Route]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner.routes)
        elif hasattr(route, "methods"):
            yield route


def values(door: Door, whose: int) -> dict[str, object]:
    """Path parameters that name a thing of the own street, of the other, or nothing at all."""
    told: dict[str, object] = {
        "incident_id": NUMBERS[whose], "report_id": NUMBERS[whose], "area_code": GRIDS[whose],
        "person_id": NUMBERS[whose], "id": NUMBERS[whose],
        "number": NUMBERS[whose], "by": "grid",
        "kind": "csv", "layer": "areas", "z": 14,
        # The tile in which the middle of the grid lies.
        "x": 13653 + whose, "y": 6759,
        "code": GRIDS[whose], "path": "nothing.js",
    }
    if "buildings/" in door.path:
        told["code"] = BUILDINGS[whose]
    if "houses/" in door.path:
        told["code"] = HOUSES[whose]
    return {name: told[name] for name in door.parameters}


def filters(whose: int) -> dict[str, object]:
    """Every filter that some route takes, pointing at the other street; others ignore them."""
    return {"area": GRIDS[whose], "q": MARK, "text": MARK, "address": MARK, "code": GRIDS[whose],
            "lon": WEST + 2.5 * STEP, "lat": 30.005, "radius_m": 5000}


@pytest.fixture(scope="module")
async def streets(shared_town):
    """The town with a building, a house, a report and an account on either side, one marked."""
    with psycopg.connect(shared_town.admin_url) as owner:
        owner.execute("UPDATE area SET name = %s || code WHERE code LIKE %s",
                      (MARK + SECRET, STREETS[1] + "%"))
        owner.execute("UPDATE officer SET name = %s || officer_code, phone = %s"
                      " WHERE officer_code LIKE %s", (MARK + SECRET, SECRET, f"O{STREETS[1]}%"))
        for whose, middle in ((OWN, WEST + STEP / 2), (FOREIGN, WEST + 2.5 * STEP)):
            _furnish(owner, whose, middle, MARK + SECRET if whose == FOREIGN else "本街")
    return shared_town


def _furnish(owner: psycopg.Connection, whose: int, lon: float, word: str) -> None:
    owner.execute(
        "INSERT INTO building (building_code, name, compound, road, road_number, geom) VALUES"
        " (%s, %s, %s, %s, '1', ST_Multi(ST_SetSRID(ST_Expand(ST_MakePoint(%s, 30.005), 0.0005),"
        " 4490)))", (BUILDINGS[whose], word + "楼", word + "苑", word + "路", lon))
    owner.execute(
        "INSERT INTO address (house_code, building_id, text, road, road_number, room, geom)"
        " SELECT %s, id, %s, %s, '1', '101', ST_SetSRID(ST_MakePoint(%s, 30.005), 4490)"
        " FROM building WHERE building_code = %s",
        (HOUSES[whose], word + "路1号101室", word + "路", lon, BUILDINGS[whose]))
    owner.execute(
        "INSERT INTO report (id, channel, category_code, text, lon, lat, address) VALUES"
        " (%s, 'resident', 'urban', %s, %s, 30.005, %s)",
        (NUMBERS[whose], word + "路面塌陷", lon, word + "路1号"))


def texts_of(response) -> str:
    """All text in an answer, whatever holds it."""
    kind = response.headers.get("content-type", "")
    if "pdf" in kind:
        return "".join(page.extract_text() for page in pypdf.PdfReader(
            io.BytesIO(response.content)).pages)
    if "spreadsheet" in kind:
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        return "".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True)
                       for cell in row)
    if "vector-tile" in kind or "mvt" in kind:
        return str(decode(response.content)) if response.content else ""
    return response.content.decode(errors="replace")


def leaks(response) -> list[str]:
    """What of the other street stands in an answer, beside what was asked for."""
    said = texts_of(response)
    asked = str(response.request.url)
    return [mark for mark in (SECRET, GRIDS[FOREIGN], BUILDINGS[FOREIGN], str(NUMBERS[FOREIGN]))
            if mark in said and mark not in asked]


async def test_every_route_has_values_to_be_walked_with(streets):
    unknown = []
    for door in doors(streets.app):
        try:
            values(door, OWN)
        except KeyError as missing:
            unknown.append(f"{door}: {missing}")
    assert unknown == []


@pytest.mark.parametrize("role", BOUND)
async def test_nothing_of_another_street_comes_through_any_door(streets, role):
    client = streets.client(streets.token(role, BOUND[role]))
    found = []
    for door in doors(streets.app):
        if door.path in APART:
            continue
        for whose, query in ((OWN, {}), (FOREIGN, {}), (FOREIGN, filters(FOREIGN))):
            answer = await client.request(
                door.method, door.address(whose), params=query,
                json={} if door.method != "GET" else None)
            if answer.status_code >= 500:
                found.append(f"{door}: {answer.status_code}")
            said = leaks(answer)
            if said:
                found.append(f"{door} {query and 'filtered'}: {said}")
    assert found == []


@pytest.mark.parametrize("role", BOUND)
async def test_what_is_anothers_looks_like_what_does_not_exist(streets, role):
    client = streets.client(streets.token(role, BOUND[role]))
    told_apart = []
    for door in doors(streets.app):
        # A tile's numbers name ground, on which something of one's own may lie as well.
        if (door.path in APART or "{z}" in door.path
                or values(door, FOREIGN) == values(door, ABSENT)):
            continue
        answers = [await client.request(
            door.method, door.address(whose),
            json={"action": "verify", "purpose": "x"} if door.method != "GET" else None)
            for whose in (FOREIGN, ABSENT)]
        if answers[0].status_code != answers[1].status_code:
            told_apart.append(f"{door}: {[answer.status_code for answer in answers]}")
    assert told_apart == []


async def test_nobody_gets_past_the_gate_without_a_secret(streets):
    client = streets.client()
    open_doors = []
    for door in doors(streets.app):
        answer = await client.request(door.method, door.address(OWN),
                                      headers={"Accept": "application/json"})
        if answer.status_code not in (401, 303, 307, 404, 405):
            open_doors.append(f"{door}: {answer.status_code}")
    assert open_doors == ["GET /favicon.ico: 200", "GET /healthz: 200", "GET /login: 200",
                          "GET /metrics: 200", "GET /readyz: 200"]


async def test_the_whole_city_sees_both_so_that_the_walk_means_something(streets):
    client = streets.client(streets.token("hall"))
    seen = {door.path for door in doors(streets.app)
            if door.method == "GET" and door.path not in APART
            and re.search(f"{SECRET}|{GRIDS[FOREIGN]}",
                          texts_of(await client.get(door.address(FOREIGN))))}
    assert {"/api/areas/{code}", "/api/incidents/{incident_id}", "/api/incidents",
            "/tiles/{layer}/{z}/{x}/{y}.mvt"} <= seen
