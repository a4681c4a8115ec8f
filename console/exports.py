"""What leaves the house as a file says who took it, when, and under which number of the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import anyio
from starlette.requests import Request

from console import language
from console.api.scoped import now_of, scoped
from console.spreadsheet import Cell
from gis import queries

WIDTHS = (16, 18, 12)


@dataclass(frozen=True)
class Stamp:
    """The mark on an export: in every row of a table, and on every page of a print."""

    number: int
    who: str
    at: datetime

    @property
    def cells(self) -> list[Cell]:
        """The last cells of each row."""
        return [self.who, self.at, self.number]

    @staticmethod
    def heads(lang: str) -> list[str]:
        """The heads of `cells`."""
        return [language.text(f"export.column_{name}", lang) for name in ("by", "when", "number")]

    def about(self, lang: str) -> Iterator[list[Cell]]:
        """The same as lines of a sheet about the export."""
        yield [language.text("export.about_by", lang), self.who]
        yield [language.text("export.about_when", lang), self.at]
        yield [language.text("export.about_number", lang), self.number]

    def __str__(self) -> str:
        return f"{self.who} #{self.number}"


async def stamp_of(request: Request, what: str, rows: int | None = None) -> Stamp:
    """A stamp for an export of the caller's, in the audit log before anything leaves.

    Parameters
    ----------
    what
        What is taken, in few words.
    rows
        How many, where that is known already.
    """
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("note_export"), {"what": what, "rows": rows})
        (number,) = await cursor.fetchone()
    return Stamp(number, request.state.caller.name, now_of(request))


@asynccontextmanager
async def held(request: Request) -> AsyncIterator[None]:
    """Keeps the caller's secret good while a long answer is sent and the browser's changes."""
    callers, given = request.app.state.callers, request.state.secret
    request.state.secret = await callers.hold(request.state.caller, given)
    try:
        yield
    finally:
        # Who goes away half way leaves none behind either.
        with anyio.CancelScope(shield=True):
            await callers.release(given, request.state.secret)
