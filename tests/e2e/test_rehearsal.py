"""The rehearsal in Chromium: a draft replayed, its figures, both maps, tables, a file."""

from __future__ import annotations

import pytest

from tests.e2e.test_pages import DESK, desk

pytestmark = pytest.mark.e2e


def test_a_draft_is_rehearsed_on_its_page(browser, server):
    with desk(browser, server, DESK) as seen:
        page = seen.page
        seen.open("planner", "/report?lang=en")
        call = page.request
        draft = call.post(f"{server.url}/api/drafts", data={
            "name": "spring", "area": "330191001001"}).json()["id"]
        coverage = call.get(f"{server.url}/api/drafts/{draft}/coverage").json()
        keys = [part["properties"]["key"] for part in coverage["features"]]
        merged = next(answer for other in keys[1:] if (answer := call.post(
            f"{server.url}/api/drafts/{draft}/operations", data={"version": 1, "operation": {
                "op": "merge", "codes": [keys[0], other], "into": keys[0]}})).ok).json()
        gone, = merged["removed"]
        page.goto(f"{server.url}/planner/rehearsal?draft={draft}&lang=en")
        page.wait_for_selector("#map path.area")
        assert page.locator("#map .before-side path.area").count() == 2
        assert page.locator("#map .after-side path.area").count() == 1
        assert "residents move" in page.inner_text("[data-figure=people]")
        page.get_by_role("tab", name="Areas").click()
        row = page.locator(f"#table tr[data-key='{gone}']")
        assert "ends" in row.inner_text()
        page.get_by_role("button", name="residents").click()
        page.wait_for_selector("th[aria-sort=descending]")
        with page.expect_download() as saved:
            page.get_by_role("link", name="CSV").click()
        assert gone in saved.value.path().read_text("utf-8-sig")
        pdf = call.get(f"{server.url}/api/drafts/{draft}/rehearsal.pdf")
        assert pdf.body().startswith(b"%PDF")
