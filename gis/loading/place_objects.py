"""Place objects (人地物事组织) from points or footprints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import shapely

from gis import queries
from gis.loading.cells import words
from gis.loading.outcome import Outcome
from gis.loading.rows import checked, copy_rows
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch
from gis.loading.targets import normalised


def load_place_objects(admin_url: str, path: Path, options: Options | None = None,
                       progress: Progress | None = None) -> Outcome:
    """Load place objects; the building in which each lies is found by the database.

    One whose own number is known takes over what the file says of it. Polygons stay footprints;
    of lines a point on them is kept.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("places", admin_url, path, options or Options(), progress) as (run, connection):
        connection.execute(queries.get("make_incoming_place_objects"))
        connection.execute(queries.get("place_in_sets"))
        categories = {normalised(word): code
                      for code, *names in connection.execute(queries.get("place_categories"))
                      for word in (code, *names)}
        seen: set[str] = set()
        for batch in run.batches():
            _take(run, batch, categories, seen, connection)
        connection.execute(queries.get("settle_library"))
    return run.outcome


def _shapes(run: Run, batch: Batch) -> list[Any]:
    """Each row's shape as stored, as EWKB; rows without one are put aside."""
    if batch.geometry is not None and "x" not in run.columns:
        polygonal = [shape is not None and shape.geom_type.endswith("Polygon")
                     for shape in batch.geometry]
        if all(polygonal):
            polygons = run.polygons(batch)
            for at, fault in polygons.faults.items():
                run.put_aside(batch, at, *fault)
            return list(shapely.to_wkb(shapely.set_srid(polygons.shapes, 4490), hex=True,
                                       include_srid=True))
    lon, lat = run.stored_points(batch)
    return list(shapely.to_wkb(shapely.set_srid(shapely.points(lon, lat), 4490), hex=True,
                               include_srid=True))


def _take(run: Run, batch: Batch, categories: dict[str, str], seen: set[str],
          connection: psycopg.Connection) -> None:
    shapes = _shapes(run, batch)
    readers = dict.fromkeys(("category", "name", "object_code"), words)
    values = {name: run.column(batch, name) for name in readers}
    rows = []
    for at in run.left(batch):
        category, name, code = checked(run, batch, at, values, readers)
        if normalised(category or "") not in categories:
            run.put_aside(batch, at, "category", f"{category!r:.40} is no category of place"
                                                 f" objects: use {', '.join(categories)}")
        if name is None:
            run.put_aside(batch, at, "no_name", "the row has no name")
        if code in seen:
            run.put_aside(batch, at, "duplicate_code", f"{code} stands in a row before already")
        if not run.is_aside(batch, at):
            if code:
                seen.add(code)
            rows.append((batch.number(at), code, categories[normalised(category)], name, "{}",
                         shapes[at]))
    copy_rows(connection, "copy_incoming_place_objects", rows)
    counts = run.outcome.counts
    counts["unchanged"] += connection.execute(queries.get("drop_unchanged_place_objects")).rowcount
    put = [new for new, in connection.execute(queries.get("put_place_objects"))]
    counts["new"] += sum(put)
    counts["changed"] += len(put) - sum(put)
    run.outcome.loaded += len(put)
    connection.execute(queries.get("empty_incoming_place_objects"))
