"""Periods of the city's calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InvalidInput
from gis.periods import Period, read_period

WEDNESDAY = date(2026, 11, 18)


@pytest.mark.parametrize("text,first,last", [
    ("day", "2026-11-18", "2026-11-18"), ("week", "2026-11-12", "2026-11-18"),
    ("month", "2026-10-20", "2026-11-18"), ("quarter", "2026-08-20", "2026-11-18"),
    ("year", "2025-11-19", "2026-11-18"), ("today", "2026-11-18", "2026-11-18"),
    ("this_week", "2026-11-16", "2026-11-22"), ("this_month", "2026-11-01", "2026-11-30"),
    ("this_quarter", "2026-10-01", "2026-12-31"), ("this_year", "2026-01-01", "2026-12-31"),
    ("2026-11-05", "2026-11-05", "2026-11-05"), ("2020-W53", "2020-12-28", "2021-01-03"),
    ("2024-02", "2024-02-01", "2024-02-29"), ("2026-Q1", "2026-01-01", "2026-03-31"),
    ("2025", "2025-01-01", "2025-12-31"),
])
def test_what_a_text_stands_for(text, first, last):
    assert read_period(text, WEDNESDAY) == Period(date.fromisoformat(first),
                                                  date.fromisoformat(last))


@pytest.mark.parametrize("text", ["", "fortnight", "2026-13", "2026-W54", "2026-Q5", "2026-02-30",
                                  "0026-01", "2026-1", "2026-W", "month "])
def test_anything_else_is_told(text):
    with pytest.raises(InvalidInput, match="this_week") as told:
        read_period(text, WEDNESDAY)
    assert told.value.field == "period"


def test_what_is_not_to_come():
    assert read_period("this_month", WEDNESDAY).until(WEDNESDAY).last == WEDNESDAY
    assert read_period("2027", WEDNESDAY).until(WEDNESDAY) == Period(
        date(2027, 1, 1), date(2027, 1, 1))


def test_months_and_days():
    span = Period(date(2026, 10, 30), date(2026, 12, 1))
    assert list(span.grains()) == [
        ("day", date(2026, 10, 30)), ("day", date(2026, 10, 31)), ("month", date(2026, 11, 1)),
        ("day", date(2026, 12, 1))]


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 800))
def test_grains_cover_each_day_once(first, more):
    span = Period(first, first + timedelta(days=more))
    days = []
    for grain, starts in span.grains():
        end = Period(starts, starts) if grain == "day" else read_period(f"{starts:%Y-%m}", first)
        days += [end.first + timedelta(days=n) for n in range(end.days)]
    assert days == [first + timedelta(days=n) for n in range(span.days)]
