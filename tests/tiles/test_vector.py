"""Vector tiles: their shapes against shapely's, their scope against the policies', their index."""

from __future__ import annotations

import math

import mapbox_vector_tile
import psycopg
import pytest
import shapely

from gis.errors import InvalidInput, NotFound
from tests.conftest import cloned
from tests.console.conftest import SOUTH, STEP, STREETS, WEST, build_town
from tiles.vector import LAYERS, MAX_ZOOM, TileAddress

EXTENT, BUFFER = 4096, 64
HALF = 20037508.342789244


def tile_at(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    side = 1 << z
    north = math.asinh(math.tan(math.radians(lat))) / math.pi
    return z, int((lon + 180) / 360 * side), int((1 - north) / 2 * side)


def decoded(connection, function: str, *arguments) -> dict[str, list[dict]]:
    statement = f"SELECT {function}({', '.join(['%s'] * len(arguments))})"
    [tile] = connection.execute(statement, arguments).fetchone()
    layers = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return {name: layer["features"] for name, layer in layers.items()}


def codes(features: list[dict]) -> set[str]:
    return {feature["properties"]["code"] for feature in features}


def in_units(shape: shapely.Geometry, z: int, x: int, y: int) -> shapely.Geometry:
    """A shape in EPSG:3857 in the units of a tile."""
    size = 2 * HALF / (1 << z)
    west, north = -HALF + x * size, HALF - y * size
    return shapely.transform(
        shape, lambda c: (c - [west, north]) * [EXTENT / size, -EXTENT / size])


def in_tile(shape: shapely.Geometry, z: int, x: int, y: int) -> shapely.Geometry:
    """What a tile should hold of a shape in EPSG:3857, in the tile's own units."""
    return shapely.clip_by_rect(
        in_units(shape, z, x, y), -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


@pytest.mark.parametrize("zoom", [14, 15, 16])
@pytest.mark.parametrize("layer, table, column", [
    ("areas", "area", "code"), ("buildings", "building", "building_code"),
])
def test_features_are_what_shapely_cuts(ground, zoom, layer, table, column):
    z, x, y = tile_at(WEST + 1.2 * STEP, SOUTH + STEP / 5, zoom)
    more = ("base", "grid") if layer == "areas" else ()
    with ground.seen_by(ground.hall) as connection:
        found = decoded(connection, f"tile_{layer}", z, x, y, *more)[layer]
        level = "level = 'grid'" if layer == "areas" else "true"
        stored = connection.execute(
            f"SELECT {column}, ST_AsBinary(geom_3857) FROM {table} WHERE {level}").fetchall()
    expected = {code: in_tile(shapely.from_wkb(shape), z, x, y) for code, shape in stored}
    expected = {code: shape for code, shape in expected.items() if shape.area > 1}
    needed = set(expected)
    if layer == "buildings":  # what lies in the buffer alone is the neighbour's
        tile = shapely.box(0, 0, EXTENT, EXTENT)
        needed = {code for code, shape in expected.items() if shape.intersects(tile)}
    assert found
    assert needed <= codes(found) <= set(expected)
    for feature in found:
        drawn = shapely.geometry.shape(feature["geometry"])
        wanted = expected[feature["properties"]["code"]]
        # Vertices are rounded to whole units: an edge moves by less than one.
        assert drawn.symmetric_difference(wanted).area <= wanted.length


def test_properties_are_those_that_tilejson_tells(ground):
    z, x, y = tile_at(WEST + STEP / 2, SOUTH + STEP / 5, 14)
    with ground.seen_by(ground.hall) as connection:
        shown = {
            **decoded(connection, "tile_areas", z, x, y, "base", "grid"),
            **decoded(connection, "tile_buildings", z, x, y),
            **decoded(connection, "tile_ground", z, x, y),
        }
    told = {name: set(fields) for layer in ("areas", "buildings", "ground")
            for name, fields in LAYERS[layer].vector_layers.items()}
    assert set(shown) == set(told)
    for name, features in shown.items():
        assert set().union(*(feature["properties"] for feature in features)) == told[name]
    tall = [f for f in shown["buildings"] if f["properties"]["height"] == 150]
    assert len(tall) >= 1
    assert all(f["properties"]["height"] == 18 for f in shown["buildings"] if f not in tall)


@pytest.mark.parametrize("who", ["hall", "street"])
@pytest.mark.parametrize("level", ["district", "street", "community", "grid", "leaf"])
def test_scope_of_areas_equals_the_policies(ground, who, level):
    with ground.seen_by(getattr(ground, who)) as connection:
        rows = connection.execute(
            "SELECT code FROM area WHERE scheme = 'base'"
            " AND (level = %(level)s OR leaf AND %(level)s = 'leaf')", {"level": level}).fetchall()
        z, x, y = tile_at(WEST + STEP, SOUTH + STEP / 2, 9)
        found = decoded(connection, "tile_areas", z, x, y, "base", level)
    assert codes(found.get("areas", [])) == {code for code, in rows}


@pytest.mark.parametrize("who", ["hall", "street"])
def test_scope_of_buildings_equals_the_policies(ground, who):
    seen: set[str] = set()
    with ground.seen_by(getattr(ground, who)) as connection:
        for column in range(4):
            for part in (0.2, 0.5, 0.8):
                tile = tile_at(WEST + (column + part) * STEP, SOUTH + 0.001, 16)
                seen |= codes(decoded(connection, "tile_buildings", *tile).get("buildings", []))
                tile = tile_at(WEST + (column + part) * STEP, SOUTH + 0.003, 14)
                seen |= codes(decoded(connection, "tile_buildings", *tile).get("buildings", []))
        rows = connection.execute("SELECT building_code FROM building").fetchall()
    assert seen == {code for code, in rows}
    assert len(seen) == (44 if who == "hall" else 22)


def test_who_has_not_entered_sees_no_area_and_no_building(ground):
    z, x, y = tile_at(WEST + STEP / 2, SOUTH + STEP / 5, 14)
    with psycopg.connect(ground.server_url) as connection:
        assert decoded(connection, "tile_areas", z, x, y, "base", "grid") == {}
        assert decoded(connection, "tile_buildings", z, x, y) == {}


def test_tiles_find_their_rows_by_gist(cluster, template):
    with cloned(cluster, template) as database:
        build_town(database.admin_url)
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            connection.execute("ALTER TABLE building DISABLE TRIGGER USER")
            connection.execute(
                "INSERT INTO building (building_code, geom) SELECT n::text, ST_Multi("
                "ST_MakeEnvelope(x, 30, x + 0.0001, 30.0001, 4490)) FROM generate_series(1, 5000)"
                " AS n, LATERAL (SELECT 110 + n * 0.002 AS x) AS place")
            connection.execute(
                "INSERT INTO ground (kind, geom) SELECT 'green', geom FROM building")
            connection.execute(
                "INSERT INTO area_identity (scheme, level, code)"
                " SELECT 'police', 'grid', building_code FROM building")
            connection.execute(
                "INSERT INTO area (identity_id, scheme, level, code, name, geom)"
                " SELECT i.id, 'police', 'grid', i.code, i.code, b.geom FROM area_identity AS i"
                " JOIN building AS b ON b.building_code = i.code WHERE i.scheme = 'police'")
            connection.execute("VACUUM ANALYZE building, ground, area")
        z, x, y = tile_at(115, 30.00005, 14)
        plans = cluster.superuser_sql(
            "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;"
            "SET auto_explain.log_nested_statements = on; SET client_min_messages = log;"
            f"SELECT tile_buildings({z}, {x}, {y}); SELECT tile_ground({z}, {x}, {y});"
            f"SELECT tile_areas({z}, {x}, {y}, 'police', 'grid');", database.name)
    for table in ("building", "ground", "area"):
        assert f"{table}_geom_3857_idx" in plans
        assert f"Seq Scan on {table}\n" not in plans + "\n"


@pytest.mark.parametrize("layer, z, x, y", [
    ("nothing", 0, 0, 0), ("areas", -1, 0, 0), ("areas", MAX_ZOOM + 1, 0, 0),
    ("areas", 3, 8, 0), ("areas", 3, 0, -1),
])
def test_tiles_that_are_none_are_not_found(layer, z, x, y):
    with pytest.raises(NotFound):
        TileAddress(layer, z, x, y)


@pytest.mark.parametrize("wrong", [{"level": "house"}, {"scheme": "x'; --"}, {"scheme": ""}])
def test_schemes_and_levels_that_can_be_none_are_refused(wrong):
    with pytest.raises(InvalidInput) as refused:
        TileAddress("areas", 0, 0, 0, **wrong)
    assert refused.value.field in wrong


def test_the_town_is_cut_as_the_tests_believe(ground):
    with ground.seen_by(ground.street) as connection:
        z, x, y = tile_at(WEST + STEP, SOUTH + STEP / 2, 9)
        found = decoded(connection, "tile_areas", z, x, y, "base", "grid")["areas"]
    assert codes(found) == {f"{STREETS[0]}001001", f"{STREETS[0]}001002"}
