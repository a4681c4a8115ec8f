"""Any file as batches of rows, read as it comes so that a large one needs no more memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.errors import BadFile

ROWS_AT_ONCE = 20_000


@dataclass
class Batch:
    """Some rows of a file in their order.

    Attributes
    ----------
    first_row
        Number of the first in the file, from 1, headings not counted.
    values
        The columns; text as str, and None or NaN where there is nothing.
    geometry
        Shapely objects (None where there is none), for files that have them.
    faults
        Rows, by their place in the batch, that could not be read: reason and explanation.
    """

    first_row: int
    values: pd.DataFrame
    geometry: NDArray[np.object_] | None = None
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def number(self, place: int) -> int:
        """A row's number in the file, also where rows before it were left out."""
        return self.first_row + int(self.values.index[place])

    def row(self, place: int) -> dict[str, Any]:
        """One row's values by column."""
        return {name: self.values.iat[place, at] for at, name in enumerate(self.values.columns)}


class Source(Protocol):
    """A file that is open for reading.

    Attributes
    ----------
    columns
        Names, geometry left out.
    crs
        The coordinate system that the file names; None where it names none.
    rows
        How many rows there are; 0 where that shows only at the end.
    notes
        What had to be guessed about the file, in sentences.
    """

    path: Path
    columns: list[str]
    crs: Any
    rows: int
    notes: list[str]

    def batches(self) -> Iterator[Batch]:
        """The rows, in order."""
        ...


def check_headings(path: Path, columns: list[str]) -> None:
    """`BadFile` when headings are missing or stand twice."""
    blank = [at for at, name in enumerate(columns, 1) if not name.strip()]
    twice = sorted({name for name in columns if columns.count(name) > 1 and name.strip()})
    if not columns or len(blank) == len(columns):
        raise BadFile(f"{path}: the first row has no headings")
    if twice:
        raise BadFile(f"{path}: the heading {twice[0]!r} stands twice; rename one")
    if blank:
        raise BadFile(f"{path}: column {blank[0]} has no heading")
