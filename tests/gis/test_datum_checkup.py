"""坐标体检: datums told apart by the buildings that rows name."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis import datum_checkup as checkup
from gis.crs import Datum, cgcs2000_to_bd09, cgcs2000_to_gcj02, metres_per_degree

GIVEN = {Datum.CGCS2000: lambda lon, lat: (lon, lat), Datum.GCJ02: cgcs2000_to_gcj02,
         Datum.BD09: cgcs2000_to_bd09}


def town(count: int, lon: float, lat: float, seed: int):
    """Buildings of 12 to 60 m in 4 km, and a point in or by each (up to 60 m from its edge)."""
    random = np.random.default_rng(seed)
    kx, ky = metres_per_degree(lat)
    x = lon + random.uniform(-2000, 2000, count) / kx
    y = lat + random.uniform(-2000, 2000, count) / ky
    half = random.uniform(6, 30, (2, count)) / np.array([[kx], [ky]])
    footprints = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])
    away = random.uniform(-1, 1, (2, count)) * (half + 60 / np.array([[kx], [ky]]))
    return footprints, x + away[0], y + away[1]


@pytest.mark.parametrize("place", [(120.2, 30.3), (114.05, 22.55), (118.0, 37.4), (87.6, 43.8),
                                   (110.3, 20.0)])
@pytest.mark.parametrize("pair", [(Datum.CGCS2000, Datum.GCJ02), (Datum.CGCS2000, Datum.BD09),
                                  (Datum.GCJ02, Datum.BD09)])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_mixed_batch_of_500_comes_apart_without_an_error(place, pair, share):
    footprints, lon, lat = town(500, *place, seed=7)
    first = np.random.default_rng(8).permutation(500) < 500 * share
    x, y = (np.where(first, *both) for both in zip(
        GIVEN[pair[0]](lon, lat), GIVEN[pair[1]](lon, lat), strict=True))
    readings = checkup.Readings.of(x, y)
    verdicts = checkup.judged(checkup.distances(readings, footprints), readings)
    expected = np.where(first, *(checkup.HYPOTHESES.index(datum) for datum in pair))
    assert np.array_equal(verdicts, expected)
    assert checkup.diagnosed(verdicts).mixed
    understood = readings.chosen(verdicts)
    assert np.allclose(understood, (lon, lat), atol=2e-9)


@pytest.mark.parametrize("datum", checkup.HYPOTHESES)
@given(lon=st.floats(75, 134), lat=st.floats(4, 53))
def test_one_point_in_its_building_tells_its_datum_anywhere_in_china(datum, lon, lat):
    kx, ky = metres_per_degree(lat)
    footprint = shapely.box(lon - 10 / kx, lat - 10 / ky, lon + 10 / kx, lat + 10 / ky)
    readings = checkup.Readings.of(*(np.atleast_1d(v) for v in GIVEN[datum](lon, lat)))
    metres = checkup.distances(readings, [footprint])
    assert checkup.HYPOTHESES[int(checkup.judged(metres, readings)[0])] is datum


def test_a_point_far_from_its_building_agrees_with_no_datum():
    footprints, lon, lat = town(50, 120.2, 30.3, seed=9)
    readings = checkup.Readings.of(lon + 0.03, lat)
    verdicts = checkup.judged(checkup.distances(readings, footprints), readings)
    assert (verdicts == checkup.DISAGREES).all()


def test_outside_china_there_is_but_one_reading():
    footprints, lon, lat = town(50, -122.42, 37.77, seed=10)
    readings = checkup.Readings.of(lon, lat)
    verdicts = checkup.judged(checkup.distances(readings, footprints), readings)
    assert (verdicts == 0).all()
    assert checkup.diagnosed(verdicts).datum is Datum.CGCS2000


def test_rows_without_a_building_are_silent_and_empty_files_say_nothing():
    readings = checkup.Readings.of([120.0, 120.1], [30.0, 30.1])
    verdicts = checkup.judged(checkup.distances(readings, [None, None]), readings)
    assert (verdicts == checkup.UNKNOWN).all()
    empty = checkup.Readings.of([], [])
    assert checkup.judged(checkup.distances(empty, []), empty).shape == (0,)
    assert checkup.diagnosed(np.array([], dtype=np.int8)).datum is None


@pytest.mark.parametrize("told,datum,mixed", [
    ((1000, 0, 0), Datum.CGCS2000, False),
    ((0, 990, 10), Datum.GCJ02, False),
    ((700, 300, 0), None, True),
    ((970, 0, 30), None, True),
    ((0, 0, 19), None, False),
    ((0, 0, 20), Datum.BD09, False),
])
def test_a_file_is_of_one_datum_a_mix_or_untold(told, datum, mixed):
    verdicts = np.repeat(np.arange(3, dtype=np.int8), told)
    diagnosis = checkup.diagnosed(verdicts)
    assert (diagnosis.datum, diagnosis.mixed) == (datum, mixed)


@pytest.mark.parametrize("inside,points,datum", [
    ((990, 350, 340), 1000, Datum.CGCS2000),
    ((350, 990, 340), 1000, Datum.GCJ02),
    ((9, 1, 1), 10, None),          # too few to say
    ((360, 350, 340), 1000, None),  # no datum stands out
    ((0, 0, 0), 1000, None),        # no building is loaded there
    ((640, 610, 350), 1000, None),  # a mix, perhaps
])
def test_without_codes_a_file_is_told_by_how_many_points_meet_a_building(inside, points, datum):
    assert checkup.by_footprints(inside, points) is datum
