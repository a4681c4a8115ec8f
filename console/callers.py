"""Who is asking, remembered for some seconds, so that a busy page costs no look-up a request.

What a remembered caller may see is still decided by the database at every transaction: this
only spares the gate its own question.
"""

from __future__ import annotations

import time
from collections import OrderedDict

from gis.accounts import Caller, identify, renew_session
from gis.database import Database

REMEMBER_S = 5.0
MOST_REMEMBERED = 10_000


class Callers:
    """Callers by their secret."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()

    async def identify(self, secret: str) -> Caller:
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
        caller = await identify(self._database, secret)
        self._known[secret] = (time.monotonic(), caller)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return caller

    async def renew(self, secret: str, hours: int) -> bool:
        """Let a session in use go on; False where it has ended."""
        return await renew_session(self._database, secret, hours)

    def forget(self, secret: str) -> None:
        """Ask anew next time: the session was ended here."""
        self._known.pop(secret, None)
