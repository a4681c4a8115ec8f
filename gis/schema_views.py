"""Views that an operator put over our tables and types: set aside for a migration, and put back.

PostgreSQL refuses to change what a view reads. Ours are made by our own scripts; any other is
taken away with all that hangs on it (rights, comment, options, indexes) and made anew, in the
migration's own transaction: where that fails, nothing has changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from gis.errors import SetupError

# Those that read other views come after these: `depth` is the longest way down.
_VIEWS = """
WITH RECURSIVE reads AS (
    SELECT DISTINCT r.ev_class AS reader, d.refobjid AS target
    FROM pg_rewrite AS r JOIN pg_depend AS d
        ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
), theirs AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.reloptions, c.relacl, c.relowner
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND n.nspname !~ '^pg_|^information_schema$'
    AND NOT (n.nspname = 'public' AND c.relname = ANY (%(ours)s))
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass
                    AND d.objid = c.oid AND d.deptype = 'e')
), ranked AS (
    SELECT oid, 0 AS depth FROM theirs
    UNION
    SELECT r.reader, ranked.depth + 1 FROM ranked JOIN reads AS r ON r.target = ranked.oid
    JOIN theirs ON theirs.oid = r.reader
)
SELECT t.nspname, t.relname, t.relkind = 'm' AS kept, pg_get_viewdef(t.oid),
       (SELECT string_agg(option, ', ') FROM unnest(t.reloptions) AS option),
       obj_description(t.oid, 'pg_class'),
       ARRAY(SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = t.oid),
       ARRAY(SELECT format('GRANT %%s ON %%s TO %%s', a.privilege_type, t.oid::regclass,
                           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
             FROM aclexplode(t.relacl) AS a WHERE a.grantee <> t.relowner)
FROM theirs AS t
ORDER BY (SELECT max(depth) FROM ranked WHERE ranked.oid = t.oid), t.nspname, t.relname
"""


@dataclass(frozen=True)
class View:
    """A view as it stood."""

    schema: str
    name: str
    materialized: bool
    definition: str
    options: str | None
    comment: str | None
    indexes: list[str]
    grants: list[str]

    @property
    def kind(self) -> sql.SQL:
        """`VIEW` or `MATERIALIZED VIEW`."""
        return sql.SQL("MATERIALIZED VIEW" if self.materialized else "VIEW")

    @property
    def identifier(self) -> sql.Identifier:
        """Its name, quoted."""
        return sql.Identifier(self.schema, self.name)


def set_aside(connection: psycopg.Connection, ours: set[str]) -> list[View]:
    """Drop all views but ours; those that were there, in an order to make them in.

    Raises
    ------
    SetupError
        Where one can't be dropped: it is another role's, or more than views hangs on it.
    """
    views = [View(*row) for row in connection.execute(_VIEWS, {"ours": sorted(ours)}).fetchall()]
    for view in reversed(views):
        _do(connection, view, sql.SQL("DROP {} {}").format(view.kind, view.identifier))
    return views


def put_back(connection: psycopg.Connection, views: list[View]) -> None:
    """Make them anew, with rights, comments and indexes.

    Raises
    ------
    SetupError
        Where one can't be, since what it reads is gone or another.
    """
    for view in views:
        options = sql.SQL(f" WITH ({view.options})" if view.options else "")
        _do(connection, view, sql.SQL("CREATE {} {}{} AS {}").format(
            view.kind, view.identifier, options, sql.SQL(view.definition.rstrip().rstrip(";"))))
        if view.comment:
            _do(connection, view, sql.SQL("COMMENT ON {} {} IS {}").format(
                view.kind, view.identifier, sql.Literal(view.comment)))
        for statement in (*view.indexes, *view.grants):
            _do(connection, view, sql.SQL(statement))


def _do(connection: psycopg.Connection, view: View, statement: sql.Composable) -> None:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        raise SetupError(
            f"the view {view.schema}.{view.name} of your own stands in the way: {error}. Change or"
            " drop it, and migrate again."
        ) from error
