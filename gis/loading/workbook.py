"""XLSX workbooks, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd

from gis.errors import BadFile
from gis.loading.source import ROWS_AT_ONCE, Batch, check_headings


class WorkbookSource:
    """One sheet of a workbook: headings in its first row, values as Excel has them.

    Parameters
    ----------
    sheet
        Its name; the first by default.
    """

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        from openpyxl import load_workbook

        self.path = path
        self.crs = None
        self.rows = 0
        self.notes: list[str] = []
        try:
            self._book = load_workbook(path, read_only=True, data_only=True)
        except (BadZipFile, KeyError, ValueError, OSError) as problem:
            raise BadFile(f"{path} is no XLSX workbook ({problem})") from None
        names = self._book.sheetnames
        if sheet and sheet not in names:
            raise BadFile(f"{path} has no sheet {sheet!r}: it has {', '.join(names)}")
        if not sheet and len(names) > 1:
            self.notes.append(f"sheet {names[0]!r} was read; there are also"
                              f" {', '.join(names[1:])} (--layer)")
        self._sheet = self._book[sheet or names[0]]
        heading = next(self._sheet.iter_rows(values_only=True), ())
        self.columns = [str(name if name is not None else "").strip() for name in heading]
        while self.columns and not self.columns[-1]:
            self.columns.pop()
        check_headings(path, self.columns)

    def batches(self) -> Iterator[Batch]:
        """The rows; blank ones are left out."""
        rows: list[list[Any]] = []
        first_row = 1
        width = len(self.columns)
        for row in self._sheet.iter_rows(min_row=2, max_col=width, values_only=True):
            if any(value is not None for value in row):
                rows.append(list(row) + [None] * (width - len(row)))
            if len(rows) == ROWS_AT_ONCE:
                yield Batch(first_row, self._frame(rows))
                first_row += len(rows)
                rows = []
        if rows:
            yield Batch(first_row, self._frame(rows))
        self._book.close()

    def _frame(self, rows: list[list[Any]]) -> pd.DataFrame:
        columns = zip(self.columns, map(list, zip(*rows, strict=True)), strict=True)
        return pd.DataFrame(dict(columns), dtype=object)
