"""Datums and metres: against the public formula, there and back, and in SQL as in Python."""

from __future__ import annotations

import eviltransform
import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from gis import crs
from gis.errors import InvalidInput, UnknownDatum

CENTIMETRE = 0.01
PAIRS = {
    "gcj02": (crs.cgcs2000_to_gcj02, crs.gcj02_to_cgcs2000, eviltransform.wgs2gcj),
    "bd09": (crs.cgcs2000_to_bd09, crs.bd09_to_cgcs2000, eviltransform.wgs2bd),
}


def points_of_china(count: int, seed: int = 20) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.uniform(73.5, 135.1, count), random.uniform(3.4, 53.6, count)


@pytest.mark.parametrize("datum", PAIRS)
def test_forward_is_the_public_formula_on_100_000_points(datum: str) -> None:
    forward, _, public = PAIRS[datum]
    lon, lat = points_of_china(100_000)
    expected = np.array([public(y, x) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)])
    moved = forward(lon, lat)
    assert crs.distance_m(*moved, expected[:, 1], expected[:, 0]).max() < CENTIMETRE


@pytest.mark.parametrize("datum", PAIRS)
def test_inverse_undoes_forward_over_all_of_china(datum: str) -> None:
    forward, inverse, _ = PAIRS[datum]
    lon, lat = points_of_china(100_000)
    assert crs.distance_m(lon, lat, *inverse(*forward(lon, lat))).max() < 1e-6


@pytest.mark.parametrize("datum", PAIRS)
def test_inverse_undoes_forward_at_the_edges_of_the_rectangle(datum: str) -> None:
    forward, inverse, _ = PAIRS[datum]
    random = np.random.default_rng(21)
    along = random.uniform(0, 1, (4, 2000))
    inwards = np.abs(random.normal(0, 0.01, (4, 2000)))
    inwards[:, :10] = 0
    wide = crs.CHINA_WEST + along * (crs.CHINA_EAST - crs.CHINA_WEST)
    high = crs.CHINA_SOUTH + along * (crs.CHINA_NORTH - crs.CHINA_SOUTH)
    lon = np.concatenate((crs.CHINA_WEST + inwards[0], crs.CHINA_EAST - inwards[1],
                          wide[2], wide[3]))
    lat = np.concatenate((high[0], high[1], crs.CHINA_SOUTH + inwards[2],
                          crs.CHINA_NORTH - inwards[3]))
    assert crs.distance_m(lon, lat, *inverse(*forward(lon, lat))).max() < 1e-6


@pytest.mark.parametrize("datum", PAIRS)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_outside_the_rectangle_nothing_moves(datum: str, lon: float, lat: float) -> None:
    forward, inverse, _ = PAIRS[datum]
    if not crs.in_gcj_rectangle(lon, lat):
        assert forward(lon, lat) == (lon, lat)
    if not (71.9 < lon < 137.94 and 0.72 < lat < 55.93):
        assert inverse(lon, lat) == (lon, lat)


def test_shapes_scalars_empties_and_nan() -> None:
    assert crs.gcj02_to_cgcs2000(np.zeros((2, 3)), 0.0)[0].shape == (2, 3)
    assert crs.to_cgcs2000([], [], "bd09")[0].shape == (0,)
    assert np.isnan(crs.to_cgcs2000(float("nan"), 30, "gcj02")[0])
    given_lon = np.array([120.0])
    crs.cgcs2000_to_gcj02(given_lon, [30.0])
    assert given_lon[0] == 120.0


def test_the_door_snaps_and_says_how_far_it_moved() -> None:
    lon, lat, moved_m = crs.to_cgcs2000([120.1234567894], [30.0], "wgs84")
    assert (lon[0], lat[0], moved_m[0]) == (120.123456789, 30.0, 0.0)
    moved = {datum: crs.to_cgcs2000(120.2, 30.3, datum)[2] for datum in PAIRS}
    assert 506 < moved["gcj02"] < 608
    assert 1100 < moved["bd09"] < 1350
    back = crs.from_cgcs2000(*crs.to_cgcs2000(120.2, 30.3, "bd09")[:2], "bd09")
    assert np.allclose(back, (120.2, 30.3), atol=1e-8)
    with pytest.raises(UnknownDatum, match="gcj02"):
        crs.to_cgcs2000(1, 2, "mars")


@given(st.floats(-180, 180))
def test_snapping_is_idempotent_and_moves_half_a_step_at_most(value: float) -> None:
    snapped = crs.snap(value)
    assert crs.snap(snapped) == snapped
    assert abs(snapped - value) <= 0.51e-9


@pytest.mark.parametrize(
    "lat,kx,ky",
    [(0, 111319.491, 110574.276), (30, 96486.280, 110852.442), (60, 55800.002, 111412.287)])
def test_metres_per_degree(lat: float, kx: float, ky: float) -> None:
    assert np.allclose(crs.metres_per_degree(lat), (kx, ky), atol=0.001)


def test_short_distances_agree_with_the_geodesic() -> None:
    lon, lat = points_of_china(1000)
    far = Geod(a=crs.SEMI_MAJOR_M, f=crs.FLATTENING)
    _, _, expected = far.inv(lon, lat, lon + 0.003, lat + 0.002)
    assert np.allclose(crs.distance_m(lon, lat, lon + 0.003, lat + 0.002), expected, rtol=2e-4)


@pytest.mark.parametrize(
    "name,x,y,lon,lat",
    [
        (4549, 500000.0, 3320113.398, 120.0, 30.0),
        ("EPSG:4490", 120.0, 30.0, 120.0, 30.0),
        ("EPSG:4326", 120.0, 30.0, 120.0, 30.0),
        ("EPSG:3857", 13358338.895, 3503549.844, 120.0, 30.0),
        ("EPSG:2263", 987000.0, 210000.0, -73.99007584, 40.74307763),
    ])
def test_any_reference_system_becomes_lon_lat(
    name: str | int, x: float, y: float, lon: float, lat: float
) -> None:
    assert np.allclose(crs.to_lonlat(x, y, name), (lon, lat), atol=1e-7)


def test_wgs84_and_cgcs2000_are_one() -> None:
    esri = ('GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
            'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
            'UNIT["Degree",0.0174532925199433]]')
    stored = [crs.is_stored_crs(name) for name in (4326, 4490, "OGC:CRS84", CRS.from_wkt(esri))]
    assert all(stored)
    assert not any(crs.is_stored_crs(name) for name in (4549, 3857, 4269, 4610))
    assert crs.to_lonlat(120.0, 30.0, esri) == (120.0, 30.0)


def test_an_unknown_system_is_told() -> None:
    with pytest.raises(InvalidInput, match="EPSG:4549") as caught:
        crs.to_lonlat(0, 0, "EPSG:99")
    assert caught.value.field == "crs"


def test_sql_says_the_same(database) -> None:
    lon, lat = points_of_china(400)
    edges = np.random.default_rng(22)
    lon = np.concatenate((lon, [-74.0, 72.004, 137.8347], edges.uniform(137.82, 137.84, 50)))
    lat = np.concatenate((lat, [40.7, 30.0, 55.8271], edges.uniform(0.82, 55.83, 50)))
    with psycopg.connect(database.admin_url) as connection:
        rows = np.array(connection.execute(
            """
            SELECT g.lon, g.lat, b.lon, b.lat, ig.lon, ig.lat, ib.lon, ib.lat,
                   d.lon, d.lat, d.moved_m, m.kx, m.ky
            FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS p(lon, lat, number),
                 cgcs2000_to_gcj02(p.lon, p.lat) AS g, cgcs2000_to_bd09(p.lon, p.lat) AS b,
                 gcj02_to_cgcs2000(p.lon, p.lat) AS ig, bd09_to_cgcs2000(p.lon, p.lat) AS ib,
                 to_cgcs2000(p.lon, p.lat, 'bd09') AS d, metres_per_degree(p.lat) AS m
            ORDER BY p.number
            """, (lon.tolist(), lat.tolist())).fetchall())
    expected = np.column_stack((
        *crs.cgcs2000_to_gcj02(lon, lat), *crs.cgcs2000_to_bd09(lon, lat),
        *crs.gcj02_to_cgcs2000(lon, lat), *crs.bd09_to_cgcs2000(lon, lat),
        *crs.to_cgcs2000(lon, lat, "bd09"), *crs.metres_per_degree(lat)))
    assert np.abs(rows[:, :10] - expected[:, :10]).max() <= 1.001e-9
    assert np.abs(rows[:, 10:] - expected[:, 10:]).max() < 1e-6


def test_sql_snaps_bit_for_bit_and_refuses_unknown_datums(database) -> None:
    values = np.random.default_rng(23).uniform(-180, 180, 2000)
    halves = np.array([120.1234567885, 0.5e-9, 1.5e-9, -2.5e-9])
    values = np.concatenate((values, halves))
    with psycopg.connect(database.admin_url) as connection:
        snapped = connection.execute(
            "SELECT array_agg(snap_degrees(v) ORDER BY n)"
            " FROM unnest(%s::float8[]) WITH ORDINALITY AS u(v, n)",
            (values.tolist(),)).fetchone()
        assert snapped[0] == crs.snap(values).tolist()
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="gcj02"):
            connection.execute("SELECT to_cgcs2000(120, 30, 'mars')")
