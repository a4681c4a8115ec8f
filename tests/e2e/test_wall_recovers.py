"""A wall that nobody touches: the server goes and comes back, a sign-in ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.wall import FEW, SMALL, file_report, wall
from tests.program import Program, free_port

pytestmark = pytest.mark.e2e
BANNER = "() => [...window.gridwall.map.getContainer().closest('.box').parentNode" \
         ".querySelectorAll('.banner')].some(banner => !banner.hidden)"


@pytest.fixture
def start(session_database, tmp_path) -> Iterator[object]:
    """Starts a second server over the same database, always at the same address."""
    port, programs = free_port(), []

    def begin() -> Program:
        programs.append(Program(["up", "--port", str(port)], {
            "GRIDWALL_HOME": str(tmp_path),
            "GRIDWALL_DATABASE_URL": session_database.server_url,
            "GRIDWALL_ADMIN_DATABASE_URL": session_database.admin_url}))
        return programs[-1].wait_ready()

    yield begin
    for program in programs:
        assert program.stop() == 0, program.output
        program.demand_clean_log()


def test_nothing_is_missed_over_a_restart(browser, clerk, place, start):
    own = start()
    with wall(browser, own.url, SMALL) as shown:
        shown.open(FEW)
        own.stop()
        shown.wait(BANNER)
        missed = [file_report(clerk, place) for _ in range(3)]
        own = start()
        for incident in missed:
            shown.wait_for_incident(incident)
        shown.wait(f"() => !({BANNER})()")
        shown.wait_for_incident(file_report(clerk, place))


def test_an_ended_sign_in_says_so_and_leads_back(browser, server, clerk, place):
    with wall(browser, server.url, SMALL) as shown:
        shown.open(FEW)
        shown.page.context.request.post(f"{server.url}/logout")
        shown.page.get_by_text("重新登录").click()
        shown.page.wait_for_url("**/login?next=**")
        shown.sign_in()
        shown.page.wait_for_url("**/wall*")
        shown.wait_for_incident(file_report(clerk, place))
