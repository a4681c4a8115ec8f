"""A database that is in use is brought to the newest schema: from the first one, and again."""

from __future__ import annotations

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from sqlalchemy import text

from gis import schema
from gis.models import Base
from gis.schema import migrate
from tests.gis.builders import at, located, owner, put_report, value
from tests.gis.test_schema import CATALOGUE, _engine, empty_url

__all__ = ["empty_url"]

# A city as it stood under the first schema: rows that nothing but tables held.
FIRST = """
INSERT INTO scheme (code, name, name_en, rank) VALUES ('base', '基础网格', 'base', 0);
INSERT INTO category (code, name, name_en, class_rank) VALUES ('urban', '市容', 'urban', 3);
INSERT INTO area_identity (id, scheme, level, code) VALUES (1, 'base', 'grid', 'G');
INSERT INTO area (identity_id, scheme, level, code, name, ancestor_ids, leaf, geom) VALUES
    (1, 'base', 'grid', 'G', '一格', '{1}', true,
     ST_Multi(ST_MakeEnvelope(120.2, 30.3, 120.201, 30.301, 4490)));
INSERT INTO building (id, building_code, name, compound, road, road_number, scope_ids, geom) VALUES
    (1, '3301040010010100001', '锦绣府1幢', '锦绣府', '文三路', '12', '{1}',
     ST_Multi(ST_MakeEnvelope(120.2004, 30.3004, 120.2006, 30.3006, 4490)));
INSERT INTO address (id, house_code, building_id, text, road, road_number, room, scope_ids, geom)
VALUES (1, '3301040010010100001000001', 1, '文三路12号锦绣府1幢101室', '文三路', '12', '101', '{1}',
        'SRID=4490;POINT(120.2005 30.3005)'),
       (2, NULL, NULL, '文三路14号', '文三路', '14', NULL, '{1}',
        'SRID=4490;POINT(120.2002 30.3002)');
INSERT INTO officer (id, officer_code, name, phone) VALUES (1, 'O1', '张三', '10000000000');
INSERT INTO duty (officer_id, area_identity_id, role, scope_ids) VALUES (1, 1, 'head', '{1}');
INSERT INTO account (id, name, role, whole) VALUES (1, '指挥长', 'hall', true);
INSERT INTO city_setting (name, value) VALUES ('nearest_m', '50');
INSERT INTO report (id, external_id, received_at, category_code, text, channel, lon, lat, datum)
VALUES (1, 'old-1', '2026-01-05T09:00+08', 'urban', '路灯坏了', 'hotline', 120.2005, 30.3005,
        'cgcs2000');
INSERT INTO incident (id, received_at, category_code, class_rank, urgency, emergency, step_count,
                      tier, summary, state, grid_id, officer_id, scope_ids, geom)
VALUES (1, '2026-01-05T09:00+08', 'urban', 3, 1, false, 1, 'grid', '路灯坏了', 'received', 1, 1,
        '{1}', 'SRID=4490;POINT(120.2005 30.3005)');
INSERT INTO step (incident_id, number, action, at, actor_role, tier, state, note_digest,
                  target_digest, hash)
VALUES (1, 1, 'receive', '2026-01-05T09:00+08', 'intake', 'grid', 'received', '', '', '\\x01');
SELECT setval(pg_get_serial_sequence(t, 'id'), 100)
FROM unnest(ARRAY['area_identity', 'building', 'address', 'officer', 'account', 'report']) AS t;
"""
# What of it is the same whatever columns are added.
KEPT = """
SELECT (SELECT jsonb_agg(jsonb_build_array(identity_id, code, name, ST_AsText(geom))) FROM area),
       (SELECT jsonb_agg(jsonb_build_array(id, building_code, name, compound, road, road_number,
                                           ST_AsText(geom))) FROM building),
       (SELECT jsonb_agg(jsonb_build_array(id, house_code, building_id, text, room,
                                           ST_AsText(geom)) ORDER BY id) FROM address),
       (SELECT jsonb_agg(jsonb_build_array(officer_code, name, phone)) FROM officer),
       (SELECT jsonb_agg(jsonb_build_array(officer_id, area_identity_id, role)) FROM duty),
       (SELECT jsonb_agg(jsonb_build_array(id, name, role, whole)) FROM account),
       (SELECT jsonb_agg(jsonb_build_array(external_id, received_at, text, lon, lat)) FROM report),
       (SELECT jsonb_agg(jsonb_build_array(id, state, grid_id, officer_id, summary)) FROM incident),
       (SELECT jsonb_agg(jsonb_build_array(incident_id, number, action, state, hash::text))
        FROM step),
       (SELECT value FROM city_setting WHERE name = 'nearest_m')
"""


@pytest.fixture
def first_url(empty_url) -> str:
    """A database at the first revision, with a city in it."""
    with _engine(empty_url).begin() as connection:
        connection.execute(text("SET LOCAL search_path = public"))
        schema._require_extensions(connection)
        command.upgrade(schema._configuration(connection), "0001")
    with psycopg.connect(empty_url) as connection:
        connection.execute(FIRST)
    return empty_url


def _kept(url: str) -> tuple:
    with psycopg.connect(url) as connection:
        return connection.execute(KEPT).fetchone()


def test_a_city_of_the_first_schema_lives_on(first_url):
    before = _kept(first_url)
    assert all(before)
    migrate(first_url)
    assert _kept(first_url) == before
    with _engine(first_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "include_object": alembic_helpers.include_object, "compare_type": True,
            "target_metadata": Base.metadata})
        assert compare_metadata(context, Base.metadata) == []
    with owner(first_url) as connection:
        # What came later serves what was there: sites of old addresses, place and officer.
        assert value(connection, "SELECT count(*) FROM site WHERE road = '文三路'") == 2
        here = located(connection, address="文三路14号")["base"]
        assert (here["code"], here["officer_code"]) == ("G", "O1")
        number = put_report(connection, at(0.5, 0.5), category_code="urban")
        assert value(connection, "SELECT officer_id FROM incident WHERE id = %s", number) == 1


def test_functions_and_types_are_applied_anew_over_what_depends_on_them(database):
    """A city's own views and functions stand on ours, and rows are there: nothing is in the way."""
    with owner(database.admin_url) as connection:
        connection.execute(
            "CREATE VIEW of_the_city AS SELECT r.id, understood_code(r) AS code, b.number"
            " FROM report AS r CROSS JOIN LATERAL (SELECT bare_number('12号') AS number) AS b")
        put_report(connection, at(0.5, 0.5))
        migrate(database.admin_url)
        before = value(connection, CATALOGUE)
        migrate(database.admin_url)
        assert value(connection, CATALOGUE) == before
        assert value(connection, "SELECT count(*) FROM of_the_city") == 1
