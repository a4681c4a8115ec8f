"""Small worlds for tests: areas, officers, postings, accounts and reports put into a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta, timezone
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from shapely.geometry import MultiPolygon, Polygon, box

CHINA = timezone(timedelta(hours=8))
WEST, SOUTH, UNIT = 120.2, 30.3, 0.001
# A Wednesday, at noon.
NOON = datetime(2026, 11, 18, 12, tzinfo=CHINA)


def at(x: float, y: float) -> tuple[float, float]:
    """Degrees of a place given in thousandths of a degree from the corner of the world."""
    return round(WEST + x * UNIT, 9), round(SOUTH + y * UNIT, 9)


def rectangle(west: float, south: float, east: float, north: float) -> Polygon:
    """A rectangle in thousandths of a degree, its corners on the storage grid."""
    return box(*at(west, south), *at(east, north))


def owner(admin_url: str) -> psycopg.Connection:
    """A connection as the owner, rows as dicts."""
    return psycopg.connect(admin_url, autocommit=True, row_factory=dict_row)


def server(server_url: str) -> psycopg.Connection:
    """A connection as the server's role, rows as dicts."""
    return psycopg.connect(server_url, autocommit=True, row_factory=dict_row)


def value(connection: psycopg.Connection, query: str, *values: Any) -> Any:
    """The one value that a query answers."""
    row = connection.execute(query, values).fetchone()
    return None if row is None else next(iter(row.values()))


def put_area(connection: psycopg.Connection, level: str, code: str, shape: Polygon, *,
             parent: int | None = None, scheme: str = "base",
             period: str = "[-infinity,)") -> int:
    """A version of an area; returns its identity. Call `settle` after the last."""
    parts = shape if isinstance(shape, MultiPolygon) else MultiPolygon([shape])
    identity = value(
        connection,
        "INSERT INTO area_identity (scheme, level, code) VALUES (%s, %s, %s)"
        " ON CONFLICT (scheme, level, code) DO UPDATE SET code = excluded.code RETURNING id",
        scheme, level, code)
    connection.execute(
        "INSERT INTO area (identity_id, scheme, level, code, name, parent_id, period, geom)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, ST_SetSRID(%s::text::geometry, 4490))",
        (identity, scheme, level, code, f"name of {code}", parent, period, parts.wkb_hex))
    return identity


def settle(connection: psycopg.Connection, *schemes: str) -> None:
    """What loading does after it has put areas."""
    for scheme in schemes or ("base",):
        connection.execute("SELECT settle_areas(%s)", (scheme,))


def put_officer(connection: psycopg.Connection, code: str) -> int:
    """An officer; returns the id."""
    return value(connection, "INSERT INTO officer (officer_code, name) VALUES (%s, %s)"
                 " ON CONFLICT (officer_code) DO UPDATE SET name = excluded.name RETURNING id",
                 code, f"name of {code}")


def put_shift(connection: psycopg.Connection, code: str, starts: time, ends: time,
              weekdays: Iterable[int] = range(1, 8)) -> None:
    """Hours of a week."""
    connection.execute("INSERT INTO shift (code, name, weekdays, starts, ends)"
                       " VALUES (%s, %s, %s, %s, %s)",
                       (code, f"shift {code}", list(weekdays), starts, ends))


def put_duty(connection: psycopg.Connection, officer: str, *, area: int | None = None,
             building: int | None = None, role: str = "full_time", line: str | None = None,
             shift: str | None = None, period: str = "[-infinity,)") -> None:
    """A posting of an officer, who is made where not there yet."""
    connection.execute(
        "INSERT INTO duty (officer_id, area_identity_id, building_id, role, line_code,"
        " shift_code, period) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (put_officer(connection, officer), area, building, role, line, shift, period))


def put_building(connection: psycopg.Connection, code: str, shape: Polygon) -> int:
    """A building; returns the id."""
    return value(connection, "INSERT INTO building (building_code, geom) VALUES"
                 " (%s, ST_SetSRID(%s::text::geometry, 4490)) RETURNING id",
                 code, MultiPolygon([shape]).wkb_hex)


def put_address(connection: psycopg.Connection, text: str, place: tuple[float, float], *,
                house_code: str | None = None, building: int | None = None) -> int:
    """A standard address; returns the id."""
    return value(connection, "INSERT INTO address (text, house_code, building_id, geom) VALUES"
                 " (%s, %s, %s, ST_SetSRID(ST_MakePoint(%s, %s), 4490)) RETURNING id",
                 text, house_code, building, *place)


def put_account(connection: psycopg.Connection, name: str, role: str, *,
                areas: Iterable[int] = (), whole: bool = False, unit: int | None = None,
                lifetime: timedelta | None = None) -> str:
    """An account with a token; returns the token's secret."""
    account = value(connection, "INSERT INTO account (name, role, whole, unit_id)"
                    " VALUES (%s, %s, %s, %s) RETURNING id", name, role, whole, unit)
    for area in areas:
        connection.execute("INSERT INTO account_area VALUES (%s, %s)", (account, area))
    return value(connection, "SELECT open_credential(%s, 'token', %s)", account, lifetime)


def put_report(connection: psycopg.Connection, place: tuple[float, float] | None = None,
               **columns: Any) -> int:
    """A report as psql would insert it; returns its id."""
    lon, lat = place or (None, None)
    given = {"category_code": "service", "text": "路灯坏了", "channel": "resident",
             "received_at": NOON, "lon": lon, "lat": lat, "datum": "cgcs2000"} | columns
    return value(
        connection,
        "INSERT INTO report (category_code, text, channel, received_at, lon, lat, datum,"
        " accuracy_m, house_code, address, external_id)"
        " SELECT r.category_code, r.text, r.channel, r.received_at, r.lon, r.lat, r.datum,"
        " r.accuracy_m, r.house_code, r.address, r.external_id"
        " FROM jsonb_populate_record(NULL::report, %s) AS r RETURNING id",
        Jsonb({name: field.isoformat() if isinstance(field, datetime) else field
               for name, field in given.items()}))


def located(connection: psycopg.Connection, place: tuple[float, float] | None = None, *,
            datum: str = "cgcs2000", accuracy_m: float | None = None,
            house_code: str | None = None, address: str | None = None,
            category: str | None = None, moment: datetime = NOON,
            scheme: str | None = None) -> Mapping[str, dict[str, Any]]:
    """What `locate_points` answers for one place, by scheme."""
    lon, lat = place or (None, None)
    rows = connection.execute(
        "SELECT * FROM locate_points(%s::bigint[], %s::float8[], %s::float8[], %s::text[],"
        " %s::float8[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s)",
        ([1], [lon], [lat], [datum], [accuracy_m], [house_code], [address], [category],
         [moment], scheme))
    return {row["scheme"]: row for row in rows}
