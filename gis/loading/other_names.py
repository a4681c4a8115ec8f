"""Aliases (俗称): what people call a house, building, compound, road or area."""

from __future__ import annotations

from pathlib import Path

import psycopg

from gis import queries
from gis.codes import Level, level_of, problems
from gis.loading.cells import words
from gis.loading.outcome import Outcome
from gis.loading.rows import checked, copy_rows
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch
from gis.loading.vocabulary import NAME_KINDS, coded

_READERS = {"name": words, "of": words, "kind": coded(NAME_KINDS), "note": words}
# The last characters of a road's name.
_ROADS = ("路", "街", "巷", "弄", "道", "大道", "road", "street", "avenue")


def load_aliases(admin_url: str, path: Path, options: Options | None = None,
                 progress: Progress | None = None) -> Outcome:
    """Load aliases; one that is there already is not doubled.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("aliases", admin_url, path, options or Options(), progress) as (run, connection):
        connection.execute(queries.get("make_incoming_aliases"))
        connection.execute(queries.get("place_in_sets"))
        for batch in run.batches():
            _take(run, batch, connection)
        connection.execute(queries.get("settle_library"))
    return run.outcome


def kind_of(place: str) -> str:
    """What a code or standard name most likely names.

    >>> kind_of("330104001002003"), kind_of("33010400100201T0117"), kind_of("文三路")
    ('area', 'building', 'road')
    """
    level = level_of(place)
    if level and not problems(place, level):
        return {Level.HOUSE: "house", Level.BUILDING: "building"}.get(level, "area")
    return "road" if place.casefold().endswith(_ROADS) else "compound"


def _take(run: Run, batch: Batch, connection: psycopg.Connection) -> None:
    values = {name: run.column(batch, name) for name in _READERS}
    rows = {}
    for at in run.left(batch):
        name, place, kind, note = checked(run, batch, at, values, _READERS)
        for target, value in (("name", name), ("of", place)):
            if value is None:
                run.put_aside(batch, at, f"no_{target}", f"the row has no {target}")
        if not run.is_aside(batch, at):
            rows[at] = (at, kind or kind_of(place), name, place, note)
    copy_rows(connection, "copy_incoming_aliases", rows.values())
    connection.execute(queries.get("place_aliases"))
    lost = connection.execute(queries.get("take_aliases_of_nothing")).fetchall()
    for at, kind, place in lost:
        run.put_aside(batch, at, "place_missing", f"there is no {kind} {place}: load it first, or"
                                                  " say by a column kind what it is")
    added = connection.execute(queries.get("put_aliases")).rowcount
    run.outcome.loaded += added
    run.outcome.counts["new"] += added
    run.outcome.counts["unchanged"] += len(rows) - len(lost) - added
    connection.execute(queries.get("empty_incoming_aliases"))
