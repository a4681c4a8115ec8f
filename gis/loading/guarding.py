"""What a file must not be before any reader opens it: a bomb, or a pointer to something else.

GDAL opens a file by what stands in it, not by its name: a virtual layer, or the description of a
service or of a pipeline, would have it read other files of this machine or ask other hosts.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from gis.errors import BadFile

MOST_UNPACKED = 4_000_000_000
# Repetitive sheets come to some 100 : 1; what deflate can do at most is 1,032 : 1.
MOST_RATIO, SMALL = 250, 50_000_000
MOST_ENTRIES = 5_000
_HEAD = 65_536
_POINTERS = (b"OGRVRTDataSource", b"VRTDataset", b"gdal_streamed_alg", b"OGRWFSDataSource",
             b"OGRCSWDataSource", b"OGRWFSJoin", b"GDAL_WMS", b"GDAL_WMTS", b"WCS_GDAL",
             b"OGCAPI", b"<GDAL_")
# Without network whatever the drivers would do, and no schema from where a file says it lies.
GDAL_CLOSED = {"CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".nothing", "GML_DOWNLOAD_SCHEMA": "NO",
               "GML_SKIP_RESOLVE_ELEMS": "ALL", "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
               "GDAL_HTTP_PROXY": "http://127.0.0.1:9", "GDAL_HTTP_TIMEOUT": "1"}


def guard(path: Path) -> None:
    """Refuse a file that unpacks to more than can be taken, or only points elsewhere.

    Raises
    ------
    BadFile
        Saying which.
    """
    if not path.is_file():
        return
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    _refuse_pointer(path, head)
    if head[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(path) as archive:
                _guard_archive(path, archive)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError,
                EOFError) as problem:
            raise BadFile(f"{path}: the archive can't be read ({problem})") from None


def _guard_archive(path: Path, archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED:
        raise BadFile(f"{path} holds {len(entries):,} files of {unpacked:,} bytes: at most"
                      f" {MOST_ENTRIES:,} of {MOST_UNPACKED:,}")
    for entry in entries:
        if entry.file_size > SMALL and entry.file_size > MOST_RATIO * entry.compress_size:
            raise BadFile(f"{path}: {entry.filename[:80]} in it unpacks to {entry.file_size:,}"
                          f" bytes from {entry.compress_size:,}: that is no table")
        if not entry.is_dir() and not entry.flag_bits & 1:
            with archive.open(entry) as packed:
                _refuse_pointer(path, packed.read(_HEAD))


def _refuse_pointer(path: Path, head: bytes) -> None:
    if any(pointer in head for pointer in _POINTERS):
        raise BadFile(f"{path} holds no data: it points at other files or services, which are"
                      " not followed")
