"""Turning the archive on, and base backups: taken while everything goes on, and verified."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from gis.backups import manifest as manifests
from gis.backups.archive import Archive, Base
from gis.backups.manifest import Manifest, Progress
from gis.backups.tools import explain, sync_folder
from gis.cluster import SUPERUSER, Cluster
from gis.errors import Conflict, GridwallError, SetupError
from gis.system_account import give, run_as, run_told

_WAIT_S = 60
_AMOUNT = re.compile(r"\s*(\d+)/(\d+) kB")


def keep_archive(cluster: Cluster, folder: Path, progress: Progress, *,
                 keep_days: int | None = None, reserve_mb: int = 2048) -> Base:
    """Archive write-ahead log in a folder from now on, and take a base backup.

    Parameters
    ----------
    cluster
        The private cluster, running.
    folder
        Made where absent; one that another cluster writes to is refused.
    keep_days
        Then remove what no moment of so many days needs; None removes nothing.
    reserve_mb
        Once less is free on the database's disk, log that can't be archived is given up.

    Raises
    ------
    GridwallError
        Where nothing comes into the archive, or the base backup is not sound.
    """
    folder = folder.absolute()
    _make(cluster, folder)
    _turn_on(cluster, {"folder": str(folder), "reserve_mb": reserve_mb})
    base = _take_base(cluster, Archive(folder), progress)
    cluster.place.gap.unlink(missing_ok=True)
    if keep_days is not None:
        Archive(folder).prune(keep_days, datetime.now(UTC))
    return base


def _make(cluster: Cluster, folder: Path) -> None:
    system = cluster.superuser_sql("SELECT system_identifier FROM pg_control_system()").strip()
    if folder.resolve().is_relative_to(cluster.folder.resolve()):
        raise SetupError(f"{folder} is inside the cluster that it should save: name another")
    stamp = folder / "archive.json"
    if stamp.exists():
        if Archive(folder).system != system:
            raise Conflict(f"{folder} is the archive of another cluster: name another folder")
    elif folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty, and no archive: name a new folder")
    try:
        for part in (folder, folder / "wal", folder / "base"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
            give(cluster.account, part)
        run_as(cluster.account, ["/bin/sh", "-c", 'cd "$0"', str(folder / "wal")])
    except OSError as problem:
        raise SetupError(f"the folder {folder} can't be made: {problem.strerror}") from None
    except SetupError:
        raise SetupError(f"PostgreSQL runs as the system user {cluster.account.pw_name!r}, who"
                         f" can't reach {folder}: open the way with chmod o+x") from None
    if not stamp.exists():
        _write(cluster, stamp, msgspec.json.encode({"format": 1, "system": system}))


def _write(cluster: Cluster, file: Path, content: bytes) -> None:
    beside = file.with_name(f".{file.name}.new")
    with beside.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    give(cluster.account, beside)
    os.replace(beside, file)
    sync_folder(file.parent)


def _turn_on(cluster: Cluster, wanted: dict[str, Any]) -> None:
    """Have the server archive; where the first file does not come through, all is as before."""
    former = cluster.place.archive()
    cluster.place.set_archive(wanted)
    try:
        cluster.reconfigure()
        if cluster.superuser_sql("SHOW archive_mode").strip() == "off":
            raise SetupError("the running server was started without archiving: stop all that uses"
                             " it (`up`, `db stop`), then call this again")
        flush(cluster)
    except GridwallError:
        if former is None:
            (cluster.folder / "archive.json").unlink()
        else:
            cluster.place.set_archive(former)
        cluster.reconfigure()
        raise


def flush(cluster: Cluster) -> None:
    """Bring all that was committed by now into the archive, and wait for it.

    Raises
    ------
    GridwallError
        Where it does not come there.
    """
    asked = ("SELECT failed_count, coalesce(last_archived_wal, '') FROM pg_stat_archiver")
    before = int(cluster.superuser_sql(asked).split("|")[0])
    # A record of our own, or there might be nothing to switch.
    name = cluster.superuser_sql("SELECT pg_create_restore_point('archive');"
                                 " SELECT pg_walfile_name(pg_switch_wal())").split()[-1]
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        failed, last = cluster.superuser_sql(asked).strip().split("|")
        if last >= name:
            return
        if int(failed) > before:
            break
        time.sleep(0.1)
    raise GridwallError("nothing comes into the archive; the cluster's log says:\n"
                        f"{cluster.last_words(12)}")


def _take_base(cluster: Cluster, archive: Archive, progress: Progress) -> Base:
    folder = archive.folder / "base"
    for left in folder.glob("*.partial"):
        shutil.rmtree(left)
    partial = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.partial"
    manifest = _manifest(cluster, progress)
    try:
        _copy(cluster, partial, progress)
        _verify(cluster, partial)
        first = (partial / "backup_label").read_text("utf-8")
        finished = cluster.superuser_sql(
            "SELECT to_json(clock_timestamp()) #>> '{}'").strip()
        base = Base(partial.stem, datetime.fromisoformat(finished),
                    re.search(r"\(file ([0-9A-F]{24})\)", first)[1],
                    sum(file.stat().st_size for file in partial.rglob("*") if file.is_file()),
                    manifest)
        partial.rename(folder / base.name)
        _write(cluster, folder / f"{base.name}.json", msgspec.json.encode(base))
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    flush(cluster)  # all that it needs is in the archive
    return base


def _manifest(cluster: Cluster, progress: Progress) -> Manifest:
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return manifests.take(connection, progress)


def _copy(cluster: Cluster, folder: Path, progress: Progress) -> None:
    code, said = run_told(
        [cluster.programs.path("pg_basebackup"), "-D", str(folder), "-X", "stream", "-P",
         "--checkpoint=fast", "--manifest-checksums=SHA256", "-h", str(cluster.socket),
         "-U", SUPERUSER], _kilobytes(progress), cluster.account)
    if code:
        raise explain("pg_basebackup", said)


def _kilobytes(progress: Progress) -> Callable[[str], None]:
    def heard(line: str) -> None:
        if found := _AMOUNT.match(line):
            progress(int(found[1]), int(found[2]), "kB of the base backup")

    return heard


def _verify(cluster: Cluster, folder: Path) -> None:
    try:
        run_as(cluster.account, [cluster.programs.path("pg_verifybackup"), "-q", str(folder)])
    except SetupError as problem:
        raise explain("pg_verifybackup", problem.message) from None
