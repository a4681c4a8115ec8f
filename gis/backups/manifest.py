"""What a backup holds, counted in the snapshot that it was taken from; and a copy held against it.

A table's hash is the sum, over its rows in any order, of the two halves of the MD5 of the row's
text: it finds what was lost, doubled or damaged on the way. Against forgery there are the seals.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import metadata

import msgspec
import psycopg
from psycopg import sql

Progress = Callable[[int, int, str], None]
_HALF = 1 << 64


class Table(msgspec.Struct, frozen=True):
    """Rows of a table, and the hash of their content."""

    rows: int
    hash: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What stood in a database at one moment.

    Attributes
    ----------
    taken_at
        The snapshot's moment, by the database's clock.
    program, postgres, revision
        Version of Gridwall, of the server (as `server_version_num`) and of the schema.
    tables
        By name, schema-qualified outside `public`; those of extensions are left out.
    epoch, sequence
        The head of the outbox.
    batch
        The last sealed batch, as ``NUMBER:HASH``.
    key_ids
        The keys that personal data is sealed with.
    """

    taken_at: datetime
    program: str
    postgres: int
    revision: str
    tables: dict[str, Table]
    epoch: str = ""
    sequence: int = 0
    batch: str = ""
    key_ids: list[str] = []

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


class Held(msgspec.Struct, frozen=True):
    """A table of a copy, held against what the manifest says of it."""

    name: str
    rows: int
    rows_expected: int
    same: bool


_TABLES = """
SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_|^information_schema$'
AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass
                AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname <> 'public', n.nspname, c.relname
"""
# A row's text depends on these.
_PLAIN = ("SET LOCAL timezone = 'UTC'", "SET LOCAL datestyle = 'ISO, YMD'",
          "SET LOCAL intervalstyle = 'postgres'", "SET LOCAL extra_float_digits = 1",
          "SET LOCAL bytea_output = 'hex'", "SET LOCAL search_path = public")


def take(connection: psycopg.Connection, progress: Progress) -> Manifest:
    """Count everything.

    Parameters
    ----------
    connection
        As the owner, inside a REPEATABLE READ transaction.
    """
    for setting in _PLAIN:
        connection.execute(setting.encode())
    names = connection.execute(_TABLES).fetchall()
    tables = {}
    for number, (schema, name) in enumerate(names):
        progress(number, len(names), "counting")
        tables[name if schema == "public" else f"{schema}.{name}"] = _table(
            connection, schema, name)
    progress(len(names), len(names), "counting")
    taken_at, postgres = connection.execute(
        "SELECT now(), current_setting('server_version_num')::int").fetchone()
    return Manifest(
        taken_at=taken_at, program=metadata.version("gridwall"), postgres=postgres,
        tables=tables, revision=_told(connection, tables, "alembic_version",
                                      "SELECT version_num FROM alembic_version", ""),
        epoch=_told(connection, tables, "event_head", "SELECT epoch FROM event_head", ""),
        sequence=_told(connection, tables, "event_head", "SELECT sequence FROM event_head", 0),
        batch=_told(connection, tables, "seal_batch",
                    "SELECT number || ':' || encode(hash, 'hex') FROM seal_batch"
                    " ORDER BY number DESC LIMIT 1", ""),
        key_ids=_told(connection, tables, "person",
                      "SELECT coalesce(array_agg(DISTINCT key_id), '{}') FROM person", []))


def _table(connection: psycopg.Connection, schema: str, name: str) -> Table:
    query = sql.SQL(
        "SELECT count(*), coalesce(sum(('x' || left(h, 16))::bit(64)::bigint::numeric), 0),"
        " coalesce(sum(('x' || right(h, 16))::bit(64)::bigint::numeric), 0)"
        # The row, whatever its columns are called.
        ' FROM (SELECT md5(("the row".*)::text) AS h FROM {} AS "the row") AS hashed')
    rows, left, right = connection.execute(
        query.format(sql.Identifier(schema, name))).fetchone()
    return Table(rows, f"{int(left) % _HALF:016x}{int(right) % _HALF:016x}")


def _told(connection: psycopg.Connection, tables: dict[str, Table], table: str, query: str,
          otherwise: object) -> object:
    row = connection.execute(query.encode()).fetchone() if table in tables else None
    return otherwise if row is None else row[0]


def hold_against(connection: psycopg.Connection, manifest: Manifest,
                 progress: Progress) -> list[Held]:
    """Every table of the manifest and of the copy, those that differ first."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = take(connection, progress).tables
    none = Table(0, "")
    held = [Held(name, found.get(name, none).rows, manifest.tables.get(name, none).rows,
                 found.get(name) == manifest.tables.get(name))
            for name in sorted(manifest.tables.keys() | found.keys())]
    return sorted(held, key=lambda table: table.same)
