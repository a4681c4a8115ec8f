"""Neighbours in a coverage never part or overlap, at any zoom, in tiles as they are sent."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from itertools import pairwise

import mapbox_vector_tile
import numpy as np
import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gis.accounts import issue_token
from gis.database import open_pool
from gis.generalise import HALF_M, generalise_due, unit_m
from tests.conftest import cloned
from tests.console.conftest import build_town
from tests.tiles.conftest import Ground

EXTENT = 4096
# Tile units by which rounding, of corners and then of edges near them, may move an edge.
UNIT = 1.5


@pytest.fixture(scope="module")
def city(cluster, template) -> Iterator[Ground]:
    """A town whose scheme `police` the tests cut as they like."""
    with cloned(cluster, template) as database:
        build_town(database.admin_url)
        yield Ground(database.name, database.admin_url, database.server_url,
                     issue_token(database.admin_url, "hall"), "")


def jagged(start: np.ndarray, end: np.ndarray, depth: int) -> list[np.ndarray]:
    """A ragged line between two corners, the same whichever of its sides asks."""
    if depth == 0:
        return [start]
    seed = abs(hash((*np.round(start + end, 3), depth)))
    turn = np.random.default_rng(seed).uniform(-0.12, 0.12)
    across = np.array([[0, -1], [1, 0]]) @ (end - start)
    # Which way is across depends on the direction: take it from the lower corner.
    middle = (start + end) / 2 + turn * across * (1 if tuple(start) < tuple(end) else -1)
    return jagged(start, middle, depth - 1) + jagged(middle, end, depth - 1)


def coverage(seed: int, count: int, centre: tuple[float, float], span: float) -> np.ndarray:
    """Polygons around random points, with ragged edges that neighbours share."""
    points = np.random.default_rng(seed).uniform(-span / 2, span / 2, (count, 2)) + centre
    frame = shapely.box(*(np.array(centre) - span), *(np.array(centre) + span))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    cells = shapely.intersection(cells, frame)
    found = []
    for ring in shapely.get_exterior_ring(shapely.set_precision(cells, span / 1e5)):
        corners = shapely.get_coordinates(ring)
        edges = pairwise(corners)
        found.append(shapely.Polygon([c for a, b in edges for c in jagged(a, b, 4)]))
    return np.array(found)


def sound(shapes: np.ndarray) -> bool:
    return bool(shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes))


def put(connection: psycopg.Connection, shapes: np.ndarray) -> None:
    """The areas of scheme `police` are these (EPSG:3857) and no others."""
    connection.execute("ALTER TABLE area DISABLE TRIGGER USER")
    connection.execute("ALTER TABLE area ENABLE TRIGGER coverages_outdated")
    connection.execute("DELETE FROM area WHERE scheme = 'police'")
    connection.execute(
        "INSERT INTO area_identity (scheme, level, code)"
        " SELECT 'police', 'grid', n::text FROM generate_series(1, %s) AS n"
        " ON CONFLICT DO NOTHING", [len(shapes)])
    connection.execute(
        "INSERT INTO area (identity_id, scheme, level, code, name, geom)"
        " SELECT i.id, 'police', 'grid', i.code, i.code,"
        " ST_Multi(ST_Transform(ST_GeomFromWKB(s.shape, 3857), 4490))"
        " FROM unnest(%s::bytea[]) WITH ORDINALITY AS s (shape, n)"
        " JOIN area_identity AS i ON i.scheme = 'police' AND i.level = 'grid'"
        " AND i.code = n::text", [[shapely.to_wkb(shape) for shape in shapes]])
    connection.execute("ALTER TABLE area ENABLE TRIGGER USER")


def generalise(server_url: str) -> int:
    async def run() -> int:
        async with open_pool(server_url) as database:
            return await generalise_due(database)

    return asyncio.run(run())


def tiles_over(shapes: np.ndarray, zoom: int, most: int) -> list[tuple[int, int]]:
    west, south, east, north = (shapely.total_bounds(shapes) * [1, -1, 1, -1] + HALF_M) \
        / (unit_m(zoom) * EXTENT)
    found = [(x, y) for x in range(math.floor(west), math.floor(east) + 1)
             for y in range(math.floor(north), math.floor(south) + 1)]
    return found[:: max(1, math.ceil(len(found) / most))]


def drawn(connection: psycopg.Connection, zoom: int, x: int, y: int) -> np.ndarray:
    [tile] = connection.execute(
        "SELECT tile_areas(%s, %s, %s, 'police', 'grid')", [zoom, x, y]).fetchone()
    layers = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return np.array([shapely.geometry.shape(feature["geometry"])
                     for feature in layers.get("areas", {"features": []})["features"]],
                    dtype=object)


def in_units(shape: shapely.Geometry, zoom: int, x: int, y: int) -> shapely.Geometry:
    unit = unit_m(zoom)
    return shapely.transform(shape, lambda c: (c * [1, -1] + HALF_M) / unit
                             - np.array([x, y]) * EXTENT)


def faults(shapes: np.ndarray, found: np.ndarray, where: tuple[int, int, int],
           moved: float = UNIT) -> list[str]:
    """What breaks the law in a tile: coordinates are whole units, so that all of it is exact.

    `moved`: units by which the outer edge may lie elsewhere than in the source.
    """
    told = []
    if not shapely.is_valid(found).all():
        told.append("a shape is invalid")
        found = shapely.make_valid(found)
    elif len(found) and not shapely.coverage_is_valid(found):
        told.append("edges that neighbours share differ, or they overlap")
    whole = shapely.union_all(found)
    if shapely.area(found).sum() != whole.area:
        told.append(f"an overlap of {shapely.area(found).sum() - whole.area} square units")
    if shapely.get_num_interior_rings(shapely.get_parts(whole)).any():
        told.append("a gap between neighbours")
    frame = shapely.box(-60, -60, EXTENT + 60, EXTENT + 60)
    source = in_units(shapely.union_all(shapes), *where)
    for one, other in ((source.buffer(-moved), whole), (whole, source.buffer(moved))):
        if shapely.difference(shapely.intersection(one, frame), other).area > 1e-6:
            told.append("the whole lies elsewhere than in the source")
    return told


COVERAGES = {"seed": st.integers(0, 2**31), "count": st.integers(2, 40),
             # From areas of a unit and less to those of half a tile.
             "tiles": st.floats(-3, 0).map(lambda power: 10**power)}
CENTRE = (13381000.0, 3535000.0)


@given(**COVERAGES, zoom=st.integers(0, 22))
@settings(max_examples=30, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_areas_neither_part_nor_overlap_by_a_unit_s_least_part(city, seed, count, zoom, tiles):
    shapes = coverage(seed, count, CENTRE, tiles * EXTENT * unit_m(zoom))
    assume(sound(shapes))
    with psycopg.connect(city.admin_url) as connection:
        for x, y in tiles_over(shapes, zoom, 2):
            rows = connection.execute(
                "SELECT ST_AsBinary(geom) FROM tile_coverage(%s, (SELECT"
                " array_agg(ST_GeomFromWKB(shape, 3857)) FROM unnest(%s) AS shape), %s, %s, %s)",
                [list(range(count)), list(shapely.to_wkb(shapes)), zoom, x, y]).fetchall()
            found = np.array([shapely.from_wkb(shape) for shape, in rows], dtype=object)
            assert faults(shapes, found, (zoom, x, y)) == []


@given(**COVERAGES, zoom=st.integers(5, 13))
@settings(max_examples=6, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_neighbours_never_part_or_overlap_in_tiles_as_they_are_sent(
        city, seed, count, zoom, tiles):
    shapes = coverage(seed, count, CENTRE, tiles * EXTENT * unit_m(zoom))
    assume(sound(shapes))
    with psycopg.connect(city.admin_url, autocommit=True) as connection:
        put(connection, shapes)
    for moved in (UNIT, 12.0):
        with city.seen_by(city.hall) as connection:
            for x, y in tiles_over(shapes, zoom, 3):
                found = drawn(connection, zoom, x, y)
                assert faults(shapes, found, (zoom, x, y), moved) == []
        generalise(city.server_url)


@pytest.mark.parametrize("shape", [
    "ST_AsMVTGeom(s.shape, ST_TileEnvelope(z, x, y), 4096, 64)",
    # Each vertex by itself, the same for both sides of an edge.
    "ST_SnapToGrid(ST_AsMVTGeom(s.shape, ST_TileEnvelope(z, x, y), 4096 * 1024, 65536), 1024)",
])
def test_the_law_does_not_hold_for_areas_that_are_rounded_each_by_itself(city, shape):
    span = EXTENT * unit_m(10) / 40
    shapes = next(filter(sound, (coverage(seed, 30, CENTRE, span) for seed in range(99))))
    [(x, y), *_] = tiles_over(shapes, 10, 1)
    scale = "1.0 / 1024" if "SnapToGrid" in shape else "1"
    with psycopg.connect(city.admin_url, autocommit=True) as connection:
        put(connection, shapes)
    with psycopg.connect(city.admin_url) as connection:
        connection.execute("SELECT enter(%s)", [city.hall])
        assert faults(shapes, drawn(connection, 10, x, y), (10, x, y)) == []
        connection.execute(
            "CREATE OR REPLACE FUNCTION tile_coverage(ids bigint[], shapes geometry[], z integer,"
            " x integer, y integer) RETURNS TABLE (area_id bigint, geom geometry)"
            f" LANGUAGE sql IMMUTABLE AS $$ SELECT s.id, ST_Scale({shape}, {scale}, {scale})"
            " FROM unnest(ids, shapes) AS s (id, shape) $$")
        assert faults(shapes, drawn(connection, 10, x, y), (10, x, y)) != []
        connection.rollback()


def test_a_change_of_areas_shows_exact_shapes_until_they_are_generalised_anew(city):
    zoom = 9
    before = coverage(1, 6, (13381000.0, 3535000.0), 40_000.0)
    after = coverage(2, 6, (13381000.0, 3535000.0), 40_000.0)
    [(x, y), *_] = tiles_over(before, zoom, 1)
    with psycopg.connect(city.admin_url, autocommit=True) as connection:
        put(connection, before)
        generalise(city.server_url)
        assert generalise(city.server_url) == 0
        put(connection, after)
        due = connection.execute("SELECT scheme, level FROM coverages_due()").fetchall()
    assert ("police", "grid") in due
    with city.seen_by(city.hall) as connection:
        found = drawn(connection, zoom, x, y)
        assert faults(after, found, (zoom, x, y)) == []


def test_areas_as_of_an_instant(city):
    shapes = coverage(3, 4, (13381000.0, 3535000.0), 2_000.0)
    with psycopg.connect(city.admin_url, autocommit=True) as connection:
        put(connection, shapes)
        connection.execute("ALTER TABLE area DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE area SET period = tstzrange('2026-01-01Z', '2026-02-01Z')"
            " WHERE scheme = 'police' AND code = '1'")
        connection.execute("ALTER TABLE area ENABLE TRIGGER USER")
    [(x, y)] = tiles_over(shapes, 10, 1)[:1]
    statement = "SELECT tile_areas(10, %s, %s, 'police', 'grid', %s)"
    with city.seen_by(city.hall) as connection:
        counts = []
        for at in (None, "2026-01-15Z", "2026-02-01Z"):
            [tile] = connection.execute(statement, [x, y, at]).fetchone()
            counts.append(len(mapbox_vector_tile.decode(tile)["areas"]["features"]))
    assert counts == [3, 4, 3]


def test_a_coverage_of_areas_that_have_changed_meanwhile_is_refused(city):
    with psycopg.connect(city.server_url, autocommit=True) as connection:
        [stored] = connection.execute(
            "SELECT store_coverage('police', 'grid', '{1:1}', '{}', '{}', '{}')").fetchone()
    assert stored is False
