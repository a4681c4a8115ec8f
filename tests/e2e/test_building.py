"""A building's page: a floor is opened on the picture, and shows its houses."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.e2e.desk import PHONE, Desk, caller, desk

pytestmark = pytest.mark.e2e
AWAY = ("503", "Service Unavailable")


@pytest.fixture(scope="module")
def building(session_database, server) -> dict:
    """A building of many floors on the demo street's own ground, as the library knows it."""
    with psycopg.connect(session_database.admin_url) as connection:
        (code,) = connection.execute(
            "SELECT b.building_code FROM account AS a"
            " JOIN account_area AS aa ON aa.account_id = a.id"
            " JOIN building AS b ON b.scope_ids @> ARRAY[aa.area_identity_id]"
            " JOIN address AS d ON d.building_id = b.id AND d.house_code IS NOT NULL"
            " WHERE a.name = 'street' AND b.building_code IS NOT NULL AND b.kind = 'residential'"
            " GROUP BY b.id, b.building_code HAVING count(DISTINCT d.floor) >= 5"
            " ORDER BY count(*) DESC, b.building_code LIMIT 1").fetchone()
    with caller(server, "street") as client:
        return client.get(f"/api/buildings/{code}").json()


@pytest.fixture
def page_of(browser, server, building) -> Iterator[Desk]:
    with desk(browser, server) as made:
        yield _opened(made, building)


def _opened(made: Desk, building: dict, query: str = "") -> Desk:
    made.open("street", f"/place/{building['building_code']}{query}")
    made.page.wait_for_selector(".slices .slice")
    return made


def _front(page, storey: str) -> tuple[float, float]:
    """Where in the window the nearest wall of a storey is, which nothing hides."""
    page.locator(".slices").scroll_into_view_if_needed()
    return tuple(page.evaluate(
        "id => { const {x, y, width, height} = [...document.querySelectorAll(`#${id} .wall`)]"
        ".at(-1).getBoundingClientRect(); return [x + width / 2, y + height / 2]; }",
        f"storey{storey}"))


def _houses(building: dict, floor: str) -> set[str]:
    return {house["house_code"] for one in building["floors"] if one["floor"] == floor
            for house in one["houses"]}


def _shown(page) -> set[str]:
    return set(page.evaluate(
        "() => [...document.querySelectorAll('#children .house')].map(one => one.dataset.house)"))


def test_every_storey_is_a_slice_and_a_click_opens_it(page_of, building):
    page = page_of.page
    assert page.locator(".slice").count() == building["floor_count"]
    floor = building["floors"][2]["floor"]
    page.mouse.click(*_front(page, floor))
    assert page.get_attribute(f"#storey{floor}", "aria-selected") == "true"
    assert floor in page.inner_text(".floor-head h3")
    assert _shown(page) == _houses(building, floor)
    assert f"floor={floor}" in page.url
    assert page.locator(".slice.above").count() == building["floor_count"] - int(floor)
    # Its slab lies open: a house on it leads to the house's page.
    cell = page.locator(".cell").first
    code = cell.get_attribute("data-house")
    cell.click()
    page.wait_for_url(f"**/place/{code}")


def test_floors_are_walked_by_arrow_keys(page_of, building):
    page = page_of.page
    top = building["floor_count"]
    page.focus(".slices")
    for key, storey in (("Home", top), ("ArrowDown", top - 1), ("ArrowDown", top - 2),
                        ("ArrowUp", top - 1), ("End", 1), ("ArrowDown", 1)):
        page.keyboard.press(key)
        assert page.get_attribute(".slices", "aria-activedescendant") == f"storey{storey}"
        assert page.locator(".slice[aria-selected=true]").count() == 1
        assert _shown(page) == _houses(building, str(storey))
    page.reload()
    page.wait_for_selector("#storey1.chosen")
    page.focus(".slices")
    page.keyboard.press("Escape")
    assert page.locator(".slice[aria-selected=true]").count() == 0
    assert page.locator("#children .floor").count() == len(building["floors"])
    assert "floor=" not in page.url


def test_what_the_library_knows_of_a_house_is_told_and_nobody_by_name(page_of, building):
    page = page_of.page
    page.wait_for_selector(".room.let, .room.vacant, .room.occupied")
    one = next(one for one in building["floors"] if any(
        house.get("occupancy") == "occupied" for house in one["houses"]))
    page.click(f"#children button:text-is('{one['floor']} 层')")
    house = next(house for house in one["houses"] if house.get("occupancy") == "occupied")
    told = page.inner_text(f"#children [data-house='{house['house_code']}']")
    assert "自住" in told
    assert f"{house['actual_residents']} 人" in told
    assert "persons" not in building


def test_a_finger_slides_to_the_floor_and_nothing_goes_over_the_edge(browser, server, building):
    with desk(browser, server, PHONE, has_touch=True) as phone:
        page = _opened(phone, building, "?lang=en&style=dark").page
        box = page.locator(".slices").bounding_box()
        x, y = _front(page, "1")
        page.mouse.move(x, y)
        page.mouse.down()
        seen = []
        for step in range(12):
            page.mouse.move(x, y - step * box["height"] / 40)
            seen.append(page.get_attribute(".slices", "aria-activedescendant"))
        page.mouse.up()
        assert len(set(seen)) >= 3
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        sizes = page.evaluate("() => [...document.querySelectorAll('.turns button')]"
                              ".map(one => one.getBoundingClientRect().height)")
        assert min(sizes) >= 44


def test_without_the_library_the_floors_still_stand(browser, server, building):
    with desk(browser, server, but=AWAY) as made:
        made.page.route("**/api/buildings/*", lambda route: route.fulfill(
            status=503, json={"title": "away", "detail": "the library is away"}))
        page = _opened(made, building).page
        page.wait_for_selector("#children .late")
        assert "the library is away" in page.inner_text("#children")
        assert page.locator("#children .floor").count() == len(building["floors"])


def test_the_switch_turns_the_page_without_reading_it_anew(page_of, server):
    page = page_of.page
    assert page.get_attribute("html", "data-style") == "light"
    page.evaluate("() => { window.stays = true; }")
    page.focus("#style")
    page.keyboard.press("Space")
    assert page.get_attribute("html", "data-style") == "dark"
    assert page.get_attribute("#style", "aria-checked") == "true"
    page.keyboard.press("Enter")
    assert page.get_attribute("html", "data-style") == "light"
    page.click("#style")
    assert page.evaluate("() => window.stays")
    page.goto(f"{server.url}/statistics")
    assert page.get_attribute("html", "data-style") == "dark"
    page.emulate_media(media="print")
    assert page.evaluate("() => getComputedStyle(document.body).color") == "rgb(20, 35, 58)"
