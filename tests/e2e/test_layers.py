"""The wall's layers: shown and hidden by hand, by key and by address, each drawn without a word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from layers.registry import ENTRIES
from tests.e2e.wall import DRAWN, Wall, wall

pytestmark = pytest.mark.e2e
# Few pixels: what is drawn is not judged here.
TINY = {"width": 640, "height": 360}
SHOWN = "() => window.gridwall.layers.shown()"
USUAL = [entry.name for entry in ENTRIES if entry.shown]
# What deck.gl holds of a layer: how many things, and of what kind its places are.
HELD = """id => {
    const found = window.gridwall.deck._deck.layerManager.getLayers().filter(
        layer => layer.id.startsWith(id) && !layer.isComposite);
    return found.map(({props: {data}}) => [data.length,
        Object.values(data.attributes ?? {}).every(({value}) => ArrayBuffer.isView(value))]);
}"""


@pytest.fixture(scope="module")
def hall(browser, server) -> Iterator[Wall]:
    """A wall of few pixels."""
    with wall(browser, server.url, TINY) as shown:
        shown.open()
        shown.wait(DRAWN, timeout_s=240)
        yield shown


def test_the_usual_layers_need_no_hand_and_the_menu_hides(hall):
    assert hall.ask(SHOWN) == USUAL
    menu = hall.page.locator(".layers")
    assert float(menu.evaluate("one => getComputedStyle(one).opacity")) == 0
    hall.page.mouse.move(200, 200)
    hall.page.mouse.move(220, 210)
    hall.wait("""() => [...document.querySelectorAll('*')].some(({shadowRoot}) =>
        shadowRoot?.querySelector('.layers.awake'))""")
    # As a hand does it, whose way there keeps the menu awake.
    place = hall.page.locator(".layers-button").bounding_box()
    middle = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    hall.page.mouse.move(*middle)
    hall.page.mouse.click(*middle)
    hall.page.locator(".layers-button[aria-expanded=true]").wait_for()
    assert menu.locator("input").count() == len(ENTRIES)
    assert menu.locator("input:checked").count() == len(USUAL)
    menu.locator("input[name=plinths]").click()
    assert hall.ask(SHOWN) == ["plinths", "buildings", "incidents", "beams"]
    assert not menu.locator("input[name=areas]").is_checked()
    hall.page.locator(".layers-usual").click()
    assert hall.ask(SHOWN) == USUAL
    hall.page.keyboard.press("l")
    assert menu.locator(".layers-list").is_hidden()


def test_every_layer_is_drawn_by_its_key_and_brings_its_legend(hall):
    for entry in (entry for entry in ENTRIES if entry.key):
        if entry.name not in hall.ask(SHOWN):
            hall.page.keyboard.press(entry.key)
        assert entry.name in hall.ask(SHOWN)
        hall.wait("() => window.gridwall.settled()", timeout_s=120)
        groups = hall.page.locator(".legend-group")
        for name in entry.legends:
            assert hall.page.locator(f".legend-group.{name} li").count() >= 2
        assert groups.locator(".note").count() == 0
    assert hall.troubles == []


def test_beams_stand_on_the_columns_of_the_incidents(hall):
    incidents = hall.ask("() => window.gridwall.counts().incidents")
    assert hall.ask(HELD, "beams") == [[incidents, True]]
    assert hall.ask(HELD, "incidents") == [[incidents, True], [incidents, True]]


def test_what_was_chosen_is_remembered_but_an_address_binds(hall):
    chosen = hall.ask(SHOWN)
    assert chosen != USUAL
    hall.page.goto(f"{hall.url}/wall?layers=heat,beams,unknown")
    hall.wait("() => window.gridwall?.layers")
    assert hall.ask(SHOWN) == ["heat", "beams"]
    hall.page.keyboard.press("6")
    assert hall.ask(SHOWN) == ["heat", "trails", "beams"]
    hall.page.goto(f"{hall.url}/wall")
    hall.wait("() => window.gridwall?.layers")
    assert hall.ask(SHOWN) == chosen
    # What it asked for is answered before the server ends.
    hall.wait("() => window.gridwall.settled?.()", timeout_s=120)
