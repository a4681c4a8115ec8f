"""A desk in a real browser, and a hand that reports from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from gis.accounts import DEMO_PASSWORD

DESK = {"width": 1366, "height": 768}
TABLET = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}


class Desk:
    """A signed-in page that notes what it asks for and what goes wrong in it."""

    def __init__(self, page, url: str) -> None:
        self.page, self.url = page, url
        self.hosts: set[str] = set()
        self.troubles: list[str] = []
        page.on("request", lambda request: self._note(request.url))
        page.on("response", lambda got: got.status >= 400
                and self.troubles.append(f"{got.status} {got.url}"))
        page.on("pageerror", lambda error: self.troubles.append(error.stack or str(error)))
        page.on("console", lambda said: said.type in ("error", "warning")
                and self.troubles.append(said.text))

    def _note(self, address: str) -> None:
        if urlsplit(address).scheme not in ("data", "blob"):
            self.hosts.add(urlsplit(address).netloc)

    def open(self, role: str, path: str = "/street") -> Desk:
        """Sign in by the form, on the way to a page."""
        self.page.goto(self.url + path)
        self.page.fill("[name=name]", role)
        self.page.fill("[name=password]", DEMO_PASSWORD)
        self.page.click("[type=submit]")
        self.page.wait_for_url(lambda url: "/login" not in url)
        if path.startswith("/street"):
            self.ready()
            self.page.wait_for_selector("#connection.open")
        return self

    def ready(self) -> None:
        """Until nothing is being read."""
        self.page.wait_for_function(
            "() => document.querySelector('#desk:not([aria-busy]) #path b')"
            " && document.querySelector('#matters tbody tr, #matters .quiet')")

    def row(self, incident: int):
        """A matter's row of the inbox."""
        return self.page.locator(f"#matters tr[data-key='{incident}']")

    def take(self, action: str, note: str = "", to: str = "") -> None:
        """Take a step by the card's button and form, and wait until it is told."""
        page = self.page
        page.click(f"#detail [data-action='{action}']")
        form = page.locator(f"#detail form[data-action='{action}']")
        form.wait_for()
        if to:
            form.locator("[name=to]").select_option(to)
        elif form.locator("select[name=to]").count():
            page.wait_for_function(
                "() => document.querySelector('#detail select[name=to]').value")
        if note:
            form.locator("[name=note]").fill(note)
        self.take_open(action)

    def take_open(self, action: str) -> None:
        """Send the form that is open, and wait until the step is taken."""
        form = self.page.locator(f"#detail form[data-action='{action}']")
        with self.page.expect_response(lambda got: got.url.endswith("/steps")) as answer:
            form.locator(".primary").click()
        assert answer.value.status == 201, answer.value.text()
        form.wait_for(state="detached")

    def fits(self) -> bool:
        """Whether nothing goes over the window's edge."""
        return self.page.evaluate(
            "() => document.documentElement.scrollWidth <= innerWidth"
            " && document.documentElement.scrollHeight <= innerHeight")

    def demand_quiet(self, but: tuple[str, ...] = ()) -> None:
        """Nothing was asked of another host, nothing went wrong but what was meant to."""
        assert self.hosts == {urlsplit(self.url).netloc}
        left = [one for one in self.troubles if not any(part in one for part in but)]
        assert not left, "\n".join(left)


@contextmanager
def desk(browser, server, size: dict[str, int] = DESK, but: tuple[str, ...] = (),
         **options: object) -> Iterator[Desk]:
    """A page of a browser profile of its own, quiet at its end."""
    context = browser.new_context(viewport=size, **options)
    try:
        made = Desk(context.new_page(), server.url)
        yield made
        made.demand_quiet(but)
    finally:
        context.close()


@contextmanager
def caller(server, role: str) -> Iterator[httpx.Client]:
    """The API as a signed-in account."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        client.post("/login", data={"name": role, "password": DEMO_PASSWORD})
        client.headers["Origin"] = server.url
        yield client


def place_of(client: httpx.Client, area: str | None = None) -> dict[str, float]:
    """A point within a grid of the caller's own ground."""
    place = client.get("/api/desk/place", params={"area": area} if area else {}).json()
    while not place["leaf"]:
        place = client.get(
            "/api/desk/place", params={"area": sorted(c["code"] for c in place["children"])[0]},
        ).json()
    area = client.get(f"/api/areas/{place['code']}").json()
    return {"lon": area["lon"], "lat": area["lat"], "area": place["code"]}


def report(client: httpx.Client, place: dict[str, object], text: str,
           category: str = "urban") -> int:
    """File a report as a phone does; the number of its incident."""
    answer = client.post("/api/reports", json={
        "text": text, "category": category, "channel": "resident", "accuracy_m": 8,
        "lon": place["lon"], "lat": place["lat"], "datum": "wgs84"})
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]
