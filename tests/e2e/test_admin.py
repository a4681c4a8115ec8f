"""The admin's pages in a real browser: edit, keyboard, the way back, a day, a setting."""

from __future__ import annotations

import psycopg
import pytest

from tests.e2e.desk import DESK, desk

pytestmark = pytest.mark.e2e


def stored(database, query: str) -> object:
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query).fetchone()[0]


LITTER = "SELECT stage_limits || jsonb_build_object('closing', closing_tiers," \
         " 'opening', opening) FROM category WHERE code = 'urban.litter'"


def test_a_category_is_edited_by_keyboard_and_taken_back(browser, server, session_database):
    before = stored(session_database, LITTER)
    with desk(browser, server, DESK) as admin:
        page = admin.page
        admin.open("admin", "/admin/categories")
        page.wait_for_selector("#categories tbody tr")
        page.keyboard.press("/")
        page.keyboard.type("litter")
        page.wait_for_function(
            "() => document.querySelectorAll('#categories tbody tr').length === 1")
        page.locator("#categories tbody tr").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#edit:not([hidden])")
        assert page.input_value("[name=code]") == "urban.litter"
        assert page.locator("#notice").is_hidden()
        page.fill("[name=limit_grid]", "8w")
        page.check("[name=closing_own]")
        page.check("[name=closing_grid]")
        page.fill("[name=opening]", "地面有暴露垃圾")
        page.keyboard.press("Control+s")
        page.wait_for_selector("#notice.good:not([hidden])")
        assert stored(session_database, LITTER) == {
            "grid": {"hours": 8, "working": True}, "closing": ["grid"],
            "opening": "地面有暴露垃圾"}
        page.fill("[name=limit_grid]", "soon")
        page.keyboard.press("Control+s")
        page.wait_for_function(
            "() => document.querySelector('[data-fault=stage_limits]').textContent")
        assert any("422" in one for one in admin.troubles)
        admin.troubles.clear()
        page.locator("#undo").click()
        page.wait_for_selector("#changes li.undone")
        assert stored(session_database, LITTER) == before
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        # What was done stands in the log, before and after beside each other.
        page.goto(f"{server.url}/admin/audit?lang=en")
        page.fill("[name=q]", "category:urban.litter")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "() => document.querySelectorAll('#rows tbody tr').length === 2")
        page.locator("#rows tbody tr").last.click()
        shown = page.inner_text("#row")
        assert "changed a rule of the loop" in shown
        assert "地面有暴露垃圾" in shown


def test_days_and_settings(browser, server, session_database):
    with desk(browser, server, DESK) as admin:
        page = admin.page
        admin.open("admin", "/admin/loop?lang=en")
        page.wait_for_selector("#days tbody tr")
        page.fill("#day [name=day]", "2027-10-01")
        page.fill("#day [name=name]", "国庆节")
        page.locator("#day [type=submit]").click()
        page.wait_for_selector("#days tr[data-key='2027-10-01']")
        page.fill("[name=working_hours]", "09:00-12:00 13:00-17:00")
        page.keyboard.press("Control+s")
        page.wait_for_function(
            "() => document.querySelector('#notice.good')?.textContent.includes('hours')")
        assert stored(session_database, "SELECT value ->> 0 FROM city_setting"
                      " WHERE name = 'working_hours'") == '["09:00", "12:00"]'
        for _ in range(2):
            page.evaluate("() => { document.querySelector('#notice').hidden = true; }")
            page.locator("#undo:not([disabled])").click()
            page.wait_for_function("() => !document.querySelector('#notice').hidden")
        page.wait_for_function("() => document.querySelectorAll('#changes li.undone').length >= 2")
        assert stored(session_database, "SELECT count(*) FROM calendar_day"
                      " WHERE day = '2027-10-01'") == 0


def test_others_find_no_such_page(browser, server):
    with desk(browser, server, DESK) as street:
        street.open("street", "/street")
        answer = street.page.request.get(f"{server.url}/admin/categories")
        assert answer.status == 403
