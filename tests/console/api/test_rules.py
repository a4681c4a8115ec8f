"""``/api/admin``: categories, days and settings, each checked, audited and taken back again."""

from __future__ import annotations

import io

import psycopg
import pytest
from openpyxl import load_workbook

from gis.loading.categories import load_calendar, load_categories
from tests.console.conftest import STREETS, report

pytestmark = pytest.mark.anyio
BINS = {"code": "urban.bins", "name": "垃圾桶满溢", "name_en": "Full bins", "kind": "control",
        "urgency": 1, "limit_hours": 16, "limit_working": True,
        "stage_limits": {"grid": {"hours": 8, "working": True}}, "closing_tiers": ["grid"],
        "opening": "桶满且溢出", "closing": "清空并复位"}


def sql(town, statement: str, **values):
    with psycopg.connect(town.admin_url, autocommit=True) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchone()[0] if cursor.description else None


async def test_a_category_is_set_used_and_taken_back(town):
    admin = town.client(town.token("admin"))
    before = (await admin.get("/api/admin/rules")).json()
    told = (await admin.post("/api/admin/categories", json=BINS)).json()
    [row] = [one for one in told["categories"] if one["code"] == "urban.bins"]
    assert row["parent_code"] == "urban"
    assert row["class_rank"] == 2
    assert [(one["thing"], one["key"]) for one in told["changes"]] == [("category", "urban.bins")]
    filed = await town.client(town.token("intake")).post(
        "/api/reports", json=report(category="urban.bins"))
    assert filed.status_code == 201, filed.text
    desk = town.client(town.token("street", STREETS[0]))
    clocks = (await desk.get(f"/api/incidents/{filed.json()['incident']['id']}")).json()["clocks"]
    assert clocks["limit"] == {"hours": 16, "working": True}
    assert clocks["stage_limit"] == {"hours": 8, "working": True}
    undone = (await admin.post("/api/admin/undo", json={})).json()
    assert undone["undone"] == {"thing": "category", "key": "urban.bins"}
    # There are matters of it: it goes out of scope and stays.
    [left] = [one for one in undone["categories"] if one["code"] == "urban.bins"]
    assert not left["active"]
    assert len(undone["categories"]) == len(before["categories"]) + 1
    assert sql(town, "SELECT array_agg(action ORDER BY id) FROM audit"
               " WHERE action LIKE 'loop%%'", none=None) == ["loop_changed", "loop_change_undone"]
    assert (await admin.post("/api/admin/undo", json={})).status_code == 409


async def test_only_an_admin_sets_them(town):
    for role, area in (("hall", None), ("street", STREETS[0]), ("intake", None)):
        client = town.client(town.token(role, area))
        for call in (client.get("/api/admin/rules"), client.get("/api/admin/categories.xlsx"),
                     client.post("/api/admin/categories", json=BINS),
                     client.post("/api/admin/undo", json={})):
            assert (await call).status_code == 403, role


@pytest.mark.parametrize("change, fields", [
    ({"code": "Urban!"}, {"code"}), ({"code": "nothing.x"}, {"parent_code"}),
    ({"name": " ", "kind": "x", "urgency": 4}, {"name", "kind", "urgency"}),
    ({"limit_hours": 0}, {"limit_hours"}), ({"limit_hours": True}, {"limit_hours"}),
    ({"stage_limits": {"moon": {"hours": 1}}}, {"stage_limits"}),
    ({"stage_limits": {"grid": {"hours": -1}}}, {"stage_limits"}),
    ({"closing_tiers": ["moon"]}, {"closing_tiers"}), ({"unit_code": "none"}, {"unit_code"}),
    ({"line_code": "none"}, {"line_code"}), ({"colour": 1}, {"colour"}),
    ({"opening": "a\0b"}, {"opening"}),
])
async def test_each_field_at_fault_is_named(shared_town, change, fields):
    admin = shared_town.client(shared_town.token("admin"))
    answer = await admin.post("/api/admin/categories", json=BINS | change)
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["errors"]} == fields


@pytest.mark.parametrize("name, value, lawful", [
    ("working_hours", [["09:00", "17:00"]], True), ("working_hours", [["17:00", "x"]], False),
    ("working_hours", [["09:00", "12:00"], ["11:00", "17:00"]], False),
    ("working_hours", [["22:00", "06:00"]], True), ("working_week", [1, 2, 3], True),
    ("working_week", [], False), ("working_week", [8], False), ("top_tier", "city", True),
    ("top_tier", "grid", False), ("closing_tiers", ["street"], True), ("closing_tiers", [], False),
    ("warning_share", 0.7, True), ("warning_share", 80, False),
    ("extension", {"times": 3, "hours": 48, "approver": "street"}, True),
    ("extension", {"times": -1}, False), ("suspension", {"approver": "officer"}, False),
    ("stage_limits", {"grid": {"hours": 4, "working": True}}, True), ("title", "x", False),
    ("extension", 5, False),
])
async def test_settings_are_checked(shared_town, name, value, lawful):
    admin = shared_town.client(shared_town.token("admin"))
    answer = await admin.post("/api/admin/settings", json={"name": name, "value": value})
    assert answer.status_code == (200 if lawful else 422), answer.text
    if lawful:
        assert (await admin.post("/api/admin/undo", json={})).status_code == 200


async def test_a_day_is_set_and_taken_out(town):
    admin = town.client(town.token("admin"))
    for day, status in (("2027-01-01", 200), ("2027-13-01", 422), ("1999-01-01", 422)):
        answer = await admin.post("/api/admin/days", json={
            "day": day, "working": False, "name": "元旦"})
        assert answer.status_code == status
    assert sql(town, "SELECT name FROM calendar_day WHERE day = '2027-01-01'") == "元旦"
    plain = await admin.post("/api/admin/days", json={"day": "2027-01-01", "working": None})
    assert plain.status_code == 200, plain.text
    assert sql(town, "SELECT count(*) FROM calendar_day WHERE day = '2027-01-01'") == 0
    await admin.post("/api/admin/undo", json={})
    assert sql(town, "SELECT name FROM calendar_day WHERE day = '2027-01-01'") == "元旦"


async def test_the_sheet_goes_out_is_edited_and_comes_in_again(town, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sql(town, "INSERT INTO unit (unit_code, name, kind) VALUES ('D01', '执法局', 'department')")
    admin = town.client(town.token("admin"))
    await admin.post("/api/admin/categories", json=BINS)
    before = (await admin.get("/api/admin/rules")).json()["categories"]
    sheet = await admin.get("/api/admin/categories.xlsx")
    book = load_workbook(io.BytesIO(sheet.content))
    path = tmp_path / "categories.xlsx"
    path.write_bytes(sheet.content)
    # As it is, it changes nothing.
    outcome = load_categories(town.admin_url, path)
    assert (outcome.loaded, outcome.quarantined) == (len(before), 0), outcome.reasons
    assert (await admin.get("/api/admin/rules")).json()["categories"] == before
    first = book.worksheets[0]
    heads = [cell.value for cell in first[1]]
    [row] = [row for row in first.iter_rows(min_row=2) if row[0].value == "urban.bins"]
    for head, value in (("总时限", "24w"), ("网格时限", "4"), ("可结案层级", "网格、社区"),
                        ("责任部门", "执法局"), ("突发", "是")):
        row[heads.index(head)].value = value
    first.append(["urban.dogs", "流浪犬", "Stray dogs", "管制"])
    first.append(["nowhere.x", "无处", "", "管制"])
    book.save(path)
    outcome = load_categories(town.admin_url, path)
    assert outcome.quarantined == 1
    after = {one["code"]: one for one in (await admin.get("/api/admin/rules")).json()["categories"]}
    bins = after["urban.bins"]
    assert (bins["limit_hours"], bins["limit_working"], bins["emergency"]) == (24, True, True)
    assert bins["stage_limits"] == {"grid": {"hours": 4, "working": False}}
    assert (bins["closing_tiers"], bins["unit_code"]) == (["grid", "community"], "D01")
    assert after["urban.dogs"]["limit_hours"] == 120
    # What a load has changed since is not taken back over it.
    assert (await admin.post("/api/admin/undo", json={})).status_code == 409


async def test_a_calendar_comes_as_a_file(town, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "2027.csv"
    path.write_text("日期,是否上班,名称\n2027-01-01,否,元旦\n2027-01-02,否,元旦\n"
                    "2027-02-30,否,没有\n2027-01-09,是,调休\n2026-10-10,,\n", encoding="utf-8")
    outcome = load_calendar(town.admin_url, path)
    assert (outcome.loaded, outcome.quarantined) == (4, 1)
    assert sql(town, "SELECT array_agg(day::text ORDER BY day) FROM calendar_day WHERE day >="
               " '2027-01-01' OR day = '2026-10-10'") == ["2027-01-01", "2027-01-02", "2027-01-09"]
