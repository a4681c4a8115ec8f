"""Parquet, with or without GeoParquet's metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from gis.errors import BadFile
from gis.loading.source import ROWS_AT_ONCE, Batch

_GEOMETRY_NAMES = ("geometry", "geom", "wkb", "wkb_geometry", "the_geom")


class ParquetSource:
    """A Parquet file; its geometry is GeoParquet's primary column, or one of WKB by its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as problem:
            raise BadFile(f"{path} is no Parquet file ({problem})") from None
        self.rows = self._file.metadata.num_rows
        names = self._file.schema_arrow.names
        self.crs, self.geometry = self._find(names)
        self.columns = [name for name in names if name != self.geometry]

    def _find(self, names: list[str]) -> tuple[Any, str | None]:
        told = (self._file.schema_arrow.metadata or {}).get(b"geo")
        if told:
            geo = json.loads(told)
            name = geo["primary_column"]
            column = geo["columns"][name]
            if column.get("encoding", "WKB") != "WKB":
                raise BadFile(f"{self.path}: geometry is encoded as {column['encoding']};"
                              " only WKB is read")
            # GeoParquet: absent is OGC:CRS84, null is unknown.
            return column.get("crs", "OGC:CRS84"), name
        schema = self._file.schema_arrow
        for name in names:
            kind = schema.field(name).type
            if name.lower() in _GEOMETRY_NAMES and (
                    pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
                return None, name
        return None, None

    def batches(self) -> Iterator[Batch]:
        """The rows."""
        first_row = 1
        for part in self._file.iter_batches(batch_size=ROWS_AT_ONCE):
            table = pa.Table.from_batches([part])
            geometry, faults = None, {}
            if self.geometry:
                geometry, faults = read_wkb(table.column(self.geometry).to_pylist())
                table = table.drop_columns([self.geometry])
            yield Batch(first_row, table.to_pandas(), geometry, faults)
            first_row += part.num_rows


def read_wkb(values: list[bytes | None]):
    """Shapely objects of WKB values, and the faults of those that are none."""
    geometry = shapely.from_wkb(values, on_invalid="ignore")
    faults = {
        place: ("geometry", "the geometry is not WKB that can be read")
        for place, (value, shape) in enumerate(zip(values, geometry, strict=True))
        if value is not None and shape is None
    }
    return geometry, faults
