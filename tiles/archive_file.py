"""A PMTiles archive (version 3) being written: kept tile by tile, whole at the end or not at all.

Beside ``OUT.pmtiles`` grow ``OUT.pmtiles.part`` with the tiles and ``OUT.pmtiles.journal`` with a
line of what it is, then a record for each tile that has been asked for. What a killed process left
is taken up from there; the archive itself appears in one rename.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, Entry, TileType
from pmtiles.writer import finalize_header

from gis.errors import Conflict, GridwallError

# Number of the tile, where its bytes begin, how many they are (0: nothing is in it), their digest.
_RECORD = struct.Struct("<QQI16s")
_SYNC_S = 5.0
_PIECE = 1 << 20


class Partial:
    """An archive under way; a context that leaves what is there for another time.

    Parameters
    ----------
    target
        Where the archive is to be.

    Raises
    ------
    Conflict
        When another process writes it.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._part = target.with_name(target.name + ".part")
        self._journal_path = target.with_name(target.name + ".journal")
        self._journal: BinaryIO = open(self._journal_path, "a+b")  # noqa: SIM115
        try:
            fcntl.flock(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._journal.close()
            raise Conflict(f"another process is writing {target}") from None
        self._data: BinaryIO = open(self._part, "a+b")  # noqa: SIM115
        self._records: list[tuple[int, int, int]] = []
        self._places: dict[bytes, tuple[int, int]] = {}
        self._end = 0
        self._synced = time.monotonic()

    def __enter__(self) -> Partial:
        return self

    def __exit__(self, *problem: object) -> None:
        self._sync()
        self._journal.close()
        self._data.close()

    @property
    def job(self) -> dict[str, Any] | None:
        """What it was that was begun here; None where nothing was."""
        self._journal.seek(0)
        try:
            found = json.loads(self._journal.readline())
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def done(self) -> int:
        """How many tiles have been asked for."""
        return len(self._records)

    @property
    def filled(self) -> int:
        """How many of these have something in them."""
        return sum(1 for _, _, length in self._records if length)

    def begin(self, job: dict[str, Any]) -> None:
        """Start anew."""
        self._records, self._places, self._end = [], {}, 0
        for file in (self._journal, self._data):
            file.seek(0)
            file.truncate()
        self._journal.write(json.dumps(job).encode() + b"\n")
        self._sync()

    def resume(self, tile_ids: list[int]) -> None:
        """Take up what is there: as far as the records are of these tiles, and their bytes hold."""
        self._journal.seek(0)
        head = len(self._journal.readline())
        size = os.fstat(self._data.fileno()).st_size
        for expected in tile_ids:
            read = self._journal.read(_RECORD.size)
            if len(read) < _RECORD.size:
                break
            tile_id, offset, length, told = _RECORD.unpack(read)
            if tile_id != expected or offset + length > size:
                break
            if length and told not in self._places:
                self._data.seek(offset)
                if offset != self._end or _digest(self._data.read(length)) != told:
                    break
                self._places[told] = (offset, length)
                self._end = offset + length
            self._records.append((tile_id, offset, length))
        self._journal.truncate(head + len(self._records) * _RECORD.size)
        self._data.truncate(self._end)
        self._journal.seek(0, os.SEEK_END)
        self._data.seek(0, os.SEEK_END)

    def add(self, tile_id: int, content: bytes) -> None:
        """The next tile, uncompressed; the same content is stored once."""
        packed = gzip.compress(content, 6, mtime=0) if content else b""
        told, offset = _digest(packed), self._end
        if packed and told in self._places:
            offset, _ = self._places[told]
        elif packed:
            self._data.write(packed)
            self._places[told] = (offset, len(packed))
            self._end += len(packed)
        self._records.append((tile_id, offset, len(packed)))
        self._journal.write(_RECORD.pack(tile_id, offset, len(packed), told))

    def flush(self) -> None:
        """What was added outlives this process; every few seconds, the machine's power too."""
        self._data.flush()
        self._journal.flush()
        if time.monotonic() - self._synced > _SYNC_S:
            self._sync()

    def _sync(self) -> None:
        # Tiles before the records that tell of them: a power cut leaves no record of nothing.
        for file in (self._data, self._journal):
            file.flush()
            os.fsync(file.fileno())
        self._synced = time.monotonic()

    def finish(self, metadata: dict[str, Any], bounds: tuple[float, float, float, float]) -> int:
        """Write the archive, read it back, and put it in its place; how many bytes it has."""
        self._sync()
        fresh = self.target.with_name(self.target.name + ".new")
        with open(fresh, "wb") as file:
            for part in self._head(metadata, bounds):
                file.write(part)
            self._data.seek(0)
            while piece := self._data.read(_PIECE):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        self._read_back(fresh)
        os.replace(fresh, self.target)
        _sync_folder(self.target.parent)
        self._part.unlink()
        self._journal_path.unlink()
        return self.target.stat().st_size

    def _head(self, metadata: dict[str, Any],
              bounds: tuple[float, float, float, float]) -> tuple[bytes, ...]:
        entries: list[Entry] = []
        for tile_id, offset, length in self._records:
            last = entries[-1] if entries else None
            if not length:
                continue
            if last and tile_id == last.tile_id + last.run_length and last.offset == offset:
                last.run_length += 1
            else:
                entries.append(Entry(tile_id, offset, length, 1))
        west, south, east, north = (round(degrees * 1e7) for degrees in bounds)
        header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP,
                  "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north}
        return finalize_header(header, self.filled, entries, len(self._places), metadata,
                               True, self._end)

    def _read_back(self, path: Path) -> None:
        wanted = iter([record for record in self._records if record[2]])
        count = 0
        with open(path, "rb") as file:
            source = MmapSource(file)
            start = Reader(source).header()["tile_data_offset"]
            for _, content in all_tiles(source):
                _, offset, length = next(wanted, (0, 0, 0))
                if not content or content != source(start + offset, length):
                    raise GridwallError(f"{path} reads back otherwise than it was written")
                count += 1
        if count != self.filled:
            raise GridwallError(f"{path} reads back with {count:,} of {self.filled:,} tiles")


def contents(path: Path) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    """All tiles of an archive: z, x, y, and the bytes, unpacked."""
    with open(path, "rb") as file:
        for place, content in all_tiles(MmapSource(file)):
            yield place, gzip.decompress(content)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
