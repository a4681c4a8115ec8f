"""The report of a 坐标体检: a page that needs nothing else, and lets nothing in."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import shapely

from console.checkup_report import checkup_report

GRIDS = [("330104001001001", shapely.box(120.20, 30.30, 120.21, 30.31)),
         ("330104001001002", shapely.box(120.21, 30.30, 120.22, 30.31))]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"
STRAY = {"row": 7, "code": "33010400100101T0117", "text": HOSTILE, "away_m": 1234,
         "lon": 120.205, "lat": 30.305, "building_lon": 120.215, "building_lat": 30.305}
TOLD = {
    "read": 10, "loaded": 8, "quarantined": 2, "quarantine_file": None,
    "checkup": {"datum": None, "mixed": True, "told": {"cgcs2000": 6, "gcj02": 3},
                "disagrees": 1, "silent": 0, "offset_m": (1.0, -2.0), "strays": [STRAY]},
    "library": {"code_against_ground": {"count": 0, "findings": []},
                "same_text": {"count": 900, "findings": [
                    {"code": "a", "text": "文三路1号", "lon": 120.205, "lat": 30.305,
                     "told": {"codes": ["a", "b"], "houses": 2}}]}},
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_tells_all_and_asks_no_host(lang):
    page = checkup_report("a.csv", TOLD, GRIDS, at=NOW, lang=lang)
    assert "1,234" in page
    assert "900" in page
    assert page.count('<path class="grid"') == 3
    assert page.count('<line class="way"') == 1
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)", page)


def test_what_a_file_holds_stays_text(tmp_path):
    quarantine = tmp_path / "q.csv"
    quarantine.write_text(f"row,reason,text\n7,x,{HOSTILE}\n", "utf-8")
    page = checkup_report(HOSTILE, TOLD | {"quarantine_file": str(quarantine)}, GRIDS, at=NOW)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 4


def test_a_library_without_a_fault_says_so():
    page = checkup_report("library", {"library": {"same_text": {"count": 0, "findings": []}}},
                          [], at=NOW, lang="en")
    assert "none" in page
    assert "<svg" not in page
