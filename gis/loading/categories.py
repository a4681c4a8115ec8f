"""Categories and days of the calendar, from the sheets in which a city keeps them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from gis import queries
from gis.categories import (
    KINDS,
    Known,
    check_category,
    read_flag,
    read_limit,
    read_tiers,
    write_limit,
    write_tiers,
)
from gis.errors import InvalidInput
from gis.loading.cells import whole, words
from gis.loading.outcome import Outcome
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.targets import TARGETS, normalised
from gis.loop_settings import check_day
from gis.types import Tier

_KIND_BY_WORD = {normalised(word): kind for kind, all_words in KINDS.items()
                 for word in (kind, *all_words)}
_FIVE_DAYS = {"hours": 120.0, "working": False}


def category_sheet(rows: list[dict[str, Any]]) -> list[list[str | int | float | None]]:
    """Rows of the table as rows of the sheet, in the order of the targets of ``categories``."""
    def cells(row: dict[str, Any]) -> dict[str, Any]:
        whole_limit = {"hours": row["limit_hours"], "working": row["limit_working"]}
        limits = {f"limit_{tier}": write_limit(row["stage_limits"].get(tier)) for tier in Tier}
        return row | limits | {
            "kind": KINDS[row["kind"]][0], "line": row["line_code"], "unit": row["unit_code"],
            "emergency": "是" if row["emergency"] else "否",
            "active": "是" if row["active"] else "否", "limit": write_limit(whole_limit),
            "closing_tiers": write_tiers(row["closing_tiers"])}
    names = [target.name for target in TARGETS["categories"]]
    return [[told[name] for name in names] for told in map(cells, rows)]


def load_categories(admin_url: str, path: Path, options: Options | None = None,
                    progress: Progress | None = None) -> Outcome:
    """Load categories; one that is known by its code takes over what the row tells.

    A class stands before its sub-classes. Those that the file does not name stay as they are.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("categories", admin_url, path, options or Options(),
                 progress) as (run, connection):
        sheet = _Categories(connection)
        _each(run, "categories", sheet.put)
    return run.outcome


def load_calendar(admin_url: str, path: Path, options: Options | None = None,
                  progress: Progress | None = None) -> Outcome:
    """Load days that are not what their weekday says; an empty `working` takes one out again.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("calendar", admin_url, path, options or Options(), progress) as (run, connection):
        def put(told: dict[str, Any]) -> None:
            value = told["day"]
            day = check_day(value.date() if isinstance(value, datetime) else
                            value if isinstance(value, date) else words(value))
            flag = words(told["working"])
            after = None if flag is None else {
                "working": read_flag(flag), "name": words(told["name"]) or ""}
            _apply(connection, "day", day, after)
        _each(run, "calendar", put)
    return run.outcome


def _each(run: Run, kind: str, put: Callable[[dict[str, Any]], None]) -> None:
    for batch in run.batches():
        for at in run.left(batch):
            told = {target.name: run.value(batch, at, target.name) for target in TARGETS[kind]}
            try:
                put(told)
            except InvalidInput as fault:
                field = fault.problems[0].field if fault.problems else "row"
                run.put_aside(batch, at, field, fault.message)
            else:
                run.outcome.loaded += 1


def _apply(connection: psycopg.Connection, thing: str, key: str, after: Any) -> None:
    connection.execute(queries.get("load_loop_change"), {
        "thing": thing, "key": key, "after": None if after is None else Jsonb(after)})


class _Categories:
    """What categories refer to, and those that are there."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._classes = dict(self._rows("category_classes"))
        self._lines = self._by_word("lines_by_name")
        self._units = self._by_word("units_by_name")
        self._there = {row[0]: row[1] for row in self._rows("categories_as_json")}

    def _rows(self, query: str) -> list[tuple]:
        return self._connection.execute(queries.get(query)).fetchall()

    def _by_word(self, query: str) -> dict[str, str]:
        return {normalised(word): code for code, *names in self._rows(query)
                for word in (code, *names)}

    def put(self, told: dict[str, Any]) -> None:
        """Store one row; what it does not tell stays, or is as for a new category."""
        code = words(told["code"])
        row = self._there.get(code or "", {
            "code": code, "kind": "service", "urgency": 1, "limit_hours": 120.0,
            "stage_limits": {}})
        row = {name: value for name, value in row.items() if name != "class_rank"}
        for name, read in self._readers().items():
            text = words(told[name])
            if text is not None:
                row |= _field(name, read, text)
        row["stage_limits"] = row["stage_limits"] | _stage_limits(told)
        checked = check_category(row, Known(
            self._classes, set(self._lines.values()), set(self._units.values())))
        if not checked["parent_code"]:
            self._classes[checked["code"]] = checked["class_rank"]
        _apply(self._connection, "category", checked["code"], checked)
        self._there[checked["code"]] = checked

    def _readers(self) -> dict[str, Callable[[str], dict[str, Any]]]:
        readers: dict[str, Callable[[str], dict[str, Any]]] = {
            "kind": lambda text: {"kind": _word(_KIND_BY_WORD, text, "kind")},
            "line": lambda text: {"line_code": _word(self._lines, text, "line")},
            "unit": lambda text: {"unit_code": _word(self._units, text, "unit")},
            "urgency": lambda text: {"urgency": whole(text)},
            "emergency": lambda text: {"emergency": read_flag(text)},
            "active": lambda text: {"active": read_flag(text)},
            "closing_tiers": lambda text: {"closing_tiers": read_tiers(text)},
            "limit": _whole_limit,
        }
        readers |= {name: _plain(name) for name in ("name", "name_en", "opening", "closing")}
        return readers


def _field(name: str, read: Callable[[str], dict[str, Any]], text: str) -> dict[str, Any]:
    try:
        return read(text)
    except InvalidInput as fault:
        raise InvalidInput(fault.message, name) from None


def _stage_limits(told: dict[str, Any]) -> dict[str, Any]:
    """Limits of the tiers that the row tells."""
    limits = {tier.value: _field(f"limit_{tier}", lambda text: {"limit": read_limit(text)},
                                 words(told[f"limit_{tier}"]) or "")["limit"] for tier in Tier}
    return {tier: limit for tier, limit in limits.items() if limit is not None}


def _plain(name: str) -> Callable[[str], dict[str, Any]]:
    return lambda text: {name: text}


def _whole_limit(text: str) -> dict[str, Any]:
    limit = read_limit(text) or _FIVE_DAYS
    return {"limit_hours": limit["hours"], "limit_working": limit["working"]}


def _word(by_word: dict[str, str], text: str, field: str) -> str:
    found = by_word.get(normalised(text))
    if found is None:
        raise InvalidInput(f"{text!r:.40} is none of {', '.join(sorted(set(by_word.values())))}",
                           field)
    return found
