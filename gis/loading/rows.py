"""Rows of buildings and addresses on their way in: codes seen once, batches by COPY."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from gis import queries
from gis.codes import problems as code_problems
from gis.errors import InvalidInput
from gis.loading.cells import words
from gis.loading.run import Run
from gis.loading.source import Batch

_LONGEST_FREE_CODE = 64


class Codes:
    """Codes of one column: lawful, and each once in a file.

    Parameters
    ----------
    target
        The column's target.
    level
        Of `gis.codes`, whose rules hold unless codes are free.
    """

    def __init__(self, run: Run, target: str, level: str) -> None:
        self._run = run
        self._target = target
        self._level = level
        self._seen: set[str] = set()

    def check(self, batch: Batch, at: int, value: Any) -> str | None:
        """The code; None where there is none. Puts the row aside and gives None at a fault."""
        code = words(value)
        if code is None:
            return None
        if self._run.options.free_codes:
            wrong = ["it has more than 64 characters"] if len(code) > _LONGEST_FREE_CODE else []
        else:
            wrong = code_problems(code, self._level)
        if wrong:
            self._run.put_aside(batch, at, "code",
                                f"{self._target} {code:.64}: {'; '.join(wrong)}"
                                " (--free-codes takes codes outside the standard)")
        elif code in self._seen:
            self._run.put_aside(batch, at, "duplicate_code",
                                f"{self._target} {code} stands in a row before already")
        else:
            self._seen.add(code)
            return code
        return None


def checked(run: Run, batch: Batch, at: int, values: dict[str, Any],
            readers: dict[str, Any]) -> tuple[Any, ...]:
    """Values by their readers; the row is put aside at the first that can't be read."""
    read = []
    for name, reader in readers.items():
        try:
            read.append(reader(values[name][at]))
        except InvalidInput as problem:
            reason = "text" if reader is words else problem.field or "number"
            run.put_aside(batch, at, reason, f"{name}: {problem.message}")
            read.append(None)
    return tuple(read)


def copy_rows(connection: psycopg.Connection, query: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows through a named COPY."""
    with connection.cursor().copy(queries.get(query)) as copy:
        for row in rows:
            copy.write_row(row)
