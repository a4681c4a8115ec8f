"""What a benchmark gets and gives: its context, its rows, and how they are shown."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from gis.cluster import Cluster

PACKAGES = ("numpy", "shapely", "geopandas", "duckdb", "psycopg")


@dataclass(frozen=True)
class Row:
    """One comparison. ``ours`` and ``peer`` share a unit, which ``name`` tells.

    ``bar`` is the ratio to reach, None where nothing is promised; ``holds`` whether it is.
    """

    bench: str
    name: str
    ours: float | None
    peer: float | None
    ratio: float | None
    bar: float | None
    holds: bool

    @classmethod
    def compare(cls, bench: str, name: str, ours: float, peer: float,
                bar: float | None = None) -> Row:
        """A row where more is better, and the ratio is ours over the peer's."""
        ratio = ours / peer
        return cls(bench, name, ours, peer, ratio, bar, bar is None or ratio >= bar)

    @classmethod
    def at_most(cls, bench: str, name: str, ours: float, bound: float) -> Row:
        """A row where less is better: ``ours`` may not exceed ``bound``, shown as the peer."""
        return cls(bench, name, ours, bound, ours / bound, 1.0, ours <= bound)


@dataclass
class Context:
    """What a benchmark works with. The cluster is made when first asked for, and removed."""

    quick: bool = False
    say: Callable[[str], None] = lambda _: None
    _closing: ExitStack = field(default_factory=ExitStack)
    _cluster: Cluster | None = None

    def cluster(self) -> Cluster:
        """A running PostGIS cluster for benchmarks alone, with fsync on as in service."""
        if self._cluster is None:
            folder = Path(tempfile.gettempdir()) / f"gridwall-bench-{os.getpid()}"
            self._closing.callback(shutil.rmtree, folder, ignore_errors=True)
            self._cluster = self._closing.enter_context(Cluster(folder).held())
        return self._cluster

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()


def machine() -> dict[str, object]:
    """The machine and the versions that the numbers belong to."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(psutil.Process().cpu_affinity() if hasattr(psutil.Process, "cpu_affinity")
                     else range(os.cpu_count() or 1)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def as_json(rows: Iterable[Row]) -> dict[str, object]:
    """The object that ``gridwall bench --json`` prints."""
    return {"machine": machine(), "rows": [asdict(row) for row in rows]}


def show(rows: Iterable[Row], console: Console) -> None:
    """The rows as a table, under a line on the machine."""
    known = machine()
    console.print(f"{known['processor']}, {known['cores']} cores, {known['memory_gb']} GB,"
                  f" {known['system']}")
    table = Table("bench", "name")
    for title in ("ours", "peer", "ratio", "bar"):
        table.add_column(title, justify="right")
    table.add_column("holds")
    for row in rows:
        table.add_row(row.bench, row.name, _short(row.ours), _short(row.peer),
                      _short(row.ratio), _short(row.bar), "yes" if row.holds else "NO")
    console.print(table)


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
