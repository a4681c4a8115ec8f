"""Progress on a terminal: steps that are named, and bars that fill.

What works long takes ``progress``, called as ``progress(done, total, what)``: units done, units
in all (0 where nobody knows), and what is being done. `Progress` is one that draws.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

QUIET_INTERVAL_S = 10.0


class Progress:
    """Call it with (done, total, what); one bar for each `what`.

    On a terminal it draws bars; elsewhere it prints a line for each new thing, and one every
    ten seconds, so that a log stays readable.

    Parameters
    ----------
    stream
        Where to; standard error by default, since standard output may be read by a program.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream or sys.stderr, highlight=False)
        self._bars: Bars | None = None
        self._tasks: dict[str, int] = {}
        self._told = 0.0

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._bars = Bars(
                TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(),
                TimeElapsedColumn(), console=self._console,
            )
            self._bars.start()
        return self

    def __exit__(self, *problem: object) -> None:
        if self._bars:
            self._bars.stop()

    def __call__(self, done: int, total: int, what: str) -> None:
        if self._bars:
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, total=total or None)
            self._bars.update(self._tasks[what], completed=done, total=total or None)
            return
        now = time.monotonic()
        if what not in self._tasks or now - self._told >= QUIET_INTERVAL_S:
            self._tasks[what] = 0
            self._told = now
            amount = f": {done:,} of {total:,}" if total and done else ""
            self._console.print(f"  {what}{amount}", markup=False)


    def say(self, line: str) -> None:
        """One stage, for work that tells no amounts."""
        self._console.print(f"  {line}", markup=False)


@contextmanager
def step(what: str, stream: TextIO | None = None) -> Iterator[Progress]:
    """Say what is being done, hand out a `Progress` for its parts."""
    print(f"gridwall: {what} …", file=stream or sys.stderr, flush=True)
    with Progress(stream) as progress:
        yield progress
