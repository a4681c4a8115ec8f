"""The arithmetic of assessment, by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis import scoring
from gis.scoring import Rule, Tally

RULES = {"in_tier": Rule(30, 0.98), "on_time": Rule(25, 1.0), "reopened": Rule(10, 0.05),
         "speed": Rule(10, 24), "satisfaction": Rule(15, 5), "patrols": Rule(5, 1),
         "visits": Rule(5, 2)}
GRID = Tally(reported=60, open=8, overdue=1, solved=50, rejected=2, on_time=45, late=4, in_grid=49,
             in_community=1, reopened=1, rated=2, rating_sum=8.4, median_s=32 * 3600, patrols=15,
             visits=90, grid_days=30)


def test_each_part_of_a_grid():
    parts = {part.name: part for part in scoring.score("grid", GRID, RULES).parts}
    assert parts["in_tier"].value == 0.98
    assert parts["in_tier"].score == 100
    assert parts["on_time"].value == 45 / 50
    assert parts["on_time"].score == 90
    assert parts["reopened"].value == 1 / 58
    assert parts["reopened"].score == pytest.approx(100 * (1 - 1 / 58 / 0.05))
    assert parts["speed"].value == 32
    assert parts["speed"].score == 75
    assert parts["satisfaction"].score == pytest.approx(80)
    assert parts["patrols"].score == 50
    assert parts["visits"].score == 100


def test_the_score_is_the_weighted_mean_of_what_can_be_told():
    found = scoring.score("grid", GRID, RULES)
    assert found.score == pytest.approx(sum(p.weight * p.score for p in found.parts) / 100)
    two = scoring.score("grid", Tally(reported=100, solved=100, in_grid=100, on_time=80, late=20),
                        {name: RULES[name] for name in ("in_tier", "on_time", "speed")})
    assert two.score == pytest.approx((30 * 100 + 25 * 80) / 55)


@pytest.mark.parametrize("subject", ["grid", "officer", "community", "street"])
def test_nothing_done_has_no_score(subject):
    assert scoring.score(subject, Tally(), RULES).score is None
    assert scoring.score(subject, GRID, {"on_time": Rule(0, 1)}).score is None


def test_tiers_of_grid_community_and_street():
    tally = Tally(solved=100, in_grid=90, in_community=6, in_street=3)
    assert [scoring.in_tier(subject, tally) for subject in (
        "grid", "officer", "community", "street", "district")] == [.9, .9, .96, .99, .99]


@pytest.mark.parametrize("name,value,target,points", [
    ("in_tier", 0.931, 0.98, 95.0), ("on_time", 1.0, 1.0, 100.0), ("on_time", 0.0, 1.0, 0.0),
    ("satisfaction", 4.2, 5, 80.0), ("satisfaction", 1, 5, 0.0), ("satisfaction", 3, 1, 100.0),
    ("reopened", 0.01, 0.05, 80.0), ("reopened", 0.2, 0.05, 0.0), ("reopened", 0.2, 0, 100.0),
    ("speed", 32, 24, 75.0), ("speed", 0, 24, 100.0), ("speed", 0, 0, 100.0),
    ("visits", 3, 2, 100.0), ("patrols", None, 1, None),
])
def test_a_part_as_points(name, value, target, points):
    found = scoring.part_score(name, value, target)
    assert found == (None if points is None else pytest.approx(points))


@given(st.sampled_from(scoring.PARTS), st.floats(0, 1e6), st.floats(0, 1e6))
def test_points_lie_within_nought_and_a_hundred(name, value, target):
    assert 0 <= scoring.part_score(name, value, target) <= 100


def test_jianggan_s_percentages():
    assert scoring.percent(4_193, 4_205) == 99.71
    assert scoring.percent(6_444, 6_498) == 99.17
    assert scoring.percent(4_205, 10_703) == 39.29
    assert scoring.percent(6_498, 10_703) == 60.71
    assert scoring.percent(0, 0) is None


def test_stars():
    least = {5: 95.0, 4: 90.0, 3: 80.0}
    assert [scoring.stars(points, least) for points in (100, 95, 94.99, 80, 10, None)] == [
        5, 5, 4, 3, 0, None]


def test_ranks_share_a_place():
    assert scoring.ranks([90, 95, 90, None]) == [2, 1, 2, None]
    assert scoring.ranks([]) == []


def test_a_median_of_a_histogram():
    assert scoring.median_of({}) is None
    assert scoring.median_of({0: 4}) == 60
    assert scoring.median_of({4: 1, 6: 1, 8: 1}) == pytest.approx(807, abs=1)


@given(st.lists(st.floats(1, 5e6), min_size=1))
def test_a_median_is_off_by_a_bucket_at_most(times):
    buckets: dict[int, int] = {}
    for seconds in times:
        bucket = 0 if seconds < 120 else 1 + math.floor(2 * math.log2(seconds / 120))
        buckets[bucket] = buckets.get(bucket, 0) + 1
    middle = sorted(times)[(len(times) - 1) // 2]
    found = scoring.median_of(buckets)
    assert found <= 120 * 1.0001 if middle < 120 else 1 / 1.4143 <= found / middle <= 1.4143
