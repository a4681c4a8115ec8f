"""How pages look: dark or light. What one asks for stays, as the language does."""

from __future__ import annotations

from typing import Literal, cast

from starlette.requests import HTTPConnection
from starlette.responses import Response

Appearance = Literal["dark", "light"]
APPEARANCES: tuple[Appearance, ...] = ("dark", "light")
ARGUMENT = "style"
COOKIE = "gridwall_style"
_YEAR_S = 31_536_000


def choose(argument: str | None, cookie: str | None, default: Appearance) -> Appearance:
    """Look of a page: what ``?style=`` asks for, else the cookie's, else the page's own."""
    for asked in (argument, cookie):
        if asked in APPEARANCES:
            return cast(Appearance, asked)
    return default


def of(request: HTTPConnection, default: Appearance) -> Appearance:
    """Look of the answer to a request."""
    return choose(request.query_params.get(ARGUMENT), request.cookies.get(COOKIE), default)


def other(appearance: Appearance) -> Appearance:
    """What the switch leads to."""
    return "light" if appearance == "dark" else "dark"


def remember(response: Response, argument: str | None) -> None:
    """Keep in the browser what was asked for, if that is a look; nothing else changes it."""
    if argument in APPEARANCES:
        response.set_cookie(COOKIE, argument, max_age=_YEAR_S, samesite="lax", path="/")
