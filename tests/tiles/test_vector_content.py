"""What tiles hold against what the database does: none missing, none twice, each where it lies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache

import mapbox_vector_tile
import numpy as np
import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gis.accounts import issue_token
from gis.errors import InvalidInput
from tests.conftest import cloned
from tests.console.conftest import SOUTH, STEP, STREETS, WEST, build_town
from tests.tiles.conftest import Ground
from tests.tiles.scattered import BOX, Numbers, scatter
from tests.tiles.test_vector import EXTENT, in_units, tile_at
from tiles.vector import LAYERS, TileAddress

NUMBERS = Numbers()
BASE = [WEST + 2 * STEP, SOUTH + STEP / 2]


@pytest.fixture(scope="module")
def full(cluster, template) -> Iterator[Ground]:
    """The town with much in it."""
    with cloned(cluster, template) as database:
        build_town(database.admin_url)
        scatter(database.admin_url, NUMBERS)
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield Ground(database.name, database.admin_url, database.server_url,
                     issue_token(database.admin_url, "hall"),
                     issue_token(database.admin_url, "street", STREETS[0]))


@pytest.fixture(scope="module")
def hall(full) -> Iterator[psycopg.Connection]:
    """The hall's transaction, for tests that change nothing."""
    with full.seen_by(full.hall) as connection:
        yield connection


def drawn(connection: psycopg.Connection, layer: str, z: int, x: int, y: int, *more) -> list[dict]:
    statement = f"SELECT tile_{layer}({', '.join(['%s'] * (3 + len(more)))})"
    [tile] = connection.execute(statement, [z, x, y, *more]).fetchone()
    layers = mapbox_vector_tile.decode(tile or b"", default_options={"y_coord_down": True})
    return [feature for found in layers.values() for feature in found["features"]]


@cache
def stored(connection: psycopg.Connection, table: str) -> dict[int, shapely.Geometry]:
    number = "identity_id" if table == "area" else "id"
    which = {"area": "leaf", "incident": "closed_at IS NULL AND merged_into_id IS NULL"}
    rows = connection.execute(
        f"SELECT {number}, ST_AsBinary(ST_Transform(geom, 3857)) FROM {table}"
        f" WHERE {which.get(table, 'true')}").fetchall()
    return {number: shapely.from_wkb(shape) for number, shape in rows}


SOMEWHERE = {"zoom": st.integers(14, 18), "lon": st.floats(BOX[0], BOX[2]),
             "lat": st.floats(BOX[1], BOX[3])}
EACH = settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate],
                suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("layer, table", [
    ("areas", "area"), ("buildings", "building"), ("ground", "ground"),
    ("places", "place_object"),
])
@given(**SOMEWHERE)
@EACH
def test_lines_and_shapes_are_those_that_shapely_cuts(hall, layer, table, zoom, lon, lat):
    where = tile_at(lon, lat, zoom)
    found = drawn(hall, layer, *where, *(("base", "leaf") if layer == "areas" else ()))
    numbers = Counter(feature["id"] for feature in found)
    assert set(numbers.values()) <= {1}
    frame = shapely.box(0, 0, EXTENT, EXTENT)
    # What lies in the margin alone may be left to the neighbour.
    sources = {number: in_units(shape, *where) for number, shape in stored(hall, table).items()}
    inner = {number for number, shape in sources.items()
             if shapely.intersection(shape, frame).buffer(-1 if shape.area else 0).area
             or (not shape.area and shapely.intersection(shape, frame).length > 2)
             or (shape.geom_type == "Point" and 1 < shape.x < EXTENT - 1 > shape.y > 1)}
    assert inner - set(numbers) == set()
    for feature in found:
        # As far as the tile reaches; each shape in it within one unit of where it lies.
        shape, source = shapely.geometry.shape(feature["geometry"]), sources[feature["id"]]
        within = shapely.intersection(source, frame)
        assert within.difference(shape.buffer(1.5)).is_empty
        assert shape.difference(source.buffer(1.5)).is_empty


@pytest.mark.parametrize("layer, table", [
    ("incidents", "incident"), ("addresses", "address"),
])
@given(**SOMEWHERE)
@EACH
def test_points_are_each_in_the_one_tile_that_holds_them(hall, layer, table, zoom, lon, lat):
    where = tile_at(lon, lat, zoom)
    found = drawn(hall, layer, *where)
    shapes = stored(hall, table)
    numbers = np.array(list(shapes))
    units = shapely.get_coordinates([*shapes.values()])
    size = 2 * 20037508.342789244 / (1 << zoom) / EXTENT
    units = np.floor((units * [1, -1] + 20037508.342789244) / size) - np.array(where[1:]) * EXTENT
    held = ((units >= 0) & (units < EXTENT)).all(axis=1)
    expected = Counter(map(tuple, units[held].tolist()))
    told = Counter()
    for feature in found:
        told[tuple(feature["geometry"]["coordinates"])] += feature["properties"]["count"]
    assert told == expected
    if layer == "incidents" or zoom >= 16:
        assert {feature["properties"]["id"] for feature in found} == set(numbers[held].tolist())
        assert len(found) == held.sum()


def over_the_town(zoom: int) -> list[tuple[int, int, int]]:
    _, west, north = tile_at(BOX[0], BOX[3], zoom)
    _, east, south = tile_at(BOX[2], BOX[1], zoom)
    return [(zoom, x, y) for x in range(west, east + 1) for y in range(north, south + 1)]


@pytest.mark.parametrize("layer, table", [("incidents", "incident"), ("places", "place_object")])
def test_clusters_count_each_once_at_every_zoom(hall, layer, table):
    total = len(stored(hall, table))
    for zoom in range(14):
        found = [feature for tile in over_the_town(zoom)
                 for feature in drawn(hall, layer, *tile)]
        assert sum(feature["properties"]["count"] for feature in found) == total
        assert len({feature["id"] for feature in found}) == len(found)
        # Eight by eight cells in a tile, however many lie in it.
        assert len(found) <= 64 * len(over_the_town(zoom))
        for feature in found:
            assert ("id" in feature["properties"]) == (feature["properties"]["count"] == 1)
    assert drawn(hall, "addresses", *tile_at(*BASE, 13)) == []


def test_a_cluster_keeps_its_number_while_matters_come_and_go(full):
    zoom, x, y = tile_at(*BASE, 12)
    with psycopg.connect(full.admin_url) as connection:
        connection.execute("SELECT enter(%s)", [full.hall])
        before = {f["id"]: f for f in drawn(connection, "incidents", zoom, x, y)}
        chosen = connection.execute(
            "SELECT id FROM incident WHERE closed_at IS NULL ORDER BY id LIMIT 600").fetchall()
        connection.execute("ALTER TABLE incident DISABLE TRIGGER USER")
        connection.execute("UPDATE incident SET closed_at = now() WHERE id = ANY (%s)",
                           [[number for number, in chosen]])
        after = {f["id"]: f for f in drawn(connection, "incidents", zoom, x, y)}
        connection.rollback()
    assert set(after) == set(before)
    cells = {number: [c // 512 for c in f["geometry"]["coordinates"]]
             for number, f in before.items()}
    assert cells == {number: [c // 512 for c in f["geometry"]["coordinates"]]
                     for number, f in after.items()}
    assert sum(f["properties"]["count"] for f in after.values()) < sum(
        f["properties"]["count"] for f in before.values())


WHO = ("hall", "street", "community", "officer", "planner", "department", "intake", "admin")


@pytest.mark.parametrize("role", WHO)
def test_scope_of_points_equals_the_policies(full, role):
    area = f"{STREETS[1]}001" if role in ("street", "community", "officer") else None
    with full.seen_by(issue_token(full.admin_url, role, area)) as connection:
        for layer, table, where in (
            ("incidents", "incident", "closed_at IS NULL AND merged_into_id IS NULL"),
            ("addresses", "address", "true"), ("places", "place_object", "true"),
        ):
            [[own]] = connection.execute(
                f"SELECT count(*) FROM {table} WHERE {where}").fetchall()
            zoom = 14 if layer == "addresses" else 9
            told = sum(feature["properties"]["count"] for tile in over_the_town(zoom)
                       for feature in drawn(connection, layer, *tile))
            assert told == own, layer


def test_who_has_not_entered_sees_nothing(full):
    with psycopg.connect(full.server_url) as connection:
        for layer in ("incidents", "addresses", "places"):
            for tile in over_the_town(14):
                assert drawn(connection, layer, *tile) == []


@pytest.mark.parametrize("asked, where", [
    (("urban",), "mod(n, 3) < 2"), (("路灯",), "mod(n, 3) = 0"), (("nonsense",), "false"),
    ((None, "2026-01-05Z"), "true"), ((None, None, "2026-02-01Z"), "true"),
    (("safety", "2026-01-05Z", "2026-02-01Z"), "mod(n, 3) = 2"),
    ((None, None, None, "2026-01-20Z"), "n * interval '1 hour' <= interval '19 days' AND"
     " (closed_at IS NULL OR closed_at > '2026-01-20Z')"),
])
def test_incidents_by_category_and_time(hall, asked, where):
    _, since, until, at = (*asked, None, None, None, None)[:4]
    [[own]] = hall.execute(
        "SELECT count(*) FROM (SELECT id AS n, * FROM incident) AS i WHERE merged_into_id IS NULL"
        f" AND {where} AND received_at >= coalesce(%(since)s::timestamptz, '-infinity')"
        " AND received_at < coalesce(%(until)s::timestamptz, 'infinity')"
        " AND (%(open)s OR closed_at IS NULL)",
        {"since": since, "until": until, "open": bool(since or until or at)}).fetchall()
    found = [feature for tile in over_the_town(15)
             for feature in drawn(hall, "incidents", *tile, *asked)]
    assert len(found) == own
    assert all(("state" in f["properties"]) == (at is None) for f in found)


def test_places_by_category_and_without_names_of_persons(hall):
    for asked, persons in (("关爱对象", True), ("person", True), ("camera", False)):
        found = [feature["properties"] for tile in over_the_town(15)
                 for feature in drawn(hall, "places", *tile, asked)]
        assert found
        assert {properties["element"] == "person" for properties in found} == {persons}
        assert all(("name" in properties) != persons for properties in found)


@pytest.mark.parametrize("layer", ["incidents", "addresses", "places"])
def test_properties_are_those_that_tilejson_tells(hall, layer):
    told = set().union(*(feature["properties"] for zoom in (12, 14, 16)
                         for tile in over_the_town(zoom)[:4]
                         for feature in drawn(hall, layer, *tile)))
    assert told <= set(LAYERS[layer].vector_layers[layer])
    assert set(LAYERS[layer].vector_layers[layer]) - told <= {"building", "deadline"}


@pytest.mark.parametrize("layer, asked", [
    ("buildings", {"category": "urban"}), ("areas", {"since": "2026-01-01T00:00:00+08:00"}),
    ("places", {"at": "2026-01-01T00:00:00+08:00"}), ("incidents", {"since": "2026-01-01"}),
    ("incidents", {"since": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"}),
    ("custom:pipes", {"category": "x"}),
])
def test_a_layer_that_does_not_take_a_filter_says_so(layer, asked):
    values = {name: text if name == "category" else datetime.fromisoformat(text)
              for name, text in asked.items()}
    with pytest.raises(InvalidInput) as refused:
        TileAddress(layer, 0, 0, 0, **values)
    assert refused.value.field in {*asked, "until"}


def test_points_are_found_by_their_indexes(full, cluster):
    z, x, y = tile_at(*BASE, 18)
    plans = cluster.superuser_sql(
        "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET enable_seqscan = off;"
        "SET auto_explain.log_nested_statements = on; SET client_min_messages = log;"
        f"SELECT tile_incidents({z}, {x}, {y}); SELECT tile_addresses({z}, {x}, {y});"
        f"SELECT tile_places({z}, {x}, {y});"
        f"SELECT tile_incidents({z}, {x}, {y}, NULL, '2026-01-05Z', '2026-01-06Z');", full.name)
    for index in ("incident_open_geom_idx", "address_geom_idx", "place_object_geom_idx",
                  "incident_received_at_idx"):
        assert re.search(rf"Scan (using|on) {index}", plans), index
