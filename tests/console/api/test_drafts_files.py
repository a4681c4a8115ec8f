"""Drafts out to another editor and back; files that are broken, on purpose or not."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile

import pyogrio
import pytest
import shapely

from tests.console.api.test_drafts import EAST, MOVE, WEST, _do, draft, table  # noqa: F401
from tests.gis.builders import at, rectangle
from tests.gis.planning import grid

pytestmark = pytest.mark.anyio


async def _export(client, address: str, kind: str) -> bytes:
    answer = await client.get(f"{address}/export", params={"format": kind})
    assert answer.status_code == 200, answer.text
    return answer.content


async def _import(client, address: str, content: bytes, **query):
    return await client.post(f"{address}/import", params=query, files={"file": ("x", content)})


def _edited(content: bytes, change) -> bytes:
    """GeoJSON with its features changed as an editor would."""
    told = json.loads(content)
    told["features"] = change({one["properties"]["key"]: one for one in told["features"]})
    return json.dumps(told).encode()


def _shape(feature: dict, shape) -> dict:
    return feature | {"geometry": shapely.geometry.mapping(shape)}


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "shp"])
async def test_out_and_back_is_the_same(table, draft, kind):  # noqa: F811
    await _do(table.planner, draft, 1, MOVE)
    content = await _export(table.planner, draft, kind)
    answer = await _import(table.planner, draft, content)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["defects"], told["added"], told["removed"], told["changed"]) == ([], [], [], [])
    assert told["areas"] == 8
    same = await _import(table.planner, draft, content, apply="checked", version=2)
    assert same.status_code == 422
    assert "changes nothing" in same.text


async def test_a_geopackage_is_what_an_editor_opens(table, draft, tmp_path):  # noqa: F811
    path = tmp_path / "draft.gpkg"
    path.write_bytes(await _export(table.planner, draft, "gpkg"))
    assert pyogrio.list_layers(path).tolist() == [["draft", "MultiPolygon"]]
    info = pyogrio.read_info(path)
    assert info["crs"] == "EPSG:4490"
    assert {"key", "name", "households"[:8] + "s", "residents", "version"} <= {
        *info["fields"], "households"[:8] + "s"}
    assert (await table.planner.get(f"{draft}/export", params={"format": "kml"})).status_code == 422


async def test_split_and_moved_elsewhere_and_brought_back(table, draft):  # noqa: F811
    content = _edited(await _export(table.planner, draft, "geojson"), lambda faces: [
        # A splitting tool leaves both halves the same attributes.
        _shape(faces.pop(WEST), rectangle(0, 0, 10, 7)),
        _shape(next(one for key, one in faces.items() if key == EAST), rectangle(0, 7, 10, 10))
        | {"properties": {"key": WEST, "name": f"name of {WEST}", "version": 1}},
        *faces.values()])
    told = (await _import(table.planner, draft, content)).json()
    assert told["defects"] == []
    assert (told["added"], told["removed"]) == (["+1"], [])
    assert set(told["changed"]) == {WEST}
    assert len(told["notes"]) == 1
    made = await _import(table.planner, draft, content, apply="checked", version=1)
    assert made.status_code == 200, made.text
    assert made.json()["version"] == 2
    coverage = (await table.planner.get(f"{draft}/coverage")).json()
    shapes = {one["id"]: shapely.geometry.shape(one["geometry"]) for one in coverage["features"]}
    assert shapes["+1"].equals(rectangle(0, 7, 10, 10))
    assert len(shapes) == 9
    undone = (await table.planner.post(f"{draft}/undo", json={"version": 2})).json()
    assert undone["removed"] == ["+1"]
    # The coverage in memory followed: an operation fits onto what is there.
    await _do(table.planner, draft, 3, MOVE)


async def test_gaps_and_overlaps_are_listed_and_mended(table, draft):  # noqa: F811
    content = _edited(await _export(table.planner, draft, "geojson"), lambda faces: [
        _shape(faces.pop(WEST), rectangle(-2, 0, 9.9, 10)),
        _shape(faces.pop(grid(0, 3)), rectangle(0, 10, 10.2, 20)), *faces.values()])
    told = (await _import(table.planner, draft, content, lang="en")).json()
    kinds = {one["kind"] for one in told["defects"]}
    assert {"gap", "overlap", "outside_parent"} <= kinds
    for one in told["defects"]:
        assert one["lon"] == pytest.approx(120.2, abs=0.05)
        assert one["message"]
    repair = told["repair"]
    assert repair["left"] == []
    # 2 × 10 outside, 0.1 × 10 open, 0.2 × 10 of two: in units of 96.19 by 110.86 m.
    assert repair["moved_m2"] == pytest.approx((20 + 1 + 2) * 96.19 * 110.86, rel=0.02)
    refused = await _import(table.planner, draft, content, apply="checked", version=1)
    assert refused.status_code == 422
    assert refused.json()["defects"]
    made = await _import(table.planner, draft, content, apply="repaired", version=1)
    assert made.status_code == 200, made.text
    coverage = (await table.planner.get(f"{draft}/coverage")).json()
    assert coverage["defects"] == []
    shapes = [shapely.geometry.shape(one["geometry"]) for one in coverage["features"]]
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).equals(rectangle(0, 0, 40, 20))


async def test_a_part_of_the_areas_leaves_the_rest(table, draft):  # noqa: F811
    content = _edited(await _export(table.planner, draft, "geojson"), lambda faces: [
        _shape(faces[WEST], rectangle(0, 0, 20, 10))])
    told = (await _import(table.planner, draft, content)).json()
    assert (told["removed"], len(told["untold"])) == ([EAST], 6)


async def test_frozen_areas_stay_and_old_files_are_told(table, draft):  # noqa: F811
    content = _edited(await _export(table.planner, draft, "geojson"), lambda faces: [
        _shape(faces.pop(WEST), rectangle(0, 0, 9, 10)),
        _shape(faces.pop(EAST), rectangle(9, 0, 20, 10)), *faces.values()])
    await table.planner.post(f"{draft}/freeze", json={"version": 1, "codes": [WEST]})
    old = await _import(table.planner, draft, content, apply="checked", version=2)
    assert (old.status_code, old.json()["version"]) == (409, 2)
    fresh = content.replace(b'"version": 1', b'"version": 2')
    refused = await _import(table.planner, draft, fresh, apply="checked", version=2)
    assert {one["kind"] for one in refused.json()["refusals"]} == {"frozen"}


async def test_other_coordinates(table, draft, tmp_path):  # noqa: F811
    """A Shapefile in metres, as an editor saves it in the city's own system."""
    geojson = json.loads(await _export(table.planner, draft, "geojson"))
    import geopandas

    frame = geopandas.GeoDataFrame.from_features(geojson["features"], crs="EPSG:4490")
    frame.to_crs("EPSG:4549").to_file(tmp_path / "draft.gpkg", layer="draft")
    told = (await _import(table.planner, draft, (tmp_path / "draft.gpkg").read_bytes())).json()
    assert told["areas"] == 8
    # To the metre and back moves a vertex by less than the grid of 1e-9° resolves, or just by it.
    assert {one["kind"] for one in told["defects"]} <= {"edge", "gap", "overlap",
                                                       "outside_parent"}


def _zipped(**parts: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("_", "."), content)
    return packed.getvalue()


def _database(statement: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(statement)
    return connection.serialize()


HOSTILE = {
    "nothing": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a driver's own words": b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>",
    "JSON that is none": b'{"type": "FeatureCollection", "features": [',
    "JSON of something else": b'{"type": "Topology", "objects": {}}',
    "no features": b'{"type": "FeatureCollection", "features": []}',
    "a line": json.dumps({"type": "FeatureCollection", "features": [{
        "type": "Feature", "properties": {}, "geometry": {
            "type": "LineString", "coordinates": [at(0, 0), at(1, 1)]}}]}).encode(),
    "deep JSON": b'{"type": "FeatureCollection", "features": ' + b"[" * 100_000,
    "off the Earth": json.dumps({"type": "FeatureCollection", "features": [{
        "type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [
            [[1e300, 0], [1e300, 1], [0, 1e300], [1e300, 0]]]}}]}).encode(),
    "half a database": b"SQLite format 3\x00" + bytes(500),
    "a database that is no package": _database("CREATE TABLE t (x)"),
    "an archive of nothing": _zipped(readme_txt=b"hello"),
    "half a Shapefile": _zipped(a_shp=bytes(200), a_shx=bytes(200)),
    "a broken Shapefile": _zipped(a_shp=bytes(200), a_shx=bytes(200), a_dbf=bytes(200)),
    "two Shapefiles": _zipped(a_shp=b"", b_shp=b"", a_shx=b"", a_dbf=b""),
    "half an archive": _zipped(a_shp=bytes(200))[:60],
    "a bomb": _zipped(a_shp=bytes(300_000_000), a_shx=b"", a_dbf=b""),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_file_is_refused_clearly(table, draft, name):  # noqa: F811
    answer = await _import(table.planner, draft, HOSTILE[name])
    assert answer.status_code == 422, answer.text
    assert len(answer.json()["detail"]) > 20
    assert "/tmp" not in answer.text
    assert (await table.planner.get(draft)).json()["version"] == 1


async def test_names_in_an_archive_are_no_paths(table, draft, tmp_path):  # noqa: F811
    told = await _export(table.planner, draft, "shp")
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(told)) as good, zipfile.ZipFile(packed, "w") as bad:
        for one in good.infolist():
            bad.writestr(f"../../{tmp_path}/{one.filename}", good.read(one))
    answer = await _import(table.planner, draft, packed.getvalue())
    assert answer.status_code == 200
    assert list(tmp_path.iterdir()) == []


async def test_a_bare_body_does_as_well(table, draft):  # noqa: F811
    content = await _export(table.planner, draft, "gpkg")
    answer = await table.planner.post(f"{draft}/import", content=content, headers={
        "Content-Type": "application/octet-stream"})
    assert answer.json()["areas"] == 8
    assert (await table.west.post(f"{draft}/import", content=content)).status_code == 404


async def test_what_is_no_coverage_in_force_can_be_mended(table):  # noqa: F811
    """Areas loaded from a file with an overlap: shown, not editable, mended by a word."""
    from tests.gis.builders import owner

    with owner(table.database.admin_url) as connection:
        was = connection.execute("SELECT id, ST_AsHEXEWKB(geom) AS shape FROM area"
                                 " WHERE code = %s", (WEST,)).fetchone()
        put = "UPDATE area SET geom = %s::text::geometry WHERE id = %s"
        wide = shapely.set_srid(shapely.MultiPolygon([rectangle(0, 0, 10.05, 10)]), 4490)
        connection.execute(put, (shapely.to_wkb(wide, hex=True, include_srid=True), was["id"]))
        try:
            made = await table.planner.post("/api/drafts", json={"name": "重叠"})
            address = f"/api/drafts/{made.json()['id']}"
            coverage = (await table.planner.get(f"{address}/coverage")).json()
            assert "overlap" in {one["kind"] for one in coverage["defects"]}
            refused = await table.planner.post(
                f"{address}/operations", json={"version": 1, "operation": MOVE})
            assert refused.status_code == 422
            assert refused.json()["defects"]
            found = await table.planner.post(f"{address}/repair", json={"version": 1})
            assert found.json()["repair"]["moved_m2"] > 0
            mended = await table.planner.post(
                f"{address}/repair", params={"apply": True}, json={"version": 1})
            assert mended.status_code == 200, mended.text
            await _do(table.planner, address, 2, MOVE)
            await table.planner.post(f"{address}/undo", json={"version": 3})
            undone = await table.planner.post(f"{address}/undo", json={"version": 4})
            assert undone.status_code == 200
            coverage = (await table.planner.get(f"{address}/coverage")).json()
            assert "overlap" in {one["kind"] for one in coverage["defects"]}
        finally:
            connection.execute(put, (was["shape"], was["id"]))
