"""The schema: migrated from nothing it equals the models; again it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gis import schema
from gis.cluster import OWNER
from gis.errors import SetupError
from gis.models import Base
from gis.schema import is_current, migrate
from tests.gis.builders import (
    at,
    located,
    owner,
    put_account,
    put_area,
    rectangle,
    server,
    settle,
    value,
)

CATALOGUE = """
SELECT md5(string_agg(line, E'\n' ORDER BY line)) FROM (
    SELECT pg_get_functiondef(p.oid) || p.proacl::text AS line FROM pg_proc AS p
    WHERE p.proowner = current_user::regrole AND p.prokind IN ('f', 'p')
    UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger AS t WHERE NOT t.tgisinternal
    UNION ALL SELECT concat_ws('|', tablename, policyname, cmd, qual, with_check)
    FROM pg_policies
    UNION ALL SELECT relname || coalesce(relacl::text, '') || relrowsecurity FROM pg_class
    WHERE relowner = current_user::regrole AND relkind IN ('r', 'v', 'S')
) AS catalogue
"""
SEEDED = ("scheme", "line", "category", "role_order", "choice_order", "city_setting",
          "event_head", "scope_key", "calendar_day", "loop_version")


@pytest.fixture
def empty_url(cluster) -> Iterator[str]:
    """The owner's way to a database with nothing in it but the extensions."""
    name = f"test_{uuid4().hex[:16]}"
    cluster.create_database(name)
    try:
        yield cluster.url(OWNER, name)
    finally:
        with psycopg.connect(cluster.url(OWNER), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(
                sql.Identifier(name)))


def _engine(admin_url: str):
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(admin_url),
                         poolclass=NullPool)


def _seeded(connection) -> dict[str, list]:
    return {name: sorted(map(str, connection.execute(
        sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))).fetchall()))
        for name in SEEDED}


def test_a_migrated_database_equals_the_models(database):
    with _engine(database.admin_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "include_object": alembic_helpers.include_object, "compare_type": True,
            "target_metadata": Base.metadata})
        assert compare_metadata(context, Base.metadata) == []
        assert is_current(connection)


def test_what_comparison_does_not_see_is_alike_too(empty_url, database):
    """Checks, defaults, exclusions and index conditions, as `create_all` would make them."""
    with _engine(empty_url).begin() as connection:
        Base.metadata.create_all(connection)
    assert _constraints(empty_url) == _constraints(database.admin_url)


def _constraints(url: str) -> set[tuple]:
    with psycopg.connect(url) as connection:
        return set(connection.execute(
            "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " AND conrelid::regclass::text NOT IN ('spatial_ref_sys', 'alembic_version')"
            " UNION ALL SELECT tablename::text, indexname::text, indexdef FROM pg_indexes"
            " WHERE schemaname = 'public'"
            " AND tablename NOT IN ('spatial_ref_sys', 'alembic_version')"
            " AND tablename NOT IN (SELECT matviewname FROM pg_matviews)"
            " UNION ALL SELECT table_name::text, column_name::text,"
            " concat_ws('|', is_nullable, column_default, identity_generation,"
            " generation_expression, collation_name)"
            " FROM information_schema.columns JOIN information_schema.tables"
            " USING (table_schema, table_name) WHERE table_schema = 'public'"
            " AND table_type = 'BASE TABLE'"
            " AND table_name NOT IN ('spatial_ref_sys', 'alembic_version')"))


def test_a_second_migration_changes_nothing(database):
    with owner(database.admin_url) as connection:
        connection.execute("UPDATE city_setting SET value = '50' WHERE name = 'nearest_m'")
        before = value(connection, CATALOGUE), _seeded(connection)
        said: list[str] = []
        migrate(database.admin_url, said.append)
        assert (value(connection, CATALOGUE), _seeded(connection)) == before
    assert said == ["migrations", "SQL functions", "SQL seed"]


def test_functions_are_applied_anew(database):
    with owner(database.admin_url) as connection:
        whole = value(connection, CATALOGUE)
        connection.execute("CREATE OR REPLACE FUNCTION scope_all() RETURNS boolean"
                           " LANGUAGE sql RETURN true")
        connection.execute("GRANT EXECUTE ON FUNCTION open_credential TO public")
        connection.execute("GRANT SELECT ON credential TO gridwall_server")
        connection.execute("DROP POLICY within_scope ON area")
        connection.execute("DROP TRIGGER report_received ON report")
        assert value(connection, CATALOGUE) != whole
        migrate(database.admin_url)
        assert value(connection, CATALOGUE) == whole


def test_a_connected_server_goes_on_after_it(database):
    """What its session has planned and prepared is planned anew."""
    lon, lat = at(0.5, 0.5)
    report = Jsonb([{"text": "a", "category": "urban", "lon": lon, "lat": lat,
                     "channel": "hotline"}])
    with owner(database.admin_url) as connection, server(database.server_url) as serving:
        put_area(connection, "grid", "G", rectangle(0, 0, 1, 1))
        settle(connection)
        secret = put_account(connection, "a", "admin", whole=True)

        def serve() -> None:
            with serving.transaction():
                serving.execute("SELECT enter(%s)", (secret,))
                assert located(serving, (lon, lat))["base"]["code"] == "G"
                filed = value(serving, "SELECT answer FROM file_reports(%s, %s)", secret, report)
                assert filed["assignments"][0]["how"] == "inside"

        for _ in range(7):  # psycopg prepares from the sixth on
            serve()
        migrate(database.admin_url)
        serve()


def test_the_second_of_two_migrations_waits(database):
    with owner(database.admin_url) as connection, ThreadPoolExecutor(1) as thread:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (schema._LOCK,))
            second = thread.submit(migrate, database.admin_url)
            while not value(connection, "SELECT count(*) FROM pg_locks"
                            " WHERE locktype = 'advisory' AND NOT granted"):
                assert not second.done()
            assert not second.done()
        second.result(60)


def test_two_migrations_of_an_empty_database(empty_url):
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(migrate, [empty_url, empty_url]))
    with _engine(empty_url).connect() as connection:
        assert is_current(connection)
        assert connection.scalar(text("SELECT count(*) FROM event_head")) == 1


def test_a_migration_that_fails_leaves_nothing(empty_url, monkeypatch):
    scripts = schema._scripts

    def broken(folder: str):
        return [*scripts(folder)[:3], scripts("seed")[0]] if folder == "functions" else []

    monkeypatch.setattr(schema, "_scripts", broken)
    with pytest.raises(SetupError, match="010_vocabulary"):
        migrate(empty_url)
    with owner(empty_url) as connection:
        assert value(connection, "SELECT to_regclass('report')") is None


def test_a_database_that_is_not_there_is_told(cluster):
    with pytest.raises(SetupError, match="can't be reached"):
        migrate(cluster.url(OWNER, "no_such_database"))
