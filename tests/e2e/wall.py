"""A wall in a real browser, and a hand that files reports behind its back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from gis.accounts import DEMO_PASSWORD
from tests.program import ROOT

DRAWN = "() => window.gridwall?.counts().incidents > 0 && window.gridwall.settled?.()"
LIVE = "() => window.gridwall?.connection.state === 'open'"
HALL, SMALL = {"width": 1920, "height": 1080}, {"width": 640, "height": 360}
# Where what happens is judged and not how it looks: in software a full picture takes seconds.
FEW = "incidents,beams"
# Where the figures of one wall are asked for; all else on the wire is counted as the map's.
FIGURES = "/api/wall/figures"


def shots_folder() -> Path:
    """Where pictures are kept: what SHOTS_FOLDER names, else build/shots."""
    folder = Path(os.environ.get("SHOTS_FOLDER") or ROOT / "build" / "shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Wall:
    """A page that notes all it asks for, what came, and what went wrong in it."""

    def __init__(self, page, url: str) -> None:
        self.page, self.url = page, url
        self.hosts: set[str] = set()
        self.troubles: list[str] = []
        self.answers: list[object] = []
        page.context.on("request", self._asked)
        page.context.on("requestfinished", self._answered)
        page.on("pageerror", lambda error: self.troubles.append(error.stack or str(error)))
        page.on("console", lambda said: said.type in ("error", "warning")
                and self.troubles.append(said.text))

    def _asked(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob"):
            self.hosts.add(parts.netloc)

    def _answered(self, request) -> None:
        if urlsplit(request.url).scheme not in ("data", "blob"):
            self.answers.append(request)

    def sign_in(self) -> None:
        """Fill in the form as the hall's account."""
        self.page.fill("[name=name]", "hall")
        self.page.fill("[name=password]", DEMO_PASSWORD)
        self.page.click("[type=submit]")

    def open(self, layers: str = "") -> Wall:
        """Sign in and wait for the live wall; with the usual layers where none are named."""
        place = f"/wall?lang=zh{layers and '&layers='}{layers}"
        self.page.goto(f"{self.url}/login?next={quote(place)}")
        self.sign_in()
        self.page.wait_for_url("**/wall*")
        self.page.wait_for_function(LIVE)
        return self

    def ask(self, script: str, argument: object = None) -> object:
        """What a script answers within the page."""
        return self.page.evaluate(script, argument)

    def wait(self, script: str, argument: object = None, timeout_s: float = 60) -> None:
        """Until a script holds within the page."""
        self.page.wait_for_function(script, arg=argument, timeout=timeout_s * 1000)

    def wait_for_incident(self, incident: int) -> dict[str, object]:
        """The row of an incident, once it stands on the map."""
        self.wait("id => window.gridwall?.incident?.(id)", incident)
        return self.ask("id => window.gridwall.incident(id)", incident)


@contextmanager
def wall(browser, url: str, size: dict[str, int], **options: object) -> Iterator[Wall]:
    """A wall in a browser profile of its own."""
    context = browser.new_context(viewport=size, **options)
    # As of `page`: what is sure to come may take its time.
    context.set_default_timeout(60_000)
    try:
        yield Wall(context.new_page(), url)
    finally:
        context.close()


def file_report(clerk: httpx.Client, place: dict[str, float], category: str = "urban") -> int:
    """File one report; the number of its incident."""
    answer = clerk.post("/api/reports", json={
        "text": "路面塌陷，请尽快处理", "category": category, "channel": "hotline",
        "lon": place["lon"], "lat": place["lat"], "datum": "cgcs2000"})
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]


def stream_count(clerk: httpx.Client) -> int:
    """Open streams, as the server counts them."""
    found = re.search(r"^gridwall_live_streams (\d+)", clerk.get("/metrics").text, re.M)
    return int(found[1])
