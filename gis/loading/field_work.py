"""Patrols and visits from a table: one row an officer, day and area."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from gis import queries
from gis.errors import InvalidInput
from gis.loading.area_codes import AreaCodes
from gis.loading.cells import moment, number, whole, words, zone
from gis.loading.outcome import Outcome
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch

_AMOUNTS = {"patrols": whole, "visits": whole, "distance_m": number}


def load_field_work(admin_url: str, path: Path, options: Options | None = None,
                    progress: Progress | None = None) -> Outcome:
    """Load what officers did outside: patrols, visits and metres by day and area.

    A row without an area is of the only area that its officer is posted to. A row of an officer,
    day and area that are there already takes the place of what was there, so that a file that is
    loaded twice counts once.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("fieldwork", admin_url, path, options or Options(), progress) as (
            run, connection):
        days = _Days(connection)
        for batch in run.batches():
            for at in run.left(batch):
                _load(run, batch, at, days)
    return run.outcome


def _load(run: Run, batch: Batch, at: int, days: _Days) -> None:
    try:
        told = {name: words(run.value(batch, at, name))
                for name in ("officer_code", "area_code", "scheme", "level")}
        row = {"day": days.day(run.value(batch, at, "day")),
               "officer_id": days.officer(told["officer_code"])}
        row["area_id"] = days.area(told, row["officer_id"])
        row |= {name: _amount(name, run.value(batch, at, name)) for name in _AMOUNTS}
    except InvalidInput as problem:
        run.put_aside(batch, at, problem.field or "value", problem.message)
        return
    if days.put(row):
        run.outcome.loaded += 1
    else:
        run.outcome.counts["unchanged"] += 1


def _amount(name: str, value: Any) -> float:
    found = _AMOUNTS[name](value) or 0
    if not 0 <= found <= 1_000_000:
        raise InvalidInput(f"{name} {found} is not between 0 and a million", field=name)
    return found


class _Days:
    """What rows refer to, looked up once."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._areas = AreaCodes(connection)
        self._officers = dict(connection.execute(queries.get("officers_by_code")).fetchall())
        self._posts = dict(connection.execute(queries.get("areas_of_officers")).fetchall())
        self._zone = zone("UTC")

    def day(self, value: Any) -> date:
        """A day as written, year first; a time beside it is left out."""
        found = moment(value, None, "ymd", self._zone)
        if found is None:
            raise InvalidInput("the row has no day", field="no_day")
        return found.date()

    def officer(self, code: str | None) -> int:
        """The officer of a staff number."""
        if code not in self._officers:
            raise InvalidInput(f"officer {code} is not loaded: load officers first",
                               field="officer_missing")
        return self._officers[code]

    def area(self, told: dict[str, str | None], officer_id: int) -> int:
        """The area that the row tells, or the only one of the officer's postings."""
        if told["area_code"]:
            return self._areas.find(told)
        posts = self._posts.get(officer_id, [])
        if len(posts) != 1:
            raise InvalidInput(f"officer {told['officer_code']} is posted to {len(posts)} areas:"
                               " a column area_code must tell which is meant", field="area_missing")
        return posts[0]

    def put(self, row: dict[str, Any]) -> bool:
        """Store a row; False where it was there like this."""
        return bool(self._connection.execute(queries.get("put_field_work"), row).rowcount)
