"""Polygons from a file of somebody's: read in a process of its own, with little room and time.

A file may be broken on purpose. What is not plainly a GeoPackage, a zipped Shapefile or GeoJSON is
refused before any reader opens it; the reader then runs where it can neither take the memory nor
the time of the server, and where its crash is one file's refusal. ``python -m gis.loading.foreign
FILE`` is that process: it prints what it read, as JSON.
"""

from __future__ import annotations

import base64
import resource
import subprocess
import sys
import tempfile
import warnings
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
import shapely

from gis.errors import BadFile
from gis.loading.guarding import GDAL_CLOSED

MOST_BYTES = 64_000_000
MOST_FEATURES = 20_000
MOST_VERTICES = 4_000_000
_MOST_UNPACKED = 256_000_000
_MOST_ENTRIES = 40
_MEMORY = 3_000_000_000
_SECONDS = 60
_DRIVERS = {"GPKG", "ESRI Shapefile"}
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SHP = (9994).to_bytes(4, "big")
_KINDS = "a GeoPackage (.gpkg), a zipped Shapefile (.zip) or GeoJSON"
_GEOJSON_CRS = {"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4490",
                "urn:ogc:def:crs:EPSG::4326", "EPSG:4326", "EPSG:4490", "CRS84"}


@dataclass(frozen=True)
class Foreign:
    """What a file holds.

    Attributes
    ----------
    rows
        Attributes of each feature, names in lower case.
    shapes
        Each one's geometry in `crs`; None where it has none.
    crs
        WKT or ``EPSG:N``; None where the file names none.
    """

    rows: list[dict[str, Any]]
    shapes: list[shapely.Geometry | None]
    crs: str | None


def read_foreign(content: bytes) -> Foreign:
    """Read a file by what it is, not by what it is called.

    Raises
    ------
    BadFile
        Saying what is wrong with it.
    """
    if len(content) > MOST_BYTES:
        raise BadFile(f"the file has {len(content):,} bytes: at most {MOST_BYTES:,}")
    with tempfile.TemporaryDirectory(prefix="gridwall-draft-") as folder:
        path = _laid_out(content, Path(folder))
        told = _apart(path, folder)
    if "problem" in told:
        raise BadFile(told["problem"])
    shapes = [None if one is None else shapely.from_wkb(base64.b64decode(one))
              for one in told["shapes"]]
    return Foreign(told["rows"], shapes, told["crs"])


def _laid_out(content: bytes, folder: Path) -> Path:
    """The file under a name of ours, unpacked where it is an archive."""
    if content[:16] == b"SQLite format 3\x00":
        path = folder / "draft.gpkg"
    elif content[:4] == b"PK\x03\x04":
        path = folder / "draft.zip"
    elif content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        path = folder / "draft.geojson"
    else:
        raise BadFile(f"the file is nothing that can be read here: send {_KINDS}")
    path.write_bytes(content)
    return _unpacked(path, folder) if path.suffix == ".zip" else path


def _unpacked(path: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = _wanted(archive.infolist())
            for ending, entry in wanted.items():
                with archive.open(entry) as packed:
                    data = packed.read(entry.file_size + 1)
                if len(data) != entry.file_size:
                    raise BadFile(f"{entry.filename[:80]} in the archive is not as long as it says")
                if ending == ".shp" and data[:4] != _SHP:
                    raise BadFile(f"{entry.filename[:80]} in the archive is no .shp")
                (folder / f"draft{ending}").write_bytes(data)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError,
            ValueError) as problem:
        raise BadFile(f"the archive can't be unpacked: {problem}"[:300]) from None
    return folder / "draft.shp"


def _wanted(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The parts of the one Shapefile in an archive; names in it are never used as paths."""
    if len(entries) > _MOST_ENTRIES:
        raise BadFile(f"the archive has {len(entries):,} entries: send one Shapefile")
    if sum(entry.file_size for entry in entries) > _MOST_UNPACKED:
        raise BadFile(f"unpacked the archive has more than {_MOST_UNPACKED:,} bytes")
    if any(entry.flag_bits & 1 for entry in entries):
        raise BadFile("the archive is locked by a password")
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = PurePosixPath(entry.filename)
        ending = name.suffix.lower()
        if entry.is_dir() or ending not in _SHAPEFILE or "__MACOSX" in name.parts:
            continue
        if ending in found:
            raise BadFile(f"the archive has several {ending} files: send one Shapefile")
        found[ending] = entry
    missing = [ending for ending in (".shp", ".shx", ".dbf") if ending not in found]
    if missing:
        raise BadFile(f"the archive has no {', '.join(missing)} in it: a Shapefile is .shp, .shx"
                      " and .dbf, zipped")
    return found


def _apart(path: Path, folder: str) -> dict[str, Any]:
    """What the process told, or its refusal."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "gis.loading.foreign", str(path)], capture_output=True,
            timeout=_SECONDS, check=False, cwd=Path(__file__).parents[2],
            env={"TMPDIR": folder, "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1",
                 "OPENBLAS_NUM_THREADS": "1", "OGR_SKIP": _other_drivers(), **GDAL_CLOSED})
    except subprocess.TimeoutExpired:
        raise BadFile(f"the file could not be read within {_SECONDS} seconds") from None
    if done.returncode != 0:
        raise BadFile("the file can't be read: it is broken, or holds more than can be taken")
    return orjson.loads(done.stdout)


@cache
def _other_drivers() -> str:
    """All of GDAL's drivers but the two that are needed; it leaves them out when it starts."""
    import pyogrio

    return ",".join(sorted(set(pyogrio.list_drivers()) - _DRIVERS))


def _read(path: Path) -> dict[str, Any]:
    return _read_geojson(path) if path.suffix == ".geojson" else _read_layer(path)


def _read_geojson(path: Path) -> dict[str, Any]:
    try:
        told = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as problem:
        raise BadFile(f"this is no GeoJSON: {problem}") from None
    features = told.get("features") if told.get("type") == "FeatureCollection" else None
    if not isinstance(features, list):
        raise BadFile("a FeatureCollection is needed")
    _check_count(len(features))
    named = ((told.get("crs") or {}).get("properties") or {}).get("name")
    if named is not None and named not in _GEOJSON_CRS:
        raise BadFile(f"GeoJSON is in longitude and latitude, not in {named!r:.60}")
    rows, shapes = [], []
    for number, feature in enumerate(features, 1):
        try:
            properties = dict(feature.get("properties") or {})
            geometry = feature.get("geometry")
            shape = None if geometry is None else shapely.from_geojson(
                orjson.dumps(geometry).decode())
        except (AttributeError, TypeError, ValueError, shapely.errors.GEOSException) as problem:
            raise BadFile(f"feature {number} is none: {problem}"[:300]) from None
        rows.append(properties)
        shapes.append(shape)
    return _told(rows, shapes, "EPSG:4490")


def _read_layer(path: Path) -> dict[str, Any]:
    # Neither is needed for GeoJSON; and without GeoPandas, which it would look for, the reader is
    # there in a tenth of the time.
    sys.modules["geopandas"] = None
    import pyogrio

    layer = _layer_of(path, pyogrio)
    info = pyogrio.read_info(path, layer=layer)
    _check_count(int(info["features"]))
    meta, _, geometry, fields = pyogrio.raw.read(
        path, layer=layer, force_2d=True, max_features=MOST_FEATURES + 1)
    if geometry is None:
        raise BadFile("the layer has no geometry")
    _check_count(len(geometry))
    names = [str(name) for name in meta["fields"]]
    rows = [dict(zip(names, (one[at] for one in fields), strict=True))
            for at in range(len(geometry))]
    return _told(rows, [None if one is None else shapely.from_wkb(one) for one in geometry],
                 meta["crs"])


def _layer_of(path: Path, pyogrio: Any) -> str:
    layers = [str(name) for name, kind in pyogrio.list_layers(path)
              if kind is not None and ("Polygon" in kind or kind in ("Unknown", "Geometry"))]
    if "draft" in layers:
        return "draft"
    if len(layers) != 1:
        raise BadFile("the file needs one layer of polygons, or one that is called draft;"
                      f" it has {', '.join(layers) or 'none'}"[:300])
    return layers[0]


def _told(rows: list[dict[str, Any]], shapes: list[shapely.Geometry | None],
          crs: str | None) -> dict[str, Any]:
    for number, shape in enumerate(shapes, 1):
        if shape is not None and shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise BadFile(f"feature {number} is a {shape.geom_type}: polygons are needed")
    count = int(shapely.get_num_coordinates(shapes).sum()) if shapes else 0
    if count > MOST_VERTICES:
        raise BadFile(f"{count:,} vertices are too many: at most {MOST_VERTICES:,}")
    plain = [{str(name).lower()[:60]: _plain(value) for name, value in row.items()}
             for row in rows]
    return {"rows": plain, "crs": crs, "shapes": [
        None if shape is None else base64.b64encode(shapely.to_wkb(
            shapely.force_2d(shape))).decode() for shape in shapes]}


def _plain(value: Any) -> str | int | float | bool | None:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, str):
        return value[:200].encode(errors="replace").decode()
    return value if isinstance(value, bool | int) or (
        isinstance(value, float) and value == value and abs(value) < 1e300) else None


def _check_count(count: int) -> None:
    if count == 0:
        raise BadFile("there are no features in the file")
    if count > MOST_FEATURES:
        raise BadFile(f"{count:,} features are too many: at most {MOST_FEATURES:,}")


def main() -> None:
    """Read one file and print what is in it, or the problem with it."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    warnings.simplefilter("ignore")
    try:
        told = _read(Path(sys.argv[1]))
    except BadFile as problem:
        told = {"problem": problem.message}
    except Exception as problem:
        said = str(problem).replace(sys.argv[1], "it").partition("; It might help")[0]
        told = {"problem": f"the file can't be read: {said}"[:300]}
    sys.stdout.buffer.write(orjson.dumps(told))


if __name__ == "__main__":
    main()
