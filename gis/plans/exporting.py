"""A draft as a file for another editor: GeoPackage, GeoJSON, zipped Shapefile."""

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyogrio
import shapely

from gis.crs import STORED_CRS
from gis.plans.workbench import Workbench

LAYER = "draft"
# Names that fit into the ten letters of a Shapefile.
FIELDS = ("key", "name", "parent", "frozen", "version", "househlds", "residents", "officers",
          "area_m2", "compact", "broken")


def export(bench: Workbench, kind: str) -> bytes:
    """All areas of a draft with what is known of each.

    Parameters
    ----------
    kind
        ``gpkg``, ``geojson`` or ``shp`` (zipped).
    """
    rows = _rows(bench)
    shapes = [face.geom for face in bench.faces.values()]
    if kind == "geojson":
        return _geojson(rows, shapes)
    with tempfile.TemporaryDirectory(prefix="gridwall-draft-") as folder:
        return _written(Path(folder), rows, shapes, kind)


def _rows(bench: Workbench) -> list[dict[str, Any]]:
    broken: dict[str, list[str]] = {}
    for one in bench.violations:
        for key in one.keys:
            broken.setdefault(key, []).append(one.rule)
    frozen = bench.frozen
    return [dict(zip(FIELDS, (
        face.key, face.name, face.parent_code or "", int(face.key in frozen), bench.version,
        figures["households"], figures["actual_residents"], figures["officers"],
        figures["area_m2"], figures["compactness"], " ".join(sorted(set(broken.get(key, ()))))),
        strict=True)) for key, face in bench.faces.items()
        for figures in [bench.judge.figures[key]]]


def _geojson(rows: list[dict[str, Any]], shapes: Sequence[shapely.Geometry]) -> bytes:
    texts = shapely.to_geojson(list(shapes)).tolist()
    return orjson.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": row["key"], "properties": row,
         "geometry": orjson.Fragment(text)} for row, text in zip(rows, texts, strict=True)]})


def _written(folder: Path, rows: list[dict[str, Any]], shapes: Sequence[shapely.Geometry],
             kind: str) -> bytes:
    path = folder / f"{LAYER}.{kind}"
    options = {"encoding": "UTF-8"} if kind == "shp" else {}
    columns = [np.array([row[name] for row in rows]) for name in FIELDS]
    columns = [column.astype(object) if column.dtype.kind == "U" else column
               for column in columns]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a Shapefile's shortened numbers are as they should be
        pyogrio.raw.write(
            path, np.array([shapely.to_wkb(shape) for shape in shapes], dtype=object),
            columns, list(FIELDS), layer=LAYER, geometry_type="MultiPolygon", crs=STORED_CRS,
            driver="GPKG" if kind == "gpkg" else "ESRI Shapefile", **options)
    if kind == "gpkg":
        return path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)
    return packed.getvalue()
