"""Where officers are: what they send, checked, and the trails that a wall shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from gis import queries
from gis.errors import FieldProblem, InvalidFields, InvalidInput, UnknownDatum
from gis.reports import DATUMS, WORST_ACCURACY_M, check_number, check_time

MOST_AT_ONCE = 1_000
# A phone may have been without a network for some shifts; what is older belongs in a file.
OLDEST = timedelta(days=7)

Fix = dict[str, Any]


def check_fix(sent: object, now: datetime) -> Fix:
    """One fix as sent, checked: at (RFC 3339), lon, lat (degrees in `datum`), datum, accuracy_m.

    Parameters
    ----------
    sent
        A decoded JSON value.
    now
        The moment of receipt, with its zone: a fix lies at most five minutes ahead of it, for
        clocks of phones, and seven days back.

    Raises
    ------
    InvalidFields
        With every field at fault.
    """
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("fix", "a JSON object is needed")])
    faults = [FieldProblem(str(name)[:60].encode("utf-8", "replace").decode(),
                           "there is no such field") for name in sent if name not in _CHECKS]
    fix: Fix = {}
    for name, check in _CHECKS.items():
        value = sent.get(name)
        if value is None and name in _DEFAULTS:
            fix[name] = _DEFAULTS[name]
            continue
        try:
            fix[name] = check(value, now)
        except InvalidInput as fault:
            faults.append(FieldProblem(name, fault.message))
    if faults:
        raise InvalidFields(faults)
    return fix


async def trails(connection: AsyncConnection, minutes: int, now: datetime) -> bytes:
    """Trails of the last minutes before `now` as JSON, of the officers whom the caller may see.

    `at` are whole seconds since 1970, one for each point of `path` (lon, lat, EPSG:4490). An
    officer of whom nothing was known for a while has several trails; one with a single fix has
    one of a single point. `officer_id` is the staff number, as in assignments.
    """
    cursor = await connection.execute(queries.get("wall_trails"), {"minutes": minutes, "now": now})
    return (await cursor.fetchone())[0].encode()


def _at(value: object, now: datetime) -> str:
    told = check_time(value, now)
    if now - datetime.fromisoformat(told) > OLDEST:
        raise InvalidInput(f"it is older than {OLDEST.days} days: load a file instead")
    return told


def _datum(value: object, now: datetime) -> str:
    if value not in DATUMS:
        raise UnknownDatum(str(value)[:60].encode("utf-8", "replace").decode())
    return value


_CHECKS: dict[str, Callable[[object, datetime], Any]] = {
    "at": _at,
    "lon": lambda value, now: check_number(value, -180, 180),
    "lat": lambda value, now: check_number(value, -90, 90),
    "datum": _datum,
    "accuracy_m": lambda value, now: check_number(value, 0, WORST_ACCURACY_M),
}
_DEFAULTS = {"datum": "wgs84", "accuracy_m": None}
