"""Recovery from an archive: to its end, or to a named moment."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from gis.backups.archive import Archive, Base
from gis.backups.dump import new_epoch
from gis.backups.manifest import Progress
from gis.backups.scratch import scratch_cluster
from gis.backups.tools import explain
from gis.cluster import Cluster
from gis.errors import BadFile, Conflict, InvalidInput, SetupError
from gis.postgres import find_programs
from gis.system_account import run_as

_LAST = re.compile(r"last completed transaction was at log time ([^\n]+)")


@dataclass(frozen=True)
class Recovered:
    """Where a recovery began, and the last transaction that it brought back.

    Attributes
    ----------
    last_commit_at
        None where the log holds none since the base backup.
    """

    base: Base
    last_commit_at: datetime | None


def restore_archive(folder: Path, home: Path, moment: datetime | None,
                    progress: Progress) -> Recovered:
    """Make the private cluster of an empty home from an archive, all or nothing.

    Parameters
    ----------
    folder
        The archive's; it is only read.
    home
        `GRIDWALL_HOME`, without a cluster.
    moment
        All that was committed by then comes back, and nothing since; None: all there is.

    Raises
    ------
    Conflict
        Where the home has a cluster.
    BadFile, InvalidInput
        Where the archive is damaged or does not reach the moment.
    """
    final = Cluster(home / "pg")
    if final.status() != "absent":
        raise Conflict(f"there is a database in {final.folder} already; restore fills only an"
                       " empty place: choose another GRIDWALL_HOME")
    with scratch_cluster(home, durable=True) as cluster:
        recovered = recover(Archive(folder), cluster, moment, progress)
        new_epoch(cluster.url())
        cluster.stop()
        final.take_data(cluster)
    return recovered


def recover(archive: Archive, cluster: Cluster, moment: datetime | None,
            progress: Progress) -> Recovered:
    """Fill a cluster without data from an archive and bring it up.

    Raises
    ------
    BadFile
        Where the base backup or the log is damaged or has a hole.
    InvalidInput
        Where the moment is before the first base backup, or after the last transaction.
    """
    base = archive.base_for(moment)
    missing = archive.missing(base)
    if missing and moment is None:
        raise BadFile(f"{archive.folder} has a hole: of the log since {base.name}"
                      f" {', '.join(missing[:8])} is missing. Name a moment before it (--at), or"
                      " take it to the end from a base backup since")
    files = len(list(archive.wal.iterdir()))
    try:
        cluster.recover(lambda fresh: _copy(archive, base, cluster, fresh),
                        _settings(archive, moment),
                        lambda: progress(_restored(cluster), files, "files of log"))
    except SetupError as problem:
        raise _told(cluster, moment, problem) from None
    with psycopg.connect(cluster.url()) as connection:
        (last,) = connection.execute("SELECT pg_last_xact_replay_timestamp()").fetchone()
    return Recovered(base, last)


def _copy(archive: Archive, base: Base, cluster: Cluster, fresh: Path) -> None:
    source = archive.folder / "base" / base.name
    verify = cluster.programs.path("pg_verifybackup")
    version = source / "PG_VERSION"
    if version.exists() and int(version.read_text()) != cluster.programs.major:
        verify = find_programs(int(version.read_text())).path("pg_verifybackup")
    run_as(cluster.account, ["cp", "-Rp", str(source), str(fresh)])
    try:
        run_as(cluster.account, [verify, "-q", str(fresh)])
    except SetupError as problem:
        raise BadFile(f"the base backup {source} is damaged: {problem.message}") from None


def _settings(archive: Archive, moment: datetime | None) -> dict[str, str]:
    kept = shlex.quote(str(archive.wal)).replace("%", "%%") + "/%f.gz"
    target = {} if moment is None else {"recovery_target_time": moment.isoformat(),
                                        "recovery_target_action": "promote"}
    return {
        "restore_command": f'test -f {kept} && gzip -dc {kept} > "%p"', "hot_standby": "off",
        "archive_mode": "off", "recovery_target_timeline": "latest", **target,
    }


def _restored(cluster: Cluster) -> int:
    return sum(log.read_text("utf-8", "replace").count("restored log file")
               for log in cluster.log.glob("*.log"))


def _told(cluster: Cluster, moment: datetime | None, problem: SetupError) -> Exception:
    log = cluster.last_words(10_000)
    if "recovery ended before configured recovery target was reached" in log:
        last = _LAST.search(log)
        end = f"its last transaction is of {last[1]}" if last else \
            "it has no transaction since its last base backup by then"
        return InvalidInput(f"the archive does not reach {moment.isoformat()}: {end}. Name an"
                            " earlier moment, or leave --at out for all there is", field="at")
    return explain("recovery", problem.message)
