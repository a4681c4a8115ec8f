"""Buildings from footprints."""

from __future__ import annotations

from pathlib import Path

import psycopg
import shapely

from gis import queries
from gis.errors import InvalidInput
from gis.loading.cells import number, whole, words
from gis.loading.elements import with_elements
from gis.loading.outcome import Outcome
from gis.loading.rows import Codes, checked, copy_rows
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch

TALLEST_M = 1000.0
MOST_FLOORS = 250
# So many repairs are told one by one; the rest are counted.
_REPAIRS_TOLD = 20


def _height(value: object) -> float | None:
    found = number(value)
    if found is not None and not 0 <= found <= TALLEST_M:
        raise InvalidInput(f"{found:g} is no height in metres: 0 to {TALLEST_M:g}")
    return found


def _floors(value: object) -> int | None:
    found = whole(value)
    if found is not None and not 0 <= found <= MOST_FLOORS:
        raise InvalidInput(f"{found} is no number of floors: 0 to {MOST_FLOORS}")
    return found


_READERS = {"name": words, "kind": words, "compound": words, "road": words, "road_number": words,
            "floors": _floors, "height_m": _height, "building_number": words, "text": words,
            "province": words, "city": words, "district": words, "subdistrict": words,
            "community": words}


def load_buildings(admin_url: str, path: Path, options: Options | None = None,
                   progress: Progress | None = None) -> Outcome:
    """Load buildings.

    One whose code is known takes over what the file says of it; one without a code is new unless
    the very same is there already.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("buildings", admin_url, path, options or Options(), progress) as (run, connection):
        connection.execute(queries.get("make_incoming_buildings"))
        codes = Codes(run, "building_code", "building")
        for batch in run.batches():
            _take(run, batch, codes, connection)
        connection.execute(queries.get("settle_around_buildings"))
        connection.execute(queries.get("analyse_places"))
    return run.outcome


def _take(run: Run, batch: Batch, codes: Codes, connection: psycopg.Connection) -> None:
    if batch.geometry is None:
        raise InvalidInput("the file has no footprints: buildings need a vector file or GeoParquet",
                           field="geometry")
    polygons = run.polygons(batch)
    bounds = shapely.bounds(polygons.shapes)
    run.saw(bounds[:, 0], bounds[:, 1])
    run.outcome.counts["without_z"] += polygons.without_z
    for at, fault in polygons.faults.items():
        run.put_aside(batch, at, *fault)
    values = {name: run.column(batch, name) for name in ("building_code", *_READERS)}
    shapes = shapely.to_wkb(shapely.set_srid(polygons.shapes, 4490), hex=True, include_srid=True)
    rows = []
    for at in run.left(batch):
        told = dict(zip(_READERS, checked(run, batch, at, values, _READERS), strict=True))
        code = codes.check(batch, at, values["building_code"][at])
        if not run.is_aside(batch, at):
            rows.append((batch.number(at), code, *with_elements(told, told["text"]).values(),
                         shapes[at]))
    for at, repair in polygons.repairs.items():
        run.outcome.counts["repaired"] += 1
        if run.outcome.counts["repaired"] <= _REPAIRS_TOLD:
            run.outcome.note(f"row {batch.number(at)}: repaired, {repair}")
    copy_rows(connection, "copy_incoming_buildings", rows)
    counts = run.outcome.counts
    connection.execute(queries.get("fill_incoming_buildings"))
    for query in ("drop_unchanged_buildings", "drop_unchanged_codeless_buildings"):
        counts["unchanged"] += connection.execute(queries.get(query)).rowcount
    changed = connection.execute(queries.get("change_known_buildings")).rowcount
    new = connection.execute(queries.get("add_new_buildings")).rowcount
    counts["changed"] += changed
    counts["new"] += new
    run.outcome.loaded += changed + new
    connection.execute(queries.get("empty_incoming_buildings"))
