"""Whatever GDAL reads: GeoJSON, TopoJSON, GeoPackage, Shapefile, KML, GML, …"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyogrio

from gis.errors import BadFile
from gis.loading.delimited import CHINESE_ENCODING
from gis.loading.guarding import GDAL_CLOSED
from gis.loading.parquet import read_wkb
from gis.loading.source import ROWS_AT_ONCE, Batch

# Byte 29 of a .dbf: no code page named, or "Windows ANSI", which older programs always wrote.
_CODE_PAGE_BYTE = 29
_UNTOLD_CODE_PAGES = (0x00, 0x03, 0x57)
_DBF_HEAD_BYTES = 1 << 20


class VectorSource:
    """One layer of a vector file, streamed through Arrow.

    Parameters
    ----------
    layer
        Its name; needed where a file has several.
    encoding
        Of a Shapefile's text, where neither its .cpg nor its .dbf tells it.
    """

    def __init__(self, path: Path, layer: str | None = None, encoding: str | None = None) -> None:
        self.path = path
        self.notes: list[str] = []
        pyogrio.set_gdal_config_options(GDAL_CLOSED)
        self._layer = self._choose_layer(layer)
        self._encoding = encoding or self._shapefile_encoding()
        try:
            info = self._quietly(pyogrio.read_info, path, layer=self._layer,
                                 encoding=self._encoding)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
                UnicodeDecodeError, LookupError) as problem:
            raise BadFile(f"{path} can't be read ({problem})") from None
        if info["features"] == 0:
            raise BadFile(f"{path} has no features in it")
        self.columns = [str(name) for name in info["fields"]]
        self.crs = info["crs"]
        self.rows = max(info["features"], 0)
        if info["geometry_type"] is None:
            self.notes.append("the layer has no geometry")

    def _choose_layer(self, wanted: str | None) -> str:
        try:
            layers = [str(name) for name, _ in self._quietly(pyogrio.list_layers, self.path)]
        except pyogrio.errors.DataSourceError as problem:
            raise BadFile(f"{self.path} is nothing that can be read ({problem}): give CSV, XLSX,"
                          " Parquet, GeoJSON, GeoPackage or Shapefile") from None
        if not layers:
            raise BadFile(f"{self.path} has no layer in it")
        if wanted is None:
            if len(layers) > 1:
                raise BadFile(f"{self.path} has several layers: name one with --layer:"
                              f" {', '.join(layers)}")
            return layers[0]
        if wanted not in layers:
            raise BadFile(f"{self.path} has no layer {wanted!r}: it has {', '.join(layers)}")
        return wanted

    def _shapefile_encoding(self) -> str | None:
        """The encoding of a .dbf that names none: UTF-8 if its head is, else GB 18030."""
        dbf = self.path.with_suffix(".dbf")
        cpg = self.path.with_suffix(".cpg")
        if self.path.suffix.lower() != ".shp" or cpg.exists() or not dbf.exists():
            return None
        with open(dbf, "rb") as file:
            head = file.read(_DBF_HEAD_BYTES)
        if head.isascii() or head[_CODE_PAGE_BYTE] not in _UNTOLD_CODE_PAGES:
            return None
        # The head is cut anywhere, so up to three bytes may be missing at its end.
        body = head[int.from_bytes(head[8:10], "little"):]
        for cut in range(4):
            with suppress(UnicodeDecodeError):
                body[:len(body) - cut].decode("utf-8")
                return "utf-8"
        self.notes.append("the .dbf names no encoding and was read as GB 18030 (GBK);"
                          " --encoding tells another")
        return CHINESE_ENCODING

    @staticmethod
    def _quietly(call, *arguments, **options):
        # What GDAL warns of (a layer without a CRS, an odd field) is told in our own words.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(*arguments, **options)

    def batches(self) -> Iterator[Batch]:
        """The rows."""
        first_row = 1
        try:
            with self._quietly(pyogrio.open_arrow, self.path, layer=self._layer,
                               encoding=self._encoding, batch_size=ROWS_AT_ONCE,
                               use_pyarrow=True) as (meta, reader):
                name = meta["geometry_name"] or "wkb_geometry"
                for part in reader:
                    if part.num_rows:
                        yield self._batch(first_row, pa.Table.from_batches([part]), name)
                        first_row += part.num_rows
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
                pyogrio.errors.FeatureError, pa.ArrowException, UnicodeDecodeError,
                RuntimeError) as problem:
            raise BadFile(f"{self.path} can't be read on from row {first_row}"
                          f" ({problem})") from None

    def _batch(self, first_row: int, table: pa.Table, geometry_name: str) -> Batch:
        geometry, faults = None, {}
        if geometry_name in table.column_names:
            geometry, faults = read_wkb(table.column(geometry_name).to_pylist())
        table = table.select([name for name in self.columns if name in table.column_names])
        return Batch(first_row, table.to_pandas(), geometry, faults)
