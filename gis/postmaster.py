"""A cluster's first process: found, believed only when it is ours, cleared away after a kill."""

from __future__ import annotations

import os
import re
from pathlib import Path

import psutil

PORT = 5432


def find(data: Path) -> psutil.Process | None:
    """The server's first process, where the pid file names one that really is ours."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        return process if _is_ours(process, data) else None
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None


def clear_remains(data: Path, socket: Path) -> None:
    """After a kill: end what is left of a headless server and its stale lock files."""
    left = [process for process in psutil.process_iter() if _is_ours(process, data)]
    for process in left:
        process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=3)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=10)
    # PostgreSQL itself trusts any living pid in these files, even one used anew since.
    (data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (socket / name).unlink(missing_ok=True)


def _is_ours(process: psutil.Process, data: Path) -> bool:
    """Server processes stand in their data folder; a reused pid does not."""
    try:
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and bool(re.match(r"postgres|postmaster", process.name()))
            and os.path.samefile(process.cwd(), data)
        )
    except (psutil.Error, OSError):
        return False
