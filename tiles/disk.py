"""Drawn tiles on disk: bounded, verified when read, shared by the processes of an installation.

What goes wrong with the disk is told to the log and costs a drawing, never an answer.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import shutil
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import brotli
import orjson

from tiles.cache import Body
from tiles.freshness import Tile

log = logging.getLogger("gridwall.tiles")

_MAGIC = b"gwt1"
_DIGEST = 16
_HEAD = struct.Struct(">QH")
_ENDING = ".tile"
MARKS = "touched.json"
# A sweep goes so far below the limit, so that the next one is not due at once.
_SWEPT = 0.9
_SILENT_S = 60.0


class Place(NamedTuple):
    """Where a tile lies: its layer, its address, and all that it is known by."""

    layer: str
    z: int
    x: int
    y: int
    key: str

    @property
    def folder(self) -> str:
        """Of its column, below that of the installation."""
        return f"{_folder_name(self.layer)}/{self.z}/{self.x}"

    @property
    def name(self) -> str:
        """Of its file."""
        digest = hashlib.blake2b(self.key.encode(), digest_size=16).hexdigest()
        return f"{self.y}-{digest}{_ENDING}"


class Disk:
    """Tiles in a folder. All calls but `has` may block: they belong into a thread.

    Parameters
    ----------
    folder
        Which is this cache's alone.
    limit
        Bytes that all files together may take, about; 0 for no cache at all.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._parent = folder
        self._limit = limit
        self.installation = ""
        self._folder: Path | None = None
        self._taken = 0
        self._complained_at = -_SILENT_S

    def open(self, installation: str) -> None:
        """Begin, in a folder of this name; those of other names are removed."""
        self._folder, self.installation = None, installation
        if not self._limit:
            return
        try:
            self._parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for other in self._parent.iterdir():
                if other.name != installation:
                    shutil.rmtree(other, ignore_errors=True)
            folder = self._parent / installation
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            self._complain(problem)
            return
        self._folder = folder
        self._taken = sum(size for _, size, _ in self._files())

    def has(self, place: Place) -> bool:
        """Whether a file is there, whatever is in it. Blocks for no longer than a look takes."""
        return self._folder is not None and os.path.exists(
            self._folder / place.folder / place.name)

    def read(self, place: Place) -> tuple[int, Body] | None:
        """A tile, and the number up to which changes were known when it was drawn.

        None where there is none, or what is there does not verify.
        """
        if self._folder is None:
            return None
        path = self._folder / place.folder / place.name
        try:
            content = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as problem:
            self._complain(problem)
            return None
        found = _unpacked(content, place.key)
        if found is None:
            log.warning("the kept tile %s does not verify: it is drawn anew", path)
            self._remove(path)
        return found

    def write(self, place: Place, as_of: int, body: Body, installation: str = "") -> None:
        """Keep a tile: whole, or not at all; of another `installation` than is open: not at all."""
        opened = self._folder
        if opened is None or opened.name != (installation or self.installation):
            return
        folder = opened / place.folder
        content = _packed(as_of, place.key, body.coded("br"))
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _put(folder / place.name, content)
        except OSError as problem:
            self._complain(problem)
            return
        self._taken += len(content)
        if self._taken > self._limit:
            self._sweep()

    def drop(self, layer: str, touched: Mapping[Tile, int]) -> int:
        """Remove what was drawn of tiles before changes touched them; how many files went.

        Parameters
        ----------
        layer
            Of the tiles.
        touched
            The number of the change for each tile.
        """
        if self._folder is None:
            return 0
        columns: dict[tuple[int, int], dict[str, int]] = {}
        for (z, x, y), sequence in touched.items():
            columns.setdefault((z, x), {})[str(y)] = sequence
        gone = 0
        for (z, x), rows in columns.items():
            folder = self._folder / _folder_name(layer) / str(z) / str(x)
            try:
                names = os.listdir(folder)
            except OSError:
                continue
            for name in names:
                sequence = rows.get(name.partition("-")[0])
                if sequence is not None and _as_of(folder / name) < sequence:
                    gone += self._remove(folder / name)
        return gone

    def read_marks(self) -> dict | None:
        """What `write_marks` was given last, here or by another process."""
        if self._folder is None:
            return None
        try:
            content = (self._folder / MARKS).read_bytes()
        except OSError:
            return None
        digest, body = content[:_DIGEST], content[_DIGEST:]
        return orjson.loads(body) if _digest(body) == digest else None

    def write_marks(self, told: dict) -> None:
        """Keep which tiles were touched when, for the next start."""
        if self._folder is None:
            return
        body = orjson.dumps(told)
        try:
            _put(self._folder / MARKS, _digest(body) + body)
        except OSError as problem:
            self._complain(problem)

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """When each file was used last, its size, its path."""
        for folder, _, names in os.walk(self._folder):
            for name in names:
                if name != MARKS:
                    path = os.path.join(folder, name)
                    try:
                        known = os.stat(path)
                    except OSError:
                        continue
                    yield known.st_mtime, known.st_size, path

    def _sweep(self) -> None:
        """Remove the least lately used; other processes' files are counted as well."""
        files = sorted(self._files())
        taken = sum(size for _, size, _ in files)
        for _, size, path in files:
            if taken <= self._limit * _SWEPT:
                break
            self._remove(Path(path))
            taken -= size
        self._taken = taken

    def _remove(self, path: Path) -> bool:
        try:
            path.unlink()
        except OSError:
            return False
        return True

    def _complain(self, problem: OSError) -> None:
        if time.monotonic() - self._complained_at > _SILENT_S:
            self._complained_at = time.monotonic()
            log.warning("tiles are not kept on disk: %s", problem)


def _folder_name(layer: str) -> str:
    return layer.replace(":", "~")


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()


def _packed(as_of: int, key: str, packed: bytes) -> bytes:
    known = key.encode()
    rest = _HEAD.pack(as_of, len(known)) + known + packed
    return _MAGIC + _digest(rest) + rest


def _unpacked(content: bytes, key: str) -> tuple[int, Body] | None:
    begin = len(_MAGIC) + _DIGEST
    rest = content[begin:]
    if not content.startswith(_MAGIC) or content[len(_MAGIC):begin] != _digest(rest):
        return None
    as_of, length = _HEAD.unpack_from(rest)
    known = rest[_HEAD.size:_HEAD.size + length]
    if known != key.encode():
        return None
    try:
        return as_of, Body.from_brotli(rest[_HEAD.size + length:])
    except brotli.error:
        return None


def _as_of(path: Path) -> int:
    """The number in a file's head; -1 where there is none."""
    begin = len(_MAGIC) + _DIGEST
    try:
        with path.open("rb") as file:
            head = file.read(begin + _HEAD.size)
        return _HEAD.unpack_from(head, begin)[0]
    except (OSError, struct.error):
        return -1


def _put(path: Path, content: bytes) -> None:
    """Write beside, then rename: a reader meets the former file or the whole new one."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
