"""CSV and its like: encodings and separators found out, ragged rows told apart."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gis.errors import BadFile
from gis.loading.source import ROWS_AT_ONCE, Batch, check_headings

# GB 18030 covers GBK and GB 2312, in which older Chinese files are written.
CHINESE_ENCODING = "gb18030"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
          (codecs.BOM_UTF16_BE, "utf-16"))
_PIECE = 1 << 20
_SEPARATORS = ",;\t|"
# One field may hold a long geometry as text.
csv.field_size_limit(1 << 27)


@dataclass(frozen=True)
class Dialect:
    """How a text file is written."""

    encoding: str
    separator: str


def find_encoding(path: Path, given: str | None = None) -> str:
    """The encoding of a text file, tried out on all of it.

    Returns
    -------
    str
        By its byte order mark; else UTF-8 where that fits, else GB 18030.

    Raises
    ------
    BadFile
        When it is neither, or not what `given` says.
    """
    with open(path, "rb") as file:
        start = file.read(4)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    problem: UnicodeDecodeError | None = None
    for name in [given] if given else [marked] if marked else ["utf-8", CHINESE_ENCODING]:
        try:
            problem = _decoding_problem(path, name)
        except LookupError:
            raise BadFile(f"there is no encoding {name!r}: try utf-8 or gb18030") from None
        if problem is None:
            return name
    raise BadFile(
        f"{path} is not text in {given or 'UTF-8 or GB 18030'} ({problem.reason} near byte"
        f" {problem.start}): name its encoding with --encoding, or save it as UTF-8")


def _decoding_problem(path: Path, encoding: str) -> UnicodeDecodeError | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    with open(path, "rb") as file:
        while True:
            piece = file.read(_PIECE)
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as problem:
                problem.start += read
                return problem
            if not piece:
                return None
            read += len(piece)


def find_dialect(path: Path, encoding: str | None = None) -> Dialect:
    """Encoding and separator of a text file; the separator is what the headings have most of."""
    found = find_encoding(path, encoding)
    with open(path, encoding=found, newline="") as file:
        headings = file.readline()
    outside = "".join(headings.split('"')[::2])
    separator = max(_SEPARATORS, key=outside.count)
    return Dialect(found, separator)


class DelimitedSource:
    """A CSV file. Every value is text, as it stands; a row with too few or many fields is a fault.

    Parameters
    ----------
    encoding
        None finds it out.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self.crs = None
        self.rows = 0
        self.notes: list[str] = []
        self._dialect = find_dialect(path, encoding)
        if self._dialect.encoding == CHINESE_ENCODING and not encoding:
            self.notes.append("the text is not UTF-8 and was read as GB 18030 (GBK)")
        with self._open() as file:
            try:
                self.columns = [name.strip() for name in next(self._reader(file), [])]
            except csv.Error as problem:
                raise BadFile(f"{path}: the headings can't be read ({problem})") from None
        check_headings(path, self.columns)

    def _open(self):
        return open(self.path, encoding=self._dialect.encoding, newline="")

    def _reader(self, file) -> Iterator[list[str]]:
        return csv.reader(file, delimiter=self._dialect.separator)

    def batches(self) -> Iterator[Batch]:
        """The rows; wholly blank lines are left out."""
        with self._open() as file:
            reader = self._reader(file)
            next(reader)
            rows: list[list[str]] = []
            first_row = 1
            try:
                for row in reader:
                    if row:
                        rows.append(row)
                    if len(rows) == ROWS_AT_ONCE:
                        yield self._batch(first_row, rows)
                        first_row += len(rows)
                        rows = []
            except csv.Error as problem:
                raise BadFile(f"{self.path}, line {reader.line_num}: {problem}") from None
        if rows:
            yield self._batch(first_row, rows)

    def _batch(self, first_row: int, rows: list[list[str]]) -> Batch:
        width = len(self.columns)
        faults = {}
        for place, row in enumerate(rows):
            if len(row) != width:
                faults[place] = ("ragged", f"the row has {len(row)} fields where the headings"
                                           f" have {width}: a separator or quote is missing"
                                           " or too many")
                rows[place] = (row + [""] * width)[:width]
        columns = dict(zip(self.columns, map(list, zip(*rows, strict=True)), strict=True))
        return Batch(first_row, pd.DataFrame(columns, dtype=object), None, faults)
