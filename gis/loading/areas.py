"""Areas of one level from a file of polygons: identities, versions, their place in the tree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gis.codes import problems as code_problems
from gis.errors import InvalidInput
from gis.loading.area_versions import write_areas
from gis.loading.cells import whole, words
from gis.loading.outcome import Outcome
from gis.loading.parents import LEVELS, Incoming, Parents, held_against
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.shapes import ready_polygons
from gis.loading.source import Batch

_SCHEME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_LONGEST_FREE_CODE = 64


def load_areas(admin_url: str, path: Path, level: str, scheme: str = "base",
               options: Options | None = None, progress: Progress | None = None) -> Outcome:
    """Load the areas of one level.

    A code that is known with the same shape, name and parent is left as it is; one that differs
    gets a new version from now on, and the old one ends.

    Parameters
    ----------
    admin_url
        libpq URL of the owner.
    level
        One of `LEVELS`.
    scheme
        Made where it is unknown.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    if level not in LEVELS:
        raise InvalidInput(f"there is no level {level!r}: use {', '.join(LEVELS)}", field="level")
    if not _SCHEME.fullmatch(scheme):
        raise InvalidInput(f"{scheme!r} is no name for a scheme: use small letters, digits and _",
                           field="scheme")
    with loading("areas", admin_url, path, options or Options(), progress) as (run, connection):
        parents = Parents(connection, scheme, level, run)
        checked = _AreaRows(run, level, parents)
        rows = held_against(parents, [row for batch in run.batches() for row in checked.of(batch)],
                            run)
        if rows:
            _remark_on_neighbours(rows, run.outcome)
            # Last: where areas in force change, reports wait until this is committed.
            write_areas(connection, scheme, level, rows, run.outcome)
    return run.outcome


class _AreaRows:
    """Rows of a batch, checked one by one."""

    def __init__(self, run: Run, level: str, parents: Parents) -> None:
        self._run = run
        self._level = level
        self._parents = parents
        self._seen: dict[str, int] = {}

    def of(self, batch: Batch) -> list[Incoming]:
        """Those that can be loaded; the others are put aside."""
        run = self._run
        if batch.geometry is None:
            raise InvalidInput("the file has no polygons: areas need a vector file or GeoParquet",
                               field="geometry")
        coordinates = shapely.get_coordinates(batch.geometry)
        polygons = ready_polygons(batch.geometry, run.place(coordinates[:, 0], coordinates[:, 1]))
        if polygons.without_z:
            run.outcome.counts["without_z"] += polygons.without_z
        for at, fault in polygons.faults.items():
            run.put_aside(batch, at, *fault)
        rows = []
        for at in run.left(batch):
            try:
                row = self._row(batch, at, polygons.shapes[at])
            except _Fault as fault:
                run.put_aside(batch, at, fault.reason, fault.explanation)
                continue
            rows.append(row)
            if at in polygons.repairs:
                run.outcome.counts["repaired"] += 1
                run.outcome.note(f"{row.code} {row.name}: repaired, {polygons.repairs[at]}")
        return rows

    def _row(self, batch: Batch, at: int, shape: shapely.Geometry) -> Incoming:
        def told(target: str) -> Any:
            return self._run.value(batch, at, target)

        code, name = self._code(told("code")), words(told("name"))
        if name is None:
            raise _Fault("no_name", "the row has no name")
        free = self._run.options.free_codes
        try:
            parent = self._parents.of(words(told("parent")), code, shape, free)
        except InvalidInput as problem:
            raise _Fault("parent_missing", problem.message) from None
        try:
            residents = [whole(told(f"{who}_residents")) for who in ("registered", "actual")]
        except InvalidInput as problem:
            raise _Fault("number", problem.message) from None
        self._seen[code] = batch.number(at)
        return Incoming(code, name, shape, parent, *residents, batch, at)

    def _code(self, value: Any) -> str:
        code = words(value)
        if code is None:
            raise _Fault("no_code", "the row has no code")
        wrong = [] if self._run.options.free_codes or self._level == "city" \
            else code_problems(code, self._level)
        if len(code) > _LONGEST_FREE_CODE:
            wrong = [f"a code of more than {_LONGEST_FREE_CODE} characters"]
        if wrong:
            raise _Fault("code", f"{code}: {'; '.join(wrong)}"
                                 " (--free-codes takes codes outside the standard)")
        if code in self._seen:
            raise _Fault("duplicate_code", f"{code} stands in row {self._seen[code]} already: a"
                                           " code is unique within scheme and level")
        return code


class _Fault(Exception):
    """Why one row is put aside."""

    def __init__(self, reason: str, explanation: str) -> None:
        super().__init__(explanation)
        self.reason = reason
        self.explanation = explanation


def _remark_on_neighbours(rows: list[Incoming], outcome: Outcome) -> None:
    shapes = np.array([row.shape for row in rows], dtype=object)
    edges = shapely.coverage_invalid_edges(shapes)
    odd = [row for row, edge in zip(rows, edges, strict=True) if not edge.is_empty]
    if odd:
        outcome.note(
            f"{len(odd)} of the areas overlap a neighbour or don't share its vertices, such as"
            f" {odd[0].code} {odd[0].name}; a point that two areas claim goes to the lower code")
