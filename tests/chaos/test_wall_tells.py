"""What the hall sees: a plain banner since when the picture is stale, and a slower pace."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import httpx
import pytest

from gis.accounts import issue_token
from gis.cluster import OWNER
from tests.chaos.storm import Server
from tests.console.conftest import PASSWORD, SOUTH, STEP, WEST
from tests.e2e.wall import LIVE, SMALL, file_report, shots_folder, wall
from tests.program import free_port

pytestmark = pytest.mark.e2e
PLACE = {"lon": WEST + STEP / 2, "lat": SOUTH + STEP / 2}
BANNER = """() => [...window.gridwall.map.getContainer().closest('.box').parentNode
    .querySelectorAll('.banner')].filter(one => !one.hidden).map(one => one.innerText).join()"""


@pytest.fixture
def told(shared_cluster) -> Iterator[Server]:
    """The real program over the shared cluster."""
    server = Server(shared_cluster.folder.parent, free_port(), GRIDWALL_INTAKE_WAITING="40")
    server.begin()
    yield server
    server.end()


def test_a_database_away_and_a_slower_pace_stand_on_the_wall(browser, told, shared_cluster):
    headers = {"Authorization": "Bearer " + issue_token(shared_cluster.url(OWNER), "admin")}
    with (wall(browser, told.url, SMALL) as shown,
          httpx.Client(base_url=told.url, headers=headers, timeout=30) as clerk):
        shown.page.goto(f"{told.url}/login?next=/wall?lang=zh")
        shown.page.fill("[name=name]", "wang")
        shown.page.fill("[name=password]", PASSWORD)
        shown.page.click("[type=submit]")
        shown.page.wait_for_url("**/wall*")
        shown.wait(LIVE)
        shown.wait_for_incident(file_report(clerk, PLACE))
        shared_cluster.stop()
        shown.wait(f"() => ({BANNER})().includes('数据库失联')")
        words = shown.ask(BANNER)
        assert re.search(r"画面停留在 \d\d:\d\d:\d\d", words), words
        shown.page.screenshot(path=shots_folder() / "wall-database-away.png")
        shared_cluster.start()
        shown.wait(f"() => ({BANNER})() === ''")
        shown.wait_for_incident(file_report(clerk, PLACE))
        pour(told.url, headers)
        shown.wait("() => window.gridwall.pace > 1")
        shown.page.screenshot(path=shots_folder() / "wall-slower.png")
        shown.wait("() => window.gridwall.pace === 1")
        assert not [one for one in shown.troubles if "503" not in one]


def pour(url: str, headers: dict[str, str]) -> None:
    """A flood of half a second; what becomes of it is told elsewhere."""
    body = {"text": "路面塌陷", "category": "urban", "channel": "hotline"} | PLACE

    def send() -> None:
        with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
            for _ in range(3):
                client.post("/api/reports", json=body)

    senders = [threading.Thread(target=send) for _ in range(60)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
