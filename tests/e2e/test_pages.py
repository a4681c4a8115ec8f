"""The desks in a real browser, over the real program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from gis.accounts import DEMO_PASSWORD

pytestmark = pytest.mark.e2e

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 768}


class Desk:
    """A signed-in page that notes what it asks for and what goes wrong in it."""

    def __init__(self, page, url: str) -> None:
        self.page = page
        self.url = url
        self.hosts: set[str] = set()
        self.troubles: list[str] = []
        page.on("request", lambda request: self._note(request.url))
        page.on("response", lambda got: got.status >= 400
                and self.troubles.append(f"{got.status} {got.url}"))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda said: said.type in ("error", "warning")
                and self.troubles.append(said.text))

    def _note(self, address: str) -> None:
        if urlsplit(address).scheme not in ("data", "blob"):
            self.hosts.add(urlsplit(address).netloc)

    def open(self, role: str, path: str) -> None:
        """Sign in by the form, on the way to a page."""
        self.page.goto(self.url + path)
        self.page.fill("[name=name]", role)
        self.page.fill("[name=password]", DEMO_PASSWORD)
        self.page.click("[type=submit]")
        self.page.wait_for_url(f"**{path}")

    def demand_quiet(self) -> None:
        """Nothing was asked of another host, nothing went wrong."""
        assert self.hosts == {urlsplit(self.url).netloc}
        assert self.troubles == []


@contextmanager
def desk(browser, server, size: dict[str, int], **options: object) -> Iterator[Desk]:
    context = browser.new_context(viewport=size, **options)
    try:
        made = Desk(context.new_page(), server.url)
        yield made
        made.demand_quiet()
    finally:
        context.close()


def test_the_street_centre_takes_a_step_and_sees_new_work(browser, server):
    with desk(browser, server, DESK) as street:
        page = street.page
        street.open("street", "/street")
        page.wait_for_selector("#connection.open")
        page.wait_for_selector("#duty tbody tr")
        page.select_option("[name=state]", "reported")
        page.locator("#filters").get_by_role("searchbox").fill("")
        report = _report_within(page)
        row = page.locator(f"#matters tr[data-key='{report}']")
        row.wait_for()
        row.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#detail .why li")
        page.click("#detail .actions button >> nth=0")
        page.fill("#detail textarea", "现场已核实")
        page.click("#detail .step-form .primary")
        page.wait_for_function(
            "() => document.querySelectorAll('#detail .steps li').length === 2")
        page.select_option("[name=state]", "verified")
        row.wait_for()


def _report_within(page) -> int:
    """A report filed from the page's own session, at a place of its own ground."""
    return page.evaluate("""async () => {
        const [stop] = (await (await fetch('/api/wall/start')).json()).streets;
        const answer = await fetch('/api/reports', {
            method: 'POST', headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({text: '井盖破损', category: 'urban', channel: 'hotline',
                                  lon: stop.lon, lat: stop.lat, datum: 'cgcs2000'})});
        return (await answer.json()).incident.id;
    }""")


def test_tables_sort_by_their_heads(browser, server):
    with desk(browser, server, DESK) as street:
        page = street.page
        street.open("street", "/street")
        page.wait_for_selector("#under tbody tr")
        head = page.locator("#under th").nth(1)
        counts = "() => [...document.querySelectorAll('#under td:nth-child(2)')]" \
                 ".map(cell => Number(cell.textContent.replaceAll(',', '')))"
        for order, descending in (("descending", True), ("ascending", False)):
            head.get_by_role("button").click()
            assert head.get_attribute("aria-sort") == order
            found = page.evaluate(counts)
            assert found == sorted(found, reverse=descending)


def test_the_planner_sees_the_coverage_and_the_grids(browser, server):
    with desk(browser, server, {"width": 1920, "height": 1080}) as planner:
        page = planner.page
        planner.open("planner", "/planner")
        page.wait_for_selector(".verdict.good")
        assert page.locator("#map path").count() == page.locator("#grids tbody tr").count() > 500
        page.locator("#grids tbody tr").nth(3).click()
        page.wait_for_selector("#map path.chosen")
        page.select_option("#scheme", "police")
        page.wait_for_function("() => document.querySelectorAll('#map path').length < 500")
        assert page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")


def test_an_officer_opens_a_matter_on_a_phone(browser, server):
    with desk(browser, server, PHONE) as officer:
        page = officer.page
        officer.open("officer", "/officer")
        page.wait_for_selector("#mine article, #mine .quiet")
        page.wait_for_function("() => document.querySelector('#total').textContent")
        deadlines = page.evaluate("""async () => {
            const {rows} = await (await fetch('/api/desk/mine')).json();
            return rows.map(row => row.deadline_at).filter(Boolean);
        }""")
        assert deadlines == sorted(deadlines)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_report_from_a_phone_tells_who_answers(browser, server):
    place = {"longitude": 120.2, "latitude": 30.3, "accuracy": 8}
    with desk(browser, server, PHONE, geolocation=place, permissions=["geolocation"]) as phone:
        page = phone.page
        phone.open("officer", "/report")
        page.click("[type=submit]")
        page.wait_for_selector("[name=address][aria-invalid]")
        page.click("#locate")
        page.wait_for_function(
            "() => document.querySelector('#place').textContent.includes('30.3')")
        page.select_option("[name=category]", "urban")
        page.fill("[name=text]", "路灯不亮")
        page.click("[type=submit]")
        page.wait_for_selector("#answer .why li")
        assert page.locator("#report").is_hidden()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_the_language_is_asked_for_and_remembered(browser, server):
    with desk(browser, server, DESK) as planner:
        page = planner.page
        planner.open("planner", "/planner")
        page.goto(f"{server.url}/planner?lang=en")
        assert page.title().startswith("Planner")
        page.goto(f"{server.url}/planner")
        assert page.get_attribute("html", "lang") == "en"


@pytest.mark.parametrize("role, path", [
    ("officer", "/street"), ("street", "/planner"), ("intake", "/wall"),
])
def test_a_page_that_is_not_theirs_stays_closed(browser, server, role, path):
    context = browser.new_context(viewport=DESK)
    try:
        page = context.new_page()
        page.goto(server.url + "/login")
        page.fill("[name=name]", role)
        page.fill("[name=password]", DEMO_PASSWORD)
        page.click("[type=submit]")
        page.wait_for_url(lambda url: not url.endswith("/login"))
        assert page.goto(server.url + path).status == 403
    finally:
        context.close()
