"""Sites follow buildings and addresses, whatever writes these, and only those that changed."""

from __future__ import annotations

import csv
import json

import psycopg
import pytest

from console.cli import main
from gis.addressing import search_now

SITES = """SELECT building_id, road, road_number, compound, building_number, community, scope_ids
           FROM site ORDER BY 1, 2, 3, 4, 5, 7"""


def put(connection, code: str, compound: str | None, name: str, x: float) -> int:
    return connection.execute(
        "INSERT INTO building (building_code, name, road, road_number, compound, geom) VALUES"
        " (%s, %s, '文三路', '12号', %s, ST_Multi(ST_MakeEnvelope(%s, 30, %s, 30.0005, 4490)))"
        " RETURNING id", (code, name, compound, 120 + x, 120.0005 + x)).fetchone()[0]


def house(connection, building: int | None, number: str, unit: str | None, room: str,
          compound: str = "锦绣苑") -> None:
    connection.execute(
        "INSERT INTO address (building_id, text, road, road_number, compound, building_number,"
        " unit, room, geom) VALUES (%s, %s, '文三路', '12', %s, %s, %s, %s,"
        " ST_SetSRID(ST_MakePoint(120, 30), 4490))",
        (building, f"文三路12号{compound}{number}幢{unit}-{room}", compound, number, unit, room))


def rebuilt(connection) -> list:
    """What the sites would be were they all made anew."""
    now = connection.execute(SITES).fetchall()
    connection.execute("SELECT refresh_building_sites(ARRAY(SELECT id FROM building))")
    connection.execute("SELECT refresh_loose_sites(ARRAY(SELECT DISTINCT coalesce(road, '')"
                       " FROM address WHERE building_id IS NULL))")
    assert connection.execute(SITES).fetchall() == now
    return now


@pytest.fixture
def library(database):
    with psycopg.connect(database.admin_url) as connection:
        first = put(connection, "3301040010010100001", "锦绣苑", "锦绣苑1幢", 0)
        put(connection, "3301040010010100002", "锦绣苑", "锦绣苑2幢", 0.001)
        put(connection, "3301040010010100003", None, "云帆大厦", 0.002)
        for room in ("101", "102", "201"):
            house(connection, first, "1", "1", room)
        yield connection, first


def test_a_building_without_addresses_has_a_site(library):
    connection, _ = library
    found = {(row[3], row[4]): row for row in rebuilt(connection)}
    assert set(found) == {("锦绣苑", "1"), ("锦绣苑", "2"), ("云帆大厦", None)}
    assert {row[2] for row in found.values()} == {"12"}


def test_rooms_make_no_sites(library):
    connection, first = library
    before = connection.execute("SELECT count(*) FROM site").fetchone()
    for room in range(300, 320):
        house(connection, first, "1", "2", str(room))
    assert connection.execute("SELECT count(*) FROM site").fetchone() == before


def test_changes_follow_and_others_are_left_alone(library):
    connection, first = library
    others = connection.execute("SELECT id FROM site WHERE building_id <> %s", (first,)).fetchall()
    connection.execute("UPDATE address SET road_number = '14' WHERE room = '201'")
    assert {row[2] for row in rebuilt(connection) if row[0] == first} == {"12", "14"}
    connection.execute("UPDATE building SET road = '学院路' WHERE id = %s", (first,))
    connection.execute("UPDATE address SET road = '学院路' WHERE building_id = %s", (first,))
    assert {row[1] for row in rebuilt(connection) if row[0] == first} == {"学院路"}
    connection.execute("DELETE FROM address WHERE building_id = %s", (first,))
    assert [row[4] for row in rebuilt(connection) if row[0] == first] == ["1"]
    connection.execute("DELETE FROM building WHERE id = %s", (first,))
    assert not [row for row in rebuilt(connection) if row[0] == first]
    assert len(others) == 2


def test_what_changes_no_name_tells_no_change(library):
    connection, first = library
    version = connection.execute("SELECT max(id) FROM site_change").fetchone()
    connection.execute("UPDATE address SET floor = '9' WHERE building_id = %s", (first,))
    connection.execute("UPDATE building SET height_m = 9 WHERE id = %s", (first,))
    assert connection.execute("SELECT max(id) FROM site_change").fetchone() == version


def test_houses_in_no_building_are_found(library):
    connection, _ = library
    house(connection, None, "7", "1", "501", "独栋苑")
    house(connection, None, "7", "1", "502", "独栋苑")
    assert ("独栋苑", "7") in {(row[3], row[4]) for row in rebuilt(connection)}
    found = search_now(connection, "独栋苑7幢1单元502")
    assert found.sure.text == "文三路12号独栋苑7幢1-502"
    connection.execute("DELETE FROM address WHERE compound = '独栋苑'")
    assert "独栋苑" not in {row[3] for row in rebuilt(connection)}


def test_a_name_that_only_sounds_alike_is_no_sure_answer(library):
    connection, _ = library
    found = search_now(connection, "瑾秀苑1幢1单元101")
    assert found.sure is None
    assert found.matches[0].text.startswith("文三路12号锦绣苑1幢")


def test_a_file_of_words(library, database, tmp_path, monkeypatch, capsys):
    connection, _ = library
    connection.commit()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    (tmp_path / "in.csv").write_text(
        "n,words\n1,锦绣苑1-1-102\n2,锦绣苑\n3,无此地\n4,\n", "utf-8")
    code = main(["geocode", "in.csv", "--text", "words", "--out", "out.csv", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == 2
    assert (told["read"], told["loaded"], told["quarantined"]) == (4, 1, 3)
    assert told["reasons"] == {"ambiguous": 1, "not_found": 2}
    with open(tmp_path / "out.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["sure"] for row in rows] == ["yes", "no", "no", "no"]
    assert rows[0]["address"] == "文三路12号锦绣苑1幢1-102"
    assert rows[1]["building_code"] == ""
    assert "锦绣苑2幢" in rows[1]["candidates"]
    assert main(["geocode", "in.csv", "--text", "nothing", "--out", "x.csv"]) == 1
    with psycopg.connect(database.admin_url) as other:
        assert other.execute("SELECT count(*) FROM site").fetchone()[0] == 3


def test_a_building_that_is_not_there_leaves_its_compound(library):
    connection, _ = library
    found = search_now(connection, "锦绣苑9幢")
    assert found.sure is None
    assert [(match.level, match.text) for match in found.matches] == [
        ("compound", "文三路12号锦绣苑")]
    assert all(match.building_code is None and match.score <= 0.5 for match in found.matches)
