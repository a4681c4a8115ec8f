"""Which reader a file gets."""

from __future__ import annotations

from pathlib import Path

from gis.errors import BadFile
from gis.loading.delimited import DelimitedSource
from gis.loading.guarding import guard
from gis.loading.parquet import ParquetSource
from gis.loading.source import Source
from gis.loading.vector import VectorSource
from gis.loading.workbook import WorkbookSource

TEXT_ENDINGS = (".csv", ".tsv", ".txt")


def open_source(path: Path, layer: str | None = None, encoding: str | None = None) -> Source:
    """Open a file by what its name ends in.

    Parameters
    ----------
    path
        CSV (.csv, .tsv, .txt), .xlsx, .parquet or .geoparquet, or anything that GDAL reads.
    layer
        Layer of a vector file, or sheet of a workbook; the only one, or the first, by default.
    encoding
        Of the text, where it is not what the file says or shows.

    Raises
    ------
    BadFile
        When it is not there, is empty, or is not what its name says.
    """
    if not path.exists():
        raise BadFile(f"{path}: there is no such file")
    if path.is_file() and path.stat().st_size == 0:
        raise BadFile(f"{path} is empty: not even headings are in it")
    guard(path)
    ending = path.suffix.lower()
    if ending in TEXT_ENDINGS:
        return DelimitedSource(path, encoding)
    if ending in (".xlsx", ".xlsm"):
        return WorkbookSource(path, layer)
    if ending in (".parquet", ".geoparquet"):
        return ParquetSource(path)
    return VectorSource(path, layer, encoding)
