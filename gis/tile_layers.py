"""The registry of tables that an administrator shows as tile layers ``custom:<name>``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from gis import queries
from gis.accounts import ACCOUNT_ROLES
from gis.errors import Conflict, InvalidInput, NotFound


@dataclass(frozen=True)
class NewTileLayer:
    """What is registered.

    Attributes
    ----------
    name
        Small letters, digits, ``-`` and ``_``; stands in addresses after ``custom:``.
    title
        For people.
    table
        ``schema.table``, as SQL writes it: quoted where it has capitals or signs.
    geometry_column, id_column
        Of type ``geometry`` with a GiST index, and of an integer type.
    fields
        The columns that tiles carry: texts, numbers, booleans, dates and times.
    roles
        Of accounts who may see it, beside administrators. Of its rows each sees what lies on
        their own ground.
    min_zoom, max_zoom
        Tiles are empty below the one; a client magnifies those of the other.
    """

    name: str
    title: str
    table: str
    geometry_column: str
    id_column: str
    fields: Sequence[str]
    roles: Sequence[str]
    min_zoom: int = 10
    max_zoom: int = 18


def register(admin_url: str, layer: NewTileLayer, replace: bool = False) -> dict[str, Any]:
    """Register a table, and have its changes told; the row of the registry.

    Raises
    ------
    Conflict
        If there is a layer of that name, and it is not to be replaced.
    InvalidInput
        If there is no such table or column, it is one of Gridwall's own or the system's, or it
        can't be shown as it is; and if name, zooms or roles can't be such.
    """
    unknown = set(layer.roles) - {str(role) for role in ACCOUNT_ROLES}
    if unknown or not layer.roles:
        raise InvalidInput(f"roles are some of {', '.join(ACCOUNT_ROLES)}", field="roles")
    values = asdict(layer) | {
        "fields": list(layer.fields), "roles": list(layer.roles), "replace": replace}
    try:
        with psycopg.connect(admin_url, row_factory=dict_row) as connection:
            row = connection.execute(queries.get("tile_layer_register"), values).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Conflict(f"there is a layer {layer.name!r} already; --replace it, or choose"
                       " another name") from None
    except psycopg.errors.CheckViolation as problem:
        wrong = problem.diag.constraint_name or ""
        said = ("a name is 1 to 40 small letters, digits, - and _", "name") if "name" in wrong \
            else ("zooms are 6 to 22, the least first", "min_zoom")
        raise InvalidInput(said[0], field=said[1]) from None
    except psycopg.errors.InvalidParameterValue as problem:
        raise InvalidInput(f"{layer.table!r:.100} can't be shown as tiles:"
                           f" {problem.diag.message_primary}", field="table") from None
    if row is None:
        raise InvalidInput(f"write SCHEMA.TABLE, not {layer.table!r:.100}", field="table")
    return row


def drop(admin_url: str, name: str) -> None:
    """Take a table from the layers; the table stays as it is.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    with psycopg.connect(admin_url) as connection:
        if not connection.execute(queries.get("tile_layer_drop"), {"name": name}).rowcount:
            raise NotFound(f"there is no layer {name!r:.60}")


def listed(admin_url: str) -> list[dict[str, Any]]:
    """All registered tables by name; `fault` tells why one can't be shown now."""
    with psycopg.connect(admin_url, row_factory=dict_row) as connection:
        return connection.execute(queries.get("tile_layers")).fetchall()
