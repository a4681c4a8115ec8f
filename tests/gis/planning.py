"""A small town to redraw: two communities of two by two grids each, houses and streets in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import shapely
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from shapely.geometry.base import BaseGeometry

from gis import queries
from gis.plans.reading import as_multi
from tests.gis.builders import (
    at,
    put_account,
    put_address,
    put_area,
    put_building,
    put_duty,
    rectangle,
    settle,
    value,
)

DISTRICT, STREET = "330104", "330104001"
COMMUNITIES = (STREET + "001", STREET + "002")
# Metres of a unit (a thousandth of a degree) at the world's latitude, for figures to expect.
EAST_M, NORTH_M = 96.19, 110.86


def grid(community: int, serial: int) -> str:
    """The code of a grid: communities from 0, serials from 1."""
    return f"{COMMUNITIES[community]}00{serial}"


@dataclass(frozen=True)
class PlanningTown:
    """What tests need of the town."""

    secrets: Mapping[str, str]
    identities: Mapping[str, int]


def put_planning_town(connection: psycopg.Connection) -> PlanningTown:
    """Grids of ten by ten units: serial 1 and 2 in the south, 3 and 4 north of them."""
    ids = {DISTRICT: put_area(connection, "district", DISTRICT, rectangle(0, 0, 40, 20))}
    ids[STREET] = put_area(connection, "street", STREET, rectangle(0, 0, 40, 20),
                           parent=ids[DISTRICT])
    for number, community in enumerate(COMMUNITIES):
        west = 20 * number
        ids[community] = put_area(connection, "community", community,
                                  rectangle(west, 0, west + 20, 20), parent=ids[STREET])
        for serial in range(4):
            x, y = west + 10 * (serial % 2), 10 * (serial // 2)
            code = grid(number, serial + 1)
            ids[code] = put_area(connection, "grid", code, rectangle(x, y, x + 10, y + 10),
                                 parent=ids[community])
    settle(connection)
    for number in range(2):
        for serial in range(1, 5):
            put_duty(connection, f"O{grid(number, serial)}", area=ids[grid(number, serial)])
    _put_houses(connection)
    secrets = {
        "planner": put_account(connection, "planner one", "planner", whole=True),
        "second": put_account(connection, "planner two", "planner", areas=[ids[DISTRICT]]),
        "west": put_account(connection, "planner west", "planner", areas=[ids[COMMUNITIES[0]]]),
        "street": put_account(connection, "street", "street", areas=[ids[STREET]]),
        "admin": put_account(connection, "admin", "admin", whole=True)}
    return PlanningTown(secrets, ids)


def _put_houses(connection: psycopg.Connection) -> None:
    """Four buildings a grid of two houses each; one dwelling of three people in each house."""
    for x in range(0, 40, 5):
        for y in range(0, 20, 5):
            serial = f"{x:02d}{y:02d}0"
            code = f"{COMMUNITIES[x // 20]}01{serial}"
            building = put_building(connection, code, rectangle(x + 2, y + 2, x + 3, y + 3))
            for house in range(2):
                put_address(connection, f"{code}-{house}", at(x + 2.5, y + 2.5),
                            house_code=f"{code}{house:06d}", building=building)
    connection.execute("UPDATE building SET compound = '春江苑' WHERE ST_XMin(geom) BETWEEN %s"
                       " AND %s", (at(5, 0)[0], at(14, 0)[0]))
    connection.execute(
        "INSERT INTO dwelling (address_id, use, occupancy, actual_residents,"
        " registered_residents) SELECT id, 'residential', 'occupied', 3, 1 FROM address")
    for name, line in (("人民路", [at(0, 10), at(40, 10)]), ("解放路", [at(12, 0), at(12, 20)])):
        connection.execute(
            "INSERT INTO ground (kind, road_class, name, width_m, geom) VALUES"
            " ('road', 'secondary', %s, 12, ST_SetSRID(%s::text::geometry, 4490))",
            (name, shapely.LineString(line).wkb_hex))


@asynccontextmanager
async def entered(url: str, secret: str) -> AsyncIterator[AsyncConnection]:
    """A transaction as the server's role that has entered."""
    async with await AsyncConnection.connect(url) as connection:
        await connection.execute("SELECT enter(%s)", (secret,))
        yield connection


async def ask(connection: AsyncConnection, query: str, **values: Any) -> Any:
    """The one value that a named query answers."""
    cursor = await connection.execute(queries.get(query), values)
    row = await cursor.fetchone()
    return row[0] if row else None


async def open_draft(connection: AsyncConnection, area: str | None = DISTRICT) -> int:
    """A new draft of base grids."""
    return await ask(connection, "draft_open", name="a draft", scheme="base", level="grid",
                     area=area)


async def store(connection: AsyncConnection, draft: int, version: int,
                faces: Mapping[str, BaseGeometry | None], *, names: Mapping[str, str] | None = None,
                parent: str | None = COMMUNITIES[0]) -> int | None:
    """One operation that makes these faces; the new version."""
    keys: Sequence[str] = sorted(faces)
    return await ask(
        connection, "draft_store", id=draft, version=version, operation=Jsonb({"op": "replace"}),
        keys=keys, names=[(names or {}).get(key, f"name of {key}") for key in keys],
        parents=[parent for _ in keys],
        shapes=[None if faces[key] is None else shapely.to_wkb(as_multi(faces[key]))
                for key in keys])


def republish(connection: psycopg.Connection, code: str, shape: BaseGeometry) -> None:
    """Another version of a grid from now on, as a publication makes it."""
    connection.execute(
        "WITH closed AS (UPDATE area SET period = tstzrange(lower(period), clock_timestamp())"
        " WHERE code = %(code)s AND upper_inf(period) RETURNING *)"
        " INSERT INTO area (identity_id, scheme, level, code, name, parent_id, ancestor_ids,"
        " path, leaf, period, geom) SELECT identity_id, scheme, level, code, name, parent_id,"
        " ancestor_ids, path, leaf, tstzrange(upper(period), NULL),"
        " ST_SetSRID(%(shape)s::text::geometry, 4490) FROM closed",
        {"code": code, "shape": as_multi(shape).wkb_hex})


__all__ = ["COMMUNITIES", "DISTRICT", "STREET", "PlanningTown", "ask", "entered", "grid",
           "open_draft", "put_planning_town", "rectangle", "republish", "store", "value"]
