"""The wall on a machine without a Chinese font: ours comes from our own host, in slices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from console.shots import find_browser
from tests.e2e.wall import DRAWN, SMALL, shots_folder, wall
from tests.program import BROWSER_FLAGS

pytestmark = pytest.mark.e2e
LATIN = "/usr/share/fonts/truetype/dejavu"
MOST_FONT_BYTES = 3_000_000
# What MapLibre has drawn: characters by their code, each as its picture.
GLYPHS = """() => Object.values(window.gridwall.map.style.glyphManager.entries).flatMap(
    ({glyphs}) => Object.entries(glyphs).filter(([code]) => code >= 0x4e00)
        .map(([, glyph]) => glyph.bitmap.data.join()))"""


@pytest.fixture(scope="module")
def poor_browser(browser, tmp_path_factory) -> Iterator[object]:
    """A browser whose system has a Latin font and no other."""
    folder = tmp_path_factory.mktemp("fonts")
    told = folder / "fonts.conf"
    told.write_text(f"<fontconfig><dir>{LATIN}</dir><cachedir>{folder}</cachedir></fontconfig>",
                    encoding="utf-8")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    poor = browser.browser_type.launch(
        executable_path=find_browser(), args=[*BROWSER_FLAGS, *root],
        env={**os.environ, "FONTCONFIG_FILE": str(told)})
    yield poor
    poor.close()


def test_chinese_is_written_with_the_slices_that_hold_it(poor_browser, server, record_property):
    with wall(poor_browser, server.url, SMALL) as shown:
        shown.open()
        shown.wait(DRAWN, timeout_s=120)
        fetched = [request for request in shown.answers if ".woff2?v=" in request.url]
        total = sum(request.sizes()["responseBodySize"] for request in fetched)
        record_property("font_bytes", total)
        print(f"without a Chinese font: {len(fetched)} slices, {total / 1e6:.2f} MB")
        assert 0 < total <= MOST_FONT_BYTES
        assert len({request.url for request in fetched}) == len(fetched)
        glyphs = shown.ask(GLYPHS)
        # Boxes for what no font holds would all be alike.
        assert len(glyphs) > 10
        assert len(set(glyphs)) == len(glyphs)
        (shots_folder() / "wall-without-fonts.png").write_bytes(shown.page.screenshot())
        assert shown.troubles == []
        assert shown.hosts == {urlsplit(server.url).netloc}


def test_where_the_machine_has_the_font_nothing_is_fetched(browser, server):
    with wall(browser, server.url, SMALL) as shown:
        shown.open()
        shown.wait(DRAWN, timeout_s=120)
        assert not [request.url for request in shown.answers if ".woff2" in request.url]
