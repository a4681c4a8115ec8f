"""How other cities write: lanes and branch lanes, yards, 甲 and 附, doors, groups of villages."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from shapely import box

from gis.addressing import search_now
from gis.addressing.names import likeness
from gis.addressing.reading import read
from gis.loading.elements import LOWER, UPPER, with_elements
from gis.loading.other_names import load_aliases
from gis.loading.run import Options
from gis.renaming import rename_place
from tests.conftest import cloned
from tests.gis.builders import put_area, settle

PARTS = [
    ("上海市长宁区延安西路1448弄2支弄5号201室", {"road_number": "1448弄2支", "building": "5"}),
    ("上海市长宁区天山二村12号301室", {"compound": "天山二村", "road_number": "12"}),
    ("北京市朝阳区一号院3号楼2单元101室", {"compound": "1号院", "building": "3"}),
    ("北京市朝阳区光华路甲14号院2号楼二门402号",
     {"road_number": "甲14", "building": "2", "unit": "2", "room": "402"}),
    ("北京市朝阳区文一路18号之一", {"road_number": "18之1"}),
    ("重庆市渝中区民权路36号附2号", {"road_number": "36附2"}),
    ("安徽省六安市霍邱县孟集镇号房村十一组12号",
     {"street": "孟集镇", "community": "号房村", "compound": "号房村11组"}),
    ("安徽省六安市霍邱县城关镇蓼城路12-1号",
     {"street": "城关镇", "road": "蓼城路", "road_number": "12-1"}),
    ("广东省深圳市宝安区西乡街道固戍社区固戍二路5号", {"street": "西乡街道"}),
    ("37-12 30th Road, Queens, NY 11103", {"road": "30th Road", "road_number": "37-12"}),
    ("12 1/2 Avenue K, Brooklyn, NY 11230", {"road": "Avenue K", "road_number": "12 1/2"}),
    ("424 K Street NW, Apt 4B, Capitol, DC 20001", {"road": "K Street NW", "room": "4B"}),
]
LIBRARY = [
    "上海市长宁区仙霞路350弄37号101室", "上海市长宁区天山路626号", "上海市长宁区天山二村12号301室",
    "上海市长宁区延安西路1448弄2支弄5号201室", "上海市长宁区延安西路1448弄5号201室",
    "北京市朝阳区光华路甲14号院1号楼1单元102室", "北京市朝阳区光华路14号院1号楼1单元102室",
    "北京市朝阳区一号院3号楼2单元101室", "北京市朝阳区呼家楼西里1号楼2门201号",
    "北京市朝阳区文一路18号", "北京市朝阳区文一路18号之一", "北京市朝阳区文一路18-1号",
    "重庆市渝中区民权路36号", "重庆市渝中区民权路36号附2号",
    "安徽省六安市霍邱县城关镇光明中路300号光明花园1号楼西单元101室",
    "安徽省六安市霍邱县城关镇光明大道300号光明花园1号楼西单元101室",
    "安徽省六安市霍邱县孟集镇号房村三组12号", "安徽省六安市霍邱县孟集镇号房村十三组12号",
    "37-12 30th Road, Queens, NY 11103", "12 1/2 Main Street, Brooklyn, NY 11221",
]
FOUND = [
    ("天山路街道天山路626号", 1), ("天山二村12-301", 2), ("天山二村十二号三〇一", 2),
    ("延安西路1448弄二支弄5号201", 3), ("延安西路1448弄5号201", 4),
    ("光华路甲14号院1-1-102", 5), ("光华路十四号院一号楼一单元102", 6), ("一号院3号楼2单元101", 7),
    ("201号，呼家楼西里1号楼2门", 8), ("呼家楼西里一号楼二门二〇一", 8), ("文一路18号之1", 10),
    ("文一路18-1号", 11), ("文一路18号", 9), ("民权路36号 附2号", 13), ("民权路36号", 12),
    ("光明中路300号光明花园1号楼西单元101", 14), ("号房村3组12号", 16), ("号房村十三组12号", 17),
    ("上海市长宁区天山路626号上海市长宁区天山路626号", 1),
    ("37-12 30th Rd 11103", 18), ("12 ½ main st brooklyn", 19),
    ("12 1/2 Maxn Street, Brooklyn", 19),
]
NOT_SURE = ["文一路18号之二", "民权路36号附3号", "文一路甲18号", "光华路乙14号院1号楼1单元102室",
            "号房村2组12号", "延安西路1448弄3支弄5号201", "天山二村12号302", "\\", ".*"]


@pytest.mark.parametrize("written, parts", PARTS)
def test_read(written, parts):
    assert parts.items() <= read(written).parts.items()


def test_another_number_in_a_name_is_another_place():
    assert likeness("桃源居3区", "桃源居13区") == likeness("2号院", "1号院") == 0
    assert likeness("桃源居三区", "桃源居3区") > 0.95


def test_columns_are_completed_where_the_text_agrees():
    def completed(text: str, **told: str) -> dict:
        return with_elements(dict.fromkeys([*UPPER, *LOWER]) | told, text)

    parts = {"road_number": "205", "building_number": "2", "unit": None, "room": "5-2"}
    assert parts.items() <= completed(
        "渝中区民权路205号2栋5-2", road="民权路", room="5-2").items()
    assert completed("大坪街道马家堡69号附2号", road="马家堡")["road_number"] == "69附2"
    assert completed("渝中区民权路205号", road="民族路")["road_number"] is None


@pytest.fixture(scope="module")
def found(cluster, template):
    with cloned(cluster, template) as own, psycopg.connect(own.admin_url) as connection:
        for at, written in enumerate(LIBRARY):
            parts = with_elements(dict.fromkeys([*UPPER, *LOWER]), written)
            parts["street"] = parts.pop("subdistrict")
            building = connection.execute(
                "INSERT INTO building (building_code, geom) VALUES (%s, ST_Multi("
                "ST_MakeEnvelope(%s, 30, %s, 30.0001, 4490))) RETURNING id",
                (f"B{at}", 120 + at / 1000, 120.0001 + at / 1000)).fetchone()[0]
            columns = {"building_id": building, "house_code": f"H{at}", "text": written} | parts
            connection.execute(sql.SQL(
                "INSERT INTO address ({}, geom)"
                " VALUES ({}, ST_SetSRID(ST_MakePoint(120, 30), 4490))"
            ).format(sql.SQL(", ").join(map(sql.Identifier, columns)),
                     sql.SQL(", ").join(sql.Placeholder() * len(columns))), [*columns.values()])
        yield lambda asked: search_now(connection, asked)


@pytest.mark.parametrize("asked, at", FOUND)
def test_found_first(found, asked, at):
    assert found(asked).matches[0].text == LIBRARY[at]


@pytest.mark.parametrize("asked", NOT_SURE)
def test_what_is_not_there_is_not_sure(found, asked):
    answer = found(asked)
    assert answer.ambiguous or not answer.matches


def test_a_building_is_told_as_its_houses_are(found):
    assert found("仙霞路350弄37号").matches[0].text == "上海市长宁区仙霞路350弄37号"


def test_what_only_addresses_name_may_have_an_alias(cluster, template, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "aliases.csv").write_text("name,of\n仙霞大马路,仙霞路\n小天山,天山二村\n")
    with cloned(cluster, template) as own:
        with psycopg.connect(own.admin_url, row_factory=dict_row) as connection:
            put_area(connection, "grid", "330104001002003", box(119.9, 29.9, 120.1, 30.1))
            settle(connection)
        with psycopg.connect(own.admin_url) as connection:
            connection.execute(
                "INSERT INTO address (text, road, road_number, compound, geom) VALUES"
                " ('仙霞路5号', '仙霞路', '5', NULL, ST_SetSRID(ST_MakePoint(120, 30), 4490)),"
                " ('天山二村6号', NULL, '6', '天山二村', ST_SetSRID(ST_MakePoint(120, 30), 4490))")
        outcome = load_aliases(own.admin_url, tmp_path / "aliases.csv", Options())
        assert (outcome.loaded, outcome.quarantined) == (2, 0)
        with psycopg.connect(own.admin_url) as connection:
            assert search_now(connection, "仙霞大马路5号").matches[0].text == "仙霞路5号"
            assert search_now(connection, "小天山6号").matches[0].text == "天山二村6号"
            # Seen by whoever sees an address that has the name.
            assert connection.execute(
                "SELECT bool_and(o.scope_ids = s.scope_ids) FROM other_name AS o"
                " JOIN site AS s ON o.standard IN (s.road, s.compound)").fetchone() == (True,)
            rename_place(own.admin_url, "road", "仙霞路", "仙霞新街")
            assert search_now(connection, "仙霞路5号").matches[0].text == "仙霞新街5号"
            assert connection.execute(
                "SELECT bool_and(scope_ids <> '{}') FROM other_name WHERE kind = 'road'"
            ).fetchone() == (True,)
