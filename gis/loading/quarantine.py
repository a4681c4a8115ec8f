"""Rows that could not be loaded, with the reason, in a file that can be put right and re-read."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import pandas as pd
import shapely

from gis.loading.outcome import Outcome

# What a quarantine file holds before the row's own columns.
HEAD = ("row", "reason", "explanation")


class Quarantine:
    """Writes rows as they are put aside; the file exists only when there are any.

    Used as a context: when the block fails, what was written is removed again, for then nothing
    was loaded either.

    Parameters
    ----------
    path
        The CSV file to write (UTF-8 with a byte order mark, as spreadsheets like it).
    columns
        The names of the source's columns.
    outcome
        Whose `reasons` and `quarantine_file` are kept up.
    """

    def __init__(self, path: Path, columns: list[str], outcome: Outcome) -> None:
        self.path = path
        self._columns = columns
        self._outcome = outcome
        self._file: TextIO | None = None

    def __enter__(self) -> Quarantine:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._file is None:
            return
        self._file.close()
        if problem is not None:
            self.path.unlink(missing_ok=True)
            self._outcome.quarantine_file = None

    def add(self, row: int, reason: str, explanation: str,
            values: Mapping[str, Any], geometry: Any = None) -> None:
        """Put one row aside.

        Parameters
        ----------
        row
            Its number in the file: 1 is the first row of data.
        reason
            The kind, one word, as counted.
        explanation
            A sentence: what is wrong and what would be right.
        """
        if self._file is None:
            self._open(geometry is not None)
        shape = [shapely.to_wkt(geometry, rounding_precision=9)] if geometry is not None else []
        own = [_shown(values.get(name)) for name in self._columns]
        self._writer.writerow([row, reason, explanation, *own, *shape])
        self._outcome.reasons[reason] += 1

    def _open(self, shaped: bool) -> None:
        # Held open for the whole run; closed when the context ends.
        self._file = self.path.open("w", newline="", encoding="utf-8-sig")
        self._writer = csv.writer(self._file)
        self._writer.writerow([*HEAD, *self._columns, *(["WKT"] if shaped else [])])
        self._outcome.quarantine_file = self.path


class Unwritten:
    """A quarantine of a pass that only looks: the pass that loads writes the rows."""

    def add(self, *told: Any) -> None:
        """Forget it."""


def _shown(value: Any) -> Any:
    return "" if value is None or value is pd.NA or value != value else value
