"""Where one is: a street sees its own, goes down and up, and the address tells it all."""

from __future__ import annotations

import re

import pytest

from tests.e2e.desk import TABLET, caller, desk, place_of

pytestmark = pytest.mark.e2e


def test_a_street_sees_only_its_own_street(browser, server):
    with caller(server, "hall") as hall:
        streets = {one["name"] for one in hall.get("/api/desk/place").json()["children"]}
    with desk(browser, server) as street:
        page = street.open("street").page
        mine = page.inner_text("#path b")
        assert mine in streets
        shown = page.inner_text("body")
        assert not [name for name in streets - {mine} if name in shown]
        # The district encloses it, and may be named, but is no place to go.
        assert page.locator("#path button").count() == 0


def test_another_street_s_place_is_told_as_not_one_s_own(browser, server):
    with caller(server, "hall") as hall, caller(server, "street") as own:
        other = next(one["code"] for one in hall.get("/api/desk/place").json()["children"]
                     if one["code"] != own.get("/api/desk/place").json()["code"])
    with desk(browser, server, but=("404",)) as street:
        page = street.page
        street.open("street")
        page.goto(f"{server.url}/street?area={other}")
        page.wait_for_selector("#lost:not([hidden])")
        assert "看不到" in page.inner_text("#lost")
        page.click("#lost-home")
        street.ready()
        assert page.locator("#lost").is_hidden()


def test_one_goes_down_to_a_house_and_back_and_the_address_follows(browser, server):
    with desk(browser, server) as street:
        page = street.open("street").page
        for level in ("community", "grid"):
            name = page.inner_text("#under tbody tr >> nth=0 >> td >> nth=0").strip()
            page.click("#under tbody tr >> nth=0")
            page.wait_for_function(
                "name => document.querySelector('#path b')?.textContent === name", arg=name)
            assert re.search(r"[?&]area=\w+", page.url), level
        page.wait_for_selector("#map .blocks path")
        page.wait_for_selector("#under table[aria-label='楼栋'] tbody tr")
        page.locator("#map .blocks path").first.dispatch_event("pointerdown")
        page.locator("#map .blocks path").first.dispatch_event("pointerup")
        page.wait_for_url("**building=*")
        page.wait_for_selector("#under .houses button")
        page.click("#under .houses button >> nth=0")
        page.wait_for_url("**house=*")
        page.wait_for_selector("#under .houses button[aria-pressed=true]")
        for _ in range(4):
            page.go_back()
        street.ready()
        page.wait_for_function("() => !location.search")
        page.wait_for_selector("#under table[aria-label='下级辖区'] tbody tr")


def test_a_link_shows_a_colleague_the_same(browser, server):
    with caller(server, "street") as own:
        place = place_of(own)
    with desk(browser, server) as street:
        page = street.open("street", f"/street?area={place['area']}&lane=finished&days=90").page
        name = page.inner_text("#path b")
        incident = page.get_attribute("#matters tbody tr", "data-key")
        page.click("#matters tbody tr >> nth=0")
        page.wait_for_selector("#detail .steps")
        link = page.url.removeprefix(server.url)
    with desk(browser, server) as hall:
        page = hall.open("hall", link).page
        page.wait_for_selector("#detail .steps")
        assert page.inner_text("#path b") == name
        assert page.locator(".card-bar b").inner_text().endswith(incident)
        assert page.get_attribute("#lanes [aria-selected=true]", "data-lane") == "finished"


def test_search_finds_an_area_and_an_address(browser, server):
    with desk(browser, server) as street:
        page = street.open("street").page
        community = page.inner_text("#under tbody tr >> nth=0 >> td >> nth=0").strip()
        page.keyboard.press("/")
        page.keyboard.type(community)
        page.wait_for_selector("#found li")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "name => document.querySelector('#path b')?.textContent === name", arg=community)


def test_a_unit_sees_its_matters_and_a_community_its_community(browser, server):
    with desk(browser, server) as unit:
        page = unit.open("department").page
        assert page.locator("#matters tbody tr").count() > 0
        page.wait_for_selector("#map .outline")
    with desk(browser, server) as community:
        page = community.open("community").page
        assert page.inner_text("#path b").endswith(("社区", "村"))


@pytest.mark.parametrize("size", [
    {"width": 1366, "height": 768}, TABLET, {"width": 1920, "height": 1080}])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_goes_over_the_edge(browser, server, size, lang):
    with desk(browser, server, size, has_touch=size is TABLET) as street:
        page = street.open("street").page
        page.goto(f"{server.url}/street?lang={lang}")
        street.ready()
        assert street.fits()
        page.click("#matters tbody tr >> nth=0")
        page.wait_for_selector("#detail .steps")
        assert street.fits()
        clipped = page.evaluate("""() => [...document.querySelectorAll(
            '.headline, .tabs, .card-bar, .figures, .filters')]
            .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.className)""")
        assert clipped == []


def test_a_lost_connection_is_told_and_mends_itself(browser, server):
    with desk(browser, server, but=("ERR_INTERNET_DISCONNECTED", "Failed to fetch")) as street:
        page = street.open("street").page
        rows = page.locator("#matters tbody tr").count()
        page.context.set_offline(True)
        page.keyboard.press("f")
        page.wait_for_selector("#notice:not([hidden])")
        assert "正在重试" in page.inner_text("#notice")
        assert page.locator("#matters tbody tr").count() == rows
        page.context.set_offline(False)
        page.wait_for_selector("#notice", state="hidden", timeout=20_000)
