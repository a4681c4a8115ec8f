"""Areas from files: every fault of real polygons has a clear outcome."""

from __future__ import annotations

import csv
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from gis.crs import cgcs2000_to_gcj02
from gis.errors import BadFile, InvalidInput
from gis.loading.areas import load_areas
from gis.loading.run import Options

FREE = Options(free_codes=True)
SQUARE = box(120.0, 30.0, 120.01, 30.01)
EAST = box(120.01, 30.0, 120.02, 30.01)


def area(code, shape, **more):
    return {"code": code, "name": f"area {code}", **more}, shape


def test_first_load_is_valid_since_ever_and_settled(database, geojson, sql):
    outcome = load_areas(database.admin_url, geojson(area("A", SQUARE), area("B", EAST)), "grid",
                         "beat", FREE)
    assert (outcome.read, outcome.loaded, outcome.quarantined) == (2, 2, 0)
    assert sql("SELECT code, leaf, lower(period)::text, path ->> 0 IS NOT NULL FROM area"
               " ORDER BY code") == [("A", True, "-infinity", True), ("B", True, "-infinity", True)]
    assert sql("SELECT active FROM scheme WHERE code = 'beat'") == [(True,)]


def test_the_same_again_changes_nothing_and_another_shape_opens_a_version(database, geojson, sql):
    load_areas(database.admin_url, geojson(area("A", SQUARE)), "grid", "beat", FREE)
    again = load_areas(database.admin_url, geojson(area("A", SQUARE)), "grid", "beat", FREE)
    assert (again.loaded, again.counts["unchanged"]) == (0, 1)
    moved = load_areas(database.admin_url, geojson(area("A", EAST)), "grid", "beat", FREE)
    assert (moved.loaded, moved.counts["changed"]) == (1, 1)
    assert sql("SELECT count(*), count(DISTINCT identity_id),"
               " count(*) FILTER (WHERE upper_inf(period)) FROM area") == [(2, 1, 1)]


def test_duplicate_in_a_file_is_put_aside_with_its_row(database, geojson, in_folder):
    outcome = load_areas(database.admin_url, geojson(area("A", SQUARE), area("A", EAST)), "grid",
                         "beat", FREE)
    assert (outcome.loaded, dict(outcome.reasons)) == (1, {"duplicate_code": 1})
    with open(outcome.quarantine_file, encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["row"], row["code"]) == ("2", "A")
    assert "row 1" in row["explanation"]
    assert row["WKT"].startswith("POLYGON")


def test_small_fault_is_repaired_with_its_place_told(database, geojson, sql):
    spike = Polygon([(120, 30), (120.01, 30), (120.01, 30.01), (120.005, 30.01),
                     (120.005, 30.011), (120.005, 30.01), (120, 30.01)])
    outcome = load_areas(database.admin_url, geojson(area("A", spike)), "grid", "beat", FREE)
    assert outcome.counts["repaired"] == 1
    assert any("A area A: repaired" in note and "120.005" in note for note in outcome.notes)
    assert sql("SELECT ST_IsValid(geom) FROM area") == [(True,)]


def test_bow_tie_is_refused_since_its_shape_would_be_a_guess(database, geojson):
    tie = Polygon([(120, 30), (120.01, 30.01), (120.01, 30), (120, 30.01)])
    outcome = load_areas(database.admin_url, geojson(area("A", tie), area("B", EAST)), "grid",
                         "beat", FREE)
    assert (outcome.loaded, dict(outcome.reasons)) == (1, {"invalid": 1})


def test_holes_parts_and_heights(database, geojson, sql):
    holed = SQUARE.difference(box(120.004, 30.004, 120.006, 30.006))
    parts = MultiPolygon([EAST, box(120.03, 30, 120.04, 30.01)])
    lifted = shapely.force_3d(box(120.05, 30, 120.06, 30.01), 7.0)
    outcome = load_areas(
        database.admin_url, geojson(area("A", holed), area("B", parts), area("C", lifted)), "grid",
        "beat", FREE)
    assert (outcome.loaded, outcome.counts["without_z"]) == (3, 1)
    assert sql("SELECT ST_NumInteriorRings(ST_GeometryN(geom, 1)), ST_NumGeometries(geom),"
               " ST_NDims(geom) FROM area ORDER BY code") == [(1, 1, 2), (0, 2, 2), (0, 1, 2)]


@pytest.mark.parametrize("shape, reason", [
    (None, "no_geometry"),
    (shapely.Point(120, 30), "geometry"),
    (box(181, 30, 182, 31), "coordinates"),
])
def test_rows_that_are_no_area(database, geojson, shape, reason):
    outcome = load_areas(database.admin_url, geojson(area("A", shape), area("B", EAST)), "grid",
                         "beat", FREE)
    assert (outcome.loaded, dict(outcome.reasons)) == (1, {reason: 1})


def test_codes_keep_the_standard_unless_free(database, geojson):
    file = geojson(area("330104001002003", SQUARE), area("X1", EAST))
    outcome = load_areas(database.admin_url, file, "grid")
    assert (outcome.loaded, dict(outcome.reasons)) == (1, {"code": 1})


def test_metres_are_unprojected(database, in_folder, sql):
    frame = gpd.GeoDataFrame({"code": ["A"], "name": ["a"]},
                             geometry=[box(500000, 3320000, 501000, 3321000)], crs=4549)
    frame.to_file(in_folder / "a.gpkg")
    load_areas(database.admin_url, in_folder / "a.gpkg", "grid", "beat", FREE)
    assert sql("SELECT round(ST_XMin(geom)::numeric, 6), ST_SRID(geom) FROM area") == [(120, 4490)]


def test_missing_crs_of_metres_is_refused_whole(database, in_folder, sql):
    shape = box(500000, 3320000, 501000, 3321000)
    gpd.GeoDataFrame({"code": ["A"], "name": ["a"]}, geometry=[shape]).to_parquet(
        in_folder / "a.parquet")
    with pytest.raises(InvalidInput, match="--crs"):
        load_areas(database.admin_url, in_folder / "a.parquet", "grid", "beat", FREE)
    assert sql("SELECT count(*) FROM area_identity") == [(0,)]
    load_areas(database.admin_url, in_folder / "a.parquet", "grid", "beat",
               replace(FREE, crs="EPSG:4549"))


def test_wrong_crs_is_refused_with_what_would_be_right(database, geojson):
    metres = box(500000, 3320000, 501000, 3321000)
    with pytest.raises(InvalidInput, match="look like metres"):
        load_areas(database.admin_url, geojson(area("A", metres)), "grid", "beat", FREE)
    swapped = box(30.0, 120.0, 30.01, 120.01)
    with pytest.raises(InvalidInput, match="swapped"):
        load_areas(database.admin_url, geojson(area("A", swapped)), "grid", "beat", FREE)


def test_gcj02_is_converted(database, geojson, sql):
    shifted = shapely.transform(SQUARE, lambda xy: np.stack(
        cgcs2000_to_gcj02(xy[:, 0], xy[:, 1]), axis=1))
    load_areas(database.admin_url, geojson(area("A", shifted)), "grid", "beat",
               replace(FREE, datum="gcj02"))
    assert sql("SELECT ST_HausdorffDistance(geom, ST_MakeEnvelope(120, 30, 120.01, 30.01, 4490))"
               " < 1e-8 FROM area") == [(True,)]


def test_parents(database, geojson, sql):
    load_areas(database.admin_url, geojson(area("P", SQUARE)), "community", "beat", FREE)
    inner = box(120.0, 30.0, 120.005, 30.01)
    outcome = load_areas(database.admin_url, geojson(
        area("A", inner, parent="P"), area("B", EAST, parent="P"), area("C", inner, parent="Q"),
        area("D", inner)), "grid", "beat", FREE)
    assert outcome.loaded == 1
    assert dict(outcome.reasons) == {"parent_missing": 2, "parent_does_not_contain": 1}
    assert sql("SELECT code, leaf, jsonb_array_length(path) FROM area ORDER BY code") == [
        ("A", True, 2), ("P", False, 1)]


def test_parent_named_and_none_loaded_is_refused_whole(database, geojson):
    path = geojson(area("A", SQUARE, parent="P"))
    with pytest.raises(InvalidInput, match="load those first"):
        load_areas(database.admin_url, path, "grid", "beat",
                   replace(FREE, mapping={"parent": "parent"}))


def test_a_column_for_parents_that_nobody_named_does_not_stop_the_highest_level(database, geojson):
    outcome = load_areas(
        database.admin_url, geojson(area("A", SQUARE, parent="P")), "grid", "beat", FREE)
    assert outcome.loaded == 1
    assert any("left alone" in note for note in outcome.notes)


def test_standard_codes_find_their_parents(database, geojson, sql):
    load_areas(database.admin_url, geojson(area("330104", SQUARE)), "district")
    load_areas(database.admin_url, geojson(area("330104001", SQUARE)), "street")
    assert sql("SELECT jsonb_array_length(path) FROM area WHERE level = 'street'") == [(2,)]


def test_whole_file_faults(database, in_folder, geojson):
    (in_folder / "empty.geojson").touch()
    (in_folder / "text.geojson").write_text("this is no JSON")
    for name in ("empty.geojson", "text.geojson", "absent.geojson"):
        with pytest.raises(BadFile, match=name):
            load_areas(database.admin_url, in_folder / name, "grid", "beat", FREE)
    with pytest.raises(BadFile):
        load_areas(database.admin_url, geojson(), "grid", "beat", FREE)
    with pytest.raises(InvalidInput, match="--map code="):
        load_areas(database.admin_url, geojson(({"x": 1}, SQUARE)), "grid", "beat", FREE)
    with pytest.raises(InvalidInput, match="level"):
        load_areas(database.admin_url, geojson(area("A", SQUARE)), "ward", "beat", FREE)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_shapefile_with_chinese_text(database, in_folder, sql, encoding):
    path = in_folder / "网格.shp"
    frame = gpd.GeoDataFrame({"编码": ["A"], "名称": ["文三路社区"]}, geometry=[SQUARE], crs=4490)
    frame.to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    load_areas(database.admin_url, path, "grid", "beat", FREE)
    assert sql("SELECT name FROM area") == [("文三路社区",)]


def test_real_police_districts(database, in_folder, test_data):
    options = replace(FREE, mapping={"code": "district", "name": "district"})
    file = test_data / "police_reports" / "CurrentPoliceDistricts2s.geojson"
    outcome = load_areas(database.admin_url, file, "street", "police", options)
    assert (outcome.loaded, outcome.quarantined, outcome.counts["repaired"]) == (10, 0, 1)
    assert any("RICHMOND" in note and "self-intersection" in note for note in outcome.notes)


def test_real_villages_in_three_levels(database, in_folder, test_data):
    file = test_data / "village_polygons" / "villages.topojson"
    for layer, level, word, parent in (
            ("counties", "district", "COUNTY", ""), ("towns", "street", "TOWN", "COUNTYCODE"),
            ("villages", "community", "VILL", "TOWNCODE")):
        outcome = load_areas(
            database.admin_url, file, level, "village",
            replace(FREE, layer=layer, mapping={"code": f"{word}CODE", "name": f"{word}NAME"}
                    | ({"parent": parent} if parent else {})))
        assert outcome.quarantined == 0
    assert (outcome.loaded, outcome.counts["repaired"]) == (7701, 7)
    # 金湖鎮's own outline is an islet only: its villages are told, not lost.
    assert outcome.counts["sticking_out"] == 22


def test_changed_areas_take_their_matters_along(database, geojson, sql):
    load_areas(database.admin_url, geojson(area("A", SQUARE), area("B", EAST)), "grid", "base",
               FREE)
    sql("INSERT INTO report (category_code, lon, lat) VALUES ('service', 120.008, 30.005)"
        " RETURNING id")
    cut = box(120.0, 30.0, 120.006, 30.01), box(120.006, 30.0, 120.02, 30.01)
    load_areas(database.admin_url, geojson(*map(area, "AB", cut)), "grid", "base", FREE)
    assert sql("SELECT n.code, i.step_count FROM incident AS i"
               " JOIN area_identity AS n ON n.id = i.grid_id") == [("B", 2)]
    assert sql("SELECT p.at = lower(a.period), p.scheme FROM publication AS p, area AS a"
               " WHERE a.code = 'B' AND upper_inf(a.period)") == [(True, "base")]
