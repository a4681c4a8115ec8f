"""Officers and their postings from a table: one row a posting."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

import psycopg

from gis import queries
from gis.errors import InvalidInput
from gis.loading.area_codes import AreaCodes
from gis.loading.cells import words
from gis.loading.outcome import Outcome
from gis.loading.run import Options, Progress, Run, loading
from gis.loading.source import Batch
from gis.loading.targets import TARGETS, normalised

ROLES = {
    "head": ("head", "网格长", "组长"),
    "full_time": ("full_time", "fulltime", "专职", "专职网格员", "网格员"),
    "part_time": ("part_time", "parttime", "兼职", "兼职网格员"),
    "adviser": ("adviser", "advisor", "指导员", "网格指导员"),
    "assistant": ("assistant", "助理员", "网格助理员", "楼道长"),
}
_ROLE_BY_WORD = {normalised(word): role for role, all_words in ROLES.items() for word in all_words}
_HOURS = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–~—至]\s*(\d{1,2})[:：](\d{2})")
_FIELDS = tuple(target.name for target in TARGETS["officers"])


def load_officers(admin_url: str, path: Path, options: Options | None = None,
                  progress: Progress | None = None) -> Outcome:
    """Load officers, each row with a posting to an area or a building, or with none.

    An officer whose number is known takes over name and telephone; a posting that is there
    already is not doubled.

    Raises
    ------
    InvalidInput, BadFile
        When the file as a whole can't be used; nothing is written then.
    """
    with loading("officers", admin_url, path, options or Options(), progress) as (run, connection):
        postings = _Postings(connection)
        for batch in run.batches():
            for at in run.left(batch):
                _load(run, batch, at, postings)
    return run.outcome


def _load(run: Run, batch: Batch, at: int, postings: _Postings) -> None:
    try:
        told = {name: words(run.value(batch, at, name)) for name in _FIELDS}
        for name in ("officer_code", "name"):
            if told[name] is None:
                raise InvalidInput(f"the row has no {name}", field=f"no_{name}")
        added = postings.add(told)
    except InvalidInput as problem:
        run.put_aside(batch, at, problem.field or "posting", problem.message)
        return
    run.outcome.loaded += 1
    run.outcome.counts["duties" if added else "unchanged"] += 1


class _Postings:
    """What postings refer to, looked up once."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._areas = AreaCodes(connection)
        self._lines = {normalised(word): code for code, *names in self._rows("lines_by_name")
                       for word in (code, *names)}
        self._units = {normalised(word): code for code, name in self._rows("units_by_name")
                       for word in (code, name)}
        self._shifts = {normalised(word): code for code, name in self._rows("shifts_by_name")
                        for word in (code, name)}

    def _rows(self, query: str, **values: object) -> list[tuple]:
        return self._connection.execute(queries.get(query), values).fetchall()

    def add(self, told: dict[str, str | None]) -> bool:
        """Store officer and posting; False where the posting was there, or none is told."""
        place = {"area_id": None, "building_id": None}
        if told["building_code"]:
            place["building_id"] = self._building(told["building_code"])
        elif told["area_code"]:
            place["area_id"] = self._areas.find(told)
        role, line, shift = self._role(told), self._line(told), self._shift(told)
        officer = self._rows("put_officer", officer_code=told["officer_code"], name=told["name"],
                             phone=told["phone"], unit=self._unit(told))[0][0]
        if place["area_id"] is None and place["building_id"] is None:
            return False
        return bool(self._connection.execute(queries.get("put_duty"), {
            "officer_id": officer, "role": role, "line": line, "shift": shift, **place}).rowcount)

    def _building(self, code: str) -> int:
        found = self._rows("building_by_code", code=code)
        if not found:
            raise InvalidInput(f"building {code} is not loaded: load buildings first",
                               field="building_missing")
        return found[0][0]

    def _role(self, told: dict[str, str | None]) -> str:
        if told["role"] is None:
            return "full_time"
        if (role := _ROLE_BY_WORD.get(normalised(told["role"]))) is None:
            raise InvalidInput(f"{told['role']!r} is no role: use {', '.join(ROLES)}", field="role")
        return role

    def _unit(self, told: dict[str, str | None]) -> str | None:
        if told["unit"] is None:
            return None
        if (unit := self._units.get(normalised(told["unit"]))) is None:
            raise InvalidInput(f"{told['unit']!r:.40} is no unit that is set up", field="unit")
        return unit

    def _line(self, told: dict[str, str | None]) -> str | None:
        if told["line"] is None:
            return None
        if (line := self._lines.get(normalised(told["line"]))) is None:
            raise InvalidInput(f"{told['line']!r} is no line of work: use"
                               f" {', '.join(sorted(set(self._lines.values())))}", field="line")
        return line

    def _shift(self, told: dict[str, str | None]) -> str | None:
        text = told["shift"]
        if text is None:
            return None
        if (shift := self._shifts.get(normalised(text))) is not None:
            return shift
        hours = _HOURS.fullmatch(text)
        try:
            first, first_minute, last, last_minute = map(int, hours.groups())
            starts, ends = time(first % 24, first_minute), time(last % 24, last_minute)
        except (AttributeError, ValueError):
            raise InvalidInput(f"{text!r} is no shift: name one that is set up, or hours such as"
                               " 08:00-20:00", field="shift") from None
        code = f"{starts:%H:%M}-{ends:%H:%M}"
        if normalised(code) not in self._shifts:
            self._connection.execute(queries.get("put_shift"),
                                     {"code": code, "starts": starts, "ends": ends})
            self._shifts[normalised(code)] = code
        return code
