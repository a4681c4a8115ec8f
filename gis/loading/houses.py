"""What hangs on a house by its code: residents, dwellings, enterprises."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from gis import queries
from gis.errors import InvalidInput
from gis.loading.cells import whole, words
from gis.loading.outcome import Outcome
from gis.loading.rows import checked, copy_rows
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch
from gis.loading.vocabulary import OCCUPANCIES, TENURES, USES, coded

MOST_RESIDENTS = 9_999
MOST_EMPLOYEES = 1_000_000
# Letters that are easily misread have no place in a unified social credit code (GB 32100).
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_CREDIT_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _count(most: int) -> Callable[[Any], int | None]:
    def read(value: Any) -> int | None:
        found = whole(value)
        if found is not None and not 0 <= found <= most:
            raise InvalidInput(f"{found} can't be: 0 to {most}")
        return found

    return read


@dataclass(frozen=True)
class HouseKind:
    """One kind of rows: how its columns are read; ``once``: a house stands once in a file."""

    name: str
    readers: dict[str, Callable[[Any], Any]]
    once: bool = True
    needed: tuple[str, ...] = ()
    code: str | None = None


RESIDENTS = HouseKind("residents", {"registered_residents": _count(MOST_RESIDENTS),
                                    "actual_residents": _count(MOST_RESIDENTS)})
DWELLINGS = HouseKind("dwellings", {"use": coded(USES), "tenure": coded(TENURES),
                                    "occupancy": coded(OCCUPANCIES)})
ENTERPRISES = HouseKind("enterprises", {"enterprise_code": words, "name": words, "kind": words,
                                        "employees": _count(MOST_EMPLOYEES)},
                        once=False, needed=("name",), code="enterprise_code")


def load_houses(kind: HouseKind, admin_url: str, path: Path, options: Options | None = None,
                progress: Progress | None = None) -> Outcome:
    """Load rows that belong to houses; what a row does not tell stays as it is.

    Rows whose house code is not loaded are put aside as ``house_missing``.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading(kind.name, admin_url, path, options or Options(), progress) as (run, connection):
        connection.execute(queries.get(f"make_incoming_{kind.name}"))
        seen: set[str] = set()
        for batch in run.batches():
            _take(kind, run, batch, seen, connection)
    return run.outcome


def house_code_of(run: Run, batch: Batch, at: int) -> str | None:
    """The row's house code; the row is put aside where there is none."""
    code = words(run.value(batch, at, "house_code"))
    if code is None:
        run.put_aside(batch, at, "no_house_code", "the row names no house")
    return code


def _take(kind: HouseKind, run: Run, batch: Batch, seen: set[str],
          connection: psycopg.Connection) -> None:
    values = {name: run.column(batch, name) for name in kind.readers}
    rows: dict[int, tuple[Any, ...]] = {}
    for at in run.left(batch):
        house = house_code_of(run, batch, at)
        told = checked(run, batch, at, values, kind.readers)
        _check(kind, run, batch, at, house, dict(zip(kind.readers, told, strict=True)), seen)
        if not run.is_aside(batch, at):
            rows[at] = (at, house, *told)
    copy_rows(connection, f"copy_incoming_{kind.name}", rows.values())
    _store(kind, run, batch, len(rows), connection)


def _check(kind: HouseKind, run: Run, batch: Batch, at: int, house: str | None,
           told: dict[str, Any], seen: set[str]) -> None:
    if run.is_aside(batch, at):
        return
    own = house if kind.once else told.get(kind.code or "")
    for name in kind.needed:
        if told[name] is None:
            run.put_aside(batch, at, f"no_{name}", f"the row has no {name}")
    if kind.code and own and not run.options.free_codes and not is_credit_code(own):
        run.put_aside(batch, at, "code", f"{own:.40} is no unified social credit code: 18"
                                         " characters, the last a check (--free-codes takes any)")
    elif own and own in seen:
        run.put_aside(batch, at, "duplicate_code", f"{own} stands in a row before already")
    elif own:
        seen.add(own)


def is_credit_code(code: str) -> bool:
    """Whether a unified social credit code is lawful (GB 32100): its check character fits.

    The check is 31 less the sum of the first 17, weighted by powers of 3, modulo 31.
    """
    if not _CREDIT_CODE.fullmatch(code):
        return False
    total = sum(_CREDIT_DIGITS.index(character) * pow(3, place, 31)
                for place, character in enumerate(code[:17]))
    return _CREDIT_DIGITS[-total % 31] == code[17]


def _store(kind: HouseKind, run: Run, batch: Batch, incoming: int,
           connection: psycopg.Connection) -> None:
    counts = run.outcome.counts
    connection.execute(queries.get(f"place_incoming_{kind.name}"))
    lost = connection.execute(queries.get(f"take_houseless_{kind.name}")).fetchall()
    for at, code in lost:
        run.put_aside(batch, at, "house_missing", f"house {code} is not loaded: load addresses"
                                                  " first")
    put = [new for new, in connection.execute(queries.get(f"put_{kind.name}"))]
    counts["new"] += sum(put)
    counts["changed"] += len(put) - sum(put)
    counts["unchanged"] += incoming - len(lost) - len(put)
    run.outcome.loaded += len(put)
    connection.execute(queries.get(f"empty_incoming_{kind.name}"))
