"""The audit log: who did what, to what, from where; searched, paged, and taken with a stamp."""

from __future__ import annotations

import csv
import io

import openpyxl
import psycopg
import pypdf
import pytest

from tests.console.conftest import STREETS, report

pytestmark = pytest.mark.anyio


async def _rows(client, **asked) -> list[dict]:
    answer = await client.get("/api/audit", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


async def _filed(town, text: str = "路灯不亮") -> int:
    answer = await town.client(town.token("intake")).post("/api/reports", json=report(text=text))
    assert answer.status_code == 201, answer.text
    return answer.json()["incident"]["id"]


async def test_a_report_and_each_step_tell_who_from_where_before_and_after(town):
    admin, street = town.client(town.token("admin")), town.client(town.token("street", STREETS[0]))
    filed = await _filed(town)
    answer = await street.post(f"/api/incidents/{filed}/steps", json={"action": "verify"})
    assert answer.status_code == 201, answer.text
    step, came = await _rows(admin, q=f"incident:{filed}")
    assert (came["action"], came["role"], came["origin"]) == ("report", "intake", "127.0.0.1")
    assert (step["action"], step["role"], step["origin"]) == ("verify", "street", "127.0.0.1")
    assert step["detail"]["before"]["state"] == "reported"
    assert step["detail"]["after"]["state"] == "verified"
    assert step["detail"]["step"] == 2


async def test_pages_go_on_where_the_last_ended_and_filters_narrow(town):
    admin = town.client(town.token("admin"))
    filed = [await _filed(town) for _ in range(5)]
    got, cursor = [], None
    while True:
        page = (await admin.get("/api/audit", params={
            "action": "report", "limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        got += [row["subject"] for row in page["rows"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert got == [f"incident:{one}" for one in reversed(filed)]
    assert page["actions"] == sorted(page["actions"])
    assert "report" in page["actions"]
    assert await _rows(admin, since="2100-01-01T00:00:00Z") == []
    assert await _rows(admin, origin="10.9.9.9") == []
    # A sign of LIKE in the words stands for itself.
    assert await _rows(admin, q="incident%") == []
    assert (await admin.get("/api/audit", params={"who": "nobody"})).status_code == 422
    assert (await admin.get("/api/audit", params={"since": "2026-01-01T00:00:00"})
            ).status_code == 422


async def test_rows_tell_whether_they_are_sealed(town):
    admin = town.client(town.token("admin"))
    await _filed(town)
    assert {row["sealed"] for row in await _rows(admin, action="report")} == {False}
    with psycopg.connect(town.admin_url) as connection:
        connection.execute("SELECT keep_changes()")
    found = (await admin.get("/api/audit", params={"action": "report"})).json()
    assert {row["sealed"] for row in found["rows"]} == {True}
    assert found["seal"]["number"] >= 1


@pytest.mark.parametrize("role", ["hall", "street", "planner", "intake", "officer"])
async def test_others_read_nothing_of_it(town, role):
    area = STREETS[0] if role in ("street", "officer") else None
    client = town.client(town.token(role, area))
    for call in ("/api/audit", "/api/audit/export.csv"):
        assert (await client.get(call)).status_code == 403


async def test_an_export_bears_the_number_under_which_it_is_in_the_log(town):
    admin = town.client(town.token("admin"))
    await _filed(town, "=1+1")
    answer = await admin.get("/api/audit/export.csv", params={"action": "report"})
    heads, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert heads[-3:] == ["导出人", "导出时间", "导出编号"]
    [noted] = await _rows(admin, action="export")
    assert {row[-1] for row in rows} == {str(noted["id"])}
    assert noted["subject"] == "audit csv"
    answer = await admin.get("/api/audit/export.xlsx")
    sheet, about = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    assert sheet.max_row > 1
    assert about["A3"].value == "导出编号（审计日志）"


async def test_a_printed_matter_bears_its_number_too(town):
    admin = town.client(town.token("admin"))
    filed = await _filed(town)
    answer = await admin.get(f"/api/incidents/{filed}.pdf")
    assert answer.status_code == 200
    [noted] = await _rows(admin, action="export")
    assert noted["subject"] == f"incident:{filed} pdf"
    text = pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert f"#{noted['id']}" in text
