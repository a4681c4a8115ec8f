"""Addresses from points; each joined to the building in which it lies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import shapely

from gis import queries
from gis.loading.cells import words
from gis.loading.elements import with_elements
from gis.loading.outcome import Outcome
from gis.loading.rows import Codes, checked, copy_rows
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch

_PARTS = ("road", "road_number", "compound", "building_number", "unit", "floor", "room")
_ELEMENTS = ("province", "city", "district", "subdistrict", "community")
_READERS = dict.fromkeys(("building_code", "text", *_ELEMENTS, *_PARTS), words)
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SUFFIXES = {"road_number": "号", "building_number": "幢", "unit": "单元", "room": "室"}


def load_addresses(admin_url: str, path: Path, options: Options | None = None,
                   progress: Progress | None = None) -> Outcome:
    """Load addresses.

    An address lies in the building whose code it names, whose code begins its house code, or
    whose footprint holds its point (on a shared wall the first of them). ``counts["joined"]``
    tells how many of those loaded do.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("addresses", admin_url, path, options or Options(), progress) as (run, connection):
        connection.execute(queries.get("make_incoming_addresses"))
        connection.execute(queries.get("place_in_sets"))
        codes = Codes(run, "house_code", "house")
        for batch in run.batches():
            _take(run, batch, codes, connection)
        connection.execute(queries.get("analyse_places"))
    return run.outcome


def written(parts: dict[str, str | None]) -> str | None:
    """An address put together from its parts, in Chinese or in western order.

    >>> written({"road": "文三路", "road_number": "12"})
    '文三路12号'
    >>> written({"road": "West 129th Street", "road_number": "509"})
    '509 West 129th Street'
    """
    present = {name: part for name, part in parts.items() if part}
    if not present:
        return None
    if not any(_CHINESE.search(part) for part in present.values()):
        order = ("road_number", "road", "compound", "building_number", "unit", "floor", "room")
        return " ".join(present[name] for name in order if name in present)
    return "".join(part + ("" if part.endswith(suffix := _SUFFIXES.get(name, "")) else suffix)
                   for name, part in ((name, present.get(name)) for name in _PARTS) if part)


def _take(run: Run, batch: Batch, codes: Codes, connection: psycopg.Connection) -> None:
    lon, lat = run.stored_points(batch)
    points = shapely.to_wkb(shapely.set_srid(shapely.points(lon, lat), 4490), hex=True,
                            include_srid=True)
    values = {name: run.column(batch, name) for name in ("house_code", *_READERS)}
    rows: dict[int, tuple[Any, ...]] = {}
    for at in run.left(batch):
        building, text, *told = checked(run, batch, at, values, _READERS)
        code = codes.check(batch, at, values["house_code"][at])
        parts = dict(zip((*_ELEMENTS, *_PARTS), told, strict=True))
        text = text or written(parts)
        if text is None:
            run.put_aside(batch, at, "no_text", "the row has neither an address nor parts of one")
        if not run.is_aside(batch, at):
            rows[at] = (at, code, building, text, *with_elements(parts, text).values(),
                        points[at])
    copy_rows(connection, "copy_incoming_addresses", rows.values())
    _store(run, batch, connection)


def _store(run: Run, batch: Batch, connection: psycopg.Connection) -> None:
    counts = run.outcome.counts
    connection.execute(queries.get("place_addresses_by_code"))
    connection.execute(queries.get("place_addresses_by_point"))
    lost = connection.execute(queries.get("take_addresses_without_their_building")).fetchall()
    for at, code in lost:
        run.put_aside(batch, at, "building_missing",
                      f"building {code} is not loaded: load buildings first")
    for query in ("drop_unchanged_addresses", "drop_unchanged_codeless_addresses"):
        counts["unchanged"] += connection.execute(queries.get(query)).rowcount
    connection.execute(queries.get("scope_incoming_addresses"))
    counts["joined"] += connection.execute(queries.get("count_joined_addresses")).fetchone()[0]
    changed = connection.execute(queries.get("change_known_addresses")).rowcount
    new = connection.execute(queries.get("add_new_addresses")).rowcount
    counts["changed"] += changed
    counts["new"] += new
    run.outcome.loaded += changed + new
    connection.execute(queries.get("empty_incoming_addresses"))
