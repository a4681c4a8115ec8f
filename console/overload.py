"""What is under way, what is still taken on, and when pages have to slow down.

Pages refresh more seldom from a quarter of what intake may hold; only when it is full are
reports refused, before their body is read. So what is accepted waits a short time, and what is
refused knows so and when to come again. A refusal is held back for a moment: senders who try
again at once would otherwise have the server do nothing but refuse.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Receive, Scope, Send

from console.problems import respond
from gis.errors import Overloaded

INTAKE = ("/api/reports", "/api/reports:batch", "/open311/v2/requests.json",
          "/open311/v2/requests.xml")
# A batch counts by its length, which is known before it is read; where it is not told, as long.
BYTES_EACH, UNTOLD_BYTES = 5_000, 250_000
# A probe is answered always; streams have a bound of their own.
ALWAYS = ("/healthz", "/readyz", "/metrics", "/live")
MOST_UNDER_WAY = 500
# From this share on pages are told to refresh so many times more seldom, until it was calm.
BUSY_SHARE, SLOWER, CALM_S = 0.25, 5, 5.0
# A server that comes to its own look so much later than it meant to is busy, whoever keeps it so.
LOOK_S, LATE_S = 0.5, 1.0
LONGEST_WAIT_S = 4
HOLD_S, MOST_HELD = 0.5, 1_000


class Load:
    """How much one server process has in hand.

    Parameters
    ----------
    most_intake
        Reports that may be on their way into the database at once.
    set_pace
        Told how many times more seldom pages should refresh: 1 or `SLOWER`.
    """

    def __init__(self, most_intake: int, set_pace: Callable[[int], None]) -> None:
        self._most_intake = most_intake
        self._set_pace = set_pace
        self._busy_at = -CALM_S
        self._task: asyncio.Task[None] | None = None
        self.intake = 0
        self.under_way = 0
        self.held = 0
        self.refused = 0

    @contextmanager
    def taking(self, weight: int) -> Iterator[None]:
        """Count a request in and out.

        Parameters
        ----------
        weight
            How many reports it is like; 0 for what is no report.

        Raises
        ------
        Overloaded
            When there is no room for it.
        """
        self._look((self.intake + weight) / self._most_intake,
                   (self.under_way + 1) / MOST_UNDER_WAY)
        # Something larger than all room is taken when nothing else is.
        no_room = self.intake and self.intake + weight > self._most_intake
        if no_room if weight else self.under_way >= MOST_UNDER_WAY:
            self.refused += 1
            # Not all at the same moment again.
            raise Overloaded("more comes in than can be taken now: nothing of this was stored",
                             random.randint(1, LONGEST_WAIT_S))
        self.intake += weight
        self.under_way += not weight
        try:
            yield
        finally:
            self.intake -= weight
            self.under_way -= not weight

    async def hold_back(self) -> None:
        """Let a refused one wait a moment for its answer, unless too many do already."""
        if self.held < MOST_HELD:
            self.held += 1
            try:
                await asyncio.sleep(HOLD_S)
            finally:
                self.held -= 1

    def start(self) -> None:
        """Begin to look after oneself, inside the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _look(self, *shares: float) -> None:
        if max(shares) >= BUSY_SHARE:
            self._busy_at = time.monotonic()
            self._set_pace(SLOWER)

    async def _run(self) -> None:
        while True:
            meant = time.monotonic() + LOOK_S
            await asyncio.sleep(LOOK_S)
            late = time.monotonic() - meant > LATE_S
            self._look(self.intake / self._most_intake, self.under_way / MOST_UNDER_WAY,
                       float(late))
            if time.monotonic() - self._busy_at > CALM_S:
                self._set_pace(1)


class Admission:
    """Pure ASGI: lets in what there is room for, and answers in the application's stead."""

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self._app = app
        self._load = load

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or refuse it."""
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self._app(scope, receive, send)
            return
        try:
            with self._load.taking(_weight(scope)):
                await self._app(scope, receive, send)
        except Overloaded as refusal:
            await self._load.hold_back()
            await respond(refusal)(scope, receive, send)


def _weight(scope: Scope) -> int:
    if scope["method"] != "POST" or scope["path"] not in INTAKE:
        return 0
    if not scope["path"].endswith(":batch"):
        return 1
    told = dict(scope["headers"]).get(b"content-length", b"")
    return 1 + (int(told) if told.isdigit() else UNTOLD_BYTES) // BYTES_EACH
