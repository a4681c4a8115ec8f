"""坐标体检 of a file: a first pass finds each row's datum, the second loads by what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from gis import queries
from gis.crs import Datum
from gis.datum_checkup import (
    DISAGREES,
    HYPOTHESES,
    UNKNOWN,
    Diagnosis,
    Readings,
    by_footprints,
    diagnosed,
    distances,
    judged,
    ways_m,
)
from gis.errors import InvalidInput
from gis.loading.places import Place
from gis.loading.source import Batch

if TYPE_CHECKING:
    from gis.loading.run import Run

AUTO = "auto"
MOST_STRAYS = 500
_SAMPLE = 2000
_SAME_DEGREES = 1e-6


class Checkup:
    """What a file's rows say of their datum; asked batch by batch while the file is loaded.

    Attributes
    ----------
    diagnosis
        Of the whole file. Its datum is what silent rows are read in.
    strays
        The first `MOST_STRAYS` rows that no datum brings to their building: where the best
        reading puts them, and where the building is.
    """

    def __init__(self, run: Run, connection: psycopg.Connection) -> None:
        self._rows: list[NDArray[np.int64]] = []
        self._verdicts: list[NDArray[np.int8]] = []
        self._away: list[NDArray[np.float32]] = []
        self._ways: list[NDArray[np.float64]] = []
        self._sample: list[Readings] = []
        self.strays: list[dict[str, Any]] = []
        for batch in run.batches():
            self._hear(run, batch, connection)
        self._row = np.concatenate(self._rows)
        self._verdict = np.concatenate(self._verdicts)
        self._metres = np.concatenate(self._away)
        self.diagnosis = self._conclusion(connection)

    def as_json(self) -> dict[str, Any]:
        """For `--json` and the report."""
        return {**self.diagnosis.as_json(), "strays": self.strays}

    def stored(self, run: Run, batch: Batch, lon: NDArray, lat: NDArray
               ) -> tuple[NDArray, NDArray]:
        """Points of a batch as CGCS2000, each by its own verdict; rows without one put aside."""
        return Readings.of(lon, lat).chosen(self._settled(run, batch))

    def stored_shapes(self, run: Run, batch: Batch, place: Place) -> NDArray[np.object_]:
        """Shapes of a batch as CGCS2000, each by its own verdict; rows without one put aside."""
        rows = np.maximum(self._settled(run, batch), 0)
        coordinates, owner = shapely.get_coordinates(batch.geometry, return_index=True)
        readings = Readings.of(*place.degrees(coordinates[:, 0], coordinates[:, 1]))
        lon, lat = readings.chosen(rows[owner])
        flat = shapely.force_2d(batch.geometry)
        return shapely.set_coordinates(flat, np.stack([lon, lat], axis=1))

    def _hear(self, run: Run, batch: Batch, connection: psycopg.Connection) -> None:
        given = run.points(batch)
        if given is None:
            raise InvalidInput("the file has neither points nor columns for x and y: name them"
                               " with --map x=COLUMN --map y=COLUMN", field="map")
        readings = Readings.of(*run.place(*given).degrees(*given))
        footprints = _footprints(run, batch, connection)
        metres = distances(readings, footprints)
        verdicts = judged(metres, readings)
        self._rows.append(np.array([batch.number(at) for at in range(len(batch))]))
        self._verdicts.append(verdicts)
        self._away.append(np.where(verdicts == DISAGREES, metres.min(axis=0), 0)
                          .astype(np.float32))
        self._ways.append(ways_m(readings, verdicts, footprints))
        self._keep_strays(run, batch, verdicts, metres, readings, footprints)
        if sum(sample.lon.shape[1] for sample in self._sample) < _SAMPLE:
            self._sample.append(readings)

    def _keep_strays(self, run: Run, batch: Batch, verdicts: NDArray, metres: NDArray,
                     readings: Readings, footprints: NDArray) -> None:
        for at in np.flatnonzero(verdicts == DISAGREES)[:MOST_STRAYS - len(self.strays)].tolist():
            best, middle = int(np.argmin(metres[:, at])), shapely.centroid(footprints[at])
            code, building_code, text = (_word(run.value(batch, at, target)) for target in (
                "house_code", "building_code", "text"))
            self.strays.append({
                "row": batch.number(at), "code": code or building_code, "text": text,
                "away_m": round(float(metres[best, at])),
                "lon": float(readings.lon[best, at]), "lat": float(readings.lat[best, at]),
                "building_lon": middle.x, "building_lat": middle.y})

    def _conclusion(self, connection: psycopg.Connection) -> Diagnosis:
        ways = np.concatenate(self._ways, axis=1)
        offset = tuple(np.round(np.median(ways, axis=1), 1).tolist()) if ways.size else None
        found = diagnosed(self._verdict, offset)
        if found.datum is None and not any(found.told.values()):
            datum = self._by_footprints(connection)
            if datum is None:
                raise InvalidInput(
                    "the datum can't be told: too few rows name a building that is loaded, and"
                    " the points fall into buildings under no datum clearly more often than under"
                    " the others. Load the buildings first, or give --datum", field="datum")
            found = Diagnosis(found.told, found.disagrees, found.silent, datum)
        return found

    def _by_footprints(self, connection: psycopg.Connection) -> Datum | None:
        lon = np.concatenate([sample.lon for sample in self._sample], axis=1)
        lat = np.concatenate([sample.lat for sample in self._sample], axis=1)
        good = np.flatnonzero(np.isfinite(lon[0]) & np.isfinite(lat[0]))
        if len(good) and np.ptp(lon[:, good], axis=0).max() < _SAME_DEGREES:
            return Datum.CGCS2000  # outside China no datum shifts
        picked = good[np.linspace(0, len(good) - 1, min(_SAMPLE, len(good)), dtype=np.intp)]
        inside = [connection.execute(
            queries.get("checkup_count_in_buildings"),
            {"lon": lon[row, picked].tolist(), "lat": lat[row, picked].tolist()},
        ).fetchone()[0] for row in range(len(HYPOTHESES))]
        return by_footprints(inside, len(picked))

    def _settled(self, run: Run, batch: Batch) -> NDArray[np.int8]:
        at = np.searchsorted(self._row, [batch.number(place) for place in range(len(batch))])
        verdicts = self._verdict[at].copy()
        for place in np.flatnonzero(verdicts == DISAGREES).tolist():
            run.put_aside(
                batch, place, "place_disagrees",
                f"the building that the row names lies {self._metres[at[place]]:,.0f} m away at"
                " best, whether the point is read as WGS 84, GCJ-02 or BD-09: either the code or"
                " the point is another's")
        silent = verdicts == UNKNOWN
        if self.diagnosis.datum is not None:
            verdicts[silent] = HYPOTHESES.index(self.diagnosis.datum)
            return verdicts
        told = ", ".join(f"{count:,} {datum.value}"
                         for datum, count in self.diagnosis.told.items() if count)
        for place in np.flatnonzero(silent).tolist():
            run.put_aside(batch, place, "datum_unclear",
                          f"no one datum is the file's ({told}), and this row names no loaded"
                          " building that could tell its own: add the building code, or load it"
                          " apart with --datum")
        return verdicts


def _footprints(run: Run, batch: Batch, connection: psycopg.Connection) -> NDArray[np.object_]:
    """The building that each row names by code or by its whole text; None where none is known."""
    found = np.full(len(batch), None, dtype=object)
    named = {target: [_word(value) for value in run.column(batch, target)]
             for target in ("building_code", "house_code", "text")}
    rows = connection.execute(queries.get("checkup_references"), named).fetchall()
    if rows:
        at, shapes = zip(*rows, strict=True)
        found[np.array(at) - 1] = shapely.from_wkb(list(shapes))
    return found


def _word(value: Any) -> str | None:
    return None if value is None or value != value else str(value).strip() or None
