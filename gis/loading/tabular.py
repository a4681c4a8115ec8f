"""Files that go through unchanged, with columns put on: CSV byte for byte, Parquet by its types."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from gis.errors import BadFile
from gis.loading.delimited import find_dialect
from gis.loading.parquet import ParquetSource, read_wkb
from gis.loading.source import ROWS_AT_ONCE, check_headings

ADDED = {"area_code": pa.string(), "officer_id": pa.string(), "how": pa.string(),
         "distance_m": pa.float64()}


@dataclass
class Piece:
    """Some rows as they came: ``original`` for the writer, ``values`` to be read."""

    original: Any
    values: pd.DataFrame
    ragged: list[int]

    def __len__(self) -> int:
        return len(self.values)


class Reader(Protocol):
    """An open file."""

    columns: list[str]
    crs: Any
    rows: int

    def pieces(self) -> Iterator[Piece]:
        """The rows, in order."""
        ...


class Lines:
    """CSV: every record is kept as the text it was, line ends and quotes included."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.crs = None
        self.rows = 0
        self.dialect = find_dialect(path)
        with self._open() as file:
            self.head, self.columns = next(self._records(file), ("", []))
        check_headings(path, self.columns)

    def _open(self):
        return open(self.path, encoding=self.dialect.encoding, newline="")

    def _records(self, file) -> Iterator[tuple[str, list[str]]]:
        taken: list[str] = []

        def lines():
            for line in file:
                taken.append(line)
                yield line

        reader = csv.reader(lines(), delimiter=self.dialect.separator)
        try:
            for row in reader:
                record = "".join(taken)
                taken.clear()
                if row:
                    yield record, row
        except csv.Error as problem:
            raise BadFile(f"{self.path}, line {reader.line_num}: {problem}") from None

    def pieces(self) -> Iterator[Piece]:
        """The records; blank lines are left out."""
        with self._open() as file:
            records = self._records(file)
            next(records)
            kept: list[tuple[str, list[str]]] = []
            for record in records:
                kept.append(record)
                if len(kept) == ROWS_AT_ONCE:
                    yield self._piece(kept)
                    kept = []
        if kept:
            yield self._piece(kept)

    def _piece(self, records: list[tuple[str, list[str]]]) -> Piece:
        width = len(self.columns)
        rows = [row if len(row) == width else (row + [""] * width)[:width] for _, row in records]
        ragged = [at for at, (_, row) in enumerate(records) if len(row) != width]
        # A short record is filled up, so that what is added stands in its own columns.
        original = [_without_end(text) + self.dialect.separator * max(width - len(row), 0)
                    for text, row in records]
        columns = zip(self.columns, map(list, zip(*rows, strict=True)), strict=True)
        return Piece(original, pd.DataFrame(dict(columns), dtype=object), ragged)


class Table:
    """Parquet."""

    def __init__(self, path: Path) -> None:
        self._source = ParquetSource(path)
        self.file = pq.ParquetFile(path)
        self.columns = self.file.schema_arrow.names
        self.crs = self._source.crs
        self.rows = self._source.rows
        self.geometry = self._source.geometry

    def pieces(self) -> Iterator[Piece]:
        """The rows."""
        for part in self.file.iter_batches(batch_size=ROWS_AT_ONCE):
            table = pa.Table.from_batches([part])
            yield Piece(table, table.to_pandas(), [])


def _without_end(record: str) -> str:
    return record[:-2] if record.endswith("\r\n") else record.removesuffix("\n").removesuffix("\r")


def open_table(path: Path) -> Lines | Table:
    """A CSV or Parquet file, by its ending.

    Raises
    ------
    BadFile
        When it is neither, empty, or not what its name says.
    """
    if not path.exists():
        raise BadFile(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise BadFile(f"{path} is empty: not even headings are in it")
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        return Table(path)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return Lines(path)
    raise BadFile(f"{path}: CSV or Parquet is read here; its name ends in neither")


class Writer:
    """Writes what came with columns added; the file stands only when all is written."""

    def __init__(self, path: Path, source: Lines | Table,
                 added: dict[str, pa.DataType] = ADDED) -> None:
        self._path = path
        self._added = added
        self._partial = path.with_name(path.name + ".partial")
        self._source = source
        self._parquet: pq.ParquetWriter | None = None
        self._text: io.TextIOBase | None = None
        if path.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet", ".geoparquet"):
            raise BadFile(f"{path}: the output's name must end in .csv or .parquet")
        self._is_text = path.suffix.lower() in (".csv", ".tsv", ".txt")

    def __enter__(self) -> Writer:
        if self._is_text:
            lines = isinstance(self._source, Lines)
            encoding = self._source.dialect.encoding if lines else "utf-8"
            self._separator = self._source.dialect.separator if lines else ","
            head = self._source.head if lines else ",".join(map(_quoted, self._source.columns))
            self._end = "\r\n" if head.endswith("\r\n") else "\n"
            self._text = open(self._partial, "w", encoding=encoding, newline="")
            self._text.write(self._separator.join([_without_end(head), *self._added]) + self._end)
        return self

    def __exit__(self, kind, problem, trace) -> None:
        for file in (self._text, self._parquet):
            if file is not None:
                file.close()
        if problem is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)

    def write(self, piece: Piece, added: dict[str, np.ndarray]) -> None:
        """One piece with its new columns (None or NaN where there is nothing)."""
        if self._text is not None:
            self._write_text(piece, added)
            return
        table = piece.original if isinstance(piece.original, pa.Table) \
            else pa.Table.from_pandas(piece.values.astype("string"), preserve_index=False)
        for name, kind in self._added.items():
            table = table.append_column(name, pa.array(added[name], kind, from_pandas=True))
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._partial, table.schema)
        self._parquet.write_table(table)

    def _plain(self, values: pd.DataFrame) -> pd.DataFrame:
        """Values that read well as text: geometry as WKT."""
        values = values.astype(object)
        if self._source.geometry in values:
            shapes, _ = read_wkb(values[self._source.geometry].tolist())
            values[self._source.geometry] = shapely.to_wkt(shapes, rounding_precision=9)
        return values

    def _write_text(self, piece: Piece, added: dict[str, np.ndarray]) -> None:
        originals = piece.original
        if isinstance(originals, pa.Table):
            originals = [",".join("" if value is None or value != value else _quoted(str(value))
                                  for value in row)
                         for row in self._plain(piece.values).itertuples(index=False)]
        columns = [[_shown(value, name) for value in added[name]] for name in self._added]
        for original, *texts in zip(originals, *columns, strict=True):
            self._text.write(self._separator.join([original, *texts]) + self._end)


def _shown(value: Any, name: str) -> str:
    """A value put on: metres to the millimetre, other numbers as exact as degrees need."""
    if isinstance(value, float):
        if np.isnan(value):
            return ""
        return f"{value:.12g}" if value == 0 or not name.endswith("_m") else f"{value:.3f}"
    return _quoted(value or "")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',;|\t"\r\n') else text
