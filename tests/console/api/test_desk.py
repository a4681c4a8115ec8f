"""The desk's calls: scope, lanes, pages by cursor, exports."""

from __future__ import annotations

import csv
import io

import openpyxl
import psycopg
import pytest

from console import desk_lists
from tests.console.conftest import STEP, STREETS, WEST, report

pytestmark = pytest.mark.anyio
FAR = WEST + 2.5 * STEP


async def _file(client, count: int = 1, **changes) -> list[int]:
    answers = [await client.post("/api/reports", json=report(**changes)) for _ in range(count)]
    assert {answer.status_code for answer in answers} == {201}, answers[0].text
    return [answer.json()["incident"]["id"] for answer in answers]


async def _get(client, call: str, status: int = 200, **asked) -> dict:
    answer = await client.get(f"/api/desk/{call}", params=asked)
    assert answer.status_code == status, answer.text
    return answer.json()


async def _all(client, **asked) -> list[int]:
    """The numbers of a whole list, page by page."""
    ids, cursor = [], None
    while True:
        page = await _get(client, "incidents", **asked, **({"cursor": cursor} if cursor else {}))
        ids += [row["id"] for row in page["rows"]]
        cursor = page["next"]
        if cursor is None:
            return ids


async def test_each_sees_its_own_ground_and_another_s_is_not_there(town):
    intake = town.client(town.token("intake"))
    here, there = await _file(intake), await _file(intake, lon=FAR)
    street, hall = (town.client(town.token("street", STREETS[0])), town.client(town.token("hall")))
    place = await _get(street, "place")
    assert (place["code"], place["lanes"]["open"]["open"]) == (STREETS[0], 1)
    assert [(step["own"], step["open"]) for step in place["path"]] == [(False, None), (True, 1)]
    assert await _all(street) == here
    assert sorted(await _all(hall)) == sorted(here + there)
    assert await _all(hall, area=STREETS[1]) == there
    for call in ("place", "incidents", "duty", "map", "points", "buildings", "export.csv"):
        await _get(street, call, 404, area=STREETS[1])
        # The district encloses the street; its work is not the street's to see.
        await _get(street, call, 404, area=STREETS[0][:6])
    assert [point[0] for point in await _get(street, "points")] == here
    shapes = await _get(street, "map")
    assert {one.get("name") for one in shapes["areas"]} == {None, "community 001"}
    await _get(street, f"beside/{there[0]}", 404)
    found = (await _get(street, "search", q=str(there[0])))
    assert [one for one in found if one["kind"] == "incident"] == []


async def test_lanes_follow_the_steps(town):
    intake, street = town.client(town.token("intake")), town.client(
        town.token("street", STREETS[0]))
    (incident,) = await _file(intake)
    assert await _all(street, lane="verify") == [incident]
    for action, lane in (("verify", "dispatch"), ("reject", "finished")):
        answer = await street.post(f"/api/incidents/{incident}/steps",
                                   json={"action": action, "note": "已看"})
        assert answer.status_code == 201, answer.text
        assert await _all(street, lane=lane) == [incident]
    lanes = (await _get(street, "place"))["lanes"]
    assert (lanes["open"]["open"], lanes["verify"]["open"]) == (0, 0)
    await _get(street, "incidents", 422, lane="nonsense")


@pytest.mark.parametrize("asked", [{}, {"sort": "at"}, {"q": "塌陷"}, {"lane": "late"}])
async def test_pages_join_to_the_whole_list(town, monkeypatch, asked):
    monkeypatch.setattr(desk_lists, "ROWS_A_PAGE", 3)
    monkeypatch.setattr(desk_lists.page_of, "__defaults__", (3,))
    monkeypatch.setattr(desk_lists, "LOOKED_AT", 4)
    intake, hall = town.client(town.token("intake")), town.client(town.token("hall"))
    ids = await _file(intake, 7) + await _file(intake, 4, lon=FAR)
    with psycopg.connect(town.admin_url) as connection:
        connection.execute("UPDATE incident SET deadline_at = now() - interval '1 hour' * id")
        connection.execute("SELECT recount_matters()")
    listed = await _all(hall, **asked)
    assert sorted(listed) == sorted(ids)
    if asked != {"sort": "at"}:
        assert listed == sorted(ids, reverse=True)
    await _get(hall, "incidents", 422, cursor="nonsense")


async def test_an_export_holds_the_whole_list_and_no_formula(town):
    intake = town.client(town.token("intake"))
    street = town.client(town.token("street", STREETS[0]))
    hostile = ["=1+1", "+cmd", "-2", "@SUM(A1)", "  =x", "<b>&\x0b"]
    ids = [(await _file(intake, text=text))[0] for text in hostile]
    answer = await street.get("/api/desk/export.csv")
    heads, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    texts = {int(row[0]): row[heads.index("内容")] for row in rows}
    assert sorted(texts) == sorted(ids)
    assert not [text for text in texts.values() if text.lstrip(" ").startswith(tuple("=+-@"))]
    answer = await street.get("/api/desk/export.xlsx", params={"lane": "verify"})
    sheet, about = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    column = heads.index("内容") + 1
    for line in range(2, sheet.max_row + 1):
        cell = sheet.cell(line, column)
        assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert about["B5"].value == len(hostile)
    with psycopg.connect(town.admin_url) as connection:
        noted = connection.execute(
            "SELECT id, subject, detail -> 'rows' FROM audit WHERE action = 'export' ORDER BY id"
        ).fetchall()
    taken, counted, *_ = noted
    assert (counted[1], counted[2]) == (f"export:{taken[0]}", 6)
    assert {row[-1] for row in rows} == {str(taken[0])}
