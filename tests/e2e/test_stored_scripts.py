"""Words that would be scripts, stored wherever words are, on every page in a real browser."""

from __future__ import annotations

import psycopg
import pytest

from gis.accounts import DEMO_PASSWORD, create_account
from tests.e2e.wall import DRAWN, SMALL

pytestmark = pytest.mark.e2e
SCRIPT = ('"><img src=x onerror="window.ran=1"><svg onload="window.ran=2"></svg>'
          "<script>window.ran=3</script><style>body{display:none}</style>")
PAGES = ("/street", "/officer", "/planner", "/statistics", "/report", "/admin/categories",
         "/admin/accounts", "/admin/audit", "/account", "/wall")
WATCH = """document.addEventListener('securitypolicyviolation', event => {
    (window.refused ||= []).push(`${event.violatedDirective} ${event.blockedURI}`); });"""


@pytest.fixture
def poisoned(server, session_database):
    """The district with such words for reports, areas, officers, drafts and an account."""
    create_account(session_database.admin_url, SCRIPT[:90], "hall", "tall grass 8 moons")
    with psycopg.connect(session_database.admin_url) as owner:
        was = owner.execute("SELECT id, name FROM area WHERE level = 'street' LIMIT 1").fetchone()
        officer = owner.execute("SELECT id, name FROM officer LIMIT 1").fetchone()
        owner.execute("UPDATE area SET name = %s WHERE id = %s", (SCRIPT, was[0]))
        owner.execute("UPDATE officer SET name = %s WHERE id = %s", (SCRIPT[:90], officer[0]))
        owner.execute(
            "INSERT INTO report (channel, category_code, text, lon, lat, address)"
            " SELECT 'resident', 'urban', %s, ST_X(p), ST_Y(p), %s"
            " FROM (SELECT ST_PointOnSurface(geom) AS p FROM area WHERE id = %s) AS a",
            (SCRIPT, SCRIPT, was[0]))
    yield server
    with psycopg.connect(session_database.admin_url) as owner:
        owner.execute("UPDATE area SET name = %s WHERE id = %s", (was[1], was[0]))
        owner.execute("UPDATE officer SET name = %s WHERE id = %s", (officer[1], officer[0]))


def test_no_stored_word_runs_and_no_page_needs_what_its_policy_forbids(poisoned, page):
    page.add_init_script(WATCH)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(f"{poisoned.url}/login?next=/account")
    page.fill("#name", "admin")
    page.fill("#password", DEMO_PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url("**/account")
    made = page.evaluate("""async name => (await fetch('/api/drafts', {method: 'POST',
        headers: {'Content-Type': 'application/json'}, body: JSON.stringify({name})})).status""",
        SCRIPT[:60])
    assert made == 201
    for path in PAGES:
        if path == "/wall":
            page.set_viewport_size(SMALL)
        page.goto(poisoned.url + path)
        page.wait_for_load_state("networkidle" if path not in ("/wall", "/street", "/planner",
                                                               "/officer") else "load")
        page.wait_for_function(DRAWN if path == "/wall"
                               else "() => document.body.innerText.trim().length > 40")
        assert page.evaluate("() => window.ran") is None, path
        assert page.evaluate("() => window.refused || []") == [], path
        assert page.evaluate("() => getComputedStyle(document.body).display") != "none", path
    assert dialogs == []
