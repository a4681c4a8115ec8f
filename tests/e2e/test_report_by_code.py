"""A door plate scanned with a phone: sign in, find the place filled in, say what, get a number."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from gis.accounts import DEMO_PASSWORD
from tests.e2e.desk import PHONE, Desk, desk

pytestmark = pytest.mark.e2e

SMALL_PHONE = {"width": 320, "height": 568}
TOUCH_PX = 44


@pytest.fixture(scope="module")
def codes(session_database) -> dict[str, str]:
    """A house, its building and grid on the demo officer's own ground, and a house elsewhere."""
    with psycopg.connect(session_database.admin_url) as connection:
        row = connection.execute(
            "SELECT d.house_code, left(d.house_code, 19), i.code, d.text FROM account AS a"
            " JOIN account_area AS aa ON aa.account_id = a.id"
            " JOIN area_identity AS i ON i.id = aa.area_identity_id"
            " JOIN address AS d ON d.scope_ids @> ARRAY[i.id] AND d.house_code IS NOT NULL"
            " WHERE a.name = 'officer' ORDER BY d.house_code LIMIT 1").fetchone()
        (elsewhere,) = connection.execute(
            "SELECT house_code FROM address WHERE NOT house_code LIKE left(%s, 12) || '%%'"
            " ORDER BY house_code DESC LIMIT 1", [row[0]]).fetchone()
    return dict(zip(("house", "building", "grid", "text"), row, strict=True)) | {
        "elsewhere": elsewhere}


@pytest.fixture
def phone(browser, server) -> Iterator[Desk]:
    """A phone that has no position to give."""
    with desk(browser, server, PHONE, has_touch=True) as made:
        yield made


def scan(phone: Desk, code: str) -> None:
    """What the camera does: open the address, and sign in on the way."""
    phone.page.goto(f"{phone.url}/report?code={code}")
    if "/login" in phone.page.url:
        phone.page.fill("[name=name]", "officer")
        phone.page.fill("[name=password]", DEMO_PASSWORD)
        phone.page.click("[type=submit]")
    phone.page.wait_for_url(f"**/report?code={code}")


def say(page, words: str) -> None:
    page.select_option("[name=category]", "urban")
    page.fill("[name=text]", words)


def number_of(page) -> int:
    page.wait_for_selector("#answer .big")
    return int("".join(filter(str.isdigit, page.inner_text("#answer .big"))))


def fits(page) -> bool:
    return page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def filed(database, words: str) -> list[tuple]:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(
            "SELECT id, house_code, channel FROM report WHERE text = %s", [words]).fetchall()


def test_a_scanned_plate_becomes_a_numbered_matter(phone, codes, session_database):
    page = phone.page
    scan(phone, codes["house"])
    page.wait_for_selector("#scanned:not([hidden])")
    assert codes["text"] in page.inner_text("#scanned")
    page.wait_for_function("() => document.querySelector('#scanned').innerText.includes('责任')")
    assert not page.is_visible("[name=address]")
    page.click("[type=submit]")
    page.wait_for_selector("[name=category][aria-invalid]")
    say(page, "楼道堆物，扫码上报")
    page.click("[type=submit]")
    number = number_of(page)
    assert filed(session_database, "楼道堆物，扫码上报") == [(number, codes["house"], "officer")]
    page.wait_for_selector("#answer .why li")
    assert fits(page)
    page.click("#answer button")
    assert page.is_visible("#scanned")
    assert page.input_value("[name=text]") == ""


@pytest.mark.parametrize("kind", ["building", "grid"])
def test_plates_of_buildings_and_grids_do_too(phone, codes, session_database, kind):
    page = phone.page
    scan(phone, codes[kind])
    page.wait_for_selector("#scanned:not([hidden])")
    say(page, f"井盖松动 {kind}")
    page.click("[type=submit]")
    number = number_of(page)
    with psycopg.connect(session_database.admin_url) as connection:
        (code,) = connection.execute(
            "SELECT a.code FROM incident AS i JOIN area AS a ON a.identity_id = i.grid_id"
            " AND upper_inf(a.period) WHERE i.id = %s", [number]).fetchone()
    assert code == codes["grid"]


@pytest.mark.parametrize("code, kept", [("elsewhere", True), ("99NONSENSE", False)])
def test_a_code_that_says_nothing_leaves_a_form_that_works(phone, codes, code, kept):
    page = phone.page
    scan(phone, codes.get(code, code))
    page.wait_for_selector("#unknown:not([hidden])")
    assert codes.get(code, code) in page.inner_text("#unknown")
    assert page.input_value("[name=house_code]") == (codes[code] if kept else "")
    page.fill("[name=house_code]", "")
    page.fill("[name=address]", codes["text"])
    say(page, "门牌看不清")
    page.click("[type=submit]")
    assert number_of(page) > 0


def test_what_was_written_outlives_the_network_and_is_filed_once(browser, server, codes,
                                                                 session_database):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    try:
        phone = Desk(context.new_page(), server.url)
        page = phone.page
        scan(phone, codes["house"])
        page.wait_for_selector("#scanned:not([hidden])")
        say(page, "断网时写下的话")
        lost = []

        def swallow(route) -> None:
            """The report arrives, and its answer is lost."""
            lost.append(route.fetch().status)
            route.abort()

        page.route("**/api/reports", swallow)
        page.click("[type=submit]")
        page.wait_for_selector("#draft:not([hidden])")
        page.wait_for_function("() => !document.querySelector('[type=submit]').disabled")
        assert lost == [201]
        page.unroute("**/api/reports")
        page.reload()
        page.wait_for_selector("#draft:not([hidden])")
        assert page.input_value("[name=text]") == "断网时写下的话"
        context.set_offline(True)
        page.click("[type=submit]")
        page.wait_for_selector("#notice:not([hidden])")
        context.set_offline(False)  # and the page sends it again by itself
        number = number_of(page)
        assert [row[0] for row in filed(session_database, "断网时写下的话")] == [number]
        page.reload()
        page.wait_for_selector("#scanned:not([hidden])")
        assert page.input_value("[name=text]") == ""
    finally:
        context.close()


def test_a_small_phone_has_room_for_thumbs(browser, server, codes):
    with desk(browser, server, SMALL_PHONE, has_touch=True) as small:
        scan(small, codes["house"])
        small.page.wait_for_selector("#scanned:not([hidden])")
        assert fits(small.page)
        small.page.click("#elsewhere summary")
        heights = small.page.evaluate(
            "() => [...document.querySelectorAll('#report :is(button, input, select, summary)')]"
            ".filter(one => one.offsetParent).map(one => one.getBoundingClientRect().height)")
        assert len(heights) >= 6
        assert min(heights) >= TOUCH_PX


def test_the_page_of_a_house_leads_to_the_form(phone, codes):
    page = phone.page
    scan(phone, codes["house"])
    page.goto(f"{phone.url}/place/{codes['house']}")
    page.wait_for_selector("#officer summary")
    page.wait_for_selector("#map path.building.chosen")
    page.wait_for_function("() => document.querySelector('#qr').naturalWidth > 0")
    assert fits(page)
    page.click("#doors a.primary")
    page.wait_for_url(f"**/report?code={codes['house']}")


def test_a_building_opens_its_houses(phone, codes):
    page = phone.page
    scan(phone, codes["house"])
    page.goto(f"{phone.url}/place/{codes['building']}?lang=en")
    assert page.get_attribute("html", "lang") == "en"
    page.click(f".room[href$='{codes['house']}']")
    page.wait_for_url(f"**/place/{codes['house']}")
    assert codes["text"] in page.inner_text("h1")
    page.goto(f"{phone.url}/place/{codes['grid']}?lang=zh")
    page.wait_for_selector("#children .room")
