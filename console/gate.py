"""The one gate before everything, HTTP and websockets alike: no secret, no entry.

It hands on ``request.state.secret`` (for the transaction to enter with) and
``request.state.caller`` (for what is drawn).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, urlsplit

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.access import METRICS, PUBLIC, may_before_change, may_enter, token_may
from console.callers import Callers
from console.cookies import SessionCookie
from console.pages.notice import forbidden_page
from console.problems import respond
from gis.accounts import Caller
from gis.errors import DatabaseAway, GridwallError, MustChange, NotAllowed, NotFound, NotSignedIn
from gis.origin import ORIGIN

LOGOUT = "/logout"
_SAFE = ("GET", "HEAD", "OPTIONS")
_NOT_PAGES = ("/api/", "/tiles/", "/static/", "/live", "/components/", "/metrics")
# Hundreds at once, most of them known to whoever asks: these ask the database nothing of their own.
_TILES = "/tiles/"
# What comes after it Panel takes for the name of a module.
_MODULES = "/components/"
CLOSE_NOT_SIGNED_IN, CLOSE_TRY_LATER = 4401, 1013


class Gate:
    """Pure ASGI; stands outside the application.

    Parameters
    ----------
    app
        What lies behind.
    callers
        Tells who a secret stands for.
    cookie
        Reads the session cookie.
    """

    def __init__(self, app: ASGIApp, callers: Callers, cookie: SessionCookie) -> None:
        self._app = app
        self._callers = callers
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or answer in the application's stead."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        ORIGIN.set(_address(scope))
        try:
            aging_secret = await self._admit(scope)
        except GridwallError as refusal:
            if scope["type"] == "websocket":
                await _close(refusal, receive, send)
            else:
                await _refuse(refusal, scope)(scope, receive, send)
            return
        if aging_secret and scope["type"] == "http" and scope["path"] != LOGOUT:
            send = await self._renewing(scope, aging_secret, send)
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> str | None:
        """Let in or raise; the session's secret where its cookie wants renewing."""
        headers = dict(scope["headers"])
        path = scope["path"]
        secret, by_cookie, aging = self._secret(headers)
        if by_cookie or path in PUBLIC:
            _check_origin(scope, headers)
        if path in PUBLIC or (path == METRICS and secret is None and _is_near(scope)):
            return None
        if secret is None:
            raise NotSignedIn("sign in, or send a token: Authorization: Bearer TOKEN")
        caller = await self._identify(secret, headers, by_cookie, path.startswith(_TILES))
        state = scope.setdefault("state", {})
        state["secret"], state["caller"] = secret, caller
        _check_open(caller, scope)
        return secret if aging and not path.startswith(_TILES) else None

    async def _identify(self, secret: str, headers: dict[bytes, bytes], by_cookie: bool,
                        hearing: bool) -> Caller:
        device = headers.get(b"user-agent", b"").decode("latin-1")[:300]
        try:
            return await self._callers.identify(secret, device, hearing)
        except NotSignedIn:
            if by_cookie:
                await self._callers.suspect(secret)
            raise

    def _secret(self, headers: dict[bytes, bytes]) -> tuple[str | None, bool, bool]:
        """The caller's secret, whether it came by cookie, and whether that cookie is aging."""
        given = headers.get(b"authorization", b"")
        if given[:7].lower() == b"bearer ":
            return _token(given[7:].strip()), False, False
        cookie = headers.get(b"cookie")
        if not cookie:
            return None, False, False
        signed = self._cookie.read(cookie.decode("latin-1"))
        return (signed.secret, True, signed.aging) if signed else (None, True, False)

    async def _renewing(self, scope: Scope, secret: str, send: Send) -> Send:
        """A session in use goes on: after a while the answer brings it another secret."""
        fresh = await self._callers.rotate(secret, self._cookie.hours)
        if fresh is None:
            return send
        header = self._cookie.header(fresh, scope.get("scheme") == "https")

        async def send_renewed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        return send_renewed


def _check_open(caller: Caller, scope: Scope) -> None:
    """Refuse a path that is not open to this caller, whatever it would show."""
    path = scope["path"]
    if "/../" in path or path.endswith("/..") or (
            path.startswith(_MODULES) and not path[len(_MODULES):][:1].isalpha()):
        raise NotFound("there is no such path")
    if not may_enter(caller.role, path):
        raise NotAllowed(f"{path} is not open to the role {caller.role}")
    if not token_may(caller.access, scope.get("method", "GET"), path):
        raise NotAllowed("this token only reads" if caller.access == "read" else
                         "this token only files reports")
    if caller.must_change and not may_before_change(path):
        raise MustChange("choose a password of your own first, at /account")


def _token(given: bytes) -> str:
    text = given.decode("latin-1")
    if not text.isascii() or not text.isprintable() or len(text) > 200:
        raise NotSignedIn("that is no token of ours")
    return text


def _check_origin(scope: Scope, headers: dict[bytes, bytes]) -> None:
    """A browser tells on whose behalf it asks; another site's page changes nothing here."""
    if scope["type"] == "http" and scope["method"] in _SAFE:
        return
    site = headers.get(b"sec-fetch-site")
    if site in (b"same-origin", b"none"):
        return
    origin = headers.get(b"origin")
    same = origin is None or (
        urlsplit(origin.decode("latin-1")).netloc == headers.get(b"host", b"").decode("latin-1"))
    if not same or (origin is None and site is not None):
        raise NotAllowed("this was asked by a page of another site")


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


def _is_near(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _wants_page(scope: Scope) -> bool:
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return (scope["method"] in ("GET", "HEAD") and b"text/html" in accept
            and not scope["path"].startswith(_NOT_PAGES))


def _refuse(refusal: GridwallError, scope: Scope) -> Response:
    if _wants_page(scope):
        if isinstance(refusal, NotSignedIn):
            asked = scope["path"] + ("?" + scope["query_string"].decode("latin-1")
                                     if scope["query_string"] else "")
            there = "/login" if asked == "/" else f"/login?next={quote(asked, safe='')}"
            return RedirectResponse(there, 303, {"Cache-Control": "no-store"})
        if isinstance(refusal, MustChange):
            return RedirectResponse("/account", 303, {"Cache-Control": "no-store"})
        if isinstance(refusal, NotAllowed):
            return forbidden_page(scope)
    return respond(refusal)


async def _close(refusal: GridwallError, receive: Receive, send: Send) -> None:
    await receive()
    away = isinstance(refusal, DatabaseAway)
    await send({"type": "websocket.close",
                "code": CLOSE_TRY_LATER if away else CLOSE_NOT_SIGNED_IN,
                "reason": refusal.title})
