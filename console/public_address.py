"""The address under which phones reach this installation: what QR codes point to."""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, urlsplit

from starlette.requests import Request

from gis.settings import Settings

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def public_address(request: Request) -> str:
    """The setting `GRIDWALL_PUBLIC_URL`; without it, the address by which the request came.

    What a request says of its host is believed only where it names this machine: a loopback
    name, the host that is served on, or the very address that the connection reached. A forged
    name would otherwise be printed on doors; instead of it stands the connection's own address.
    """
    settings: Settings = request.app.state.settings
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host, port = request.scope.get("server") or (settings.host, settings.port)
    own = f"[{host}]" if ":" in host else host
    said = urlsplit(f"//{request.headers.get('host', '')}")
    known = _LOCAL_NAMES | {own, settings.host}
    try:
        if said.hostname and _bracketed(said.hostname) in known and not said.username:
            own, port = _bracketed(said.hostname), said.port
    except ValueError:
        pass  # a port that is no number: not believed either
    usual = {"http": 80, "https": 443}[request.url.scheme]
    return f"{request.url.scheme}://{own}" + (f":{port}" if port and port != usual else "")


def report_address(base: str, code: str) -> str:
    """Where a report of a place is filed: what the QR code of its plate says."""
    return f"{base}/report?code={quote(code, safe='')}"


def reaches_nobody(base: str) -> bool:
    """Whether an address means the machine that asks: of no use on a door."""
    name = urlsplit(base).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
