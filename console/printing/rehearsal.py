"""The rehearsal on paper: for the meeting that decides on a draft."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from console import language
from console.printing.document import Document

Json = Mapping[str, Any]
# Rows of a table on paper; the whole table is the file's.
MOST_ROWS = 60
COLOURS = ("#cfe0f5", "#d7ecd2", "#f5e3c3", "#e6d8f0", "#f6d5d5", "#cfeae8", "#ece6c9", "#dcdfe6")


def rehearsal_document(figures: Json, *, by: str, at: datetime, lang: str,
                       time_zone: str) -> Document:
    """A rehearsal on paper.

    Parameters
    ----------
    figures
        As of `gis.rehearsal.rehearse`, with `draft`.
    by, at, lang
        As of `Document`.
    time_zone
        The city's: in which all times are told.
    """
    zone = ZoneInfo(time_zone)

    def day(text: str) -> str:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d")

    data = {
        "name": figures["draft"]["name"], "version": str(figures["draft"]["version"]),
        "since": day(figures["since"]), "until": day(figures["until"]),
        "totals": [[language.text(f"rehearsal.column_{name}", lang),
                    number(figures["totals"][name])]
                   for name in ("residents", "households", "addresses", "buildings",
                                "incidents", "open")],
        "ratios": _ratios(figures, lang),
        "before_svg": picture(figures["map"], "before", lang),
        "after_svg": picture(figures["map"], "after", lang),
        "flows": [[row["from_name"] or row["from"] or "—", row["to_name"] or row["to"] or "—",
                   *(number(row[name]) for name in
                     ("residents", "addresses", "incidents", "open"))]
                  for row in figures["flows"][:MOST_ROWS]],
        "areas": [_area(row, lang) for row in figures["areas"][:MOST_ROWS]],
        "officers": [_officer(row, lang) for row in figures["officers"][:MOST_ROWS]],
        "codes": [[row["name"], row["code"] or language.text("rehearsal.at_publication", lang),
                   " ".join(row["from"])] for row in figures["codes"][:MOST_ROWS]],
        "plates": _plates(figures["plates"], lang),
        "more": {name: number(max(0, len(figures[name]) - MOST_ROWS))
                 if len(figures[name]) > MOST_ROWS else ""
                 for name in ("flows", "areas", "officers", "codes")},
        "assumed": [language.text(f"rehearsal.assumed_{index}", lang) for index in range(1, 6)],
    }
    return Document("rehearsal", data, by, at.astimezone(zone).isoformat(), lang)


def number(value: float | None) -> str:
    """A number for people; a dash for none.

    >>> number(12345), number(None), number(87.5)
    ('12,345', '—', '87.5')
    """
    if value is None:
        return "—"
    return f"{value:,}"


def _ratios(figures: Json, lang: str) -> list[list[str]]:
    gini, rate = figures["gini"], figures["on_time"]

    def line(name: str, before: object, after: object) -> list[str]:
        return [language.text(f"rehearsal.{name}", lang), before, after]

    def share(value: float | None) -> str:
        return "—" if value is None else f"{value:.2f} %"

    def plain(value: float | None) -> str:
        return "—" if value is None else f"{value:.4f}"

    return [
        line("gini_officers", plain(gini["officers_before"]), plain(gini["officers_after"])),
        line("gini_posted", plain(gini["officers_before"]), plain(gini["officers_after_posted"])),
        line("gini_incidents", plain(gini["incidents_before"]), plain(gini["incidents_after"])),
        line("gini_residents", plain(gini["residents_before"]), plain(gini["residents_after"])),
        line("on_time", share(rate["before_percent"]), share(rate["after_percent"]))]


def _area(row: Json, lang: str) -> list[str]:
    cells = [f"{row['name']} {row['key']}", language.text(f"rehearsal.state_{row['state']}", lang)]
    for name in ("residents", "incidents", "on_time_percent"):
        cells += [number(row[side][name]) if row[side] else "—" for side in ("before", "after")]
    return cells


def _officer(row: Json, lang: str) -> list[str]:
    note = language.text("rehearsal.freed", lang) if row["freed"] else ""
    return [f"{row['name']} {row['code']}", number(row["load_before"]), number(row["load_after"]),
            number(row["on_time_before_percent"]), number(row["on_time_after_percent"]), note]


def _plates(plates: Json, lang: str) -> list[list[str]]:
    return [[language.text(f"rehearsal.plates_{name}", lang), number(count)] for name, count in
            (("grids", len(plates["grids"])), ("removed", len(plates["removed"])),
             ("houses", plates["houses"]), ("buildings", plates["buildings"]))]


def picture(drawn: Json, side: str, lang: str) -> str:
    """The ground on one side as a drawing; what changes hands is hatched on the other.

    Each area has a colour that its neighbours in the list do not have; one unit is a metre.
    """
    width, height = max(drawn["width"], 1.0), max(drawn["height"], 1.0)
    line, margin = max(width, height) / 260, max(width, height) / 60
    keys = [one["key"] for one in drawn["before"]] + [
        one["key"] for one in drawn["after"] if one["key"].startswith("+")]
    colour = {key: COLOURS[place % len(COLOURS)] for place, key in enumerate(keys)}
    box = f"{-margin:.1f} {-margin:.1f} {width + 2 * margin:.1f} {height + 2 * margin:.1f}"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">']
    parts += [f'<path d="{escape(one["d"])}" fill="{colour[one["key"]]}" fill-rule="evenodd"'
              f' stroke="#14233a" stroke-width="{line:.1f}" stroke-linejoin="round"/>'
              for one in drawn[side]]
    parts += [f'<path d="{escape(one["d"])}" fill="#c0242f" fill-opacity="0.28"'
              ' fill-rule="evenodd"/>' for one in drawn["moving"]]
    return "".join([*parts, "</svg>"])
