"""``/login``, ``/logout`` and ``/``, which sends each role home."""

from __future__ import annotations

import math
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from console import appearance, language
from console.access import HOME
from console.api.body import BadBody, read_body
from console.oidc import ProviderAway, ProviderFault
from console.pages.plain import plain_page
from console.public_address import public_address
from console.why import language_of
from gis import sessions
from gis.accounts import LONGEST_NAME
from gis.errors import DatabaseAway, NotAllowed, Overloaded
from gis.passwords import LONGEST

router = APIRouter(include_in_schema=False)
FORM_LIMIT_BYTES = 10_000
_YEAR_S = 365 * 86_400


@router.get("/login")
async def login_page(request: Request) -> Response:
    """The form, and the way to the city's identity provider where there is one."""
    return sign_in_page(request, way_back(request.query_params.get("next", "")))


@router.post("/login")
async def login(request: Request) -> Response:
    """Sign in, and go where one wanted to go, or home."""
    try:
        form = parse_qs((await read_body(request, FORM_LIMIT_BYTES)).decode(errors="replace"))
    except BadBody:
        return sign_in_page(request, "/", "wrong", 413)
    name = form.get("name", [""])[0].strip()[:LONGEST_NAME].replace("\0", "")
    password = form.get("password", [""])[0][:LONGEST]
    wanted = way_back(form.get("next", [""])[0])
    state = request.app.state
    try:
        entry = await sessions.sign_in(
            state.database, name, password, state.settings.session_hours, device_of(request),
            state.proving)
    except (DatabaseAway, Overloaded):
        return sign_in_page(request, wanted, "away", 503)
    if entry.wait_s > 0:
        return sign_in_page(request, wanted, "busy", 429, math.ceil(entry.wait_s))
    if entry.secret is None:
        return sign_in_page(request, wanted, "wrong", 401)
    return await let_in(request, entry.secret, wanted)


@router.get("/logout")
async def logout_page(request: Request) -> Response:
    """Asks whether to sign out: following a link changes nothing."""
    lang = language_of(request)
    # The form may lead on to the provider, to be signed out there as well.
    return plain_page("logout.html", lang, {"lang": lang, "style": appearance.of(request, "dark")},
                      leads_to=request.app.state.provider.farewell_origin())


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session, at the identity provider too where it let this one in.

    Raises
    ------
    NotAllowed
        For a token: it has no session to end, and its program would be left without.
    """
    if "authorization" in request.headers:
        raise NotAllowed("a token has no session to end; who made it takes it away")
    state = request.app.state
    ended = await sessions.end(state.database, request.state.secret)
    state.callers.forget(request.state.secret)
    response = RedirectResponse(await _farewell(request, ended) or "/login", 303)
    state.cookie.clear(response)
    return response


@router.get("/")
async def home(request: Request) -> Response:
    """Each role to its own page."""
    return RedirectResponse(HOME[request.state.caller.role], 303)


async def _farewell(request: Request, ended: sessions.Ended) -> str | None:
    provider, settings = request.app.state.provider, request.app.state.settings
    if not ended.logout_hint or ended.issuer != settings.oidc_issuer:
        return None
    id_token = request.app.state.notes.open(ended.logout_hint)
    if id_token is None:
        return None
    try:
        return await provider.farewell(id_token, f"{public_address(request)}/login")
    except (ProviderAway, ProviderFault):
        return None  # signed out here; there the session ends by itself


async def let_in(request: Request, secret: str, wanted: str) -> Response:
    """Hand out a session, end the one that this browser had, and go on."""
    state = request.app.state
    before = state.cookie.read(request.headers.get("cookie", ""))
    if before is not None:
        await sessions.end(state.database, before.secret)
        state.callers.forget(before.secret)
    response = RedirectResponse(wanted, 303, {"Cache-Control": "no-store"})
    state.cookie.write(response, secret, secure=request.url.scheme == "https")
    return _remember(request, response)


def device_of(request: Request) -> str:
    """What the browser calls itself."""
    return request.headers.get("user-agent", "")[:300]


def way_back(asked: str) -> str:
    """A path of ours, or home: nobody is sent elsewhere by a link to the sign-in."""
    try:
        parts = urlsplit(asked)
    except ValueError:
        return "/"
    ours = (asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable()
            and not parts.netloc and not parts.path.startswith(("/login", "/logout"))
            and "\\" not in asked)
    return asked if ours else "/"


def sign_in_page(request: Request, wanted: str, fault: str = "", status: int = 200,
                 wait_s: int = 2) -> Response:
    """The form, with what went wrong; `wait_s` of it where it is a matter of time."""
    lang = language_of(request)
    other = next(one for one in language.LANGUAGES if one != lang)
    state = request.app.state
    label = state.settings.oidc_name or language.text("login.provider", lang)
    style = appearance.of(request, "dark")
    other_style = appearance.other(style)
    values = {"lang": lang, "style": style, "other_style": other_style,
              "style_label": language.text(f"login.style_{other_style}", lang), "next": wanted,
              "next_quoted": quote(wanted, safe=""), "other": other,
              "fault": language.text(f"login.{fault}", lang, wait_s=wait_s) if fault else "",
              "fault_shown": "" if fault else "hidden",
              "provider_shown": "" if state.provider.configured else "hidden",
              "provider_label": language.text("login.by_provider", lang, name=label)}
    response = plain_page("login.html", lang, values, status)
    if status in (429, 503):
        response.headers["Retry-After"] = str(wait_s)
    return _remember(request, response)


def _remember(request: Request, response: Response) -> Response:
    appearance.remember(response, request.query_params.get(appearance.ARGUMENT))
    asked = request.query_params.get("lang")
    if asked in language.LANGUAGES:
        response.set_cookie(language.COOKIE, asked, max_age=_YEAR_S, samesite="lax")
    return response
