"""Plain HTML pages, filled from a template and the catalogues; no script, no Panel."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

from starlette.responses import HTMLResponse

from console import language
from console.headers import hash_source

_MARK = re.compile(r"\[\[([a-z_.]+)\]\]")
_POLICY = ("default-src 'none'; style-src {style}; img-src 'self' data:;"
           " form-action 'self'; base-uri 'none'; frame-ancestors 'none'")


@cache
def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


@cache
def _styles() -> str:
    """The colours of all pages, and what these have of their own."""
    return _file("../static/desk/style.css") + _file("plain.css")


def plain_page(template: str, lang: str, values: dict[str, str], status: int = 200,
               leads_to: str = "") -> HTMLResponse:
    """A page: ``[[key]]`` is a value, escaped, or else a text of the catalogue.

    `leads_to` is an origin to which the answer to its form may send the browser on.
    """
    style = _styles()

    def fill(mark: re.Match[str]) -> str:
        key = mark[1]
        if key == "css":
            return style
        return html.escape(values[key] if key in values else language.text(key, lang))

    page = HTMLResponse(_MARK.sub(fill, _file(template)), status)
    page.headers["content-security-policy"] = _POLICY.replace(
        "form-action 'self'", f"form-action 'self' {leads_to}".rstrip()).replace(
        "{style}", hash_source(style.encode()))
    page.headers["cache-control"] = "no-store"
    return page
