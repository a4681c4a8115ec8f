"""The tables of a rehearsal as files: heads in the reader's language, one row a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from console import language
from console.spreadsheet import Cell

Figures = Mapping[str, Any]
_COUNTS = ("residents", "households", "addresses", "incidents", "open", "on_time_percent",
           "area_m2")
# By table: its columns as they stand in the figures, or side and column.
TABLES: dict[str, tuple[str, ...]] = {
    "flows": ("from", "from_name", "to", "to_name", "residents", "households", "addresses",
              "buildings", "incidents", "open"),
    "areas": ("key", "name", "state",
              *(f"{name}.{side}" for name in _COUNTS for side in ("before", "after"))),
    "officers": ("code", "name", "areas", "freed", "load_before", "load_after", "open_before",
                 "open_after", "on_time_before_percent", "on_time_after_percent"),
    "matters": ("id", "received_at", "summary", "state_name", "from", "from_name", "to",
                "to_name", "officer_before", "officer_after"),
    "codes": ("key", "code", "name", "parent_code", "sources"),
    "plates": ("key", "name", "why"),
}
_MOMENTS = ("received_at",)


def lines(figures: Figures, table: str, lang: str) -> tuple[list[str], list[list[Cell]]]:
    """Heads and rows of a table."""
    columns = TABLES[table]
    return ([_head(column, lang) for column in columns],
            [[_cell(row, column, lang) for column in columns] for row in rows_of(figures, table)])


def rows_of(figures: Figures, table: str) -> list[Figures]:
    """The rows of a table, as they stand in the figures."""
    if table == "matters":
        return figures["matters"]["rows"]
    if table == "plates":
        return [*figures["plates"]["grids"],
                *({"key": key, "name": "", "why": "removed"}
                  for key in figures["plates"]["removed"])]
    return figures[table]


def _head(column: str, lang: str) -> str:
    name, _, side = column.partition(".")
    text = language.text(f"rehearsal.column_{name}", lang)
    return f"{text} ({language.text(f'rehearsal.{side}', lang)})" if side else text


def _cell(row: Figures, column: str, lang: str) -> Cell:
    name, _, side = column.partition(".")
    if side:
        return None if row[side] is None else row[side][name]
    special: dict[str, Callable[[], Cell]] = {
        "state_name": lambda: language.text(f"state.{row['state']}", lang),
        "sources": lambda: " ".join(row["from"]),
        "why": lambda: language.text(f"rehearsal.plate_{row['why']}", lang)}
    if name in special:
        return special[name]()
    if name == "state":
        return language.text(f"rehearsal.state_{row['state']}", lang)
    value = row[name]
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    return " ".join(value) if isinstance(value, list) else value
