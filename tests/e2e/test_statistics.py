"""Jianggan's published figures, counted by this program and shown on its page."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from fixtures.jianggan import load_jianggan
from tests.e2e.test_pages import DESK, desk

pytestmark = pytest.mark.e2e

MONTH = date(2024, 3, 1)


@pytest.fixture(scope="module")
def jianggan(session_database, server):
    """The real program over a district with the published month in its past."""
    load_jianggan(session_database.admin_url, MONTH, datetime.now(ZoneInfo("Asia/Shanghai")))
    return server


def figure(page, name: str) -> str:
    return page.inner_text(f"[data-figure={name}]")


def test_jianggan_s_figures_on_the_page_and_in_the_api(browser, jianggan):
    with desk(browser, jianggan, DESK) as seen:
        page = seen.page
        seen.open("hall", "/statistics?period=2024-03")
        page.wait_for_selector("#table tbody tr")
        service, control = figure(page, "service"), figure(page, "control")
        for words in ("4,205", "39.29 %", "99.71 %", "4,193"):
            assert words in service
        for words in ("6,498", "60.71 %", "99.17 %", "6,444"):
            assert words in control
        assert "10,703" in figure(page, "total")
        told = page.request.get(f"{jianggan.url}/api/statistics?period=2024-03").json()
        assert [(kind["kind"], kind["count"], kind["share_percent"], kind["solved_percent"])
                for kind in told["kinds"]] == [
            ("service", 4_205, 39.29, 99.71), ("control", 6_498, 60.71, 99.17)]
        assert sum(row["count"] for row in told["classes"]) == 10_703
        assert sum(row["count"] for row in told["areas"]) == 10_703
        assert [row["month"] for row in told["months"]] == ["2024-03"]


def test_tables_sort_drill_and_export(browser, jianggan):
    with desk(browser, jianggan, DESK) as seen:
        page = seen.page
        seen.open("hall", "/statistics?period=2024-03&lang=en")
        page.wait_for_selector("#table tbody tr")
        page.get_by_role("tab", name="Areas").click()
        page.get_by_role("button", name="Incidents").click()
        page.wait_for_selector("th[aria-sort=descending]")
        counts = [int(text.replace(",", "")) for text in page.locator(
            "#table tbody tr td:nth-child(2)").all_inner_texts()]
        assert counts == sorted(counts, reverse=True)
        assert sum(counts) == 10_703
        first = page.locator("#table .drill").first
        name = first.inner_text()
        first.click()
        page.wait_for_function("name => document.querySelector('#path b').textContent === name",
                               arg=name)
        assert "area=" in page.url
        assert figure(page, "total").splitlines()[1] == f"{counts[0]:,}"
        address = page.get_attribute("#csv", "href")
        sheet = page.request.get(jianggan.url + address).body().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(sheet)))
        assert sum(int(row["Incidents"]) for row in rows) == counts[0]
        book = load_workbook(io.BytesIO(page.request.get(
            jianggan.url + page.get_attribute("#xlsx", "href")).body()))
        assert [cell.value for cell in book.active[1]][:2] == ["Code", "Name"]
        assert book.active.max_row == len(rows) + 1
        page.go_back()
        page.wait_for_function(
            "() => document.querySelector('#path b').textContent === 'Everything'")


def test_a_score_opens_to_its_parts_and_the_incidents_behind_them(browser, jianggan):
    with desk(browser, jianggan, DESK) as seen:
        page = seen.page
        seen.open("hall", "/statistics?period=2024-03&lang=en&tab=ranking")
        page.wait_for_selector("#table .stars")
        assert page.locator("#table tbody tr").count() == 8
        scores = [float(text) for text in page.locator(
            "#table tbody tr td:nth-child(3)").all_inner_texts()]
        assert scores == sorted(scores, reverse=True)
        page.locator("#table tbody tr").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".opened .matter")
        assert page.locator(".opened [data-part]").count() == 7
        page.locator(".opened [data-part=on_time]").click()
        page.get_by_text("On time: incidents counted").wait_for()
        page.wait_for_selector(".opened .matter")
        page.get_by_role("button", name="More").click()
        page.wait_for_function(
            "() => document.querySelectorAll('.opened .matter').length > 30")
        page.get_by_role("tab", name="Classes").is_visible()
        page.get_by_role("button", name="Close").click()
        assert page.locator(".opened").is_hidden()
