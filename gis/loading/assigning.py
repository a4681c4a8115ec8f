"""Bulk assignment: every row of a file gets its area and officer, as the database would say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely

from gis import queries
from gis.coverage_index import CoverageIndex, How
from gis.crs import metres_per_degree
from gis.errors import InvalidInput
from gis.loading.cells import ordinates
from gis.loading.outcome import Outcome
from gis.loading.parquet import read_wkb
from gis.loading.places import Place, bad_places, find_place
from gis.loading.quarantine import Quarantine
from gis.loading.run import Progress, owner_connection
from gis.loading.tabular import ADDED, Lines, Piece, Table, Writer, open_table

HOW = np.array([how.name.lower() for how in How], dtype=object)
# Upper ends, in metres, of the distances that a comparison tells.
_BINS = (0.0, 10.0, 50.0, 100.0, 500.0, 1000.0)


@dataclass(frozen=True)
class AssignOptions:
    """What the caller says.

    ``x``, ``y``: columns of the coordinates; may be None for GeoParquet. ``as_of``: the moment,
    now where None. ``compare``: a column with the code or name of an area, to be held against.
    """

    x: str | None
    y: str | None
    scheme: str = "base"
    datum: str | None = None
    crs: str | None = None
    as_of: str | None = None
    compare: str | None = None


@dataclass(frozen=True)
class Ground:
    """The areas that answer at a moment, and who answers in them."""

    codes: np.ndarray
    names: np.ndarray
    officers: np.ndarray
    shapes: np.ndarray
    nearest_m: float


def assign_file(admin_url: str, path: Path, out: Path, options: AssignOptions,
                progress: Progress | None = None) -> Outcome:
    """Write a file again with area_code, officer_id, how and distance_m put on every row.

    Rows keep their order and their columns their bytes. A row without usable coordinates has
    ``how`` unlocated and counts as quarantined; it stays in its place, and FILE.quarantine.csv in
    the working folder says why.

    Raises
    ------
    InvalidInput
        When the scheme has no areas at that moment, or a column is missing or in the way.
    BadFile
        When the file can't be read, or has no rows.
    """
    source = open_table(path)
    _check_columns(source, options)
    with owner_connection(admin_url) as connection:
        ground = _ground(connection, options)
    outcome = Outcome()
    told = [name for name in (options.x, options.y) if name]
    with (Quarantine(Path.cwd() / f"{path.stem}.quarantine.csv", told, outcome) as quarantine,
          Writer(out, source) as writer):
        task = _Task(source, options, ground, outcome, quarantine)
        for piece in source.pieces():
            writer.write(piece, task.added(piece))
            outcome.read += len(piece)
            if progress:
                progress(outcome.read, max(source.rows, outcome.read), path.name)
        if not outcome.read:
            raise InvalidInput(f"{path} has no rows", field="file")
    outcome.loaded = outcome.read - outcome.quarantined
    outcome.details["how"] = dict(task.ways)
    outcome.details["out"] = str(out)
    if options.compare:
        outcome.details["compare"] = task.comparison.as_json()
    return outcome


def _check_columns(source: Lines | Table, options: AssignOptions) -> None:
    for name in filter(None, (options.x, options.y, options.compare)):
        if name not in source.columns:
            raise InvalidInput(f"the file has no column {name!r}: it has"
                               f" {', '.join(source.columns)}", field=name)
    if bool(options.x) != bool(options.y):
        raise InvalidInput("give both --x and --y, or neither for GeoParquet", field="x")
    if not options.x and not (isinstance(source, Table) and source.geometry):
        raise InvalidInput("name the columns of the coordinates with --x and --y", field="x")
    for name in ADDED:
        if name in source.columns:
            raise InvalidInput(f"the file has a column {name} already: rename it first", field=name)


def _ground(connection: psycopg.Connection, options: AssignOptions) -> Ground:
    try:
        at = connection.execute(queries.get("instant"), {"at": options.as_of}).fetchone()[0]
    except psycopg.DataError:
        raise InvalidInput(f"{options.as_of!r} is no moment: write it as 2026-01-31T08:30+08:00",
                           field="as_of") from None
    rows = connection.execute(queries.get("leaf_areas_at"),
                              {"scheme": options.scheme, "at": at}).fetchall()
    if not rows:
        schemes = [row[0] for row in connection.execute(queries.get("schemes_with_areas"))]
        raise InvalidInput(f"scheme {options.scheme} has no areas at {at:%Y-%m-%d %H:%M}; there are"
                           f" areas in: {', '.join(schemes) or 'no scheme'}", field="scheme")
    officers = dict(connection.execute(queries.get("officers_of_areas"),
                                       {"identity_ids": [row[0] for row in rows], "at": at}))
    return Ground(
        np.array([row[1] for row in rows], dtype=object),
        np.array([row[2] for row in rows], dtype=object),
        np.array([officers.get(row[0]) for row in rows], dtype=object),
        shapely.from_wkb([row[3] for row in rows]),
        connection.execute(queries.get("nearest_setting")).fetchone()[0])


class _Task:
    """Pieces of one file, answered."""

    def __init__(self, source: Lines | Table, options: AssignOptions, ground: Ground,
                 outcome: Outcome, quarantine: Quarantine) -> None:
        self._source = source
        self._options = options
        self._ground = ground
        self._outcome = outcome
        self._quarantine = quarantine
        self._place: Place | None = None
        self._index = CoverageIndex(ground.shapes, ground.codes)
        self.ways: Counter[str] = Counter()
        self.comparison = Comparison(ground, options.compare)

    def added(self, piece: Piece) -> dict[str, np.ndarray]:
        """The new columns of a piece."""
        x, y = self._points(piece)
        if self._place is None:
            self._place = find_place(x, y, self._source.crs, self._options.crs,
                                     self._options.datum, self._outcome.notes)
        lon, lat = self._place.stored(x, y)
        lost = bad_places(x, y, lon, lat)
        lost |= dict.fromkeys(piece.ragged, ("ragged", "too few or too many fields"))
        self._put_aside(piece, lost)
        lon[list(lost)] = lat[list(lost)] = np.nan
        located = self._index.locate(lon, lat, self._ground.nearest_m)
        how = HOW[located.how]
        how[list(lost)] = "unlocated"
        found = located.index >= 0
        codes, officers = np.full((2, len(piece)), None, dtype=object)
        codes[found] = self._ground.codes[located.index[found]]
        officers[found] = self._ground.officers[located.index[found]]
        self.ways.update(how.tolist())
        if self._options.compare:
            self.comparison.add(piece.values[self._options.compare].tolist(), located.index,
                                lon, lat)
        return {"area_code": codes, "officer_id": officers, "how": how,
                "distance_m": located.distance_m}

    def _put_aside(self, piece: Piece, lost: dict[int, tuple[str, str]]) -> None:
        told = [name for name in (self._options.x, self._options.y) if name]
        for at, (reason, explanation) in sorted(lost.items()):
            values = {name: piece.values[name][at] for name in told}
            self._quarantine.add(self._outcome.read + at + 1, reason, explanation, values)

    def _points(self, piece: Piece) -> tuple[np.ndarray, np.ndarray]:
        if self._options.x:
            return tuple(ordinates(piece.values[name])
                         for name in (self._options.x, self._options.y))
        shapes, _ = read_wkb(piece.original.column(self._source.geometry).to_pylist())
        points = np.array([shape if shape is None or shape.geom_type == "Point"
                           else shape.point_on_surface() for shape in shapes], dtype=object)
        return shapely.get_x(points), shapely.get_y(points)


class Comparison:
    """How far an authority's own column agrees, and how far off the rest lie."""

    def __init__(self, ground: Ground, column: str | None) -> None:
        self._ground = ground
        self._column = column
        self._at = {str(name): at for names in (ground.names, ground.codes)
                    for at, name in enumerate(names)}
        self._rows = self._agree = self._unknown = 0
        self._distances: list[float] = []

    def add(self, filed: list[Any], index: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> None:
        """Compare one piece: the filed area's code or name with the area found."""
        told = np.array([self._at.get(str(value).strip(), -1) for value in filed])
        self._rows += len(told)
        self._unknown += int((told < 0).sum())
        agree = (told >= 0) & (told == index)
        self._agree += int(agree.sum())
        for at in np.flatnonzero((told >= 0) & ~agree & np.isfinite(lon)):
            self._distances.append(_metres_to(self._ground.shapes[told[at]], lon[at], lat[at]))

    def as_json(self) -> dict[str, Any]:
        """Agreement, and the distances of the others to the area they were filed under."""
        distances = np.array(sorted(self._distances))
        bins = {}
        low = -1.0
        for high in (*_BINS, np.inf):
            name = f"up to {high:g} m" if np.isfinite(high) else f"over {low:g} m"
            bins[name] = int(((distances > low) & (distances <= high)).sum())
            low = high
        return {
            "column": self._column, "rows": self._rows, "agree": self._agree,
            "share": round(self._agree / max(self._rows, 1), 4), "unknown": self._unknown,
            "elsewhere": len(distances), "distance_to_filed_area": bins,
            "median_m": round(float(np.median(distances)), 1) if distances.size else None,
            "largest_m": round(float(distances[-1]), 1) if distances.size else None,
        }


def _metres_to(shape: shapely.Geometry, lon: float, lat: float) -> float:
    metres = np.stack(metres_per_degree(lat))
    plane = shapely.transform(shape, lambda points: (points - (lon, lat)) * metres)
    return round(float(shapely.distance(plane, shapely.Point(0, 0))), 3)
