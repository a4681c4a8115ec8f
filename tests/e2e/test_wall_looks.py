"""How the wall looks: by day and by night, over rasters, and on a machine without Chinese fonts."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import numpy as np
import pytest
from affine import Affine
from PIL import Image

from console.shots import find_browser
from gis import rasters
from tests.e2e.wall import DRAWN, SMALL, shots_folder, wall
from tests.program import BROWSER_FLAGS
from tests.tiles.rasters import write
from tiles.raster_files import default_style, examine

# rasterio 1.4 multiplies transforms in a way that affine 3.1 would rather not see.
pytestmark = [pytest.mark.e2e,
              pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")]
# All of the invented district.
WEST, NORTH, DEGREES, PIXELS = 120.15, 30.34, 0.0005, 200
LATIN = "/usr/share/fonts/truetype/dejavu"
MOST_FONT_BYTES = 3_000_000
# What MapLibre has drawn: Chinese characters, each as its picture.
GLYPHS = """() => Object.values(window.gridwall.map.style.glyphManager.entries).flatMap(
    ({glyphs}) => Object.entries(glyphs).filter(([code]) => code >= 0x4e00)
        .map(([, glyph]) => glyph.bitmap.data.join()))"""
LAYERS = "() => window.gridwall.map.getStyle().layers.map(layer => layer.id)"


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


@pytest.fixture(scope="module")
def ground(session_database, tmp_path_factory) -> Iterator[None]:
    """A picture and heights of the district, registered for as long as these tests run."""
    folder = tmp_path_factory.mktemp("rasters")
    corner = Affine(DEGREES, 0, WEST, 0, -DEGREES, NORTH)
    slope = np.add.outer(np.arange(PIXELS), np.arange(PIXELS))
    bands = {"ortho": np.stack([slope % 200] * 3).astype(np.uint8),
             "heights": (slope % 40)[np.newaxis].astype(np.float32)}
    for name, data in bands.items():
        file = examine(write(folder / f"{name}.tif", data, transform=corner))
        style = default_style([file], "hillshade" if name == "heights" else None)
        rasters.add(session_database.admin_url, rasters.NewRaster(
            name, name, style.as_json(), [(file.path, file.bounds)], 0, 15))
    yield
    for name in bands:
        rasters.remove(session_database.admin_url, name)


def brightness(picture: bytes) -> float:
    """Of the middle of a picture, 0 to 255."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float)
    return pixels[100:450, 250:710].mean()


def test_by_day_over_a_picture_without_a_chinese_font(poor_browser, server, ground,
                                                      record_property):
    with wall(poor_browser, server.url, SMALL) as shown:
        shown.page.goto(f"{server.url}/login?next=/wall%3Fstyle=light%26ground=ortho")
        shown.sign_in()
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

        assert shown.ask(LAYERS)[:4] == ["blocks", "picture", "veil", "relief"]
        asked = {urlsplit(request.url).path.split("/")[3] for request in shown.answers
                 if "/tiles/raster/" in request.url}
        assert asked == {"ortho", "heights"}
        picture = shown.page.screenshot()
        (shots_folder() / "wall-light-ortho.png").write_bytes(picture)
        assert brightness(picture) > 140

        # The switch is remembered; the picture stays what the address asks for.
        shown.page.click(".switch.style")
        shown.page.wait_for_url("**style=dark*")
        shown.page.goto(f"{server.url}/wall")
        shown.wait(DRAWN, timeout_s=120)
        assert "picture" not in shown.ask(LAYERS)
        assert brightness(shown.page.screenshot()) < 110
        assert shown.troubles == []
        assert shown.hosts == {urlsplit(server.url).netloc}
