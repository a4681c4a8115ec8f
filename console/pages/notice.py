"""What a person sees where there is nothing for them, and the way home."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from console import appearance, language
from console.pages.plain import plain_page
from console.why import language_of


def forbidden_page(scope: Scope) -> Response:
    """403: signed in, and still not theirs."""
    return _notice(HTTPConnection(scope), "forbidden", 403)


def missing_page(request: HTTPConnection) -> Response:
    """404."""
    return _notice(request, "missing", 404)


def _notice(request: HTTPConnection, kind: str, status: int) -> Response:
    lang = language_of(request)
    values = {"lang": lang, "style": appearance.of(request, "dark"),
              "heading": language.text(f"notice.{kind}_title", lang),
              "told": language.text(f"notice.{kind}", lang)}
    return plain_page("notice.html", lang, values, status)
