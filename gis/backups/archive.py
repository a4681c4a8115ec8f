"""The archive: a folder of base backups and of the write-ahead log since.

``archive.json`` says whose it is, ``base/TIME`` is a base backup (``base/TIME.json``, written
last, tells of it), ``wal/NAME.gz`` a file of write-ahead log.
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from gis.backups.manifest import Manifest
from gis.cluster import Cluster
from gis.errors import BadFile, InvalidInput

_SEGMENT = re.compile(r"^([0-9A-F]{8})([0-9A-F]{8})000000([0-9A-F]{2})\.gz$")


class Base(msgspec.Struct, frozen=True):
    """A base backup.

    Attributes
    ----------
    name
        Of its folder.
    finished_at
        From when on the archive can bring the database back.
    first_wal
        The first file of write-ahead log that recovery from it needs.
    bytes
        Of its files.
    manifest
        What the database held when it was begun.
    """

    name: str
    finished_at: datetime
    first_wal: str
    bytes: int
    manifest: Manifest


class Archive:
    """An archive's folder.

    Parameters
    ----------
    folder
        Where it is.

    Raises
    ------
    BadFile
        Where it is none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()
        try:
            told = msgspec.json.decode((self.folder / "archive.json").read_bytes())
            self.system: str = told["system"]
        except (OSError, KeyError, TypeError, msgspec.MsgspecError):
            raise BadFile(f"{folder} is no archive of `gridwall db archive`; is its disk there?"
                          ) from None

    @property
    def wal(self) -> Path:
        """The folder of write-ahead log."""
        return self.folder / "wal"

    def bases(self) -> list[Base]:
        """All base backups that were finished, the oldest first."""
        return [msgspec.json.decode(file.read_bytes(), type=Base)
                for file in sorted((self.folder / "base").glob("*.json"))]

    def base_for(self, moment: datetime | None) -> Base:
        """The newest base backup that was finished by a moment.

        Raises
        ------
        InvalidInput
            Where there is none so old.
        """
        bases = self.bases()
        fitting = [base for base in bases if moment is None or base.finished_at <= moment]
        if fitting:
            return fitting[-1]
        if not bases:
            raise BadFile(f"{self.folder} has no base backup yet: ./gridwall db archive"
                          f" {self.folder}")
        raise InvalidInput(f"the archive reaches back to {bases[0].finished_at.isoformat()}: name a"
                           " moment since", field="at")

    def missing(self, base: Base) -> list[str]:
        """Places in the log since a base backup of which no file is there, as LOG/SEGMENT."""
        kept = {place for name in os.listdir(self.wal) if (place := _place(name)) is not None}
        first = _place(base.first_wal + ".gz")
        wanted = range(first, max(kept, default=first) + 1)
        return [f"{place >> 8:X}/{place & 255:X}" for place in wanted if place not in kept]

    def prune(self, keep_days: int, now: datetime) -> list[str]:
        """Remove what is not needed for any moment of the last days; what was removed.

        The newest base backup older than that stays, for it is the way to the oldest moment.
        """
        limit = now - timedelta(days=keep_days)
        bases = self.bases()
        old = [base for base in bases if base.finished_at <= limit]
        removed = [base.name for base in old[:-1]]
        for name in removed:
            (self.folder / "base" / f"{name}.json").unlink()
            shutil.rmtree(self.folder / "base" / name)
        left = [base for base in bases if base.name not in removed]
        first = min((_place(base.first_wal + ".gz") for base in left), default=0)
        for file in list(self.wal.iterdir()):
            place = _place(file.name)
            if place is not None and place < first:
                file.unlink()
        return removed


def _place(name: str) -> int | None:
    """Where a file of log stands, whatever its timeline; None for other files."""
    found = _SEGMENT.match(name)
    return int(found[2], 16) << 8 | int(found[3], 16) if found else None


class ArchiveState(msgspec.Struct, frozen=True, kw_only=True):
    """How archiving goes.

    Attributes
    ----------
    waiting_files, waiting_bytes
        Write-ahead log that is not in the archive yet.
    last_kept_at
        When a file came into the archive.
    failing_since
        When the last try failed, where none has gone well since.
    gap
        Files that were given up for want of room, as noted down.
    """

    folder: str
    bases: int = 0
    reaches_from: datetime | None = None
    waiting_files: int = 0
    waiting_bytes: int = 0
    last_kept_at: datetime | None = None
    failing_since: datetime | None = None
    gap: list[str] = []
    trouble: str = ""


_ARCHIVER = """
SELECT json_build_object(
    'waiting_files', (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'),
    'waiting_bytes', (SELECT coalesce(sum(w.size), 0) FROM pg_ls_waldir() AS w
                      JOIN pg_ls_archive_statusdir() AS s ON s.name = w.name || '.ready'),
    'last_kept_at', last_archived_time,
    'failing_since', CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity')
                          THEN last_failed_time END)
FROM pg_stat_archiver
"""


def archive_state(cluster: Cluster) -> ArchiveState | None:
    """How the archiving of a running cluster goes; None where it has no archive."""
    kept = cluster.place.archive()
    if kept is None:
        return None
    told = msgspec.json.decode(cluster.superuser_sql(_ARCHIVER))
    gap = cluster.place.gap
    told["gap"] = gap.read_text("utf-8").splitlines() if gap.exists() else []
    try:
        bases = Archive(Path(kept["folder"])).bases()
        told |= {"bases": len(bases),
                 "reaches_from": bases[0].finished_at.isoformat() if bases else None}
    except (BadFile, OSError) as problem:
        told["trouble"] = str(problem)
    return msgspec.convert(told | {"folder": kept["folder"]}, ArchiveState)


def trouble(state: ArchiveState, now: datetime | None = None) -> str:
    """What is wrong with an archive and what to do; empty where all is well."""
    room = f"; {state.waiting_files} files of log ({state.waiting_bytes // 2**20} MB) wait on the" \
           " database's disk" if state.waiting_files else ""
    if state.gap:
        return (f"the archive has a gap: {len(state.gap)} files of log were given up since"
                f" {state.gap[0].split()[0]}, for the database's disk was nearly full. Make room,"
                f" then ./gridwall db archive {state.folder}")
    if state.trouble:
        return state.trouble + room
    if state.failing_since:
        return (f"nothing comes into {state.folder}, last tried {state.failing_since.isoformat()}"
                f"{room}: is it full, or its disk away? The last lines of the cluster's log tell")
    if not state.bases:
        return f"there is no base backup yet: ./gridwall db archive {state.folder}"
    newest = state.last_kept_at
    if state.waiting_files > 3 and newest and (now or datetime.now(UTC)) - newest > timedelta(
            minutes=10):
        return f"nothing has come into {state.folder} since {newest.isoformat()}{room}"
    return ""
