"""What all kinds of loading share: one file, one transaction, rows put aside one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely

from gis import queries
from gis.errors import BadFile, DatabaseAway, InvalidInput, SetupError
from gis.library_checkup import examine_library
from gis.loading.cells import ordinates
from gis.loading.checkup import AUTO, Checkup
from gis.loading.opening import open_source
from gis.loading.outcome import Outcome
from gis.loading.places import STORED, Place, bad_places, find_place
from gis.loading.quarantine import Quarantine, Unwritten
from gis.loading.shapes import Polygons, ready_polygons
from gis.loading.source import Batch, Source
from gis.loading.targets import match_columns

# About 50 km: a file further off than this is meant for other ground, or misread.
FAR_DEGREES = 0.5
KINDS_CHECKED = ("buildings", "addresses")

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Options:
    """What the caller says about a file, whatever its kind.

    ``mapping``: target to column. ``where``: column and value of the rows that are meant; others
    are left out and counted. ``quarantine``: where rows put aside go; by default beside the
    caller, named after the file. ``datum`` may be "auto": each row's is found by the building that
    it names. ``dry_run`` loads, examines, and takes everything back.
    """

    mapping: dict[str, str] = field(default_factory=dict)
    layer: str | None = None
    crs: str | None = None
    datum: str | None = None
    encoding: str | None = None
    free_codes: bool = False
    where: tuple[str, str] | None = None
    quarantine: Path | None = None
    dry_run: bool = False


class Run:
    """One file being loaded: its columns, its batches, and the rows put aside.

    Attributes
    ----------
    columns
        Target to column.
    outcome
        Kept up as rows go by.
    checkup
        What a first pass found of the rows' datums, where it was asked for.
    """

    checkup: Checkup | None = None

    def __init__(self, kind: str, source: Source, options: Options, outcome: Outcome,
                 quarantine: Quarantine, progress: Progress | None) -> None:
        self.options = options
        self.source = source
        self.outcome = outcome
        self.columns = match_columns(kind, source.columns, options.mapping)
        if options.where and options.where[0] not in source.columns:
            raise InvalidInput(f"the file has no column {options.where[0]!r} for --where",
                               field="where")
        self._quarantine = quarantine
        self._progress = progress
        self._place: Place | None = None
        self._put_aside: set[int] = set()
        self._bounds: list[np.ndarray] = []

    def batches(self) -> Iterator[Batch]:
        """The batches; rows that could not be read are put aside already.

        Raises
        ------
        BadFile
            When no row comes.
        """
        for batch in self.source.batches():
            if self.options.where:
                batch = self._wanted(batch)
            self.outcome.read += len(batch)
            for place, fault in batch.faults.items():
                self.put_aside(batch, place, *fault)
            yield batch
            if self._progress:
                self._progress(self.outcome.read, max(self.source.rows, self.outcome.read),
                               self.source.path.name)
        if not self.outcome.read:
            raise BadFile(f"{self.source.path} has no rows"
                          + (" that --where means" if self.options.where else ""))
        for note in self.source.notes:
            self.outcome.note(note)

    def _wanted(self, batch: Batch) -> Batch:
        column, value = self.options.where
        keep = np.flatnonzero(batch.values[column].astype(str).to_numpy() == value)
        self.outcome.counts["left_out"] += len(batch) - len(keep)
        at = {int(place): position for position, place in enumerate(keep)}
        return Batch(
            batch.first_row, batch.values.iloc[keep],
            None if batch.geometry is None else batch.geometry[keep],
            {at[place]: fault for place, fault in batch.faults.items() if place in at})

    def put_aside(self, batch: Batch, place: int, reason: str, explanation: str) -> None:
        """Quarantine one row of the batch; a second fault of the same row is not counted."""
        row = batch.number(place)
        if row not in self._put_aside:
            self._put_aside.add(row)
            shape = None if batch.geometry is None else batch.geometry[place]
            self._quarantine.add(row, reason, explanation, batch.row(place), shape)

    def is_aside(self, batch: Batch, place: int) -> bool:
        """Whether that row was put aside."""
        return batch.number(place) in self._put_aside

    def left(self, batch: Batch) -> list[int]:
        """The rows of the batch that were not put aside."""
        return [place for place in range(len(batch)) if not self.is_aside(batch, place)]

    def value(self, batch: Batch, place: int, target: str) -> Any:
        """What a row tells of a target; None where no column tells it."""
        column = self.columns.get(target)
        return None if column is None else batch.values.at[batch.values.index[place], column]

    def column(self, batch: Batch, target: str) -> list[Any]:
        """All values of a target, None where no column tells it."""
        column = self.columns.get(target)
        return [None] * len(batch) if column is None else batch.values[column].tolist()

    def points(self, batch: Batch) -> tuple[np.ndarray, np.ndarray] | None:
        """Ordinates of the rows as they stand; None where the file has none at all."""
        if "x" in self.columns and "y" in self.columns:
            return tuple(ordinates(batch.values[self.columns[target]]) for target in "xy")
        if batch.geometry is None:
            return None
        flat = np.array([shape if shape is None or shape.geom_type == "Point"
                         else shape.point_on_surface() for shape in batch.geometry], dtype=object)
        return shapely.get_x(flat), shapely.get_y(flat)

    def place(self, x: np.ndarray, y: np.ndarray) -> Place:
        """How this file's coordinates are understood: decided once, by its first rows."""
        if self._place is None:
            found_out = self.options.datum == AUTO
            self._place = find_place(x, y, self.source.crs, self.options.crs,
                                     None if found_out else self.options.datum,
                                     [] if found_out else self.outcome.notes)
        return self._place

    def saw(self, lon: np.ndarray, lat: np.ndarray) -> None:
        """Remember where rows lie, for `remark_on_distance`."""
        fit = np.isfinite(lon) & np.isfinite(lat)
        if fit.any():
            self._bounds.append(np.array([lon[fit].min(), lat[fit].min(),
                                          lon[fit].max(), lat[fit].max()]))

    def remark_on_distance(self, connection: psycopg.Connection) -> None:
        """Say so where the whole file lies far from all areas that are loaded."""
        extents = [row[0] for row in connection.execute(queries.get("extents_of_schemes"))]
        if not extents or not self._bounds:
            return
        bounds = np.array(self._bounds)
        file = shapely.box(*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))
        areas = shapely.from_wkb(extents)
        if shapely.distance(file, areas).min() > FAR_DEGREES:
            swapped = shapely.transform(file, lambda points: points[:, ::-1])
            hint = "; x and y may be swapped" \
                if shapely.distance(swapped, areas).min() <= FAR_DEGREES else ""
            self.outcome.note(
                f"the file lies at {_corners(file)}, far from every area loaded"
                f" ({'; '.join(map(_corners, areas))}): check --crs and --datum{hint}")

    def stored_points(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Longitude and latitude as stored; rows without a usable place are put aside."""
        given = self.points(batch)
        if given is None:
            raise InvalidInput("the file has neither points nor columns for x and y: name them"
                               " with --map x=COLUMN --map y=COLUMN", field="map")
        place = self.place(*given)
        lon, lat = place.stored(*given) if self.checkup is None \
            else self.checkup.stored(self, batch, *place.degrees(*given))
        for at, fault in bad_places(*given, lon, lat).items():
            self.put_aside(batch, at, *fault)
        self.saw(lon, lat)
        return lon, lat

    def polygons(self, batch: Batch) -> Polygons:
        """The batch's shapes as stored, with what is wrong with them; see `ready_polygons`."""
        coordinates = shapely.get_coordinates(batch.geometry)
        place = self.place(coordinates[:, 0], coordinates[:, 1])
        if self.checkup is None:
            return ready_polygons(batch.geometry, place)
        return ready_polygons(self.checkup.stored_shapes(self, batch, place), STORED)


@contextmanager
def loading(kind: str, admin_url: str, path: Path, options: Options,
            progress: Progress | None) -> Iterator[tuple[Run, psycopg.Connection]]:
    """Open file, quarantine and one transaction; when the block fails, nothing was written.

    Raises
    ------
    BadFile
        When the file can't be read.
    DatabaseAway
        When the database can't be reached.
    """
    if options.datum == AUTO and kind not in KINDS_CHECKED:
        raise InvalidInput(f"the datum of {kind} can't be found out: only rows of"
                           f" {' and '.join(KINDS_CHECKED)} name buildings", field="datum")
    source = open_source(path, options.layer, options.encoding)
    outcome = Outcome()
    target = options.quarantine or Path.cwd() / f"{path.stem}.quarantine.csv"
    with (Quarantine(target, source.columns, outcome) as quarantine,
          owner_connection(admin_url) as connection):
        run = Run(kind, source, options, outcome, quarantine, progress)
        if options.datum == AUTO:
            run.checkup = _first_pass(kind, path, options, connection)
            outcome.details["checkup"] = run.checkup.as_json()
        yield run, connection
        run.remark_on_distance(connection)
        if options.dry_run:
            outcome.details["library"] = {
                lint.kind: lint.as_json() for lint in examine_library(connection)}
            outcome.note("nothing was written: this was a check")
            connection.rollback()


def _first_pass(kind: str, path: Path, options: Options, connection: psycopg.Connection
                ) -> Checkup:
    source = open_source(path, options.layer, options.encoding)
    return Checkup(Run(kind, source, options, Outcome(), Unwritten(), None), connection)


def _corners(shape: shapely.Geometry) -> str:
    west, south, east, north = shape.bounds
    return f"lon {west:.2f} to {east:.2f}, lat {south:.2f} to {north:.2f}"


@contextmanager
def owner_connection(admin_url: str) -> Iterator[psycopg.Connection]:
    """One transaction as the owner; committed when the block ends well."""
    try:
        connection = psycopg.connect(admin_url)
    except psycopg.OperationalError as problem:
        raise DatabaseAway(f"the database can't be reached as its owner: {problem}") from None
    try:
        with connection:
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as problem:
        raise SetupError("the database lacks the schema that this program needs: run ./gridwall db"
                         f" migrate first ({problem.diag.message_primary})") from None
    except psycopg.errors.InsufficientPrivilege as problem:
        raise SetupError("loading needs the role that owns the tables, in"
                         " GRIDWALL_ADMIN_DATABASE_URL"
                         f" ({problem.diag.message_primary})") from None
