"""The schema: Alembic's migrations, then every SQL function anew, then what a city starts with."""

from __future__ import annotations

import hashlib
import random
import re
import time
from collections.abc import Callable
from functools import cache
from importlib import metadata
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from gis import queries
from gis.errors import SetupError
from gis.schema_versions import Fit, SchemaState, judge
from gis.schema_views import put_back, set_aside

_LOCK = 4490_0001
# Whoever waits for a table makes all that come after wait too: better to give up and say so.
LOCK_WAIT_S = 30
# Shorter than PostgreSQL's deadlock_timeout, so that nobody else is ended for our sake.
_LOCK_TRY_MS = 900
# Held by what keeps and what numbers, before they touch any table.
_AT_WORK = ("gridwall.keeper", "gridwall.sequencer")
# What every caller's transaction reads first, by its secret: whoever waits there holds nothing.
_FIRST_READ = "credential"
# Something depends on what is to change; a view reads a column whose type is to change.
_IN_THE_WAY = {"2BP01", "0A000"}
Progress = Callable[[str], None]


def migrate(admin_url: str, progress: Progress | None = None, *, anew: bool = True) -> None:
    """Bring the database to the newest schema, in one transaction.

    Of several that start at once one migrates, the others wait for it. A database that a newer
    release has migrated is left as it is where it serves this one.

    Parameters
    ----------
    admin_url
        libpq URL of the role that owns the database.
    progress
        Called with a line for each stage.
    anew
        False leaves a database alone that this very release has migrated.

    Raises
    ------
    SetupError
        Where the database lacks an extension that only a superuser can add, can't be reached, is
        newer than this program can serve, or a script fails: nothing has changed then.
    """
    say = progress or (lambda line: None)
    with _engine(admin_url).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(text("SET LOCAL search_path = public"))
        state, own = _state(connection), own_state()
        fit = judge(own.revision, state, own.release)
        if fit.newer:
            if not fit.serves:
                raise SetupError(fit.reason)
            say(fit.reason)
        elif anew or state != own:
            _bring_up(connection, say, state)


def standing(admin_url: str) -> tuple[SchemaState, Fit]:
    """What a database says of itself, and how this program stands to it."""
    with _engine(admin_url).connect() as connection:
        state = _state(connection)
    return state, judge(newest_revision(), state, metadata.version("gridwall"))


async def fit_of(connection: psycopg.AsyncConnection) -> Fit:
    """How this program and the database that it serves from stand to each other."""
    cursor = await connection.execute(queries.get("schema_tells"))
    state = SchemaState()
    if (await cursor.fetchone())[0]:
        cursor = await connection.execute(queries.get("schema_state"))
        state = SchemaState(*await cursor.fetchone())
    return judge(_known(), state)


@cache
def _known() -> str:
    return newest_revision()


def is_current(connection: Connection) -> bool:
    """Whether the database stands at the newest migration."""
    return MigrationContext.configure(connection).get_current_revision() == newest_revision()


def newest_revision() -> str:
    """The revision that this program needs."""
    return _directory().get_current_head() or ""


def oldest_served() -> str:
    """The oldest revision whose programs work with a database of this release.

    A migration that says `serves_older = True` keeps the programs of the revision before it
    working: it only adds, and no function loses what they call.
    """
    directory, revision = _directory(), newest_revision()
    while revision:
        script = directory.get_revision(revision)
        if not getattr(script.module, "serves_older", False):
            break
        revision = script.down_revision
    return revision


def own_state() -> SchemaState:
    """What this release makes of a database."""
    digest = hashlib.sha256()
    for folder in ("functions", "seed"):
        for script in _scripts(folder):
            digest.update(script.name.encode() + script.read_bytes())
    return SchemaState(newest_revision(), oldest_served(), metadata.version("gridwall"),
                       digest.hexdigest())


def _state(connection: Connection) -> SchemaState:
    """What the database says; of one of an early release the revision alone."""
    if connection.scalar(text("SELECT to_regproc('schema_state') IS NOT NULL")):
        told = connection.execute(text("SELECT * FROM schema_state()")).one()
        # A restored or half-told one is what its migrations are.
        revision = MigrationContext.configure(connection).get_current_revision() or ""
        return SchemaState(revision, told.serves, told.release, told.scripts)
    revision = MigrationContext.configure(connection).get_current_revision() or ""
    return SchemaState(revision, revision)


def _bring_up(connection: Connection, say: Progress, state: SchemaState) -> None:
    try:
        _hold_tables(connection)
        try:
            with connection.begin_nested():
                _apply(connection, say)
        except (DBAPIError, SetupError) as error:
            if _sqlstate(error) not in _IN_THE_WAY:
                raise
            driver = connection.connection.driver_connection
            views = set_aside(driver, _own_views())
            if not views:
                raise
            say("with your own views set aside")
            _apply(connection, say)
            put_back(driver, views)
    except (DBAPIError, psycopg.Error, SetupError, CommandError) as error:
        raise _refusal(error, state) from error


def _hold_tables(connection: Connection) -> None:
    """Lock all tables at once or none, again and again.

    Locked one after the other, some while waiting for more, they would come to a deadlock with
    reports that are being filed; so those are finished first, and what comes then waits, at the
    first door and with nothing in its hands.
    """
    driver = connection.connection.driver_connection
    names = driver.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace = 'public'::regnamespace AND relowner = current_user::regrole"
        " ORDER BY relname <> %s, relname", (_FIRST_READ,)).fetchall()
    if not names:
        return
    statement = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(
        sql.SQL(", ").join(sql.Identifier("public", name) for (name,) in names))
    until = time.monotonic() + LOCK_WAIT_S
    connection.execute(text(f"SET LOCAL statement_timeout = '{_LOCK_TRY_MS}ms'"))
    while True:
        try:
            with connection.begin_nested():
                for name in _AT_WORK:
                    driver.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (name,))
                driver.execute(statement)
            break
        except (psycopg.errors.QueryCanceled, psycopg.errors.DeadlockDetected):
            if time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.05, 0.3))
    connection.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S}s'"))


def _apply(connection: Connection, say: Progress) -> None:
    _require_extensions(connection)
    say("migrations")
    command.upgrade(_configuration(connection), "head")
    for folder in ("functions", "seed"):
        say(f"SQL {folder}")
        for script in _scripts(folder):
            _run(connection, script)
    _tell_state(connection)


def _tell_state(connection: Connection) -> None:
    """Write `schema_state`, which the server asks whether the database is one for it."""
    own = own_state()
    values = sql.SQL(", ").join(map(sql.Literal, (own.revision, own.serves, own.release,
                                                  own.scripts)))
    driver = connection.connection.driver_connection
    driver.execute(sql.SQL(
        "CREATE OR REPLACE FUNCTION schema_state(OUT revision text, OUT serves text,"
        " OUT release text, OUT scripts text) LANGUAGE sql IMMUTABLE"
        " SET search_path = public, pg_temp AS {}").format(
            sql.Literal(sql.SQL("SELECT {}").format(values).as_string(driver))))
    driver.execute("REVOKE EXECUTE ON FUNCTION schema_state FROM public")
    driver.execute("GRANT EXECUTE ON FUNCTION schema_state TO gridwall_server")


def _refusal(error: Exception, state: SchemaState) -> SetupError:
    told = error.message if isinstance(error, SetupError) else str(getattr(error, "orig", error))
    if _sqlstate(error) in ("57014", "40P01", "55P03"):
        told += (f"\nA table was held by others for more than {LOCK_WAIT_S} s: a backup, a long"
                 " query? Migrate again when it has ended.")
    at = f"at schema {state.revision}" if state.revision else "without a schema"
    return SetupError(f"the migration failed: {told.strip()}\nNothing was changed: the database is"
                      f" {at} as before, and the release that it was for goes on serving.")


def _sqlstate(error: BaseException | None) -> str:
    while error is not None:
        found = getattr(getattr(error, "orig", error), "sqlstate", None)
        if found:
            return found
        error = error.__cause__
    return ""


def _own_views() -> set[str]:
    return {name for script in _scripts("functions")
            for name in re.findall(r"^\s*CREATE (?:MATERIALIZED )?VIEW (\w+)",
                                   script.read_text("utf-8"), re.MULTILINE)}


def _engine(admin_url: str) -> Engine:
    return create_engine("postgresql+psycopg://", creator=lambda: _connect(admin_url),
                         poolclass=NullPool)


def _connect(admin_url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(admin_url, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise SetupError(f"the database can't be reached as its owner: {error}") from error


def _directory() -> ScriptDirectory:
    return ScriptDirectory.from_config(_configuration(None))


def _configuration(connection: Connection | None) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(files("gis") / "migrations"))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    return configuration


def _require_extensions(connection: Connection) -> None:
    wanted = ("postgis", "btree_gist", "pg_trgm", "pgcrypto")
    present = set(connection.scalars(text("SELECT extname FROM pg_extension")))
    for name in (name for name in wanted if name not in present):
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"CREATE EXTENSION {name}")
        except Exception as error:
            raise SetupError(
                f"the extension {name} is missing and this role may not add it;"
                f" as a superuser run: CREATE EXTENSION {name};"
            ) from error


def _scripts(folder: str) -> list[Traversable]:
    return sorted(
        (item for item in (files("gis") / "sql" / folder).iterdir()
         if item.name.endswith(".sql")),
        key=lambda item: item.name,
    )


def _run(connection: Connection, script: Traversable) -> None:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(script.read_text("utf-8").encode())
    except psycopg.Error as error:
        raise SetupError(f"{script.name}: {error}") from error
    finally:
        cursor.close()
