"""Codes, renames, keys and the library's files from the command line."""

from __future__ import annotations

import json

import psycopg
import pytest

from console.cli import main

BUILDING = "3301040010010100001"
HOUSE = BUILDING + "000001"


@pytest.fixture
def home(database, tmp_path, monkeypatch):
    """A home and a working folder, and a database with one house."""
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "INSERT INTO address (house_code, text, road, road_number, geom) VALUES"
            " (%s, '文三路12号101室', '文三路', '12', 'SRID=4490;POINT(120 30)')", (HOUSE,))
    return tmp_path


def test_codes_are_explained_and_a_wrong_one_ends_with_1(capsys):
    assert main(["codes", "explain", HOUSE]) == 0
    assert "house: province 33" in capsys.readouterr().out
    assert main(["codes", "explain", "330104", "990104"]) == 1
    said = capsys.readouterr().out
    assert "district: province 33" in said
    assert "province '99' (characters 1–2) is no province" in said


def test_codes_are_minted_one_a_line(home, capsys):
    assert main(["codes", "mint", "house", BUILDING, "--count", "2"]) == 0
    assert capsys.readouterr().out.split() == [BUILDING + "000002", BUILDING + "000003"]
    assert main(["codes", "mint", "house", "33"]) == 1
    assert "building code '33'" in capsys.readouterr().err


def test_a_road_is_renamed(home, capsys):
    assert main(["rename", "road", "文三路", "学院路", "--reason", "规划"]) == 0
    assert "1 addresses follow" in capsys.readouterr().out
    assert main(["rename", "road", "文三路", "学院路"]) == 1
    assert "there is no road 文三路" in capsys.readouterr().err


def test_addresses_that_came_as_a_text_alone_are_read(home, database, capsys):
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "INSERT INTO address (text, geom) SELECT t, 'SRID=4490;POINT(120 30)'"
            " FROM unnest(%s::text[]) AS t",
            (["杭州市拱墅区文一路3弄2号501室", "文一路5号", "？"],))
    assert main(["doctor"]) == 0
    assert "note  library: 3 addresses have a text and no elements" in capsys.readouterr().out
    assert main(["library", "settle"]) == 0
    assert capsys.readouterr().out == "2 addresses read, 1 can't be\n"
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute("SELECT district, road, room FROM address"
                                  " WHERE house_code IS NULL ORDER BY id").fetchall()
        sites = connection.execute("SELECT count(*) FROM site WHERE road = '文一路'").fetchone()
    assert rows == [("拱墅区", "文一路", "501"), (None, "文一路", None), (None, None, None)]
    assert sites[0] >= 1
    assert main(["check", "library", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)["without_elements"]
    assert [finding["text"] for finding in told["findings"]] == ["？"]


def test_people_are_loaded_and_keys_turned(home, capsys):
    assert main(["keys", "status"]) == 0
    assert "no persons are loaded" in capsys.readouterr().out
    (home / "people.csv").write_text(f"房屋编码,姓名\n{HOUSE},张三\nX,李四\n", "utf-8")
    assert main(["load", "persons", "people.csv", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["loaded"], told["reasons"]) == (1, {"house_missing": 1})
    assert main(["keys", "rotate"]) == 0
    assert "1 persons sealed anew" in capsys.readouterr().out
    assert main(["keys", "status"]) == 0
    assert "1 persons  current" in capsys.readouterr().out


@pytest.mark.parametrize("kind, rows", [
    ("residents", "house_code,实有人口\n{house},3\n"),
    ("dwellings", "house_code,用途\n{house},住宅\n"),
    ("enterprises", "house_code,单位名称\n{house},小店\n"),
    ("places", "类别,名称,lon,lat\n消火栓,一号,120,30\n"),
    ("aliases", "俗称,标准名称\n张家,{house}\n"),
])
def test_each_kind_is_loaded(home, capsys, kind, rows):
    (home / "rows.csv").write_text(rows.format(house=HOUSE), "utf-8")
    assert main(["load", kind, "rows.csv", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["read"], told["loaded"], told["quarantined"]) == (1, 1, 0)
    assert main(["load", kind, "--help"]) == 0
    assert "Targets of --map" in capsys.readouterr().out
