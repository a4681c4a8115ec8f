"""Buildings in tiles: their kept shapes are the exact ones, and far out the skyline stays."""

from __future__ import annotations

import math
from collections.abc import Iterator

import mapbox_vector_tile
import psycopg
import pytest
import shapely

from gis.accounts import issue_token
from tests.conftest import cloned
from tests.console.conftest import SOUTH, STEP, WEST, build_town
from tests.tiles.conftest import Ground
from tests.tiles.test_vector import EXTENT, HALF, in_tile, tile_at

# So many in the west of the town, where a tile of zoom 11 has room for few in each of its parts.
CROWD = 4000
TALLEST, LARGEST = 3, 5
MOST_BYTES = 256 * (TALLEST + LARGEST) * 80


@pytest.fixture(scope="module")
def city(cluster, template) -> Iterator[Ground]:
    """The town, full of buildings of all heights and sizes, some with courts and narrow jogs."""
    with cloned(cluster, template) as database:
        build_town(database.admin_url)
        with psycopg.connect(database.admin_url) as connection:
            connection.execute("SELECT setseed(0.6)")
            connection.execute(
                "INSERT INTO building (building_code, height_m, geom)"
                " SELECT n::text, height, ST_Multi(CASE n %% 3"
                "   WHEN 0 THEN ST_MakeEnvelope(x, y, x + side, y + side, 4490)"
                "   WHEN 1 THEN ST_Difference("
                "     ST_MakeEnvelope(x, y, x + side, y + side, 4490),"
                "     ST_MakeEnvelope(x + side * 0.1, y + side * 0.1,"
                "                     x + side * 0.9, y + side * 0.9, 4490))"
                "   ELSE ST_CollectionExtract(ST_Union("
                "     ST_Rotate(ST_MakeEnvelope(x, y, x + side, y + side, 4490), n, x, y),"
                "     ST_MakeEnvelope(x, y, x + side * 2, y + 0.000003, 4490)), 3) END)"
                " FROM generate_series(1, %(crowd)s) AS n, LATERAL ("
                "   SELECT %(west)s + random() * %(step)s * 2 AS x,"
                "          %(south)s + random() * %(step)s AS y, n AS own,"
                "          0.00003 + random() ^ 3 * 0.0006 AS side) AS corner, LATERAL ("
                "   SELECT round((3 + random() ^ 6 * 300)::numeric + 0 * corner.own, 1)"
                "     AS height) AS roof",
                {"crowd": CROWD, "west": WEST, "south": SOUTH, "step": STEP})
            connection.execute("ANALYZE building")
        yield Ground(database.name, database.admin_url, database.server_url,
                     hall=issue_token(database.admin_url, "hall"),
                     street=issue_token(database.admin_url, "hall"))


def tile_of(connection, z: int, x: int, y: int) -> tuple[dict[str, dict], int]:
    """Features of a tile by code, and its bytes."""
    [tile] = connection.execute("SELECT tile_buildings(%s, %s, %s)", [z, x, y]).fetchone()
    layers = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    features = layers.get("buildings", {"features": []})["features"]
    found = {feature["properties"]["code"]: feature for feature in features}
    assert len(found) == len(features)
    return found, len(tile)


@pytest.fixture(scope="module")
def stored(city) -> dict[str, tuple[shapely.Geometry, float]]:
    """Exact shapes and heights by code."""
    with psycopg.connect(city.admin_url) as connection:
        rows = connection.execute(
            "SELECT building_code, ST_AsBinary(geom_3857), height_m FROM building").fetchall()
    return {code: (shapely.from_wkb(shape), height) for code, shape, height in rows}


@pytest.mark.parametrize("zoom", [14, 15, 16, 17])
def test_kept_shapes_are_the_exact_ones_and_valid(city, stored, zoom):
    z, x, y = tile_at(WEST + STEP * 0.9, SOUTH + STEP / 2, zoom)
    with city.seen_by(city.hall) as connection:
        found, _ = tile_of(connection, z, x, y)
    tile = shapely.box(0, 0, EXTENT, EXTENT)
    expected = {code: in_tile(shape, z, x, y) for code, (shape, _) in stored.items()}
    assert {code for code, shape in expected.items()
            if shape.intersection(tile).area > 2} <= set(found)
    assert set(found) <= {code for code, shape in expected.items() if not shape.is_empty}
    assert len(found) > 20
    for code, feature in found.items():
        drawn = shapely.geometry.shape(feature["geometry"])
        assert drawn.is_valid
        assert feature["id"] > 0
        assert feature["properties"]["height"] == stored[code][1]
        assert drawn.symmetric_difference(expected[code]).area <= expected[code].length + 1


def test_a_new_shape_is_drawn_at_once(city):
    z, x, y = tile_at(WEST + STEP * 2.5, SOUTH + STEP / 2, 15)
    corner = [WEST + STEP * 2.5, SOUTH + STEP / 2]
    with psycopg.connect(city.admin_url) as connection:
        connection.execute(
            "INSERT INTO building (building_code, geom) SELECT 'new', ST_Multi(ST_MakeEnvelope("
            " %(x)s, %(y)s, %(x)s + 0.0002, %(y)s + 0.0002, 4490))",
            {"x": corner[0], "y": corner[1]})
        connection.execute("SELECT * FROM enter(%s)", [city.hall])
        before, _ = tile_of(connection, z, x, y)
        connection.execute("UPDATE building SET geom = ST_Translate(geom, 0.00004, 0)"
                           " WHERE building_code = 'new'")
        after, _ = tile_of(connection, z, x, y)
        connection.rollback()
    unit = 2 * HALF / (EXTENT << z)
    moved = (shapely.geometry.shape(after["new"]["geometry"]).centroid.x
             - shapely.geometry.shape(before["new"]["geometry"]).centroid.x)
    assert moved == pytest.approx(0.00004 * HALF / 180 / unit, abs=1)


def parts_of(stored, zoom: int) -> dict[tuple[int, int], list[str]]:
    """Codes of the buildings of each 256th part of a tile of a zoom, the highest roof first."""
    side = 2 * HALF / (16 << zoom)
    parts: dict[tuple[int, int], list[str]] = {}
    for code, (shape, _) in stored.items():
        west, south, east, north = shape.bounds
        part = (math.floor(((west + east) / 2 + HALF) / side),
                math.floor((HALF - (south + north) / 2) / side))
        parts.setdefault(part, []).append(code)
    for codes in parts.values():
        codes.sort(key=lambda code: (-stored[code][1], -stored[code][0].area))
    return parts


@pytest.mark.parametrize("zoom", [11, 12, 13])
def test_far_out_the_highest_roof_of_each_part_stays_and_tiles_have_a_bound(city, stored, zoom):
    parts = parts_of(stored, zoom)
    tiles = {(column // 16, row // 16) for column, row in parts}
    shown: dict[str, float] = {}
    with city.seen_by(city.hall) as connection:
        for x, y in tiles:
            found, size = tile_of(connection, zoom, x, y)
            assert size <= MOST_BYTES
            shown |= {code: feature["properties"]["height"] for code, feature in found.items()}
    for codes in parts.values():
        assert codes[0] in shown
        assert len(shown.keys() & set(codes)) <= TALLEST + LARGEST
    # The few that are seen everywhere are more than one of each part, and far fewer than all.
    assert len(parts) <= len(shown) < CROWD * 0.9
    assert all(height == stored[code][1] for code, height in shown.items())


def test_tiles_agree_on_what_lies_between_them(city, stored):
    zoom = 13
    edges = sorted({tile for part in parts_of(stored, zoom)
                    for tile in [(part[0] // 16, part[1] // 16)]})
    with city.seen_by(city.hall) as connection:
        drawn = {tile: tile_of(connection, zoom, *tile)[0] for tile in edges}
    between = 0
    for x, y in edges:
        if (x + 1, y) not in drawn:
            continue
        size = 2 * HALF / (1 << zoom)
        edge = shapely.LineString([(-HALF + (x + 1) * size, HALF - y * size),
                                   (-HALF + (x + 1) * size, HALF - (y + 1) * size)])
        across = {code for code, (shape, _) in stored.items() if shape.crosses(edge)
                  and shape.intersection(edge).length > size / EXTENT * 4}
        assert across & drawn[x, y].keys() == across & drawn[x + 1, y].keys()
        between += len(across & drawn[x, y].keys())
    assert between > 0
