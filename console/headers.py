"""Security headers on every answer; the policy of content by what the answer is.

The desks' pages need nothing inline: their scripts and styles are files, their data a block of
JSON. The plain pages (sign-in, notices) and the API's docs carry one style or script of their
own, named by its hash. The wall is Bokeh's page: its inline scripts are named by their hashes
too, and Panel's module loader, which tries out the browser with scripts that it writes, finds a
nonce. But Bokeh styles its widgets with inline styles, builds functions from text, and imports
Panel's components from blobs, so there `style-src` has 'unsafe-inline' and `script-src`
'unsafe-eval' and blobs. What is no page may load nothing at all.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CLOSED = "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " + _CLOSED
)
WALL_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' blob: {named};"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:;"
    " connect-src 'self' data: blob:; worker-src 'self' blob:; manifest-src 'self'; " + _CLOSED
)
# A worker's rights are those of its own file.
SCRIPT_POLICY = ("default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none';"
                 " frame-ancestors 'none'")
# A browser shows a PDF through an object of its own.
PDF_POLICY = "default-src 'none'; object-src 'self'; base-uri 'none'; frame-ancestors 'none'"
NOTHING_POLICY = ("default-src 'none'; base-uri 'none'; form-action 'none';"
                  " frame-ancestors 'none'")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"permissions-policy", b"geolocation=(self), camera=(self), microphone=()"),
)
_TLS = (b"strict-transport-security", b"max-age=31536000")
_CSP = b"content-security-policy"
_INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
# Private answers that say nothing of how long they are good are kept by nobody.
_NO_STORE = (b"cache-control", b"private, no-store")
_KEPT = (b"/static/", b"/favicon.ico")


class SecurityHeaders:
    """Pure ASGI middleware; what an answer says itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers when the answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.setdefault("headers", [])
                said = {name.lower(): value for name, value in given}
                message["headers"] = [*given, *_missing(scope, message["status"], said)]
            await send(message)

        await self._app(scope, receive, guarded)


class WallPolicy:
    """Pure ASGI middleware inside compression: names the inline scripts of Bokeh's page."""

    def __init__(self, app: ASGIApp, path: str = "/wall") -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the page back until it is whole, for its headers tell of its scripts."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def holding(message: Message) -> None:
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                start, *bodies = held
                page = b"".join(one.get("body", b"") for one in bodies)
                if dict(start["headers"]).get(b"content-type", b"").startswith(b"text/html"):
                    start, page = _with_policy(start, page)
                await send(start)
                await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, holding)


def hash_source(content: bytes) -> str:
    """What names an inline script or style in a policy."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return f"'sha256-{digest}'"


def inline_hashes(page: bytes) -> list[str]:
    """The names of a page's inline scripts."""
    return [hash_source(script) for script in dict.fromkeys(_INLINE.findall(page))]


def policy_of(kind: bytes) -> str:
    """The policy for an answer of a content type that says nothing itself."""
    if kind.startswith(b"text/html"):
        return PAGE_POLICY
    if b"javascript" in kind:
        return SCRIPT_POLICY
    return PDF_POLICY if kind.startswith(b"application/pdf") else NOTHING_POLICY


def _with_policy(start: Message, page: bytes) -> tuple[Message, bytes]:
    """Bokeh's page with a nonce for those who look for one, and the policy for this very page."""
    nonce = secrets.token_urlsafe(18)
    named = " ".join([f"'nonce-{nonce}'", *inline_hashes(page)])
    page = page.replace(b"<head>", f'<head><script nonce="{nonce}"></script>'.encode(), 1)
    headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
    return {**start, "headers": [
        *headers, (b"content-length", str(len(page)).encode()),
        (_CSP, WALL_POLICY.replace("{named}", named).encode())]}, page


def _missing(scope: Scope, status: int, said: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    more = [pair for pair in _ALWAYS if pair[0] not in said]
    # What a 304 says is put over what the browser has kept with the file.
    if _CSP not in said and status != 304:
        more.append((_CSP, policy_of(said.get(b"content-type", b"")).encode()))
    if b"cache-control" not in said and not scope["path"].encode().startswith(_KEPT):
        more.append(_NO_STORE)
    if scope["scheme"] == "https":
        more.append(_TLS)
    return more
