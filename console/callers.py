"""Who is asking, remembered for some seconds, so that a busy page costs no look-up a request.

What a remembered caller may see is still decided by the database at every transaction: this
only spares the gate its own question.
"""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict

import psycopg

from gis import sessions
from gis.accounts import Caller
from gis.database import Database
from gis.errors import GridwallError

REMEMBER_S = 5.0
MOST_REMEMBERED = 10_000


class Callers:
    """Callers by their secret."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()

    async def identify(self, secret: str, device: str | None = None) -> Caller:
        """Who a secret stands for, as of at most `REMEMBER_S` ago.

        Raises
        ------
        NotSignedIn
            When it stands for nobody, or has ended.
        DatabaseAway
            When nobody can tell.
        """
        known = self._known.get(secret)
        if known and time.monotonic() - known[0] < REMEMBER_S:
            return known[1]
        self._known.pop(secret, None)
        caller = await sessions.identify(self._database, secret)
        # A database that only reads, or is full, still knows its callers.
        with contextlib.suppress(GridwallError, psycopg.Error):
            await sessions.note_use(self._database, secret, device)
        self._known[secret] = (time.monotonic(), caller)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return caller

    async def rotate(self, secret: str, hours: int) -> str | None:
        """The next secret of a session in use; None where there is none to hand out now."""
        with contextlib.suppress(GridwallError, psycopg.Error):
            return await sessions.rotate(self._database, secret, hours)
        return None

    async def suspect(self, secret: str) -> None:
        """A signed cookie was refused: end the session of which it may be a copy."""
        with contextlib.suppress(GridwallError, psycopg.Error):
            await sessions.end_copied(self._database, secret)

    async def hold(self, caller: Caller, secret: str) -> str:
        """A secret that stays while the browser's changes, for a stream; see `release`."""
        if caller.kind == "session":
            with contextlib.suppress(GridwallError, psycopg.Error):
                return await sessions.hold(self._database, secret)
        return secret

    async def release(self, secret: str, held: str) -> None:
        """Give up what `hold` gave."""
        if held != secret:
            self.forget(held)
            with contextlib.suppress(GridwallError, psycopg.Error):
                await sessions.release(self._database, held)

    def forget(self, secret: str) -> None:
        """Ask anew next time: the session was ended here."""
        self._known.pop(secret, None)
