"""Bulk search: every row of a file gets the house or building that its words name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from gis.addressing.matches import Findings
from gis.addressing.search import search_now
from gis.errors import InvalidInput
from gis.loading.outcome import Outcome
from gis.loading.quarantine import Quarantine
from gis.loading.run import Progress, owner_connection
from gis.loading.tabular import Lines, Table, Writer, open_table

ADDED = {"house_code": pa.string(), "building_code": pa.string(), "address": pa.string(),
         "address_lon": pa.float64(), "address_lat": pa.float64(), "score": pa.float64(),
         "how": pa.string(), "sure": pa.string(), "candidates": pa.string()}
MOST_CANDIDATES = 5
_TOLD_EVERY = 50


@dataclass(frozen=True)
class GeocodeOptions:
    """What the caller says. ``text``: the column of the words; ``near_too``: also write what is
    not sure as if it were (it stays marked)."""

    text: str
    near_too: bool = False


def geocode_file(admin_url: str, path: Path, out: Path, options: GeocodeOptions,
                 progress: Progress | None = None) -> Outcome:
    """Write a file again with the house or building, place, score and how on every row.

    Rows keep their order and their columns their bytes. A row whose words do not tell one place
    surely has ``sure`` no and its candidates beside it, counts as quarantined, and is told with
    its reason in FILE.quarantine.csv in the working folder; a guess is never written as found.

    Raises
    ------
    InvalidInput
        When a column is missing or in the way.
    BadFile
        When the file can't be read, or has no rows.
    """
    source = open_table(path)
    _check_columns(source, options)
    outcome = Outcome()
    ways: Counter[str] = Counter()
    aside = Path.cwd() / f"{path.stem}.quarantine.csv"
    with (owner_connection(admin_url) as connection,
          Quarantine(aside, [options.text], outcome) as quarantine,
          Writer(out, source, ADDED) as writer):
        for piece in source.pieces():
            rows = []
            for at, text in enumerate(piece.values[options.text].tolist()):
                found = _find(connection, text)
                way = found.sure.how if found.sure else _unsure(found)
                ways[way] += 1
                rows.append(_row(found, options.near_too))
                if found.sure is None:
                    quarantine.add(outcome.read + at + 1, way, rows[-1]["candidates"] or
                                   "no house or building is called so", {options.text: text})
                if progress and at % _TOLD_EVERY == 0:
                    progress(outcome.read + at, max(source.rows, outcome.read + len(piece)),
                             path.name)
            writer.write(piece, {name: np.array([row[name] for row in rows], dtype=(
                float if kind == pa.float64() else object)) for name, kind in ADDED.items()})
            outcome.read += len(piece)
        if not outcome.read:
            raise InvalidInput(f"{path} has no rows", field="file")
    outcome.loaded = outcome.read - outcome.quarantined
    outcome.details["how"] = dict(ways)
    outcome.details["out"] = str(out)
    return outcome


def _unsure(found: Findings) -> str:
    return "ambiguous" if found.matches else "not_found"


def _find(connection: psycopg.Connection, text: Any) -> Findings:
    written = str(text).replace("\0", " ").strip() if isinstance(text, str) else ""
    return search_now(connection, written, limit=MOST_CANDIDATES) if written else Findings()


def _row(found: Findings, near_too: bool) -> dict[str, Any]:
    match = found.sure or (found.matches[0] if near_too and found.matches else None)
    best = found.matches[0].score if found.matches else np.nan
    return {
        "house_code": match and match.house_code, "building_code": match and match.building_code,
        "address": match and match.text,
        "address_lon": np.nan if match is None or match.lon is None else match.lon,
        "address_lat": np.nan if match is None or match.lat is None else match.lat,
        "score": best, "how": match and match.how,
        "sure": "yes" if found.sure else "no",
        "candidates": "" if found.sure else "; ".join(one.text for one in found.matches)}


def _check_columns(source: Lines | Table, options: GeocodeOptions) -> None:
    if options.text not in source.columns:
        raise InvalidInput(f"the file has no column {options.text!r}: it has"
                           f" {', '.join(source.columns)}", field="text")
    for name in ADDED:
        if name in source.columns:
            raise InvalidInput(f"the file has a column {name} already: rename it first",
                               field=name)
