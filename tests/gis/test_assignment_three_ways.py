"""SQL, the bulk index and plain shapely say the same of every point."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import psycopg
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.coverage import irregular_coverage
from gis.coverage_index import CoverageIndex, How
from gis.crs import snap
from tests.conftest import cloned
from tests.gis.builders import NOON, owner
from tests.gis.test_coverage_index import PLACES, codes_of, coverages, moved, telling_points
from tests.oracles import plain_shapely

PUT = """
WITH identity AS (
    INSERT INTO area_identity (scheme, level, code) VALUES ('base', 'grid', %s) RETURNING id
)
INSERT INTO area (identity_id, ancestor_ids, scheme, level, code, name, geom)
SELECT id, ARRAY[id], 'base', 'grid', %s, '', ST_Multi(ST_SetSRID(%s::text::geometry, 4490))
FROM identity
"""
LOCATE = """
SELECT code, how, distance_m, rivals
FROM locate_points(
    %(ordinals)s::bigint[], %(lon)s::float8[], %(lat)s::float8[],
    array_fill('cgcs2000'::text, %(size)s), array_fill(NULL::float8, %(size)s),
    array_fill(NULL::text, %(size)s), array_fill(NULL::text, %(size)s),
    array_fill(NULL::text, %(size)s), array_fill(%(at)s::timestamptz, %(size)s), 'base')
ORDER BY ordinal
"""


@pytest.fixture(scope="module")
def connection(cluster, template) -> Iterator[psycopg.Connection]:
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        yield connection


def _located(connection, areas, codes, points, nearest_m: float) -> list[dict]:
    """What SQL says, the areas being put in the order given."""
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        cursor.execute("UPDATE city_setting SET value = to_jsonb(%s::float8)"
                       " WHERE name = 'nearest_m'", (nearest_m,))
        cursor.executemany(PUT, [(code, code, shapely.to_wkb(area, hex=True))
                                 for area, code in zip(areas, codes.tolist(), strict=True)])
        return cursor.execute(LOCATE, {
            "ordinals": list(range(len(points))), "lon": points[:, 0].tolist(),
            "lat": points[:, 1].tolist(), "size": [len(points)], "at": NOON}).fetchall()


def assert_alike(connection, areas: NDArray[np.object_], points: NDArray[np.float64],
                 nearest_m: float, random: np.random.Generator) -> None:
    """The same area, way and distance on all three, with the areas in two orders."""
    points = points[np.isfinite(points).all(axis=1)]
    points = points[(np.abs(points) <= [180, 90]).all(axis=1)]
    lon, lat = snap(points[:, 0]), snap(points[:, 1])
    codes = codes_of(len(areas))
    truth = plain_shapely(areas, codes, lon, lat, nearest_m)
    expected = list(zip(
        [codes[place] if place >= 0 else None for place in truth.index],
        [How(how).name.lower() for how in truth.how], strict=True))
    for order in (np.arange(len(areas)), random.permutation(len(areas))):
        rows = _located(connection, areas[order], codes[order], points, nearest_m)
        assert [(row["code"], row["how"]) for row in rows] == expected
        distance_m = np.array([row["distance_m"] for row in rows], dtype=np.float64)
        np.testing.assert_allclose(distance_m, truth.distance_m, rtol=0, atol=0.00101)
        index = CoverageIndex(areas[order], codes[order], cell_limit=1 << 16).locate(
            lon, lat, nearest_m)
        found = [codes[order[place]] if place >= 0 else None for place in index.index]
        assert found == [code for code, _ in expected]
        np.testing.assert_array_equal(index.how, truth.how)
        np.testing.assert_array_equal(index.distance_m, truth.distance_m)


def test_the_three_ways_agree(connection):
    @settings(max_examples=50, deadline=None)
    @given(coverages(), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.002, 30.0, 20_000.0]))
    def agree(areas: NDArray[np.object_], seed: int, nearest_m: float) -> None:
        if len(areas):
            random = np.random.default_rng(seed)
            assert_alike(connection, areas, telling_points(areas, random), nearest_m, random)

    agree()


@pytest.mark.parametrize("west, south", PLACES)
def test_they_agree_wherever_the_coverage_lies(connection, west, south):
    areas = moved(irregular_coverage(12, 3), west, south, 0.01)
    areas = areas[shapely.is_valid(areas) & ~shapely.is_empty(areas)]
    random = np.random.default_rng(5)
    assert_alike(connection, areas, telling_points(areas, random), 200.0, random)


def test_every_rival_on_a_boundary_is_named(connection):
    """All that touch a point, one of them as the answer and the others as its rivals."""
    areas = moved(irregular_coverage(30, 7), 120.2, 30.3, 0.02)
    codes = codes_of(len(areas))
    corners = np.unique(shapely.get_coordinates(areas), axis=0)[:300]
    rows = _located(connection, areas, codes, corners, 0.0)
    several = 0
    for row, (x, y) in zip(rows, corners, strict=True):
        touched = sorted(codes[shapely.touches(areas, shapely.Point(x, y))].tolist())
        assert [row["code"], *(rival["code"] for rival in row["rivals"])] == touched
        several += len(touched) > 2
    assert several
