"""What hangs on houses: rows in, unknown houses put aside, again changes nothing."""

from __future__ import annotations

import csv
import stat

import psycopg
import pytest
from shapely import Point, box

from gis.errors import InvalidInput, KeyMissing, NotFound
from gis.loading.addresses import load_addresses
from gis.loading.buildings import load_buildings
from gis.loading.houses import DWELLINGS, ENTERPRISES, RESIDENTS, is_credit_code, load_houses
from gis.loading.other_names import load_aliases
from gis.loading.persons import load_persons
from gis.loading.place_objects import load_place_objects
from gis.minting import mint_codes
from gis.personal_data import KeyFile, Record
from gis.renaming import rename_place
from gis.resealing import keys_in_use, reseal

BUILDING = "3301040010010100001"
H1, H2 = BUILDING + "000001", BUILDING + "000002"
CARD = "11010519491231002X"


@pytest.fixture
def table(in_folder):
    """Write rows to a CSV file."""
    def write(*rows, name="rows.csv"):
        path = in_folder / name
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        return path

    return write


@pytest.fixture
def houses(database, geojson, table):
    """A building with two houses in it."""
    load_buildings(database.admin_url, geojson(({
        "building_code": BUILDING, "name": "锦绣苑3幢", "compound": "锦绣苑", "road": "文三路",
        "road_number": "12", "text": "浙江省杭州市西湖区文三路12号锦绣苑3幢"},
        box(120.001, 30.001, 120.002, 30.002))))
    load_addresses(database.admin_url, _addresses(table, "锦绣苑"))
    return database.admin_url


def _addresses(table, compound):
    head = f"浙江省杭州市西湖区文三路12号{compound}3幢"
    return table(["house_code", "text", "x", "y"], [H1, head + "101室", 120.0015, 30.0015],
                 [H2, head + "102室", 120.0015, 30.0015], name="addresses.csv")


def test_elements_are_read_from_the_text(houses, sql):
    assert sql("SELECT province, city, district, road, road_number, compound, building_number,"
               " room FROM address ORDER BY house_code")[0] == (
        "浙江省", "杭州市", "西湖区", "文三路", "12", "锦绣苑", "3", "101")
    assert sql("SELECT province, road, compound FROM building") == [("浙江省", "文三路", "锦绣苑")]


def test_residents_and_dwellings_meet_in_one_row(houses, table, sql):
    file = table(["房屋编码", "户籍人口", "实有人口"], [H1, 2, 4], [H2, "", 3], ["X", 1, 1],
                 [H1, 1, 1], ["", 1, 1], [H2 + "9", -1, 1], [H2 + "8", "many", 1])
    outcome = load_houses(RESIDENTS, houses, file)
    assert (outcome.loaded, dict(outcome.reasons)) == (
        2, {"house_missing": 1, "duplicate_code": 1, "no_house_code": 1, "number": 2})
    assert load_houses(RESIDENTS, houses, file).counts["unchanged"] == 2
    dwellings = table(["house_code", "用途", "产权", "状态"], [H1, "住宅", "rented", "出租"],
                      [H2, "宫殿", "", ""])
    outcome = load_houses(DWELLINGS, houses, dwellings)
    assert (outcome.loaded, dict(outcome.reasons)) == (1, {"word": 1})
    assert sql("SELECT use, tenure, occupancy, registered_residents, actual_residents"
               " FROM dwelling ORDER BY address_id") == [
        ("residential", "rented", "let", 2, 4), (None, None, None, None, 3)]


def test_enterprises_are_known_by_their_code_or_by_name_and_house(houses, table, sql):
    assert is_credit_code("91350100M000100Y43")
    assert not is_credit_code("91350100M000100Y44")
    rows = [["房屋编码", "单位名称", "统一社会信用代码", "从业人员"],
            [H1, "文三零售", "91350100M000100Y43", 5], [H1, "无证小店", "", 1],
            [H2, "错码店", "91350100M000100Y44", 1], [H2, "", "", 1]]
    outcome = load_houses(ENTERPRISES, houses, table(*rows))
    assert (outcome.loaded, dict(outcome.reasons)) == (2, {"code": 1, "no_name": 1})
    rows[1] = [H2, "文三零售", "91350100M000100Y43", 6]
    rows[2][3] = 2
    again = load_houses(ENTERPRISES, houses, table(*rows[:3]))
    assert (again.counts["changed"], again.counts["new"]) == (2, 0)
    assert sql("SELECT e.name, a.house_code, e.employees FROM enterprise e"
               " JOIN address a ON a.id = e.address_id ORDER BY 1") == [
        ("文三零售", H2, 6), ("无证小店", H1, 2)]


def test_persons_are_sealed_and_found_again(houses, table, in_folder, sql):
    rows = [["房屋编码", "姓名", "手机", "身份证号", "人口类型", "关系"],
            [H1, "张三丰", "13812345678", CARD, "户籍", "head"],
            [H1, "李四", "13900001111", "", "流动", "tenant"],
            [H1, "王五", "", "110105194912310021", "", ""], ["X", "赵六", "", "", "", ""],
            [H1, "", "", "", "", ""]]
    outcome = load_persons(houses, table(*rows), in_folder)
    assert (outcome.loaded, dict(outcome.reasons)) == (
        2, {"id_number": 1, "house_missing": 1, "no_name": 1})
    assert stat.S_IMODE(outcome.quarantine_file.stat().st_mode) == 0o600
    stored = "".join(str(row) for row in sql("SELECT p::text, encode(sealed, 'escape'),"
                                             " encode(masked, 'escape') FROM person AS p"))
    for told in ("张三丰", "李四", "13812345678", "13900001111", CARD, CARD[:6], "5678"):
        assert told not in stored
    (identity, key_id, sealed), = sql("SELECT id, key_id, sealed FROM person"
                                      " WHERE kind = 'registered'")
    file = KeyFile(in_folder)
    assert file.open(key_id, sealed, "sealed", identity) == Record("张三丰", "13812345678", CARD)
    rows[1][0], rows[1][2] = H2, "13800000000"
    again = load_persons(houses, table(*rows[:3]), in_folder)
    assert (again.counts["changed"], again.counts["unchanged"]) == (1, 1)
    assert sql("SELECT p.id, a.house_code FROM person p JOIN address a ON a.id = p.address_id"
               " WHERE p.kind = 'registered'") == [(identity, H2)]


def test_keys_rotate_and_a_lost_file_stops_loading(houses, table, in_folder, sql):
    file = table(["house_code", "name"], [H1, "张三丰"], [H2, "李四"])
    load_persons(houses, file, in_folder)
    before, = keys_in_use(houses)
    assert reseal(houses, in_folder) == 2
    after, = keys_in_use(houses)
    assert after != before
    assert load_persons(houses, file, in_folder).counts["unchanged"] == 2
    keys = in_folder / "personal-data.keys"
    kept = keys.read_text()
    keys.unlink()
    with pytest.raises(KeyMissing, match="there is no"):
        load_persons(houses, file, in_folder)
    KeyFile(in_folder).made()
    with pytest.raises(KeyMissing, match=f"under key {after}, which is not in"):
        load_persons(houses, file, in_folder)
    keys.write_text(kept)
    assert load_persons(houses, file, in_folder).counts["unchanged"] == 2


def test_place_objects_by_point_and_by_footprint(houses, table, geojson, sql):
    points = table(["编号", "类别", "名称", "lon", "lat"],
                   ["C1", "视频监控", "门口监控", 120.0015, 30.0015],
                   ["C2", "hydrant", "路边栓", 120.5, 30.5],
                   ["C3", "ufo", "不明物", 120.5, 30.5], ["C1", "camera", "又一个", 120.5, 30.5],
                   ["C4", "camera", "", 120.5, 30.5])
    outcome = load_place_objects(houses, points)
    assert (outcome.loaded, dict(outcome.reasons)) == (
        2, {"category": 1, "duplicate_code": 1, "no_name": 1})
    assert load_place_objects(houses, points).counts["unchanged"] == 2
    site = geojson(({"category": "在建工地", "name": "工地"},
                    box(120.003, 30.003, 120.004, 30.004)), name="sites.geojson")
    assert load_place_objects(houses, site).loaded == 1
    assert load_place_objects(houses, site).counts["unchanged"] == 1
    mixed = geojson(({"category": "camera", "name": "杆"}, Point(120.0015, 30.0016)),
                    name="points.geojson")
    assert load_place_objects(houses, mixed).loaded == 1
    assert sql("SELECT o.name, b.building_code IS NOT NULL, GeometryType(o.geom)"
               " FROM place_object o LEFT JOIN building b ON b.id = o.building_id ORDER BY 1") == [
        ("工地", False, "MULTIPOLYGON"), ("杆", True, "POINT"), ("路边栓", False, "POINT"),
        ("门口监控", True, "POINT")]


def test_aliases_of_each_kind(houses, table, sql):
    file = table(["俗称", "标准名称", "类型"], ["老锦绣", "锦绣苑", "小区"],
                 ["老文三", "文三路", ""], ["三号楼", BUILDING, ""], ["张家", H1, ""],
                 ["无处", "没有这个小区", ""], ["乱", "锦绣苑", "星系"], ["", "锦绣苑", ""])
    outcome = load_aliases(houses, file)
    assert (outcome.loaded, dict(outcome.reasons)) == (
        4, {"place_missing": 1, "word": 1, "no_name": 1})
    assert load_aliases(houses, file).counts["unchanged"] == 4
    assert sql("SELECT name, kind, origin FROM other_name ORDER BY name COLLATE \"C\"") == [
        ("三号楼", "building", "alias"), ("张家", "house", "alias"),
        ("老文三", "road", "alias"), ("老锦绣", "compound", "alias")]


def test_a_new_text_of_an_address_keeps_the_old(houses, table, sql):
    load_addresses(houses, _addresses(table, "锦绣新苑"))
    load_addresses(houses, _addresses(table, "锦绣新苑"))
    rows = sql("SELECT a.text, o.name, o.kind, o.origin, lower_inf(o.period) AS first,"
               " upper(o.period) <= now() FROM other_name o JOIN address a ON a.id = o.address_id"
               " ORDER BY a.house_code")
    assert len(rows) == 2
    assert rows[0][0].endswith("锦绣新苑3幢101室")
    assert rows[0][1].endswith("12号锦绣苑3幢101室")
    load_addresses(houses, _addresses(table, "锦绣府"))
    spans = sql("SELECT upper(one.period) = lower(two.period) FROM other_name one"
                " JOIN other_name two ON two.address_id = one.address_id AND two.id > one.id")
    assert spans == [(True,), (True,)]


def test_a_road_and_a_compound_are_renamed_with_all_that_carry_them(houses, sql):
    assert rename_place(houses, "road", "文三路", "学院路", reason="规划") == 2
    assert rename_place(houses, "compound", "锦绣苑", "锦绣府") == 2
    assert sql("SELECT text, road, compound FROM address ORDER BY house_code")[0] == (
        "浙江省杭州市西湖区学院路12号锦绣府3幢101室", "学院路", "锦绣府")
    assert sql("SELECT name, text, road, compound FROM building") == [
        ("锦绣府3幢", "浙江省杭州市西湖区学院路12号锦绣府3幢", "学院路", "锦绣府")]
    rename_place(houses, "road", "学院路", "大学路")
    assert sql("SELECT name, standard, note FROM other_name WHERE kind = 'road'"
               " ORDER BY id") == [("文三路", "大学路", "规划"), ("学院路", "大学路", None)]
    assert sql("SELECT count(*) FROM other_name WHERE kind = 'house'") == [(6,)]
    assert rename_place(houses, "house", H1, "大学路12号1号房") == 1
    assert rename_place(houses, "building", BUILDING, "锦绣府一号楼") == 2
    assert sql("SELECT text FROM address ORDER BY house_code") == [
        ("大学路12号1号房",), ("浙江省杭州市西湖区大学路12号锦绣府一号楼102室",)]
    with pytest.raises(NotFound, match="no road 不存在路"):
        rename_place(houses, "road", "不存在路", "x")
    with pytest.raises(InvalidInput):
        rename_place(houses, "road", "大学路", " ")
    assert sql("SELECT count(*) FROM audit WHERE action = 'rename'") == [(5,)]


def test_codes_are_minted_once(houses, sql):
    assert mint_codes(houses, "house", BUILDING, 2) == [BUILDING + "000003", BUILDING + "000004"]
    assert mint_codes(houses, "house", BUILDING) == [BUILDING + "000005"]
    assert mint_codes(houses, "building", BUILDING[:12]) == [BUILDING[:14] + "00002"]
    assert mint_codes(houses, "grid", BUILDING[:12], 2) == [
        BUILDING[:12] + "001", BUILDING[:12] + "002"]
    assert mint_codes(houses, "grid", BUILDING[:12]) == [BUILDING[:12] + "003"]
    with psycopg.connect(houses) as connection:
        connection.execute("DELETE FROM address WHERE house_code = %s", (H2,))
        connection.execute("UPDATE given_code SET given_at = now()")
        connection.execute("DELETE FROM given_code WHERE code > %s", (BUILDING + "000002",))
    assert sql("SELECT code FROM given_code WHERE length(code) = 25") == [(H2,)]
    assert mint_codes(houses, "house", BUILDING) == [BUILDING + "000003"]
    with pytest.raises(InvalidInput):
        mint_codes(houses, "house", BUILDING, 0)
    with pytest.raises(InvalidInput, match="building code"):
        mint_codes(houses, "house", BUILDING[:12])
