"""Where officers were, from a table: one row a fix."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import shapely

from gis import queries
from gis.errors import InvalidInput
from gis.loading import cells
from gis.loading.cells import number, words
from gis.loading.outcome import Outcome
from gis.loading.rows import copy_rows
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch
from gis.reports import CLOCK_ALLOWANCE, WORST_ACCURACY_M

_SAMPLE = 5_000


def load_tracks(admin_url: str, path: Path, options: Options | None = None,
                time_zone: str | None = None, progress: Progress | None = None) -> Outcome:
    """Load fixes; what was received is kept beside the point that is understood of it.

    A second fix of an officer and a moment is put aside unless its place is the same. Loading a
    file again changes nothing but the areas under which its fixes lie, which are those of now.

    Parameters
    ----------
    time_zone
        Of times without an offset; by default the city's.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("tracks", admin_url, path, options or Options(), progress) as (run, connection):
        fixes = _Fixes(run, connection, time_zone)
        for query in ("make_incoming_fixes", "place_in_sets"):
            connection.execute(queries.get(query))
        for batch in run.batches():
            copy_rows(connection, "copy_incoming_fixes", fixes.rows(batch))
            _store(run, batch, connection)
        fixes.count()
        connection.execute(queries.get("analyse_fixes"))
    return run.outcome


def _store(run: Run, batch: Batch, connection: psycopg.Connection) -> None:
    new, changed = connection.execute(queries.get("add_incoming_fixes")).fetchone()
    run.outcome.counts["new"] += new
    run.outcome.counts["placed anew"] += changed
    for at, code in connection.execute(queries.get("incoming_fixes_elsewhere")).fetchall():
        run.put_aside(batch, at, "two_places",
                      f"officer {code} is known to have been at another place at that moment")
    connection.execute(queries.get("empty_incoming_fixes"))


class _Fixes:
    """Rows on their way in, and what they refer to."""

    def __init__(self, run: Run, connection: psycopg.Connection, time_zone: str | None) -> None:
        city, keep_days = connection.execute(queries.get("track_rules")).fetchone()
        self._run = run
        self._zone: ZoneInfo = cells.zone(time_zone or city)
        self._order: str | None = None
        self._officers = dict(connection.execute(queries.get("officers_by_code")).fetchall())
        self._latest = datetime.now(UTC) + CLOCK_ALLOWANCE
        self._keep_days = keep_days
        self._old = 0
        if not time_zone:
            run.outcome.note(f"times without an offset were taken as {city} (--time-zone)")

    def rows(self, batch: Batch) -> Iterator[tuple[Any, ...]]:
        """The batch's fixes; rows at fault are put aside."""
        run = self._run
        given = run.points(batch)
        lon, lat = run.stored_points(batch)
        received = run.place(*given).degrees(*given)
        datum = str(run.place(*given).datum)
        points = shapely.to_wkb(shapely.set_srid(shapely.points(lon, lat), 4490), hex=True,
                                include_srid=True)
        told = {name: run.column(batch, name)
                for name in ("officer_code", "at", "date", "time", "accuracy_m")}
        self._settle_date_order(told)
        for at in run.left(batch):
            try:
                officer, moment, accuracy = self._read(told, at)
            except InvalidInput as problem:
                run.put_aside(batch, at, problem.field or "value", problem.message)
                continue
            yield (at, officer, moment, float(received[0][at]), float(received[1][at]), datum,
                   accuracy, points[at])

    def count(self) -> None:
        """What came of all rows, when all have been seen."""
        outcome = self._run.outcome
        outcome.loaded = outcome.counts["new"]
        outcome.counts["unchanged"] = outcome.read - outcome.quarantined - outcome.loaded
        if self._old:
            outcome.note(f"{self._old:,} fixes are older than the {self._keep_days} days for which"
                         " they are kept: the next ./gridwall purge takes them away")

    def _read(self, told: dict[str, list[Any]], at: int) -> tuple[int, datetime, float | None]:
        code = words(told["officer_code"][at])
        if code not in self._officers:
            raise InvalidInput(f"officer {code} is not loaded: load officers first",
                               field="officer_missing")
        accuracy = number(told["accuracy_m"][at])
        if accuracy is not None and not 0 <= accuracy <= WORST_ACCURACY_M:
            raise InvalidInput(f"{accuracy:g} is no radius of error in metres", field="accuracy_m")
        return self._officers[code], self._moment(told, at), accuracy

    def _moment(self, told: dict[str, list[Any]], at: int) -> datetime:
        try:
            found = cells.moment(told["at"][at], None, self._order, self._zone) or cells.moment(
                told["date"][at], told["time"][at], self._order, self._zone)
        except InvalidInput as problem:
            raise InvalidInput(problem.message, field="time") from None
        if found is None:
            raise InvalidInput("the row has no time", field="no_time")
        if found > self._latest:
            raise InvalidInput(f"{found:%Y-%m-%d %H:%M} lies in the future", field="time")
        self._old += (self._latest - found).days > self._keep_days
        return found

    def _settle_date_order(self, told: dict[str, list[Any]]) -> None:
        if self._order is None:
            values = [value for name in ("at", "date") for value in told[name][:_SAMPLE]]
            self._order = cells.date_order(values)
            if self._order != "ymd":
                self._run.outcome.note(f"dates were read in the order {self._order}")
