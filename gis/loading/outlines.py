"""A file of polygons as faces by key, as they are: nothing mended, nothing put aside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import InvalidInput
from gis.loading.cells import words
from gis.loading.opening import open_source
from gis.loading.places import find_place


@dataclass(frozen=True)
class Outlines:
    """What a file of areas says.

    Attributes
    ----------
    faces
        By key, EPSG:4490; None where a row has no geometry.
    parents
        By key, where a column of parents was named and the row has one.
    rows
        The file's columns, in the order of `faces`.
    notes
        What was taken for granted, in sentences.
    """

    faces: dict[str, BaseGeometry | None]
    parents: dict[str, str]
    rows: pd.DataFrame
    notes: tuple[str, ...]


def read_outlines(path: Path, code: str, parent: str | None = None, *, layer: str | None = None,
                  crs: str | None = None, datum: str | None = None) -> Outlines:
    """Read polygons and their codes.

    Parameters
    ----------
    code, parent
        Names of columns.
    layer, crs, datum
        As for loading.

    Raises
    ------
    InvalidInput
        When a column is missing, a row has no code, or a code stands twice.
    BadFile
        When it can't be read.
    """
    source = open_source(path, layer)
    for column in filter(None, (code, parent)):
        if column not in source.columns:
            raise InvalidInput(f"{path} has no column {column!r}: it has"
                               f" {', '.join(source.columns)}", field="code")
    batches = list(source.batches())
    if not batches or any(batch.geometry is None for batch in batches):
        raise InvalidInput(f"{path} has no polygons", field="file")
    rows = pd.concat([batch.values for batch in batches], ignore_index=True)
    shapes = np.concatenate([batch.geometry for batch in batches])
    notes = list(source.notes)
    ready = _stored(shapes, source.crs, crs, datum, notes)
    codes = _codes(path, [words(value) for value in rows[code].tolist()])
    parents = {}
    if parent:
        above = [words(value) for value in rows[parent].tolist()]
        parents = {key: one for key, one in zip(codes, above, strict=True) if one}
    return Outlines(dict(zip(codes, ready, strict=True)), parents, rows, tuple(notes))


def _stored(shapes: np.ndarray, told: object, crs: str | None, datum: str | None,
            notes: list[str]) -> np.ndarray:
    found = shapes.copy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    flat = shapely.force_2d(shapes[there])
    corners = shapely.get_coordinates(flat)
    place = find_place(corners[:, 0], corners[:, 1], told, crs, datum, notes)
    found[there] = place.stored_shapes(flat)
    return found


def _codes(path: Path, codes: list[str | None]) -> list[str]:
    if None in codes:
        raise InvalidInput(f"{path}: row {codes.index(None) + 1} has no code", field="code")
    twice = sorted({code for code in codes if codes.count(code) > 1}) \
        if len(set(codes)) < len(codes) else []
    if twice:
        raise InvalidInput(f"{path}: the code {twice[0]} stands in several rows"
                           f" ({len(twice)} codes do): give each area one row", field="code")
    return codes
