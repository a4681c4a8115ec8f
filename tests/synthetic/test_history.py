"""A month of past reports: where, when, in what state."""

from __future__ import annotations

import itertools
from datetime import datetime

import pandas as pd
import pytest
import shapely

from fixtures.history import build_history
from fixtures.matters import sub_classes

NOW = datetime.fromisoformat("2026-11-22T15:30:00+08:00")


@pytest.fixture(scope="module")
def history(district):
    return build_history(district, NOW, days=10, per_day=300, seed=5)


def test_reports_lie_in_the_past_in_order(history):
    assert history["occurred_at"].is_monotonic_increasing
    assert history["occurred_at"].max() <= pd.Timestamp(NOW)
    assert 2400 < len(history) < 3800
    assert history["external_id"].is_unique


def test_steps_follow_one_another_and_none_lies_ahead(history):
    steps = ["occurred_at", "verified_at", "dispatched_at", "handled_at", "checked_at"]
    for before, after in itertools.pairwise(steps):
        done = history[after].notna()
        assert (history.loc[done, after] >= history.loc[done, before]).all()
        assert history.loc[done, after].max() <= pd.Timestamp(NOW)


def test_some_are_open_some_overdue_and_most_are_closed(history):
    assert (history["state"] == "check").mean() > 0.7
    still_open = history[history["handled_at"].isna()]
    assert 0 < still_open["overdue"].sum() < len(still_open)


def test_texts_have_their_slots_filled(history):
    assert not history["text"].str.contains(r"[{}]").any()
    assert set(history["category"]) <= set(sub_classes()["code"])


def test_places_lie_in_the_district_or_on_its_edge(district, history):
    outline = district.areas.query("level == 'district'").geometry.iloc[0].buffer(0.0004)
    assert shapely.contains_xy(outline, history["lon"], history["lat"]).all()


def test_the_same_seed_tells_the_same_story(district, history):
    again = build_history(district, NOW, days=10, per_day=300, seed=5)
    pd.testing.assert_frame_equal(history, again)


def test_a_time_without_an_offset_is_refused(district):
    with pytest.raises(ValueError, match="no offset"):
        build_history(district, datetime(2026, 11, 22), days=1, per_day=5)


def test_no_days_and_no_reports_give_an_empty_frame(district):
    empty = build_history(district, NOW, days=0, per_day=0)
    assert len(empty) == 0
    assert "deadline_at" in empty
