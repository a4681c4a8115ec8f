"""The wall: the real program, a real browser, reports that come in by HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.wall import (
    DRAWN,
    FEW,
    FIGURES,
    LIVE,
    SMALL,
    Wall,
    file_report,
    stream_count,
    wall,
)

pytestmark = pytest.mark.e2e
MOST_BYTES_AN_INCIDENT = 400


@pytest.fixture(scope="module")
def hall(browser, server) -> Iterator[Wall]:
    """A wall whose browser stands far from the city, drawn and live."""
    with wall(browser, server.url, SMALL, timezone_id="America/New_York") as shown:
        shown.open(FEW)
        shown.wait(DRAWN)
        yield shown
        assert shown.troubles == []
        assert shown.hosts == {urlsplit(server.url).netloc}


def test_a_report_is_seen_and_the_camera_stays(hall, clerk, place):
    before = hall.ask("() => window.gridwall.camera()")
    incident = file_report(clerk, place)
    row = hall.wait_for_incident(incident)
    assert (row["lon"], row["lat"]) == pytest.approx((place["lon"], place["lat"]), abs=1e-6)
    hall.page.locator(f"[data-incident='{incident}']").wait_for()
    # As many points as the server has open incidents, once its answer is of this moment.
    hall.wait("""async () => {
        const shown = await (await fetch('/api/wall/incidents', {cache: 'no-store'})).json();
        const open = shown.state.filter(name => !['closed', 'rejected'].includes(name));
        return open.length === window.gridwall.counts().incidents;
    }""")
    assert hall.ask("() => window.gridwall.camera()") == before


def test_it_shows_the_citys_time(hall):
    shown = hall.page.locator(".clock").text_content()
    city, own = hall.ask("""() => ['Asia/Shanghai', 'America/New_York'].map(timeZone =>
        new Intl.DateTimeFormat('zh-CN', {timeZone, hour: '2-digit', hourCycle: 'h23'})
            .format(new Date()).slice(0, 2))""")
    assert city != own
    assert shown[:2] == city
    assert hall.page.locator(".feed time").first.text_content()[:2] in (
        city, f"{(int(city) - 1) % 24:02}")


def test_a_live_incident_is_small(clerk, place, record_property):
    sizes = []
    with httpx.stream("GET", f"{clerk.base_url}/live", headers=clerk.headers,
                      timeout=30) as answer:
        chunks = answer.iter_raw()
        assert b"event: ready" in next(chunks)
        for _ in range(3):
            incident = file_report(clerk, place)
            event = next(chunk for chunk in chunks if b"event: incident" in chunk)
            data = json.loads(event.split(b"data: ")[1].splitlines()[0])
            assert data["id"] == incident
            sizes.append(len(event))
    record_property("bytes_an_incident", max(sizes))
    print(f"a live incident: {max(sizes)} bytes")
    assert max(sizes) <= MOST_BYTES_AN_INCIDENT


def test_what_the_panels_cost_is_told(hall, clerk, place, record_property):
    with hall.page.expect_request_finished(
            lambda request: FIGURES in request.url, timeout=30_000) as asked:
        file_report(clerk, place)
    sizes = asked.value.sizes()
    one = sizes["responseBodySize"] + sizes["responseHeadersSize"]
    # Asked for every five seconds while something happens, every thirty while nothing does.
    record_property("panel_bytes_a_minute", 12 * one)
    print(f"panels: {one} bytes an answer, {12 * one} a busy minute, {2 * one} a quiet one")
    assert one < 6_000


def test_two_tabs_share_one_stream_and_speak_each_its_language(hall, clerk, place):
    assert stream_count(clerk) == 1
    second = Wall(hall.page.context.new_page(), hall.url)
    second.page.set_viewport_size(SMALL)
    second.page.goto(f"{hall.url}/wall?lang=en&layers={FEW}")
    second.wait(LIVE)
    assert stream_count(clerk) == 1
    incident = file_report(clerk, place)
    for one in (hall, second):
        one.wait_for_incident(incident)
    second.page.get_by_text("Key figures").wait_for()
    second.page.click(".language")
    second.page.get_by_text("运行指标").wait_for()
    second.wait(LIVE)
    second.page.close()
    assert second.troubles == []
    hall.wait_for_incident(file_report(clerk, place))
    assert stream_count(clerk) == 1
