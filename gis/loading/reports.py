"""Reports from a table: what another system took in, assigned here as any other."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from gis import queries
from gis.errors import BadFile, InvalidInput
from gis.loading import cells
from gis.loading.cells import number, words
from gis.loading.outcome import Outcome
from gis.loading.places import bad_places
from gis.loading.rows import checked, copy_rows
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch
from gis.loading.targets import normalised
from gis.reports import CHANNELS, LONGEST_ADDRESS, LONGEST_EXTERNAL_ID, LONGEST_TEXT

# The trigger holds a statement's reports in memory.
REPORTS_AT_ONCE = 2_000
_SAMPLE = 5_000
_LONGEST = {"text": LONGEST_TEXT, "address": LONGEST_ADDRESS, "external_id": LONGEST_EXTERNAL_ID,
            "house_code": 64}


@dataclass(frozen=True)
class ReportOptions:
    """What only reports need.

    ``categories``: the file's words to category codes or names; ``default_category`` for words
    that are neither there nor categories themselves; ``time_zone`` of times without an offset,
    by default the city's; ``date_order`` ymd, mdy or dmy, found out where None.
    """

    categories: dict[str, str] = field(default_factory=dict)
    default_category: str | None = None
    time_zone: str | None = None
    date_order: str | None = None


def read_category_map(path: Path) -> dict[str, str]:
    """A file of word and category: a JSON object, or CSV of two columns with headings.

    Raises
    ------
    BadFile
        When it is neither.
    """
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix.lower() == ".json":
            return {str(word): str(category) for word, category in json.loads(text).items()}
        rows = [row for row in csv.reader(text.splitlines()) if row]
        return {word.strip(): category.strip() for word, category in rows[1:]}
    except (OSError, ValueError, AttributeError) as problem:
        raise BadFile(f"{path} is no map of categories ({problem}): it should be a JSON object, or"
                      " CSV with two columns, the file's word and our category") from None


def load_reports(admin_url: str, path: Path, options: Options | None = None,
                 own: ReportOptions | None = None, progress: Progress | None = None) -> Outcome:
    """Load reports; each is assigned in the transaction that stores it.

    ``received_at`` is what the file tells, else when it happened, else now. A row whose
    ``external_id`` is known in its channel is left alone and counted as ``known``.
    ``details["assignments"]`` tells, by scheme, how the loaded ones came to their areas.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("reports", admin_url, path, options or Options(), progress) as (run, connection):
        connection.execute(queries.get("make_incoming_reports"))
        reader = ReportReader(run, connection, own or ReportOptions())
        for batch in run.batches():
            rows = reader.rows(batch)
            for first in range(0, len(rows), REPORTS_AT_ONCE):
                _store(run, connection, rows[first:first + REPORTS_AT_ONCE])
        ways: dict[str, dict[str, int]] = {}
        for scheme, how, count in connection.execute(queries.get("count_assignments")):
            ways.setdefault(scheme, {})[how] = count
        run.outcome.details["assignments"] = ways
    return run.outcome


def _store(run: Run, connection: psycopg.Connection, rows: list[tuple[Any, ...]]) -> None:
    copy_rows(connection, "copy_incoming_reports", rows)
    added = connection.execute(queries.get("add_reports")).rowcount
    run.outcome.loaded += added
    run.outcome.counts["known"] += len(rows) - added
    connection.execute(queries.get("empty_incoming_reports"))


class ReportReader:
    """Rows of a file as reports: (row, received_at, occurred_at, channel, external_id, category,
    text, lon, lat, datum, accuracy_m, address, house_code), coordinates as received.
    """

    def __init__(self, run: Run, connection: psycopg.Connection, own: ReportOptions) -> None:
        self._run = run
        self._own = own
        told = connection.execute(queries.get("categories_by_name")).fetchall()
        self._categories = {normalised(word): code for code, *names in told
                            for word in (code, *names)}
        self._map = {normalised(word): self._category_of(category, "category_map")
                     for word, category in own.categories.items()}
        self._default = own.default_category and self._category_of(own.default_category,
                                                                   "default_category")
        city = connection.execute(queries.get("city_time_zone")).fetchone()[0]
        self._zone = cells.zone(own.time_zone or city)
        self._order = own.date_order
        if {"occurred_at", "date", "received_at"} & set(run.columns) and not own.time_zone:
            run.outcome.note(f"times without an offset were taken as {city} (--time-zone)")

    def _category_of(self, word: str, field_name: str) -> str:
        if (code := self._categories.get(normalised(word))) is None:
            raise InvalidInput(f"{word!r} is no category: use the code or the Chinese name of a"
                               " class or sub-class", field=field_name)
        return code

    def rows(self, batch: Batch) -> list[tuple[Any, ...]]:
        """The batch's reports; rows at fault are put aside."""
        run = self._run
        self._settle_date_order(batch)
        lon, lat = self._points(batch)
        datum = str(run.place(lon, lat).datum) if run.options.datum else "wgs84"
        names = ("category", "text", "address", "house_code", "accuracy_m", "channel",
                 "external_id", "occurred_at", "date", "time", "received_at")
        values = {name: run.column(batch, name) for name in names}
        rows = []
        for at in run.left(batch):
            row = self._row(batch, at, values)
            located = not np.isnan(lon[at])
            if row and not located and row["address"] is None and row["house_code"] is None:
                run.put_aside(batch, at, "no_place",
                              "a place is needed: coordinates, a house code or an address")
            if not run.is_aside(batch, at):
                point = (float(lon[at]), float(lat[at])) if located else (None, None)
                rows.append((batch.number(at), row["received_at"], row["occurred_at"],
                             row["channel"], row["external_id"], row["category"], row["text"],
                             *point, datum, row["accuracy_m"], row["address"],
                             row["house_code"]))
        return rows

    def _points(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Degrees as received, NaN where a row has only words."""
        given = self._run.points(batch)
        if given is None:
            return np.full(len(batch), np.nan), np.full(len(batch), np.nan)
        lon, lat = self._run.place(*given).degrees(*given)
        blank = np.isnan(given[0]) & np.isnan(given[1])
        told = [self._run.column(batch, name) for name in "xy"]
        for at, fault in bad_places(*given, lon, lat).items():
            if not (blank[at] and words(told[0][at]) is None and words(told[1][at]) is None):
                self._run.put_aside(batch, at, *fault)
        self._run.saw(lon, lat)
        return lon, lat

    def _settle_date_order(self, batch: Batch) -> None:
        if self._order is None:
            told = [self._run.column(batch, name)[:_SAMPLE]
                    for name in ("occurred_at", "date", "received_at")
                    if name in self._run.columns]
            self._order = cells.date_order([value for values in told for value in values]) \
                if told else "ymd"
            if self._order != "ymd":
                self._run.outcome.note(f"dates were read in the order {self._order}"
                                       " (--date-order)")

    def _row(self, batch: Batch, at: int, values: dict[str, list[Any]]) -> dict[str, Any] | None:
        row: dict[str, Any] = {}
        try:
            row["category"] = self._category(values["category"][at])
            for name, longest in _LONGEST.items():
                row[name] = words(values[name][at])
                if row[name] and len(row[name]) > longest:
                    raise InvalidInput(f"{name} has more than {longest:,} characters", field="text")
            row["text"] = row["text"] or ""
            row["channel"] = (words(values["channel"][at]) or "import").casefold()
            if row["channel"] not in CHANNELS:
                raise InvalidInput(f"channel {row['channel']!r:.40} is none of"
                                   f" {', '.join(CHANNELS)}", field="channel")
            row["occurred_at"], row["received_at"] = self._times(values, at)
        except InvalidInput as problem:
            self._run.put_aside(batch, at, problem.field or "text", problem.message)
            return None
        (row["accuracy_m"],) = checked(self._run, batch, at, values, {"accuracy_m": _accuracy})
        return row

    def _category(self, value: Any) -> str:
        word = words(value)
        key = normalised(word or "")
        found = self._map.get(key) or self._categories.get(key) or self._default
        if found is None:
            raise InvalidInput(f"{word!r:.60} is no category here: map it with --category-map, or"
                               " give --default-category", field="category")
        return found

    def _times(self, values: dict[str, list[Any]], at: int) -> tuple[datetime | None, datetime]:
        try:
            occurred = cells.moment(values["occurred_at"][at], None, self._order, self._zone) \
                or cells.moment(values["date"][at], values["time"][at], self._order, self._zone)
            received = cells.moment(values["received_at"][at], None, self._order, self._zone)
        except InvalidInput as problem:
            raise InvalidInput(problem.message, field="time") from None
        now = datetime.now(self._zone)
        received = received or occurred or now
        if received > now:
            raise InvalidInput(f"{received:%Y-%m-%d %H:%M} lies in the future", field="time")
        return occurred, received


def _accuracy(value: Any) -> float | None:
    found = number(value)
    if found is not None and not 0 <= found <= 100_000:
        raise InvalidInput(f"{found:g} is no radius of error in metres: 0 to 100,000")
    return found
