"""Buildings, addresses, officers: rows in, joins right, faults told."""

from __future__ import annotations

import csv

import geopandas as gpd
import openpyxl
import pytest
from shapely import Point, box

from gis.errors import InvalidInput
from gis.loading.addresses import load_addresses, written
from gis.loading.areas import load_areas
from gis.loading.buildings import load_buildings
from gis.loading.officers import load_officers
from gis.loading.run import Options

FREE = Options(free_codes=True)
HOUSE = box(120.001, 30.001, 120.002, 30.002)


def write_csv(path, *rows, encoding="utf-8"):
    with open(path, "w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(rows)
    return path


def test_buildings_and_their_addresses(database, geojson, in_folder, sql):
    file = geojson(({"building_code": "B1", "height": 12.5}, HOUSE),
                   ({"building_code": "B2", "height": "tall"}, HOUSE),
                   ({"building_code": "B3", "height": -3}, HOUSE))
    outcome = load_buildings(database.admin_url, file, FREE)
    assert (outcome.loaded, dict(outcome.reasons)) == (1, {"number": 2})
    points = write_csv(in_folder / "a.csv", ["房屋编码", "地址", "经度", "纬度"],
                       ["H1", "文三路1号", 120.0015, 30.0015], ["H2", "文三路2号", 120.5, 30.5],
                       ["H3", "文三路3号", "", 30.5], ["H1", "文三路4号", 120.5, 30.5],
                       ["H5", "文三路5号", "inf", 30.5], ["H6", "文三路6号", 30.5, 120.5])
    outcome = load_addresses(database.admin_url, points, FREE)
    assert (outcome.loaded, outcome.counts["joined"]) == (2, 1)
    assert dict(outcome.reasons) == {"no_place": 1, "duplicate_code": 1, "coordinates": 2}
    assert sql("SELECT a.text, b.building_code FROM address a LEFT JOIN building b"
               " ON b.id = a.building_id ORDER BY 1") == [("文三路1号", "B1"), ("文三路2号", None)]
    again = load_addresses(database.admin_url, points, FREE)
    assert (again.loaded, again.counts["unchanged"]) == (0, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_found_out(database, in_folder, sql, encoding):
    file = write_csv(in_folder / "a.csv", ["text", "x", "y"], ["文三路1号", 120, 30],
                     encoding=encoding)
    load_addresses(database.admin_url, file)
    assert sql("SELECT text FROM address") == [("文三路1号",)]


def test_ragged_rows_are_put_aside(database, in_folder):
    file = in_folder / "a.csv"
    file.write_text("text,x,y\none,120,30\ntwo,120\nthree,120,30,4\n\nfour,120,30\n")
    outcome = load_addresses(database.admin_url, file)
    assert (outcome.read, outcome.loaded, dict(outcome.reasons)) == (4, 2, {"ragged": 2})


def test_no_columns_of_coordinates_are_refused_whole(database, in_folder):
    file = write_csv(in_folder / "a.csv", ["text"], ["here"])
    with pytest.raises(InvalidInput, match="--map x="):
        load_addresses(database.admin_url, file)


def test_addresses_are_put_together_from_parts():
    assert written({"road": "文三路", "road_number": "12", "room": "301"}) == "文三路12号301室"
    assert written({"road": "Broad Way", "road_number": "7"}) == "7 Broad Way"
    assert written({"road": None}) is None


def test_geoparquet_in_another_system(database, in_folder, sql):
    gpd.GeoDataFrame({"text": ["here"]}, geometry=[Point(500000, 3320113.398)], crs=4549) \
        .to_parquet(in_folder / "a.parquet")
    load_addresses(database.admin_url, in_folder / "a.parquet")
    assert sql("SELECT round(ST_X(geom)::numeric, 7), round(ST_Y(geom)::numeric, 7)"
               " FROM address") == [(120, 30)]


def test_an_officer_is_loaded_as_a_member_of_a_unit(database, in_folder, sql):
    sql("INSERT INTO unit (unit_code, name, kind) VALUES ('T1', '执法队', 'team') RETURNING id")
    file = write_csv(in_folder / "o.csv", ["工号", "姓名", "所属队伍"], [1, "王一", "执法队"],
                     [2, "李二", "T1"], [3, "张三", "没有"], [4, "赵四", ""])
    outcome = load_officers(database.admin_url, file)
    assert (outcome.loaded, dict(outcome.reasons)) == (3, {"unit": 1})
    assert sql("SELECT o.name, u.unit_code FROM officer o LEFT JOIN unit u ON u.id = o.unit_id"
               " ORDER BY o.officer_code") == [("王一", "T1"), ("李二", "T1"), ("赵四", None)]


def test_officers_from_a_workbook(database, geojson, in_folder, sql):
    load_areas(database.admin_url, geojson(({"code": "G1", "name": "one"}, HOUSE)), "grid",
               options=FREE)
    book = openpyxl.Workbook()
    for row in (["工号", "姓名", "网格编码", "角色", "条线", "班次"],
                [1, "王一", "G1", "网格长", None, None],
                [2, "李二", "G1", "专职", "消防", "08:00-20:00"],
                [3, "张三", "G9", "专职", None, None], [4, "赵四", "G1", "王", None, None],
                [5, "钱五", None, None, None, None], [None, "无", "G1", None, None, None]):
        book.active.append(row)
    book.save(in_folder / "o.xlsx")
    outcome = load_officers(database.admin_url, in_folder / "o.xlsx")
    assert (outcome.loaded, outcome.counts["duties"]) == (3, 2)
    assert dict(outcome.reasons) == {"area_missing": 1, "role": 1, "no_officer_code": 1}
    assert sql("SELECT o.officer_code, d.role, d.line_code, d.shift_code FROM duty d"
               " JOIN officer o ON o.id = d.officer_id ORDER BY 1") == [
        ("1", "head", None, None), ("2", "full_time", "fire", "08:00-20:00")]
    again = load_officers(database.admin_url, in_folder / "o.xlsx")
    assert again.counts["duties"] == 0


def test_a_file_far_from_all_areas_is_told(database, geojson, in_folder):
    load_areas(database.admin_url, geojson(({"code": "G1", "name": "one"}, HOUSE)), "grid",
               options=FREE)
    file = write_csv(in_folder / "a.csv", ["text", "x", "y"], ["one", 30.001, 80.0])
    (note,) = [note for note in load_addresses(database.admin_url, file).notes if "far" in note]
    assert "lon 120.00 to 120.00" in note
    assert "--crs" in note
