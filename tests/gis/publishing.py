"""A world for publications: a street with two communities of two grids each, and who serves them.

Grids lie from west to east, each one unit wide and two high: W1 and W2 in the community W, E1 and
E2 in E, over units 0 to 4.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import shapely
from psycopg import AsyncConnection
from shapely.geometry.base import BaseGeometry

from gis.redraw import Redraw, RedrawnArea
from tests.gis.builders import at, put_account, put_area, put_duty, rectangle, settle, value

S, W, E = "330104001", "330104001001", "330104001002"
W1, W2, E1, E2 = f"{W}001", f"{W}002", f"{E}001", f"{E}002"


@dataclass
class Street:
    """The world: identities by code, and secrets by account."""

    database: Any
    connection: psycopg.Connection
    ids: Mapping[str, int]
    secrets: Mapping[str, str]


def build_street(database: Any, connection: psycopg.Connection) -> Street:
    """Put it into an empty database."""
    ids = {S: put_area(connection, "street", S, rectangle(0, 0, 4, 2))}
    for community, west in ((W, 0), (E, 2)):
        ids[community] = put_area(connection, "community", community,
                                  rectangle(west, 0, west + 2, 2), parent=ids[S])
        for number in (1, 2):
            code = f"{community}{number:03d}"
            ids[code] = put_area(connection, "grid", code,
                                 rectangle(west + number - 1, 0, west + number, 2),
                                 parent=ids[community])
    ids["P"] = put_area(connection, "grid", "P1", rectangle(0, 0, 4, 2), scheme="police")
    settle(connection, "base", "police")
    for code in (W1, W2, E1, E2):
        put_duty(connection, f"officer of {code}", area=ids[code], role="head")
    secrets = {
        "planner": put_account(connection, "planner", "planner", whole=True),
        "hall": put_account(connection, "hall", "hall", whole=True),
        "street": put_account(connection, "street", "street", areas=[ids[S]]),
        "west": put_account(connection, "west", "community", areas=[ids[W]]),
        "western planner": put_account(connection, "western planner", "planner", areas=[ids[W]]),
        "E1": put_account(connection, "E1", "officer", areas=[ids[E1]])}
    connection.execute("UPDATE account SET officer_id = (SELECT id FROM officer"
                       " WHERE officer_code = %s) WHERE name = 'E1'", (f"officer of {E1}",))
    return Street(database, connection, ids, secrets)


@asynccontextmanager
async def as_owner(street: Street) -> AsyncIterator[AsyncConnection]:
    """A connection of the owner, in whose hands every publication is a transaction."""
    async with await AsyncConnection.connect(street.database.admin_url,
                                             autocommit=True) as connection:
        yield connection


def shapes_of(street: Street, *codes: str, scheme: str = "base") -> dict[str, BaseGeometry]:
    """Shapes in force."""
    rows = street.connection.execute(
        "SELECT code, ST_AsBinary(geom) AS geom FROM area WHERE scheme = %s AND upper_inf(period)"
        " AND code = ANY (%s)", (scheme, list(codes))).fetchall()
    return {row["code"]: shapely.from_wkb(row["geom"]) for row in rows}


def area(key: str, shape: BaseGeometry, parent: str | None, level: str = "grid",
         name: str | None = None) -> RedrawnArea:
    """An area as it is to be, called as `put_area` calls it."""
    return RedrawnArea(key, level, name or f"name of {key}", parent, shape, ())


def redraw(street: Street, before: tuple[str, ...], *after: RedrawnArea,
           scheme: str = "base") -> Redraw:
    """A redraw of the areas in force."""
    return Redraw(scheme, value(street.connection, "SELECT now()"),
                  shapes_of(street, *before, scheme=scheme), after)


def shifted(street: Street, to: float) -> Redraw:
    """The edge between W1 and W2 moved to a longitude in units."""
    return redraw(street, (W1, W2), area(W1, rectangle(0, 0, to, 2), W),
                  area(W2, rectangle(to, 0, 2, 2), W))


def owners(connection: psycopg.Connection, moment: datetime, *places: tuple[float, float],
           scheme: str = "base") -> list[str | None]:
    """Codes of the areas in which places lie at a moment, as `locate_points` has it."""
    count = len(places)
    points = [at(*place) for place in places]
    rows = connection.execute(
        "SELECT code FROM locate_points(%s::bigint[], %s::float8[], %s::float8[], %s::text[],"
        " %s::float8[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s)"
        " ORDER BY ordinal",
        (list(range(count)), [lon for lon, _ in points], [lat for _, lat in points],
         ["cgcs2000"] * count, [None] * count, [None] * count, [None] * count, [None] * count,
         [moment] * count, scheme)).fetchall()
    return [row["code"] for row in rows]
