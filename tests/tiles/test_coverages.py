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
# One tile unit: what rounding may do to a vertex on either side.
UNIT = 1.0


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
    shapes = [shapely.geometry.shape(feature["geometry"])
              for feature in layers.get("areas", {"features": []})["features"]]
    return np.array([shape if shape.is_valid else shapely.make_valid(shape) for shape in shapes],
                    dtype=object)


def in_units(shape: shapely.Geometry, zoom: int, x: int, y: int) -> shapely.Geometry:
    unit = unit_m(zoom)
    return shapely.transform(shape, lambda c: (c * [1, -1] + HALF_M) / unit
                             - np.array([x, y]) * EXTENT)


def wider_than_a_unit(shape: shapely.Geometry) -> bool:
    """Whether a square of more than a unit fits into a gap or an overlap."""
    return not shape.buffer(-UNIT / 2 - 0.01, join_style="mitre").is_empty


def check(shapes: np.ndarray, found: np.ndarray, zoom: int, x: int, y: int) -> None:
    """Neither overlap nor gap; and the whole lies where it lay."""
    tree = shapely.STRtree(found)
    for one, other in tree.query(found, predicate="intersects").T:
        if one < other:
            assert not wider_than_a_unit(shapely.intersection(found[one], found[other]))
    whole = shapely.union_all(found)
    frame = shapely.box(0, 0, EXTENT, EXTENT)
    source = shapely.intersection(
        in_units(shapely.union_all(shapes), zoom, x, y), frame.buffer(100, join_style="mitre"))
    # A simplified outer edge moves; what lies well within must be covered wholly.
    within = shapely.intersection(source.buffer(-12), frame)
    assert not wider_than_a_unit(shapely.difference(within, whole))


@given(seed=st.integers(0, 2**31), count=st.integers(2, 25), zoom=st.integers(5, 16),
       tiles=st.floats(0.02, 1.5))
@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_neighbours_never_part_or_overlap(city, seed, count, zoom, tiles):
    span = tiles * EXTENT * unit_m(zoom) / 2
    shapes = coverage(seed, count, (13381000.0, 3535000.0), span)
    assume(sound(shapes))
    with psycopg.connect(city.admin_url, autocommit=True) as connection:
        put(connection, shapes)
    for made in (False, True):
        if made:
            assert generalise(city.server_url) >= 2
        with city.seen_by(city.hall) as connection:
            for x, y in tiles_over(shapes, zoom, 4):
                check(shapes, drawn(connection, zoom, x, y), zoom, x, y)


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
        check(after, found, zoom, x, y)


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
