"""Every route × every role × what is another street's: no row, id, count or event comes through.

The routes are the application's own, so that a new one is walked from its first day; one whose
path parameters or whose bodies nobody has told fails the first tests here.
"""

from __future__ import annotations

import asyncio
import io
import re

import httpx
import openpyxl
import psycopg
import pytest
from mapbox_vector_tile import decode

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
from tests.console.doors import Door, doors, values
from tests.console.streets import GROUND_SECRET, MARK, SECRET
from tests.console.town import STREETS

# Panel still speaks to its web server in words that this deprecates; a page of it is walked too.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:The (method, uri, and version|start_line) argument:DeprecationWarning")]
WHOSE_GROUND = {"/api/locate", "/api/reports", "/api/reports:batch"}
# Roles, and tokens that are narrower than the accounts of the whole city they belong to.
ROLES = ("street", "community", "officer", "planner", "department", "intake", "narrow hall",
         "narrow admin", "filing", "reading")
# A stream, walked by tests/console/test_live.py and tests/gis/test_outbox.py; and the way out.
APART = {"/live", "/logout"}


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


# What of a table is the other street's, so that it must stay as it was. Filing reports there, and
# what the server itself does to keep counts and seals, adds rows elsewhere.
_AS_IT_WAS = {
    **dict.fromkeys(("building", "address", "other_name", "place_object", "site", "duty"),
                    "scope_ids @> %(foreign)s::bigint[]"),
    "area": "ancestor_ids @> %(foreign)s::bigint[]",
    "raster": "area_identity_id = ANY (%(foreign)s::bigint[])",
    "officer": "officer_code LIKE %(officers)s",
    "track_fix": "officer_id IN (SELECT o.id FROM officer AS o WHERE o.officer_code LIKE"
                 " %(officers)s)",
    **dict.fromkeys(("report", "incident", "draft", "publication"), "id = %(report)s"),
    **dict.fromkeys(("publication_area", "publication_duty"), "publication_id = %(report)s"),
    "raster_file": "path LIKE %(marked)s",
    "notice": "incident_id = %(report)s",
    "credential": "name LIKE %(marked)s",
    "loop_change": "key LIKE %(marked)s",
    **dict.fromkeys(("draft_operation", "draft_face"), "draft_id = %(report)s"),
    **dict.fromkeys(("step", "assignment", "assignment_change", "extent", "share", "rating"),
                    "incident_id = %(report)s"),
    **dict.fromkeys(("dwelling", "enterprise", "person"), "address_id IN"
                    " (SELECT a.id FROM address AS a WHERE a.scope_ids @> %(foreign)s::bigint[])"),
    **dict.fromkeys(("unit", "category", "calendar_day", "city_setting", "line",
                     "account", "account_area", "group_mapping", "retention", "field_work",
                     "scheme", "shift", "tile_layer"), "true"),
}


_OF_THE_PROGRAM = {
    "area_coverage", "area_shape",
    "assessment_count", "assessment_fact", "assessment_time", "audit", "clock_due", "clock_mark",
    "event", "event_pending", "given_code", "incident_area", "incident_change", "scope_key",
    "seal_batch", "seal_head", "session_secret", "sign_in_try", "account_link", "provider_key",
    "provider_sign_in",
}


def as_it_was(admin_url: str) -> dict[str, tuple[int, str]]:
    """How many rows the other street has in each table, and a digest of them."""
    with psycopg.connect(admin_url) as owner:
        (foreign,) = owner.execute("SELECT ARRAY[id] FROM area_identity WHERE code = %s",
                                   (STREETS[1],)).fetchone()
        told = {"foreign": foreign, "officers": f"O{STREETS[1]}%", "report": NUMBERS[FOREIGN],
                "marked": f"%{SECRET}%"}
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
    assert empty <= {"calendar_day", "shift", "site"}
    # A new table is told here, or is one into which the program itself writes as it goes.
    with psycopg.connect(streets.admin_url) as owner:
        guarded = {name for (name,) in owner.execute(
            "SELECT relname::text FROM pg_class WHERE relrowsecurity"
            " AND relnamespace = 'public'::regnamespace")}
    assert guarded - set(counts) <= _OF_THE_PROGRAM


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
        if (door.path in APART or "{layer}" in door.path
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
    with psycopg.connect(streets.admin_url) as owner:
        # The walks before guessed at passwords too: a door that asks to wait tells nothing here.
        owner.execute("DELETE FROM sign_in_try")
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
