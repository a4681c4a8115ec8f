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
from gis.tile_changes import AccessChange

REMEMBER_S = 5.0
# Where changes of accounts are heard of at once; less than what an earlier secret lives on.
REMEMBER_HEARING_S = 60.0
# Changes that were not read for so long are taken to have happened.
DEAF_S = 5.0
MOST_REMEMBERED = 10_000


class Callers:
    """Callers by their secret."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()
        self._heard_at = float("-inf")
        self._changes = 0

    async def identify(self, secret: str, device: str | None = None,
                       hearing: bool = False) -> Caller:
        """Who a secret stands for, as of at most `REMEMBER_S` ago.

        Parameters
        ----------
        secret
            Of a session or a token.
        device
            What the browser calls itself.
        hearing
            Take what is remembered for up to `REMEMBER_HEARING_S`, while all changes of accounts
            are heard of: for what costs the database nothing otherwise.

        Raises
        ------
        NotSignedIn
            When it stands for nobody, or has ended.
        DatabaseAway
            When nobody can tell.
        """
        now = time.monotonic()
        known = self._known.get(secret)
        if known and self._still_holds(*known, now, hearing):
            return known[1]
        self._known.pop(secret, None)
        changes = self._changes
        caller = await sessions.identify(self._database, secret)
        # A database that only reads, or is full, still knows its callers.
        with contextlib.suppress(GridwallError, psycopg.Error):
            await sessions.note_use(self._database, secret, device)
        # What was looked up while something changed may be of before it.
        if changes == self._changes:
            self._known[secret] = (now, caller)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return caller

    def _still_holds(self, at: float, caller: Caller, now: float, hearing: bool) -> bool:
        if caller.lasts_s is not None and now - at >= caller.lasts_s:
            return False
        if hearing and now - self._heard_at < DEAF_S:
            return now - at < REMEMBER_HEARING_S
        return now - at < REMEMBER_S

    def heard(self) -> None:
        """All changes of accounts that were numbered till now have been told."""
        self._heard_at = time.monotonic()

    def note_change(self, change: AccessChange) -> None:
        """What somebody may see has changed, or has ended: ask anew for them."""
        self._changes += 1
        for secret, (_, caller) in list(self._known.items()):
            if (change.credential_id == caller.credential_id
                    or change.account_id == caller.account_id
                    or (change.officer_id is not None
                        and change.officer_id == caller.officer_id)):
                del self._known[secret]

    def forget_all(self) -> None:
        """What anybody may see has changed: ask anew for everyone."""
        self._changes += 1
        self._known.clear()

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
        self._changes += 1
        self._known.pop(secret, None)
