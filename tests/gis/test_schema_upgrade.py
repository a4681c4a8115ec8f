"""A database that is in use is brought to the newest schema: from each released one, and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2 import alembic_helpers
from psycopg import sql
from sqlalchemy import text

from gis import schema
from gis.errors import SetupError
from gis.models import Base
from gis.schema import migrate, newest_revision, oldest_served, own_state
from gis.schema_versions import SchemaState, judge
from tests.conftest import Database, cloned
from tests.gis.builders import at, located, owner, put_report, value
from tests.gis.load import City
from tests.gis.schema_cities import ROWS
from tests.gis.test_schema import CATALOGUE, _engine, empty_url

__all__ = ["empty_url"]

REVISIONS = [f"{number:04}" for number in range(1, int(newest_revision()) + 1)]
# Every run looks at the first schema and the last of the release before; `--long` at all.
USUAL = {"0001", "0009"}


def _upgrade(url: str, revision: str) -> None:
    with _engine(url).begin() as connection:
        connection.execute(text("SET LOCAL search_path = public"))
        schema._require_extensions(connection)
        command.upgrade(schema._configuration(connection), revision)


@pytest.fixture(scope="module")
def released(cluster) -> Iterator[Callable[[str], str]]:
    """Makes the database of a revision, with what a city had by then, for tests to clone."""
    with cloned(cluster, "template1") as nothing:
        reached = ["0000"]

        def at_revision(revision: str) -> str:
            if revision < reached[0]:
                pytest.fail("ask in the order of the revisions")
            for step in REVISIONS:
                if reached[0] < step <= revision:
                    _upgrade(nothing.admin_url, step)
                    with psycopg.connect(nothing.admin_url) as connection:
                        connection.execute(ROWS.get(step, "").encode())
                    reached[0] = step
            return nothing.name

        cluster.create_database(nothing.name)
        yield at_revision


@pytest.fixture
def former(cluster, released, request) -> Iterator[Database]:
    """A city under the schema that the test names."""
    with cloned(cluster, released(request.param)) as database:
        yield database


@dataclass(frozen=True)
class Script:
    """An SQL file of a release that is not there."""

    content: str
    name: str = "999_new.sql"

    def read_text(self, encoding: str) -> str:
        return self.content

    def read_bytes(self) -> bytes:
        return self.content.encode()


def _rows(url: str) -> dict[str, list[dict]]:
    """All rows of all tables, as objects."""
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'alembic_version'"
            " AND relowner = current_user::regrole AND relnamespace = 'public'::regnamespace")]
        return {name: [row for (row,) in connection.execute(
            sql.SQL("SELECT to_jsonb(t) FROM {} AS t").format(sql.Identifier(name)))]
            for name in names}


def _lost(before: dict[str, list[dict]], after: dict[str, list[dict]]) -> list[tuple]:
    """Rows that are no more there as they were, whatever columns were added since."""
    return [(name, row) for name, rows in before.items() for row in rows
            if not any(all(key in kept and kept[key] == cell for key, cell in row.items())
                       for kept in after.get(name, []))]


@pytest.mark.parametrize("former", [
    pytest.param(revision, id=revision, marks=() if revision in USUAL else pytest.mark.long)
    for revision in REVISIONS], indirect=True)
def test_a_city_of_each_schema_lives_on(former):
    before = _rows(former.admin_url)
    assert {"area", "building", "report", "incident", "step"} <= {
        name for name, rows in before.items() if rows}
    migrate(former.admin_url)
    assert _lost(before, _rows(former.admin_url)) == []
    with _engine(former.admin_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "include_object": alembic_helpers.include_object, "compare_type": True,
            "target_metadata": Base.metadata})
        assert compare_metadata(context, Base.metadata) == []
    with owner(former.admin_url) as connection:
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


VIEWS = """
CREATE SCHEMA theirs;
CREATE VIEW theirs.places WITH (security_barrier = true) AS
    SELECT l.* FROM report AS r CROSS JOIN LATERAL locate_points(
        ARRAY[r.id], ARRAY[r.lon], ARRAY[r.lat], ARRAY[r.datum], NULL, NULL, NULL, NULL,
        ARRAY[r.received_at], 'base') AS l;
CREATE VIEW limits AS SELECT code FROM category_rules;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM theirs.places, limits;
CREATE UNIQUE INDEX counted_n ON counted (n);
GRANT SELECT ON limits TO gridwall_server;
COMMENT ON VIEW limits IS '我们自己的';
"""


def test_views_over_our_types_and_tables_are_set_aside_and_put_back(database):
    with owner(database.admin_url) as connection:
        connection.execute(VIEWS)
        put_report(connection, at(0.5, 0.5))
        described = (
            "SELECT jsonb_agg(jsonb_build_array(oid::regclass, relacl::text, reloptions,"
            " pg_get_viewdef(oid), obj_description(oid)) ORDER BY relname) FROM pg_class"
            " WHERE relname IN ('places', 'limits', 'counted')")
        before = value(connection, described)
        said: list[str] = []
        migrate(database.admin_url, said.append)
        assert "with your own views set aside" in said
        assert value(connection, described) == before
        assert value(connection, "SELECT count(*) FROM theirs.places") == 1
        assert value(connection, "SELECT to_regclass('counted_n') IS NOT NULL")
        assert value(connection, "SELECT n FROM counted") == value(
            connection, "SELECT count(*) FROM theirs.places, limits") > 0


def test_what_can_t_be_put_back_leaves_everything(database, monkeypatch):
    """A view reads a column that the new schema has no more; a table is of a type of ours."""
    scripts, last = schema._scripts, Script("ALTER TABLE report RENAME COLUMN text TO words")
    with owner(database.admin_url) as connection:
        connection.execute("CREATE VIEW words AS SELECT text FROM report")
        connection.execute("CREATE VIEW limits AS SELECT code FROM category_rules")
        before = value(connection, CATALOGUE)
        with monkeypatch.context() as patch:
            patch.setattr(schema, "_scripts", lambda folder: [*scripts(folder), last]
                          if folder == "functions" else scripts(folder))
            with pytest.raises(SetupError, match=r"(?s)view public.words of your own stands in the"
                                                 r" way.*Nothing was changed"):
                migrate(database.admin_url)
        assert value(connection, CATALOGUE) == before
        connection.execute("CREATE TABLE kept (place location)")
        with pytest.raises(SetupError, match=r"(?s)kept.*Nothing was changed"):
            migrate(database.admin_url)
        connection.execute("DROP TABLE kept")
        migrate(database.admin_url)
        assert value(connection, "SELECT count(*) FROM words") == 0


@pytest.mark.parametrize("former", ["0009"], indirect=True)
def test_a_migration_that_fails_half_way_leaves_the_old_schema_wholly(former, monkeypatch):
    """All of Alembic's steps are done, and some functions, when a script fails."""
    scripts, failing = schema._scripts, Script("SELECT 1 / 0")
    before = _rows(former.admin_url)
    with owner(former.admin_url) as connection:
        catalogue = value(connection, CATALOGUE)
        with monkeypatch.context() as patch:
            patch.setattr(schema, "_scripts", lambda folder: [*scripts(folder)[:5], failing])
            with pytest.raises(SetupError, match=r"(?s)the migration failed: .*Nothing was changed:"
                                                 r" the database is at schema 0009 as before"):
                migrate(former.admin_url)
        assert value(connection, CATALOGUE) == catalogue
        assert value(connection, "SELECT version_num FROM alembic_version") == "0009"
    assert _rows(former.admin_url) == before
    with ThreadPoolExecutor(2) as threads:  # and it goes well once it is mended, for two at once
        said: list[list[str]] = [[], []]
        list(threads.map(lambda lines: migrate(former.admin_url, lines.append, anew=False), said))
    assert sorted(map(len, said)) == [0, 3]


def test_a_table_that_others_hold_is_not_waited_for_forever(database, monkeypatch):
    monkeypatch.setattr(schema, "LOCK_WAIT_S", 1)
    with owner(database.admin_url) as connection, connection.transaction():
        connection.execute("SELECT count(*) FROM area")
        with pytest.raises(SetupError, match=r"(?s)held by others for more than 1 s.*Nothing was"):
            migrate(database.admin_url)
    migrate(database.admin_url)


def test_a_city_at_work_is_migrated_under_its_hands(database):
    """Nobody's report, seal or number is refused for it, nor the migration for theirs."""
    with City(database.admin_url, database.server_url) as city:
        city.wait_for(5)
        migrate(database.admin_url)
        city.wait_for(5)
    with owner(database.admin_url) as connection:
        assert value(connection, "SELECT count(*) FROM incident") == len(city.answered)


def test_a_server_that_starts_beside_another_touches_nothing(database):
    """What this release has migrated it leaves alone, even while a backup holds every table."""
    with owner(database.admin_url) as connection, connection.transaction():
        connection.execute("LOCK TABLE area, report IN ACCESS SHARE MODE")
        said: list[str] = []
        migrate(database.admin_url, said.append, anew=False)
        assert said == []


def _say(url: str, revision: str, serves: str, release: str = "0.1.0") -> None:
    """As if a program of another release had migrated the database."""
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))
        connection.execute(sql.SQL(
            "CREATE OR REPLACE FUNCTION schema_state(OUT revision text, OUT serves text,"
            " OUT release text, OUT scripts text) LANGUAGE sql IMMUTABLE"
            " SET search_path = public, pg_temp AS {}").format(sql.Literal(
                f"SELECT '{revision}', '{serves}', '{release}', 'x'")))


def test_an_older_program_leaves_a_newer_schema_alone(database):
    with owner(database.admin_url) as connection:
        _say(database.admin_url, "9999", newest_revision())
        before, said = value(connection, CATALOGUE), []
        migrate(database.admin_url, said.append)
        assert said == [f"the database is at schema 9999, which serves programs from"
                        f" {newest_revision()} on, so this one of {newest_revision()}: left as it"
                        " is"]
        assert value(connection, CATALOGUE) == before
        _say(database.admin_url, "9999", "9998")
        with pytest.raises(SetupError, match="put the new release in its place"):
            migrate(database.admin_url)
        _say(database.admin_url, newest_revision(), newest_revision(), "99.0")
        said.clear()
        migrate(database.admin_url, said.append)
        assert said[0].startswith("release 99.0 migrated the database")


@pytest.mark.parametrize("known, state, serves, newer", [
    ("0009", SchemaState("0009", "0009"), True, False),
    ("0009", SchemaState("0008", "0008"), False, False),
    ("0009", SchemaState(), False, False),
    ("0009", SchemaState("0011", "0009"), True, True),
    ("0009", SchemaState("0011", "0007"), True, True),
    ("0009", SchemaState("0011", "0010"), False, True)])
def test_who_serves_whom(known, state, serves, newer):
    fit = judge(known, state)
    assert (fit.serves, fit.newer) == (serves, newer)
    assert bool(fit.reason) == (fit != judge(known, SchemaState(known, known)))


def test_what_a_release_says_of_itself(database, monkeypatch):
    assert own_state().revision == newest_revision() == REVISIONS[-1]
    assert oldest_served() <= newest_revision()
    with psycopg.connect(database.server_url) as connection:
        told = connection.execute("SELECT * FROM schema_state()").fetchone()
    assert SchemaState(*told) == own_state()

    def script(revision: str | None) -> SimpleNamespace:
        module = SimpleNamespace(serves_older=True) if revision > "0008" else SimpleNamespace()
        return SimpleNamespace(module=module, down_revision=f"{int(revision) - 1:04}")

    monkeypatch.setattr(schema, "_directory", lambda: SimpleNamespace(
        get_revision=script, get_current_head=lambda: "0010"))
    assert oldest_served() == "0008"
