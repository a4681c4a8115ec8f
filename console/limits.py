"""How often one token and one address may ask: nobody's haste is another's wait.

Kept in memory by each server process: with several processes each grants the whole, and a
restart forgets. That is enough for its purpose, which is fairness; secrets are guarded by the
lock-out of sign-ins, and the machine by `console.overload`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from console.problems import respond
from gis.errors import TooOften

ALWAYS = ("/healthz", "/readyz")
# Who was quiet may ask so many seconds' worth at once: a page brings hundreds of tiles.
BURST_S = 10.0
MOST_KEPT = 20_000
CLOSE_TRY_LATER = 1013


class Buckets:
    """One bucket a key, filled evenly, emptied by asking.

    Parameters
    ----------
    rate
        Requests a second; 0 for no limit.
    clock
        Seconds that go on evenly.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, key: bytes) -> float:
        """Ask once: 0 where that is granted, else the seconds until it would be."""
        if not self._rate:
            return 0.0
        now, full = self._clock(), self._rate * BURST_S
        left, at = self._kept.pop(key, (full, now))
        left = min(full, left + (now - at) * self._rate)
        granted = left >= 1
        self._kept[key] = (left - granted, now)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return 0.0 if granted else (1 - left) / self._rate


class Limits:
    """Pure ASGI; stands before the gate, so that guessing secrets is limited too.

    Parameters
    ----------
    app
        What lies behind.
    per_token, per_address
        Requests a second; 0 for no limit.
    free
        Networks whose requests are not counted.
    """

    def __init__(self, app: ASGIApp, per_token: float, per_address: float,
                 free: Iterable[str]) -> None:
        self._app = app
        self._tokens = Buckets(per_token)
        self._addresses = Buckets(per_address)
        self._free = [ipaddress.ip_network(one) for one in free]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 429."""
        wait_s = self._wait_s(scope)
        if not wait_s:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": CLOSE_TRY_LATER})
        else:
            await respond(_refusal(wait_s))(scope, receive, send)

    def _wait_s(self, scope: Scope) -> float:
        if scope["type"] not in ("http", "websocket") or scope["path"] in ALWAYS:
            return 0.0
        address = _address(scope)
        if address is not None:
            if any(address in network for network in self._free):
                return 0.0
            wait_s = self._addresses.take(_network_of(address))
            if wait_s:
                return wait_s
        credential = _credential(scope)
        return self._tokens.take(credential) if credential else 0.0


def _refusal(wait_s: float) -> TooOften:
    return TooOften("that is more often than one may ask; come again when told",
                    max(1, math.ceil(wait_s)))


def _address(scope: Scope) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0]) if client else None
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network_of(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    """One IPv6 subscriber has a whole /64."""
    return address.packed[:8] if address.version == 6 else address.packed


def _credential(scope: Scope) -> bytes | None:
    """A digest of what the caller shows: no secret is kept here."""
    shown = dict(scope["headers"])
    given = shown.get(b"authorization") or shown.get(b"cookie")
    return hashlib.blake2b(given, digest_size=16).digest() if given else None
