"""Bulk assignment of files: the answers of the database, and every byte of the input kept."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shapely import box

from gis.errors import BadFile, InvalidInput
from gis.loading.areas import load_areas
from gis.loading.assigning import AssignOptions, assign_file
from gis.loading.run import Options

FREE = Options(free_codes=True)
XY = AssignOptions("x", "y")


@pytest.fixture
def two_grids(database, geojson):
    file = geojson(({"code": "A", "name": "west"}, box(120, 30, 120.01, 30.01)),
                   ({"code": "B", "name": "east"}, box(120.01, 30, 120.02, 30.01)))
    load_areas(database.admin_url, file, "grid", options=FREE)
    return database


def test_csv_is_kept_byte_for_byte(two_grids, in_folder):
    text = ('id,"a, b",x,y\r\n1,"he said ""no""",120.0050000,30.005\r\n'
            '2,"two\nlines",120.010,30.005\r\n3,,nowhere,30\r\n4,ragged,120.015\r\n'
            '5,"",120.0205,30.005\r\n6,far,121,31\r\n')
    (in_folder / "in.csv").write_text(text, newline="")
    outcome = assign_file(two_grids.admin_url, in_folder / "in.csv", in_folder / "out.csv", XY)
    assert (in_folder / "out.csv").read_text().replace("\r\n", "\n") == (
        'id,"a, b",x,y,area_code,officer_id,how,distance_m\n'
        '1,"he said ""no""",120.0050000,30.005,A,,inside,0\n'
        '2,"two\nlines",120.010,30.005,A,,border,0\n3,,nowhere,30,,,unlocated,\n'
        '4,ragged,120.015,,,,unlocated,\n5,"",120.0205,30.005,B,,nearest,48.241\n'
        '6,far,121,31,,,outside,\n')
    assert (outcome.read, dict(outcome.reasons)) == (6, {"no_place": 1, "ragged": 1})
    told = outcome.quarantine_file.read_text("utf-8-sig").splitlines()
    assert told[0] == "row,reason,explanation,x,y"
    assert told[1].startswith("3,no_place,")
    assert told[2].startswith("4,ragged,")


def test_parquet_keeps_its_types(two_grids, in_folder):
    table = pa.table({"id": pa.array([1, 2], pa.int16()), "x": [120.005, None], "y": [30.005, 30.0],
                      "tags": pa.array([["a"], []], pa.list_(pa.string()))})
    pq.write_table(table, in_folder / "in.parquet")
    assign_file(two_grids.admin_url, in_folder / "in.parquet", in_folder / "out.parquet", XY)
    out = pq.read_table(in_folder / "out.parquet")
    assert out.select(table.column_names).equals(table)
    assert out.column("area_code").to_pylist() == ["A", None]
    assert out.column("how").to_pylist() == ["inside", "unlocated"]


def test_answers_equal_those_of_the_database(two_grids, in_folder):
    random = np.random.default_rng(7)
    x = np.round(random.uniform(119.997, 120.023, 400), 9)
    y = np.round(random.uniform(29.997, 30.013, 400), 9)
    x[:40], y[40:80] = 120.01, 30.01
    pd.DataFrame({"x": x, "y": y}).to_csv(in_folder / "in.csv", index=False)
    assign_file(two_grids.admin_url, in_folder / "in.csv", in_folder / "out.csv", XY)
    with open(in_folder / "out.csv", newline="") as file:
        ours = [(row["area_code"] or None, row["how"], float(row["distance_m"] or "nan"))
                for row in csv.DictReader(file)]
    with psycopg.connect(two_grids.admin_url) as connection:
        theirs = connection.execute(
            "SELECT code, how, coalesce(distance_m, 'nan') FROM locate_points("
            " %s::bigint[], %s::float8[], %s::float8[], array_fill('wgs84'::text, ARRAY[400]),"
            " array_fill(NULL::float8, ARRAY[400]), array_fill(NULL::text, ARRAY[400]),"
            " array_fill(NULL::text, ARRAY[400]), array_fill('urban'::text, ARRAY[400]),"
            " array_fill(now(), ARRAY[400]), 'base') ORDER BY ordinal",
            (list(range(400)), x.tolist(), y.tolist())).fetchall()
    assert str(ours) == str(theirs)


def test_refusals(two_grids, in_folder):
    (in_folder / "in.csv").write_text("x,y,how\n1,2,3\n")
    out = in_folder / "out.csv"
    with pytest.raises(InvalidInput, match="how already"):
        assign_file(two_grids.admin_url, in_folder / "in.csv", out, XY)
    (in_folder / "in.csv").write_text("x,y\n120,30\n")
    for options, told in ((replace(XY, scheme="fire"), "areas in: base"),
                          (replace(XY, x="lon"), "no column 'lon'"),
                          (replace(XY, as_of="yesterdayish"), "no moment")):
        with pytest.raises(InvalidInput, match=told):
            assign_file(two_grids.admin_url, in_folder / "in.csv", out, options)
    with pytest.raises(BadFile, match="end in"):
        assign_file(two_grids.admin_url, in_folder / "in.csv", in_folder / "out.xyz", XY)
    assert not out.exists()


def test_real_police_reports_agree_with_their_own_districts(database, in_folder, test_data):
    folder = test_data / "police_reports"
    load_areas(database.admin_url, folder / "CurrentPoliceDistricts2s.geojson", "street", "police",
               replace(FREE, mapping={"code": "district", "name": "district"}))
    outcome = assign_file(
        database.admin_url, folder / "sfcrimes_jan2016.csv", in_folder / "out.csv",
        AssignOptions("X", "Y", scheme="police", compare="PdDistrict"))
    told = outcome.details["compare"]
    assert told["rows"] == 12_343
    assert told["agree"] >= 12_169
    assert told["agree"] + told["unknown"] + told["elsewhere"] == told["rows"]
    assert sum(told["distance_to_filed_area"].values()) == told["elsewhere"]
