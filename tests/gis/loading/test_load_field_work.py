"""Patrols and visits: rows in, once however often, faults told."""

from __future__ import annotations

import csv
from datetime import date

from shapely import box

from gis.loading.areas import load_areas
from gis.loading.field_work import load_field_work
from gis.loading.officers import load_officers
from gis.loading.run import Options

FREE = Options(free_codes=True)


def write_csv(path, *rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_patrols_and_visits_by_day(database, geojson, in_folder, sql):
    areas = geojson(({"code": "G1", "name": "one"}, box(120, 30, 120.1, 30.1)),
                    ({"code": "G2", "name": "two"}, box(120.1, 30, 120.2, 30.1)))
    load_areas(database.admin_url, areas, "street", options=FREE)
    load_officers(database.admin_url, write_csv(
        in_folder / "o.csv", ["工号", "姓名", "网格编码"], ["P1", "甲", "G1"], ["P2", "乙", "G1"],
        ["P2", "乙", "G2"]))
    file = write_csv(
        in_folder / "w.csv", ["日期", "工号", "网格编码", "巡查次数", "走访户数", "里程"],
        ["2026-11-20", "P1", "", 2, 5, 3200.5], ["2026/11/20", "P2", "G2", 1, "", ""],
        ["2026-11-20", "P2", "", 1, 1, 1], ["2026-11-21", "P9", "G1", 1, 1, 1],
        ["2026-11-21", "P1", "G7", 1, 1, 1], ["soon", "P1", "G1", 1, 1, 1],
        ["2026-11-21", "P1", "G1", -1, 1, 1], ["", "P1", "G1", 1, 1, 1])
    outcome = load_field_work(database.admin_url, file)
    assert (outcome.read, outcome.loaded) == (8, 2)
    assert dict(outcome.reasons) == {"area_missing": 2, "officer_missing": 1, "value": 1,
                                     "patrols": 1, "no_day": 1}
    assert sql("SELECT w.day, o.officer_code, n.code, w.patrols, w.visits, w.distance_m"
               " FROM field_work AS w JOIN officer AS o ON o.id = w.officer_id"
               " JOIN area_identity AS n ON n.id = w.area_identity_id ORDER BY 2") == [
        (date(2026, 11, 20), "P1", "G1", 2, 5, 3200.5), (date(2026, 11, 20), "P2", "G2", 1, 0, 0)]
    again = load_field_work(database.admin_url, file)
    assert (again.loaded, again.counts["unchanged"]) == (0, 2)
