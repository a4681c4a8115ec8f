"""The desks in a real browser, over the real program."""

from __future__ import annotations

import pytest

from gis.accounts import DEMO_PASSWORD
from tests.e2e.desk import DESK, PHONE, desk

pytestmark = pytest.mark.e2e


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
