"""Officers' rounds: along streets, the same however they are asked for, and in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely

from fixtures.patrol_loader import PatrolFeed, put_patrols
from fixtures.patrols import EVERY_S, OFFICER_COUNT, Patrols
from fixtures.plane import to_metres

START = 1_795_000_000


@pytest.fixture(scope="module")
def patrols(district):
    return Patrols(district)


@pytest.fixture(scope="module")
def hour(patrols):
    return patrols.between(START, START + 3_600)


def test_an_hour_has_a_fix_a_minute_of_each(hour):
    assert hour.groupby("officer_code").size().tolist() == [60] * OFFICER_COUNT
    gaps = hour.groupby("officer_code")["at"].diff().dropna()
    assert set(gaps) == {EVERY_S}


def test_what_is_told_does_not_depend_on_how_it_is_asked(patrols, hour, district):
    middle = START + 1_000.5
    parts = [patrols.between(START, middle), patrols.between(middle, START + 3_600)]
    joined = pd.concat(parts).sort_values(["officer_code", "at"], ignore_index=True)
    pd.testing.assert_frame_equal(
        joined, hour.sort_values(["officer_code", "at"], ignore_index=True))
    pd.testing.assert_frame_equal(Patrols(district).between(START, START + 3_600), hour)


def test_they_keep_to_streets_and_to_a_pace(hour, district):
    places = to_metres(shapely.points(hour["lon"], hour["lat"]))
    streets = shapely.STRtree(to_metres(np.asarray(district.roads.geometry)))
    _, off = streets.query_nearest(places, return_distance=True, all_matches=False)
    assert np.percentile(off, 99) < 8
    assert off.max() < 16
    steps = np.hypot(*np.diff(shapely.get_coordinates(places), axis=0).T)
    same = (hour["officer_code"].to_numpy()[1:] == hour["officer_code"].to_numpy()[:-1])
    assert steps[same].max() < 3.4 * EVERY_S + 20
    assert 50 < np.median(steps[same]) < 100


def test_the_last_hour_is_in_the_loaded_district_and_the_feed_goes_on(district_database, district):
    clock, url = [0.0], district_database.admin_url
    with psycopg.connect(url) as connection:
        told = connection.execute(
            "SELECT count(*), count(DISTINCT officer_id), count(*) FILTER (WHERE scope_ids = '{}'),"
            " max(at) - min(at) FROM track_fix").fetchone()
    assert told[:2] == (60 * OFFICER_COUNT, OFFICER_COUNT)
    # Some streets are the district's border: beyond it no area is.
    assert told[2] < 60 * OFFICER_COUNT * 0.04
    assert told[3] < timedelta(hours=1)
    walk = PatrolFeed(url, district, lambda: clock[0])
    walk()
    assert walk() == 0
    clock[0] = 31
    with psycopg.connect(url) as connection:
        later = datetime.now(UTC) + timedelta(minutes=2)
        added = put_patrols(connection, Patrols(district), later)
        assert 0 < added <= 3 * OFFICER_COUNT
        assert put_patrols(connection, Patrols(district), later) == 0
        doubled = connection.execute(
            "SELECT count(*) FROM (SELECT officer_id, at - lag(at) OVER ("
            " PARTITION BY officer_id ORDER BY at) AS gap FROM track_fix) AS g"
            " WHERE gap <> interval '60 s'").fetchone()
        connection.rollback()
    # None is missed where a feed takes over, but for as long as the database waited for one.
    assert doubled[0] <= OFFICER_COUNT
