"""The whole picture: what opening it costs, screens of any size, an emergency flown to."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from tests.e2e.wall import DRAWN, HALL, SMALL, Wall, file_report, shots_folder, wall

pytestmark = pytest.mark.e2e
MOST_BYTES_TO_OPEN = 6_000_000
MOST_S_TO_BE_SEEN = 1.0
COMPRESSIBLE = ("javascript", "json", "css", "html", "mapbox-vector-tile")
# Smaller ones grow by compression.
SMALLEST = 1_000


@pytest.fixture(scope="module")
def hall(browser, server) -> Iterator[Wall]:
    """A large wall with its usual layers, drawn and live."""
    with wall(browser, server.url, HALL) as shown:
        shown.open()
        shown.wait(DRAWN, timeout_s=120)
        yield shown
        assert shown.troubles == []
        assert shown.hosts == {urlsplit(server.url).netloc}


def test_opening_it_costs_little_and_comes_compressed(hall, record_property):
    total, plain = 0, []
    for request in hall.answers:
        answer = request.response()
        sizes = request.sizes()
        total += sizes["responseBodySize"] + sizes["responseHeadersSize"]
        kind = answer.headers.get("content-type", "")
        long = int(answer.headers.get("content-length", 0)) >= SMALLEST
        if (answer.status == 200 and long and any(name in kind for name in COMPRESSIBLE)
                and "content-encoding" not in answer.headers):
            plain.append((request.url, kind))
    paths = [urlsplit(request.url).path for request in hall.answers]
    assert any(path.startswith("/tiles/buildings/") for path in paths)
    assert any(path.startswith("/tiles/ground/") for path in paths)
    record_property("bytes_to_open", total)
    print(f"opening the wall: {len(paths)} requests, {total / 1e6:.2f} MB")
    assert plain == []
    assert total <= MOST_BYTES_TO_OPEN


def picture(hall, width: int, height: int) -> np.ndarray:
    """The wall on a screen of that size, kept as a file; its pixels as 1920 x 1080."""
    page = hall.page
    page.set_viewport_size({"width": width, "height": height})
    hall.wait("width => window.gridwall.map.getCanvas().width === width", width)
    hall.wait(DRAWN, timeout_s=90)
    assert hall.ask("""() => [document.documentElement, document.body].every(
        ({scrollWidth, scrollHeight}) => scrollWidth <= innerWidth && scrollHeight <= innerHeight)
        && document.documentElement.clientWidth === innerWidth""")
    shot = page.screenshot(timeout=90_000)
    (shots_folder() / f"wall-{width}x{height}.png").write_bytes(shot)
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    assert image.size == (width, height)
    return np.asarray(image.resize((1920, 1080), Image.Resampling.BOX), dtype=float)


def test_it_fills_a_screen_of_any_size_with_the_same_picture(hall):
    pictures = [picture(hall, *size) for size in ((1920, 1080), (3840, 2160))]
    # Between the panels, header and legend: city from top to bottom, no dark sky over it.
    middles = [pixels[110:960, 460:1460] for pixels in pictures]
    for middle in middles:
        assert middle.std(axis=(0, 1)).min() > 12
        assert middle.reshape(5, -1, 3).std(axis=1).min() > 8
    assert abs(middles[0] - middles[1]).mean() < 12


def test_an_emergency_is_there_within_a_second_flown_to_and_back(
        hall, clerk, place, record_property):
    # Few pixels: without a GPU a large screen flies slowly.
    hall.page.set_viewport_size(SMALL)
    hall.wait("width => window.gridwall.map.getCanvas().width === width", SMALL["width"])
    home = hall.ask("() => window.gridwall.camera()")
    begun = time.monotonic()
    incident = file_report(clerk, place, "safety.fire")
    hall.page.locator(f"[data-incident='{incident}']").wait_for()
    # From the report being sent to its row standing on the wall.
    took_s = time.monotonic() - begun
    record_property("emergency_seen_s", round(took_s, 3))
    assert took_s < MOST_S_TO_BE_SEEN
    assert hall.wait_for_incident(incident)["u"] == 3
    hall.wait("""([lon, lat]) => {
        const {center, zoom} = window.gridwall.camera();
        return zoom > 15 && Math.hypot(center[0] - lon, center[1] - lat) < 1e-4;
    }""", [place["lon"], place["lat"]])
    assert hall.page.locator(".beacon").count() >= 1
    hall.wait("""home => {
        const {center, zoom} = window.gridwall.camera();
        return Math.abs(zoom - home.zoom) < 1e-3 && Math.abs(center[0] - home.center[0]) < 1e-5;
    }""", home, timeout_s=60)
