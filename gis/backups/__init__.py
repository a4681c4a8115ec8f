"""Backups: a dump that carries its own proof, an archive of write-ahead log, and drills."""

from gis.backups.archive import Archive, archive_state
from gis.backups.base import flush, keep_archive
from gis.backups.drill import Outcome, drill
from gis.backups.dump import backup, restore
from gis.backups.recovery import restore_archive

__all__ = ["Archive", "Outcome", "archive_state", "backup", "drill", "flush", "keep_archive",
           "restore", "restore_archive"]
