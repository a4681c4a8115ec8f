"""Whose a session of the wall is: its number is signed for one account, and opens to no other.

Bokeh would take a session's number from anybody who names it, in the address or in the token of
a websocket. Here the number is ours: random, with a signature over it and the account. A page
asked for with a number of its own gets a fresh one; a websocket for another account's session is
refused.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import parse_qsl, urlencode

from bokeh.util.token import get_session_id
from starlette.types import ASGIApp, Receive, Scope, Send

CLOSE_NOT_YOURS = 4403
_ARGUMENT = "bokeh_session_id"
_HEADERS = (b"bokeh-session-id",)


class WallSessions:
    """Pure ASGI; stands within the gate, which has told who is calling.

    Parameters
    ----------
    app
        What lies behind.
    secret
        The installation's own.
    path
        Of the Bokeh page.
    """

    def __init__(self, app: ASGIApp, secret: str, path: str = "/wall") -> None:
        self._app = app
        self._key = hashlib.blake2b(secret.encode(), person=b"wall.sessions").digest()
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give each page a session of its own, and let each into its own only."""
        path = scope.get("path", "")
        if path != self._path and not path.startswith(self._path + "/"):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._app(self._with_own_session(scope), receive, send)
        elif scope["type"] == "websocket" and not self._is_own(scope):
            await receive()
            await send({"type": "websocket.close", "code": CLOSE_NOT_YOURS,
                        "reason": "that session is not yours"})
        else:
            await self._app(scope, receive, send)

    def _with_own_session(self, scope: Scope) -> Scope:
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        asked = [pair for pair in asked if pair[0] != _ARGUMENT]
        given = [pair for pair in scope["headers"] if pair[0].lower() not in _HEADERS]
        number = secrets.token_urlsafe(24)
        asked.append((_ARGUMENT, f"{number}.{self._signature(number, scope)}"))
        return {**scope, "headers": given, "query_string": urlencode(asked).encode()}

    def _is_own(self, scope: Scope) -> bool:
        told = scope.get("subprotocols") or []
        try:
            number, _, signature = get_session_id(told[1]).rpartition(".")
        except Exception:  # whatever Bokeh's reader says of what is no token
            return False
        return hmac.compare_digest(signature.encode(), self._signature(number, scope).encode())

    def _signature(self, number: str, scope: Scope) -> str:
        caller = scope["state"]["caller"]
        return hmac.new(self._key, f"{number}\0{caller.account_id}".encode(),
                        hashlib.sha256).hexdigest()
