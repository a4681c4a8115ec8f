"""Each page by day and by night: as it is asked for, remembered, or by its own habit."""

from __future__ import annotations

import re

import pytest

from tests.console.bodies import GRIDS, OWN

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:The (method, uri, and version|start_line) argument:DeprecationWarning")]
HABITS = {
    "/street": "dark", "/planner": "dark", "/login": "dark", "/logout": "dark", "/nothing": "dark",
    "/statistics": "light", "/planner/rehearsal": "light", "/officer": "light", "/report": "light",
    "/account": "light", "/admin/categories": "light", "/admin/loop": "light",
    "/admin/accounts": "light", "/admin/audit": "light", f"/place/{GRIDS[OWN]}": "light",
}


def _style(answer) -> str:
    return re.search(r'<html lang="[\w-]+" data-style="(\w+)">', answer.text)[1]


async def test_every_page_is_dark_or_light(streets):
    client = streets.client(streets.token("admin"), Accept="text/html")
    for path, habit in HABITS.items():
        assert _style(await client.get(path)) == habit, path
        for asked in ("dark", "light"):
            remembered = {"Cookie": f"gridwall_style={asked}"}
            assert _style(await client.get(path, headers=remembered)) == asked, path
            assert _style(await client.get(path, params={"style": asked})) == asked, path
        client.cookies.clear()


async def test_the_switch_leads_to_this_very_page_in_the_other_style(streets):
    client = streets.client(streets.token("hall"), Accept="text/html")
    answer = await client.get("/street?area=1&lang=en&style=light")
    assert answer.cookies["gridwall_style"] == "light"
    switch = re.search(r'<a id="style"[^>]*>', answer.text)[0]
    assert 'role="switch"' in switch
    assert 'aria-checked="false"' in switch
    assert 'aria-label="Dark appearance"' in switch
    assert 'href="?area=1&amp;lang=en&amp;style=dark"' in switch
    sign_in = await streets.client().get("/login?next=%2Fwall&style=light")
    assert sign_in.cookies["gridwall_style"] == "light"
    assert '<a href="/login?style=dark&amp;next=%2Fwall">深色</a>' in sign_in.text
