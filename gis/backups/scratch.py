"""Clusters for a while: made beside, and nothing left of them, even after a kill."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gis.cluster import Cluster
from gis.settings import make_home

_PREFIX = "scratch-"


@contextmanager
def scratch_cluster(home: Path, durable: bool) -> Iterator[Cluster]:
    """A cluster with no data yet, on the disk of `home`; stopped and removed in the end."""
    make_home(home)
    _sweep(home)
    folder = Path(tempfile.mkdtemp(dir=home, prefix=_PREFIX))
    folder.chmod(0o711)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cluster = Cluster(folder / "pg", durable=durable)
        try:
            yield cluster
        finally:
            _remove(cluster, folder)


def _sweep(home: Path) -> None:
    """Remove those whose program was killed."""
    for folder in home.glob(f"{_PREFIX}*"):
        with (folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _remove(Cluster(folder / "pg"), folder)


def _remove(cluster: Cluster, folder: Path) -> None:
    cluster.release()
    cluster.stop()
    shutil.rmtree(cluster.socket, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
