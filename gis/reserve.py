"""Room on the disk of a private cluster, of which the last part is kept back.

PostgreSQL refuses what finds no room for its rows and lives on; but when its log (WAL) finds none
it ends itself, and cannot start before there is some. So nothing more is taken in while there is
still room for the log, and a file that holds some of that room is removed the moment it is needed,
whoever took the rest.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger("gridwall.reserve")

MEBIBYTE = 2**20
# Four segments of the log held by a file; two more, free, are what half a second may write.
HELD_BYTES, FREE_BYTES = 64 * MEBIBYTE, 32 * MEBIBYTE


class Reserve:
    """The room behind one cluster.

    Parameters
    ----------
    folder
        The cluster's folder, in which the file lies.
    log_folder
        Where its log is written: `pg_wal`.
    """

    def __init__(self, folder: Path, log_folder: Path) -> None:
        self._file = folder / "reserve"
        self._log_folder = log_folder

    def is_short(self) -> bool:
        """Whether no more may be taken in; the file counts as room, lest it decide by itself."""
        disk = os.statvfs(self._log_folder)
        # What is left to root alone is nothing to PostgreSQL.
        free_bytes = disk.f_bavail * disk.f_frsize
        return free_bytes + self._held_bytes() < HELD_BYTES + FREE_BYTES

    def keep(self) -> None:
        """Give the file's room to the log where that is short, and take it back afterwards."""
        try:
            if self.is_short():
                self.give_way()
            elif self._held_bytes() < HELD_BYTES:
                with self._file.open("ab") as file:
                    os.posix_fallocate(file.fileno(), 0, HELD_BYTES)
        except OSError as problem:
            log.debug("no reserve can be kept: %s", problem)

    def give_way(self) -> None:
        """Remove the file where room is short: nothing can be started without."""
        if self._file.exists() and self.is_short():
            self._file.unlink(missing_ok=True)
            log.warning("the disk of the database is nearly full: nothing new is taken in before"
                        " %d MB are free", (HELD_BYTES + FREE_BYTES) // MEBIBYTE)

    def _held_bytes(self) -> int:
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return 0
        same_disk = found.st_dev == self._log_folder.stat().st_dev
        return found.st_blocks * 512 if same_disk else 0
