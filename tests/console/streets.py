"""The town with rows on either side: one's own street, and another's whose rows are marked."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from gis.personal_data import KeyFile, Record
from tests.console.bodies import (
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
    RASTERS,
    UNITS,
)
from tests.console.town import STREETS
from tests.gis.builders import owner as owner_of
from tests.gis.builders import put_account, value

# What a search may ask for, and what then stands beside it in each of the other street's rows.
MARK, SECRET = "外街", "密语"
# Of areas and officers; for these two doors tell anybody whose ground a point is.
GROUND_SECRET = "地语"
BOUND = {"street": STREETS[0], "community": STREETS[0] + "001", "officer": GRIDS[OWN],
         "planner": STREETS[0]}


_TOKEN = "SELECT open_token(%s, 'walk', %s, %s, '1 day')"


class PaperlessPress:
    """In the press's stead: what would be set, as text. Setting it takes seconds a sheet."""

    async def print(self, parts, told=None, gone=None) -> bytes:
        return b"".join(part.as_json() for part in parts)

    async def picture(self, picture) -> bytes:
        return picture.as_json()


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
    area = value(owner, "SELECT id FROM area_identity WHERE code = %s", STREETS[OWN])
    whole = {role: value(owner, "INSERT INTO account (name, role, whole) VALUES (%s, %s, true)"
                         " RETURNING id", f"walker of the {role}", role)
             for role in ("hall", "admin")}
    return {role: town.token(role, area) for role, area in BOUND.items()} | {
        "department": put_account(owner, "own unit", "department", unit=unit),
        "intake": put_account(owner, "walker at intake", "intake"),
        # Tokens that are narrower than their accounts, which see the whole city.
        **{f"narrow {role}": value(owner, _TOKEN, account, "full", area)
           for role, account in whole.items()},
        "filing": value(owner, _TOKEN, whole["admin"], "file", None),
        "reading": value(owner, _TOKEN, whole["hall"], "read", area)}


def _furnish(owner: psycopg.Connection, whose: int, word: str, ring) -> None:
    told = {"building": BUILDINGS[whose], "house": HOUSES[whose], "lon": MIDDLES[whose],
            "lat": LAT, "report": NUMBERS[whose], "street": STREETS[whose], "word": word,
            "grid": GRIDS[whose], "unit": UNITS[whose], "officer": OFFICERS[whose],
            "raster": RASTERS[whose]}
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
    # Of tiles so fine that none is drawn on the walk: its file is nowhere.
    "WITH made AS (INSERT INTO raster (name, title, style, min_zoom, max_zoom, area_identity_id)"
    " SELECT %(raster)s, %(word)s || '影像', '{\"draw\": \"image\", \"bands\": [1],"
    " \"rescale\": []}', 22, 22, id FROM area_identity WHERE code = %(street)s RETURNING id)"
    " INSERT INTO raster_file (raster_id, position, path, west, south, east, north)"
    " SELECT id, 0, '/' || %(word)s, %(lon)s - 1, %(lat)s - 1, %(lon)s + 1, %(lat)s + 1 FROM made",
    "INSERT INTO publication_duty (publication_id, duty_id, opened)"
    " SELECT %(report)s, d.id, true FROM duty AS d JOIN officer AS o ON o.id = d.officer_id"
    " WHERE o.officer_code = %(officer)s",
    "INSERT INTO assignment_change (incident_id, scheme, at, after_how)"
    " VALUES (%(report)s, 'base', now(), 'inside')",
    "WITH made AS (INSERT INTO account (name, display_name, role)"
    " VALUES (%(word)s || '账号', %(word)s || '人', 'street') RETURNING id), bound AS ("
    " INSERT INTO account_area SELECT m.id, i.id FROM made AS m, area_identity AS i"
    " WHERE i.code = %(street)s), told AS ("
    " INSERT INTO notice (account_id, incident_id, kind, detail) SELECT id, %(report)s, 'closed',"
    " jsonb_build_object('note', %(word)s || '通知') FROM made), written AS ("
    " INSERT INTO audit (account_id, action, subject, origin, detail) SELECT id, 'verify',"
    " 'incident:' || %(report)s, %(word)s || '来处', jsonb_build_object('note', %(word)s || '事')"
    " FROM made)"
    " INSERT INTO credential (secret_hash, account_id, kind, id, name, device, address)"
    " OVERRIDING SYSTEM VALUE SELECT sha256(convert_to(k.kind || %(report)s, 'UTF8')), m.id,"
    " k.kind, %(report)s + k.place, %(word)s || '令牌', %(word)s || '机', %(word)s || '来处'"
    " FROM made AS m, (VALUES ('token', 0), ('session', 1)) AS k(kind, place)",
    "INSERT INTO group_mapping (id, group_name, role, area_identity_id, rank)"
    " OVERRIDING SYSTEM VALUE SELECT %(report)s, %(word)s || '组', 'street', id, 1"
    " FROM area_identity WHERE code = %(street)s",
    "INSERT INTO loop_change (thing, key, before) VALUES ('day', %(word)s || '日', '{}')",
    "INSERT INTO rating (incident_id, reporter, score, note)"
    " VALUES (%(report)s, true, 2, %(word)s || '评语')",
    "INSERT INTO field_work (day, officer_id, area_identity_id, patrols) SELECT '2026-11-02',"
    " o.id, i.id, 3 FROM area_identity AS i, officer AS o"
    " WHERE i.code = %(grid)s AND o.officer_code = %(officer)s",
    # A table of the operator's own, with a row in each street, shown to every role.
    "CREATE SCHEMA IF NOT EXISTS works",
    "CREATE TABLE IF NOT EXISTS works.valves (id bigint, name text, place geometry(Point, 4490))",
    "CREATE INDEX IF NOT EXISTS valves_place_idx ON works.valves USING gist (place)",
    "INSERT INTO works.valves SELECT %(report)s, %(word)s || '阀',"
    " ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4490)",
    "INSERT INTO tile_layer (name, title, table_schema, table_name, geometry_column, id_column,"
    " fields, roles, srid, min_zoom, max_zoom) SELECT 'valves', '', 'works', 'valves', 'place',"
    " 'id', '{name}', '{hall,street,community,officer,department,planner,intake}', 4490, 6, 22"
    " ON CONFLICT DO NOTHING",
    "INSERT INTO track_fix (officer_id, at, lon, lat) SELECT o.id, now() - s * interval '1 minute',"
    " %(lon)s + s * 1e-5, %(lat)s FROM officer AS o, generate_series(1, 3) AS s"
    " WHERE o.officer_code = %(officer)s",
)
