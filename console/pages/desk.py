"""What the desk pages have in common: one template, their words, and who is signed in."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from console import appearance, language
from console.access import may_enter
from console.components.bundled import bundle_address

HERE = Path(__file__).parent
STATIC = HERE.parent / "static" / "desk"
PAGES = ("wall", "street", "statistics", "planner", "officer", "report", "admin")
_PREFIXES = ("desk.", "class.", "state.", "urgency.", "step.", "role.", "how.", "tier.")
_YEAR_S = 31_536_000
# How a page looks to who has chosen nothing: where one watches all day, dark; else light.
_DARK = ("street", "planner")


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True,
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _version() -> str:
    """Changes with any of the desks' files, so that browsers never mix two releases."""
    contents = b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))
    return hashlib.blake2b(contents, digest_size=6).hexdigest()


def render(
    request: Request, page: str, prefixes: tuple[str, ...] = (), **more: Any
) -> HTMLResponse:
    """A desk page.

    Parameters
    ----------
    request
        With ``state.caller``; ``?lang=`` chooses the language, ``?style=`` dark or light; both
        are remembered.
    page
        Name of the template, of the script and of the catalogue's prefix.
    prefixes
        Of further texts that the script needs.
    more
        What the page's script is told beside the common things; of JSON's kinds.
    """
    asked = request.query_params.get("lang")
    lang = language.choose(asked, request.cookies.get(language.COOKIE))
    style = appearance.of(request, "dark" if page in _DARK else "light")
    caller = request.state.caller
    told = {
        "page": page, "lang": lang, "live_worker": _live_worker(),
        "time_zone": request.app.state.settings.time_zone,
        "caller": {"name": caller.name, "role": caller.role, "officer_id": caller.officer_id},
        "texts": language.texts((*_PREFIXES, *prefixes, f"{page}."), lang), **more,
    }
    links = [name for name in PAGES if may_enter(caller.role, f"/{name}")]
    other = next(one for one in language.LANGUAGES if one != lang)
    html = _environment().get_template(f"{page}.html").render(
        page=page, lang=lang, links=links, caller=caller, version=_version(),
        other_lang=other, other_query=_asking(request, "lang", other), style=style,
        style_query=_asking(request, appearance.ARGUMENT, appearance.other(style)),
        t=lambda key, **params: language.text(key, lang, **params),
        # A closing tag within a text must not end the script.
        told=json.dumps(told, ensure_ascii=False).replace("<", "\\u003c"),
    )
    answer = HTMLResponse(html, headers={"Cache-Control": "private, no-store"})
    if asked in language.LANGUAGES:
        answer.set_cookie(language.COOKIE, asked, max_age=_YEAR_S, samesite="lax", path="/")
    appearance.remember(answer, request.query_params.get(appearance.ARGUMENT))
    return answer


def _asking(request: Request, name: str, value: str) -> str:
    """The query of this very page with one thing asked for otherwise."""
    return urlencode([*((key, given) for key, given in request.query_params.multi_items()
                        if key != name), (name, value)])


def _live_worker() -> str | None:
    try:
        return bundle_address("live-worker.js")
    except FileNotFoundError:
        return None  # bundles not built: a page then holds a stream of its own
