"""``/login``, ``/logout`` and ``/``, which sends each role home."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from console import language
from console.access import HOME
from console.api.body import BadBody, read_body
from console.pages.plain import plain_page
from console.why import language_of
from gis.accounts import sign_in, sign_out
from gis.errors import DatabaseAway, NotAllowed

router = APIRouter(include_in_schema=False)
FORM_LIMIT_BYTES = 10_000
LONGEST_NAME, LONGEST_PASSWORD = 100, 1_000
MOST_TRIES, WINDOW_S = 10, 60.0
_YEAR_S = 365 * 86_400


class Tries:
    """Failed sign-ins of the last minute by name and by address: guessing is slow."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        # Each proof takes 64 MB and some 50 ms on purpose.
        self.proving = asyncio.Semaphore(2)

    def exhausted(self, key: str) -> bool:
        """Whether a key has used up its tries for now."""
        failed = self._failed.get(key, deque())
        while failed and time.monotonic() - failed[0] > WINDOW_S:
            failed.popleft()
        return len(failed) >= MOST_TRIES

    def note(self, key: str) -> None:
        """One more that failed."""
        self._failed.setdefault(key, deque(maxlen=MOST_TRIES)).append(time.monotonic())
        self._failed.move_to_end(key)
        if len(self._failed) > 10_000:
            self._failed.popitem(last=False)


@router.get("/login")
async def login_page(request: Request) -> Response:
    """The form."""
    return _page(request, _next(request.query_params.get("next", "")))


@router.post("/login")
async def login(request: Request) -> Response:
    """Sign in, and go where one wanted to go, or home."""
    try:
        form = parse_qs((await read_body(request, FORM_LIMIT_BYTES)).decode(errors="replace"))
    except BadBody:
        return _page(request, "/", "wrong", 413)
    name = form.get("name", [""])[0].strip()[:LONGEST_NAME].replace("\0", "")
    password = form.get("password", [""])[0][:LONGEST_PASSWORD]
    wanted = _next(form.get("next", [""])[0])
    state = request.app.state
    address = request.client.host if request.client else ""
    keys = (f"name {name}", f"from {address}")
    if any(state.tries.exhausted(key) for key in keys):
        return _page(request, wanted, "busy", 429)
    try:
        async with state.tries.proving:
            secret = await sign_in(state.database, name, password, state.settings.session_hours)
    except DatabaseAway:
        return _page(request, wanted, "away", 503)
    if secret is None:
        for key in keys:
            state.tries.note(key)
        return _page(request, wanted, "wrong", 401)
    response = RedirectResponse(wanted, 303)
    state.cookie.write(response, secret, secure=request.url.scheme == "https")
    return _remember_language(request, response)


@router.get("/logout")
async def logout_page(request: Request) -> Response:
    """Asks whether to sign out: following a link changes nothing."""
    lang = language_of(request)
    return plain_page("logout.html", lang, {"lang": lang})


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session and come back to the form.

    Raises
    ------
    NotAllowed
        For a token: it has no session to end, and its program would be left without.
    """
    if "authorization" in request.headers:
        raise NotAllowed("a token has no session to end; who made it takes it away")
    await sign_out(request.app.state.database, request.state.secret)
    request.app.state.callers.forget(request.state.secret)
    response = RedirectResponse("/login", 303)
    request.app.state.cookie.clear(response)
    return response


@router.get("/")
async def home(request: Request) -> Response:
    """Each role to its own page."""
    return RedirectResponse(HOME[request.state.caller.role], 303)


def _next(asked: str) -> str:
    """A path of ours, or home: nobody is sent elsewhere by a link to the sign-in."""
    parts = urlsplit(asked)
    ours = (asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable()
            and not parts.netloc and parts.path not in ("/login", "/logout")
            and "\\" not in asked)
    return asked if ours else "/"


def _page(request: Request, wanted: str, fault: str = "", status: int = 200) -> Response:
    lang = language_of(request)
    other = next(one for one in language.LANGUAGES if one != lang)
    values = {"lang": lang, "next": wanted, "next_quoted": quote(wanted, safe=""), "other": other,
              "fault": language.text(f"login.{fault}", lang) if fault else "",
              "fault_shown": "" if fault else "hidden"}
    response = plain_page("login.html", lang, values, status)
    if status == 503:
        response.headers["Retry-After"] = "2"
    return _remember_language(request, response)


def _remember_language(request: Request, response: Response) -> Response:
    asked = request.query_params.get("lang")
    if asked in language.LANGUAGES:
        response.set_cookie(language.COOKIE, asked, max_age=_YEAR_S, samesite="lax")
    return response
