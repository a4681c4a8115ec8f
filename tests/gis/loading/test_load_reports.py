"""Reports from files: assigned as they are stored, each once."""

from __future__ import annotations

import csv
import json

import pytest
from shapely import box

from gis.errors import InvalidInput
from gis.loading.areas import load_areas
from gis.loading.reports import ReportOptions, load_reports, read_category_map
from gis.loading.run import Options

HEAD = ["编号", "类别", "内容", "经度", "纬度", "发生时间"]


@pytest.fixture
def reports(in_folder):
    def write(*rows, head=HEAD):
        path = in_folder / "reports.csv"
        with open(path, "w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file).writerows([head, *rows])
        return path

    return write


def test_reports_are_assigned_once(database, geojson, reports, sql):
    load_areas(database.admin_url, geojson(
        ({"code": "G1", "name": "one"}, box(120, 30, 120.01, 30.01))), "grid",
        options=Options(free_codes=True))
    file = reports(["1", "城市管理", "占道经营", 120.005, 30.005, "2026-01-31 08:30"],
                   ["2", "urban", "", 120.5, 30.5, "2026年1月31日 9:05"])
    outcome = load_reports(database.admin_url, file)
    assert (outcome.loaded, outcome.details["assignments"]["base"]) == (
        2, {"inside": 1, "outside": 1})
    assert sql("SELECT channel, category_code, received_at = '2026-01-31T08:30+08'"
               " FROM report WHERE external_id = '1'") == [("import", "urban", True)]
    again = load_reports(database.admin_url, file)
    assert (again.loaded, again.counts["known"]) == (0, 2)


@pytest.mark.parametrize("row, reason", [
    (["1", "nonsense", "x", 120, 30, "2026-01-31"], "category"),
    (["1", "urban", "x", "", "", "2026-01-31"], "no_place"),
    (["1", "urban", "x", 120, "", "2026-01-31"], "no_place"),
    (["1", "urban", "x", 30, 120, "2026-01-31"], "coordinates"),
    (["1", "urban", "x", 120, 30, "2026-02-31"], "time"),
    (["1", "urban", "x", 120, 30, "2099-01-31"], "time"),
    (["1", "urban", "x" * 10_001, 120, 30, "2026-01-31"], "text"),
])
def test_rows_that_are_no_report(database, reports, row, reason):
    good = ["9", "urban", "fine", 120, 30, "2026-01-31"]
    outcome = load_reports(database.admin_url, reports(row, good, ["8", *good[1:]]))
    assert (outcome.loaded, dict(outcome.reasons)) == (2, {reason: 1})


def test_order_of_dates(database, reports):
    doubtful = reports(["1", "urban", "x", 120, 30, "01/02/2026"])
    with pytest.raises(InvalidInput, match="--date-order"):
        load_reports(database.admin_url, doubtful)
    assert load_reports(database.admin_url, doubtful, own=ReportOptions(date_order="mdy")).loaded
    told = load_reports(database.admin_url, reports(["2", "urban", "x", 120, 30, "01/31/2026"]))
    assert any("mdy" in note for note in told.notes)


def test_words_for_categories(database, reports, in_folder, sql):
    (in_folder / "map.json").write_text(json.dumps({"THEFT": "safety"}))
    own = ReportOptions(read_category_map(in_folder / "map.json"), "governance")
    load_reports(database.admin_url, reports(["1", "Theft", "x", 120, 30, "2026-01-31"],
                                             ["2", "Other", "x", 120, 30, "2026-01-31"]), own=own)
    assert sql("SELECT category_code FROM report ORDER BY external_id") == [
        ("safety",), ("governance",)]
    with pytest.raises(InvalidInput, match="no category"):
        load_reports(database.admin_url, reports(["3", "a", "x", 120, 30, "2026-01-31"]),
                     own=ReportOptions({"a": "nonsense"}))
