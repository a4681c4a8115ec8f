"""Every route × every role × what is another street's: no row, id, count or event comes through.

The routes are the application's own, so that a new one is walked from its first day; one whose
path parameters or whose bodies nobody has told fails the first tests here.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import openpyxl
import psycopg
import pytest
from mapbox_vector_tile import decode
from starlette.routing import Route

from gis.personal_data import KeyFile, Record
from tests.console.bodies import (
    ABSENT,
    BODIES,
    BODILESS,
    BUILDINGS,
    FOREIGN,
    GRIDS,
    HOUSES,
    LAT,
    MIDDLES,
    NUMBERS,
    OFFICERS,
    OWN,
    PERSONS,
    UNITS,
    targets,
)
from tests.console.conftest import STREETS
from tests.gis.builders import owner as owner_of
from tests.gis.builders import put_account, value

# Panel still speaks to its web server in words that this deprecates; a page of it is walked too.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:The (method, uri, and version|start_line) argument:DeprecationWarning")]
# What a search may ask for, and what then stands beside it in each of the other street's rows.
MARK, SECRET = "外街", "密语"
# Of areas and officers; for these two doors tell anybody whose ground a point is.
GROUND_SECRET = "地语"
WHOSE_GROUND = {"/api/locate", "/api/reports", "/api/reports:batch"}
ROLES = ("street", "community", "officer", "planner", "department", "intake")
BOUND = {"street": STREETS[0], "community": STREETS[0] + "001", "officer": GRIDS[OWN],
         "planner": STREETS[0]}
# A stream, walked by tests/console/test_live.py and tests/gis/test_outbox.py; and the way out.
APART = {"/live", "/logout"}
# What tells two of a kind apart, beside the codes: each is walked.
KINDS = {"kind": ("csv", "xlsx"), "layer": ("areas", "buildings", "ground"),
         "by": ("grid", "community", "street", "officer", "unit")}


@dataclass(frozen=True)
class Door:
    """A route with one method."""

    method: str
    path: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)", self.path)

    def address(self, whose: int, kind: str | None = None) -> str:
        """The path with its parameters filled in."""
        told = values(self, whose, kind)
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: str(told[found[1]]), self.path)

    def kinds(self) -> tuple[str | None, ...]:
        """Of what kinds it is to be walked."""
        return next((KINDS[name] for name in self.parameters if name in KINDS), (None,))

    def bodies(self, whose: int) -> list[dict | None]:
        """What is sent to it, one after the other."""
        return BODIES[str(self)](whose) if str(self) in BODIES else [None]

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


def values(door: Door, whose: int, kind: str | None = None) -> dict[str, object]:
    """Path parameters that name a thing of the own street, of the other, or nothing at all."""
    told: dict[str, object] = {
        "incident_id": NUMBERS[whose], "report_id": NUMBERS[whose], "area_code": GRIDS[whose],
        "person_id": PERSONS[whose], "id": NUMBERS[whose], "number": NUMBERS[whose], "z": 14,
        "draft_id": NUMBERS[whose], "publication_id": NUMBERS[whose],
        "job_id": "no-such-job", "seed": 0,
        # The tile in which the middle of the grid lies.
        "x": 13653 + whose, "y": 6759, "code": GRIDS[whose], "path": "nothing.js",
    } | {name: kind or kinds[0] for name, kinds in KINDS.items()}
    if "buildings/" in door.path:
        told["code"] = BUILDINGS[whose]
    if "houses/" in door.path:
        told["code"] = HOUSES[whose]
    if "{by}" in door.path:
        told["code"] = {"community": GRIDS[whose][:12], "street": GRIDS[whose][:9],
                        "officer": OFFICERS[whose], "unit": UNITS[whose]}.get(kind, GRIDS[whose])
    return {name: told[name] for name in door.parameters}


def queries(app: object, whose: int) -> dict[str, list[dict[str, object]]]:
    """By path, each filter that the route takes, pointing at the other street, one by one."""
    codes = {"area": GRIDS[whose], "building": BUILDINGS[whose], "house": HOUSES[whose],
             "code": HOUSES[whose], "q": MARK, "text": MARK, "address": MARK,
             "officer": OFFICERS[whose], "unit": UNITS[whose], "by": "officer",
             "table": "ranking", "everything": True, "lane": "all"}
    found: dict[str, list[dict[str, object]]] = {}
    for path, methods in app.inner.openapi()["paths"].items():
        names = {one["name"] for one in methods.get("get", {}).get("parameters", ())
                 if one["in"] == "query"}
        told = [{name: codes[name]} for name in sorted(names & set(codes))]
        if "lon" in names:
            point = {"lon": MIDDLES[whose], "lat": LAT}
            told.append(point | ({"q": MARK} if "q" in names else {}))
        found[path] = told
    return found


class PaperlessPress:
    """In the press's stead: what would be set, as text. Setting it takes seconds a sheet."""

    async def print(self, parts, told=None, gone=None) -> bytes:
        return b"".join(part.as_json() for part in parts)


@pytest.fixture(scope="module")
async def streets(shared_town):
    """The town with rows in each table on either side, those of the other street marked."""
    shared_town.app.inner.state.press = PaperlessPress()
    ring = KeyFile(shared_town.app.inner.state.settings.home).made()
    with owner_of(shared_town.admin_url) as owner:
        owner.execute("UPDATE area SET name = %s || code WHERE code LIKE %s",
                      (MARK + GROUND_SECRET, STREETS[1] + "%"))
        owner.execute("UPDATE officer SET name = %s || officer_code, phone = %s"
                      " WHERE officer_code LIKE %s",
                      (MARK + GROUND_SECRET, GROUND_SECRET, f"O{STREETS[1]}%"))
        for whose in (OWN, FOREIGN):
            _furnish(owner, whose, MARK + SECRET if whose == FOREIGN else "本街", ring)
        shared_town.tokens = _accounts(shared_town, owner)
    return shared_town


def _accounts(town, owner: psycopg.Connection) -> dict[str, str]:
    """A token for each role: bound to the first street, or to its unit, or to no ground."""
    unit = value(owner, "SELECT id FROM unit WHERE unit_code = %s", UNITS[OWN])
    return {role: town.token(role, area) for role, area in BOUND.items()} | {
        "department": put_account(owner, "own unit", "department", unit=unit),
        "intake": put_account(owner, "walker at intake", "intake")}


def _furnish(owner: psycopg.Connection, whose: int, word: str, ring) -> None:
    told = {"building": BUILDINGS[whose], "house": HOUSES[whose], "lon": MIDDLES[whose],
            "lat": LAT, "report": NUMBERS[whose], "street": STREETS[whose], "word": word,
            "grid": GRIDS[whose], "unit": UNITS[whose], "officer": OFFICERS[whose]}
    for statement in _ROWS:
        owner.execute(statement, told)
    identity, record = UUID(PERSONS[whose]), Record(f"{word}人", "13812345678", None)
    sealed = ring.seal(record, identity)
    owner.execute(
        "INSERT INTO person (id, address_id, kind, relation, key_id, lookup, masked, sealed)"
        " SELECT %s, id, 'registered', 'head', %s, %s, %s, %s FROM address WHERE house_code = %s",
        (identity, sealed.key_id, identity.bytes, sealed.masked, sealed.sealed, HOUSES[whose]))


_ROWS = (
    "INSERT INTO building (building_code, name, compound, road, road_number, geom) VALUES"
    " (%(building)s, %(word)s || '楼', %(word)s || '苑', %(word)s || '路', '1', ST_Multi("
    " ST_SetSRID(ST_Expand(ST_MakePoint(%(lon)s, %(lat)s), 0.0005), 4490)))",
    "INSERT INTO address (house_code, building_id, text, road, road_number, compound, room, geom)"
    " SELECT %(house)s, id, %(word)s || '路1号101室', road, '1', compound, '101',"
    " ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490)"
    " FROM building WHERE building_code = %(building)s",
    "INSERT INTO other_name (kind, origin, name, building_id) SELECT 'building', 'alias',"
    " %(word)s || '别名', id FROM building WHERE building_code = %(building)s",
    "INSERT INTO other_name (kind, origin, name, standard) VALUES"
    " ('compound', 'alias', %(word)s || '老苑', %(word)s || '苑')",
    "INSERT INTO place_object (object_code, category_code, name, geom) VALUES"
    " (%(building)s || 'X', 'camera', %(word)s || '机位',"
    "  ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490))",
    "INSERT INTO dwelling (address_id, use, actual_residents) SELECT id, %(word)s || '用途', 3"
    " FROM address WHERE house_code = %(house)s",
    "INSERT INTO enterprise (enterprise_code, name, employees, address_id)"
    " SELECT %(house)s || 'E', %(word)s || '公司', 7, id FROM address WHERE house_code = %(house)s",
    "INSERT INTO unit (unit_code, name, kind, categories, area_identity_id) SELECT %(unit)s,"
    " %(word)s || '单位', 'department', '{urban}', id FROM area_identity WHERE code = %(street)s",
    "INSERT INTO report (id, channel, category_code, text, lon, lat, address) VALUES"
    " (%(report)s, 'resident', 'urban', %(word)s || '路面塌陷', %(lon)s, %(lat)s,"
    "  %(word)s || '路1号')",
    "INSERT INTO extent (incident_id, kind, geom, datum, received, size, outside, own_scope_ids,"
    " account_id) SELECT i.id, 'line', ST_SetSRID(ST_MakeLine(ST_MakePoint(%(lon)s, %(lat)s),"
    " ST_MakePoint(%(lon)s + 0.001, %(lat)s)), 4490), 'cgcs2000', '{}', 95, 0, i.scope_ids, 1"
    " FROM incident AS i WHERE i.id = %(report)s",
    "INSERT INTO share (incident_id, grid_id, role, share, size, officer_id) SELECT %(report)s,"
    " i.id, 'lead', 1, 95, o.id FROM area_identity AS i, officer AS o"
    " WHERE i.code = %(grid)s AND o.officer_code = %(officer)s",
    "INSERT INTO draft (id, name, scheme, level, area_identity_id, account_id, base_at, scope_ids)"
    " SELECT %(report)s, %(word)s || '草案', 'base', 'grid', a.identity_id, 1, '1970-01-01Z',"
    " a.ancestor_ids FROM area AS a WHERE a.code = %(street)s",
    "INSERT INTO draft_operation (draft_id, number, operation, account_id)"
    " VALUES (%(report)s, 1, '{\"op\": \"rename\"}', 1)",
    "INSERT INTO draft_face (draft_id, number, key, name, geom) SELECT %(report)s, 1, code,"
    " %(word)s || '网格', geom FROM area WHERE code = %(grid)s",
    "INSERT INTO publication (id, scheme, base_at, name, scope_ids, detail) SELECT %(report)s,"
    " 'base', '1970-01-01Z', %(word)s || '发布', a.ancestor_ids[2:], '{\"matters\": 1}'"
    " FROM area AS a WHERE a.code = %(grid)s",
    "INSERT INTO publication_area (publication_id, identity_id, kind, key, before_id, after_id)"
    " SELECT %(report)s, a.identity_id, 'changed', a.code, a.id, a.id FROM area AS a"
    " WHERE a.code = %(grid)s",
    "INSERT INTO rating (incident_id, reporter, score, note)"
    " VALUES (%(report)s, true, 2, %(word)s || '评语')",
    "INSERT INTO field_work (day, officer_id, area_identity_id, patrols) SELECT '2026-11-02',"
    " o.id, i.id, 3 FROM area_identity AS i, officer AS o"
    " WHERE i.code = %(grid)s AND o.officer_code = %(officer)s",
)
# What of a table is the other street's, so that it must stay as it was. Filing reports there, and
# what the server itself does to keep counts and seals, adds rows elsewhere.
_AS_IT_WAS = {
    **dict.fromkeys(("building", "address", "other_name", "place_object", "site", "duty"),
                    "scope_ids @> %(foreign)s::bigint[]"),
    "area": "ancestor_ids @> %(foreign)s::bigint[]",
    "officer": "officer_code LIKE %(officers)s",
    **dict.fromkeys(("report", "incident", "draft", "publication"), "id = %(report)s"),
    "publication_area": "publication_id = %(report)s",
    **dict.fromkeys(("draft_operation", "draft_face"), "draft_id = %(report)s"),
    **dict.fromkeys(("step", "assignment", "extent", "share", "rating"),
                    "incident_id = %(report)s"),
    **dict.fromkeys(("dwelling", "enterprise", "person"), "address_id IN"
                    " (SELECT a.id FROM address AS a WHERE a.scope_ids @> %(foreign)s::bigint[])"),
    **dict.fromkeys(("unit", "category", "calendar_day", "city_setting", "loop_change", "line",
                     "account", "account_area", "field_work", "scheme", "shift"), "true"),
}


def as_it_was(admin_url: str) -> dict[str, tuple[int, str]]:
    """How many rows the other street has in each table, and a digest of them."""
    with psycopg.connect(admin_url) as owner:
        (foreign,) = owner.execute("SELECT ARRAY[id] FROM area_identity WHERE code = %s",
                                   (STREETS[1],)).fetchone()
        told = {"foreign": foreign, "officers": f"O{STREETS[1]}%", "report": NUMBERS[FOREIGN]}
        return {table: owner.execute(
            f"SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')"
            f" FROM {table} AS t WHERE {condition}", told).fetchone()
            for table, condition in _AS_IT_WAS.items()}


def texts_of(response) -> str:
    """All text in an answer, whatever holds it."""
    kind = response.headers.get("content-type", "")
    if "spreadsheet" in kind and response.status_code == 200:
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        return "|".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True)
                       for cell in row)
    if "vector-tile" in kind or "mvt" in kind:
        return str(decode(response.content)) if response.content else ""
    return response.content.decode(errors="replace")


def leaks(door: Door, response) -> list[str]:
    """What of the other street stands in an answer, beside what was asked for."""
    said = texts_of(response)
    asked = str(response.request.url) + response.request.content.decode(errors="replace")
    marks = [SECRET, BUILDINGS[FOREIGN], PERSONS[FOREIGN], str(NUMBERS[FOREIGN])]
    if door.path not in WHOSE_GROUND:
        marks += [GROUND_SECRET, GRIDS[FOREIGN], UNITS[FOREIGN]]
    return [said[max(0, said.index(mark) - 60):][:120] for mark in marks
            if mark in said and mark not in asked]


async def test_every_route_has_values_to_be_walked_with(streets):
    unknown = []
    for door in doors(streets.app):
        try:
            values(door, OWN)
        except KeyError as missing:
            unknown.append(f"{door}: {missing}")
    assert unknown == []


async def test_every_route_that_takes_a_body_has_one_to_be_walked_with(streets):
    writing = {str(door) for door in doors(streets.app) if door.method not in ("GET", "OPTIONS")}
    assert writing == set(BODIES) | BODILESS


async def test_every_guarded_table_of_the_other_street_has_rows(streets):
    counts = as_it_was(streets.admin_url)
    empty = {table for table, (count, _) in counts.items() if count == 0}
    assert empty <= {"calendar_day", "loop_change", "shift", "site"}


@pytest.mark.parametrize("role", ROLES)
async def test_nothing_of_another_street_comes_through_any_door(streets, role):
    client, found = streets.client(streets.tokens[role]), []
    before, filters = as_it_was(streets.admin_url), queries(streets.app, FOREIGN)
    for door in doors(streets.app):
        if door.path in APART:
            continue
        try:
            answers = await _walked(client, door, filters.get(door.path, []))
        except httpx.HTTPError as fault:
            found.append(f"{door}: {fault!r}")
            continue
        for answer in answers:
            if answer.status_code >= 500:
                found.append(f"{door}: {answer.status_code} {answer.text[:200]}")
            said = leaks(door, answer)
            if said:
                found.append(f"{door} {answer.request.url.query!r}"
                             f" {answer.request.content.decode()!r}: {said}")
    assert found == []
    assert as_it_was(streets.admin_url) == before


async def _walked(client, door: Door, filters: list[dict[str, object]]) -> list:
    """All answers of a door: of what is one's own, of the other's, with each filter."""
    if door.path == "/wall":
        # Drawn for whoever may open it at all: once is enough, it takes a second.
        return [await client.get("/wall")]
    if door.method != "GET":
        return [await client.request(door.method, door.address(whose), json=body)
                for whose in (OWN, FOREIGN) for body in door.bodies(whose)]
    plain = [(door.address(whose, kind), {}) for whose in (OWN, FOREIGN) for kind in door.kinds()]
    asked = plain + [(door.address(whose), query) for query in filters
                     for whose in ((OWN, FOREIGN) if door.parameters else (OWN,))]
    return await asyncio.gather(*(client.get(path, params=query) for path, query in asked))


@pytest.mark.parametrize("role", ROLES)
async def test_what_is_anothers_looks_like_what_does_not_exist(streets, role):
    client, told_apart = streets.client(streets.tokens[role]), []
    for door in doors(streets.app):
        # A tile's numbers name ground, on which something of one's own may lie as well.
        if (door.path in APART or "{z}" in door.path
                or values(door, FOREIGN) == values(door, ABSENT)):
            continue
        for kind in door.kinds():
            for body in zip(*(door.bodies(whose) for whose in (FOREIGN, ABSENT)), strict=True):
                answers = [await client.request(
                    door.method, door.address(whose, kind), json=body[place])
                    for place, whose in enumerate((FOREIGN, ABSENT))]
                if answers[0].status_code != answers[1].status_code:
                    told_apart.append(f"{door} {kind} {body[0]}:"
                                      f" {[answer.status_code for answer in answers]}")
    assert told_apart == []


@pytest.mark.parametrize("role", ROLES)
async def test_a_target_of_anothers_looks_like_one_that_does_not_exist(streets, role):
    """Steps on one's own matter that point at what is another street's."""
    client, told_apart = streets.client(streets.tokens[role]), []
    address = f"/api/incidents/{NUMBERS[OWN]}/steps"
    for theirs, nobodys in zip(targets(FOREIGN), targets(ABSENT), strict=True):
        one, other = [await client.post(address, json=body) for body in (theirs, nobodys)]
        if one.status_code != other.status_code or one.json().get("title") != other.json().get(
                "title"):
            told_apart.append(f"{theirs}: {one.status_code} {other.status_code} {one.text[:300]}")
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
                          "GET /login/provider/back: 400",
                          "GET /metrics: 200", "GET /readyz: 200"]


async def test_the_whole_city_sees_both_so_that_the_walk_means_something(streets):
    client = streets.client(streets.token("hall"))
    seen = {door.path for door in doors(streets.app)
            if door.method == "GET" and door.path not in APART
            and re.search(f"{SECRET}|{GROUND_SECRET}|{GRIDS[FOREIGN]}",
                          texts_of(await client.get(door.address(FOREIGN))))}
    assert {"/api/areas/{code}", "/api/incidents/{incident_id}", "/api/incidents",
            "/tiles/{layer}/{z}/{x}/{y}.mvt"} <= seen
