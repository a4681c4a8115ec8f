"""The schema: Alembic's migrations, then every SQL function anew, then what a city starts with."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gis.errors import SetupError

_LOCK = 4490_0001
Progress = Callable[[str], None]


def migrate(admin_url: str, progress: Progress | None = None) -> None:
    """Bring the database to the newest schema, in one transaction.

    Parameters
    ----------
    admin_url
        libpq URL of the role that owns the database.
    progress
        Called with a line for each stage.

    Raises
    ------
    SetupError
        Where the database lacks an extension that only a superuser can add, or can't be reached.
    """
    say = progress or (lambda line: None)
    engine = create_engine("postgresql+psycopg://", creator=lambda: _connect(admin_url),
                           poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(text("SET LOCAL search_path = public"))
        _require_extensions(connection)
        say("migrations")
        command.upgrade(_configuration(connection), "head")
        for folder in ("functions", "seed"):
            say(f"SQL {folder}")
            for script in _scripts(folder):
                _run(connection, script)


def is_current(connection: Connection) -> bool:
    """Whether the database stands at the newest migration."""
    head = ScriptDirectory.from_config(_configuration(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


def _connect(admin_url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(admin_url, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise SetupError(f"the database can't be reached as its owner: {error}") from error


def _configuration(connection: Connection) -> Config:
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
