"""`doctor`'s look at what is kept: nothing of it changed, taken away or put in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from console.cli.context import Session
from gis import queries
from gis.errors import InvalidInput, SetupError
from gis.sealing import Anchor, tell, verify


@dataclass(frozen=True)
class SealCheck:
    """The check, with what was asked for on the command line."""

    since: datetime | None = None
    anchor: Anchor | None = None
    take_in: bool = False

    def __call__(self, session: Session) -> str:
        """What was examined, and the last batch.

        Raises
        ------
        SetupError
            With every finding in words.
        """
        with psycopg.connect(session.admin_url(), connect_timeout=10, autocommit=True) as database:
            if database.execute("select to_regclass('seal_batch')").fetchone()[0] is None:
                raise SetupError("no seals yet: ./gridwall db migrate (or just ./gridwall up)")
            taken = ""
            if self.take_in:
                (count,) = database.execute(queries.get("take_in_unsealed")).fetchone()
                taken = f"{count:,} incidents taken in; "
            verdict = verify(database, self.since, self.anchor)
        if verdict.findings:
            raise SetupError(taken + tell(verdict.findings))
        last = f"; note down the last: {verdict.last}" if verdict.last else ""
        return (f"{taken}{verdict.steps:,} steps of {verdict.incidents:,} incidents and"
                f" {verdict.batches:,} batches are as they were written{last}")


def read_since(text: str | None) -> datetime | None:
    """An instant of the command line; a day alone is its beginning, here.

    Raises
    ------
    InvalidInput
        Where it is none.
    """
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise InvalidInput(f"--since {text!r:.40}: write 2026-11-22 or"
                           " 2026-11-22T08:30:00+08:00") from None
