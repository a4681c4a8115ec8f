"""Clocks: a worked table, and that adding and elapsing are each other's inverse."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.clocks import (
    CHINA_TIME,
    Calendar,
    OnTime,
    add_working,
    elapsed_working,
    on_time,
    overdue,
)
from gis.errors import InvalidInput
from gis.incident_rules import State
from gis.incidents import Incident
from gis.limits import Limit, Limits, deadlines
from gis.types import Tier

# National Day 2026 as a city might set it: off from 1 to 7 October, at work on two weekends' days.
CALENDAR = Calendar(
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    workdays=frozenset({date(2026, 9, 27), date(2026, 10, 10)}))
NIGHTS = Calendar(hours=((time(0), time(6)), (time(22), time(0))), weekdays=frozenset(range(1, 8)))


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=CHINA_TIME)


@pytest.mark.parametrize(
    "calendar,start,hours,end",
    [
        pytest.param(CALENDAR, "2026-11-18 09:00", 2, "2026-11-18 11:00", id="within a span"),
        pytest.param(CALENDAR, "2026-11-18 11:00", 2, "2026-11-18 14:30", id="over noon"),
        pytest.param(CALENDAR, "2026-11-18 12:30", 1, "2026-11-18 14:30", id="from the break"),
        pytest.param(CALENDAR, "2026-11-18 08:30", 3.5, "2026-11-18 12:00", id="a whole span"),
        pytest.param(CALENDAR, "2026-11-18 08:30", 7.5, "2026-11-18 17:30", id="a whole day"),
        pytest.param(CALENDAR, "2026-11-18 17:30", 1, "2026-11-19 09:30", id="at closing"),
        pytest.param(CALENDAR, "2026-11-18 23:59", 1, "2026-11-19 09:30", id="at night"),
        pytest.param(CALENDAR, "2026-11-18 03:00", 1, "2026-11-18 09:30", id="before opening"),
        pytest.param(CALENDAR, "2026-11-20 17:00", 1, "2026-11-23 09:00", id="over a weekend"),
        pytest.param(CALENDAR, "2026-11-21 12:00", 1, "2026-11-23 09:30", id="from Saturday"),
        pytest.param(CALENDAR, "2026-11-21 12:00", 0, "2026-11-21 12:00", id="no time at all"),
        pytest.param(CALENDAR, "2026-09-30 17:00", 1, "2026-10-08 09:00", id="over National Day"),
        pytest.param(CALENDAR, "2026-09-26 10:00", 1, "2026-09-27 09:30", id="swapped Sunday"),
        pytest.param(CALENDAR, "2026-10-09 17:00", 8, "2026-10-10 17:30", id="swapped Saturday"),
        pytest.param(CALENDAR, "2028-02-28 17:00", 1, "2028-02-29 09:00", id="to a leap day"),
        pytest.param(NIGHTS, "2026-11-18 23:00", 2, "2026-11-19 01:00", id="over midnight"),
        pytest.param(NIGHTS, "2026-11-18 05:00", 1.5, "2026-11-18 22:30", id="night to night"),
    ])
def test_worked_cases(calendar: Calendar, start: str, hours: float, end: str) -> None:
    duration = timedelta(hours=hours)
    assert add_working(calendar, at(start), duration) == at(end)
    assert elapsed_working(calendar, at(start), at(end)) == duration
    assert elapsed_working(calendar, at(end), at(start)) == -duration


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
DURATIONS = st.timedeltas(timedelta(0), timedelta(hours=300))


@given(INSTANTS, DURATIONS, DURATIONS)
def test_adding_and_elapsing_agree(start: datetime, first: timedelta, second: timedelta) -> None:
    end = add_working(CALENDAR, start, first)
    assert elapsed_working(CALENDAR, start, end) == first
    assert end >= start
    assert add_working(CALENDAR, end, second) == add_working(CALENDAR, start, first + second) or (
        not second)


@given(INSTANTS, INSTANTS, INSTANTS)
def test_elapsed_time_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    assert elapsed_working(CALENDAR, a, b) + elapsed_working(CALENDAR, b, c) == (
        elapsed_working(CALENDAR, a, c))


def test_the_zone_of_an_instant_does_not_matter() -> None:
    start = at("2026-11-20 17:00")
    assert add_working(CALENDAR, start.astimezone(UTC), timedelta(hours=1)) == (
        add_working(CALENDAR, start, timedelta(hours=1)))


def test_what_can_t_be_a_calendar_or_a_limit_is_refused() -> None:
    for hours in ((), ((time(22), time(9)), (time(10), time(12))), ((time(8), time(9)),
                  (time(22), time(8, 30))), ((time(8), time(12)), (time(11), time(17)))):
        with pytest.raises(InvalidInput, match="working hours"):
            Calendar(hours=hours)
    with pytest.raises(InvalidInput, match="negative"):
        add_working(CALENDAR, at("2026-11-18 09:00"), timedelta(hours=-1))
    with pytest.raises(InvalidInput, match="time zone"):
        add_working(CALENDAR, datetime(2026, 11, 18), timedelta(hours=1))
    with pytest.raises(InvalidInput, match="ten years"):
        add_working(Calendar(weekdays=frozenset()), at("2026-11-18 09:00"), timedelta(hours=1))


def test_limits_by_category_and_tier_with_five_days_by_default() -> None:
    two_hours = Limit(timedelta(hours=2), working=True)
    limits = Limits(
        stages={("safety", Tier.GRID): two_hours, (None, Tier.STREET): Limit(timedelta(days=1))},
        whole={"safety": Limit(timedelta(days=2))})
    opened_at, stage_at = at("2026-11-20 10:00"), at("2026-11-20 17:00")
    safety = deadlines(limits, CALENDAR, ["safety.gas", "safety"], Tier.GRID, opened_at, stage_at)
    # Monday 10:00 by its own limit, but no later than the whole.
    assert safety.stage_deadline_at == safety.deadline_at == at("2026-11-22 10:00")
    late = deadlines(limits, CALENDAR, ["safety"], Tier.GRID, opened_at, at("2026-11-22 12:00"))
    assert late.stage_deadline_at == at("2026-11-23 10:30")
    other = deadlines(limits, CALENDAR, ["urban"], Tier.GRID, opened_at, stage_at)
    assert (other.stage_deadline_at, other.deadline_at) == (None, at("2026-11-25 10:00"))
    street = deadlines(limits, CALENDAR, ["urban"], Tier.STREET, opened_at, stage_at)
    assert street.stage_deadline_at == at("2026-11-21 17:00")


def matter(**fields: object) -> Incident:
    common = {
        "id": 1, "state": State.HANDLING, "tier": Tier.GRID, "emergency": False,
        "step_count": 1, "last_step_at": at("2026-11-16 10:00"), "last_hash": bytes(32),
        "opened_at": at("2026-11-16 10:00"), "deadline_at": at("2026-11-18 10:00")}
    return Incident(**{**common, **fields})


def test_overdue_begins_after_the_deadline_and_stands_while_suspended() -> None:
    deadline_at, late = at("2026-11-18 10:00"), at("2026-11-18 10:01")
    assert not overdue(matter(), deadline_at)
    assert overdue(matter(), late)
    assert not overdue(matter(deadline_at=None), late)
    assert not overdue(matter(suspended_at=at("2026-11-17 10:00")), late)
    assert not overdue(matter(closed_at=deadline_at), late)
    assert overdue(matter(closed_at=late), at("2026-12-01 00:00"))


def test_the_on_time_rate_counts_what_is_open_and_overdue() -> None:
    now = at("2026-11-19 10:00")
    in_time = matter(state=State.CLOSED, closed_at=at("2026-11-17 10:00"))
    late = matter(state=State.CLOSED, closed_at=now)
    running = matter(deadline_at=at("2026-11-20 10:00"))
    merged = matter(merged_into_id=2, closed_at=now)
    rejected = matter(state=State.REJECTED, closed_at=now)
    counted = on_time([in_time] * 8 + [late, matter(), running, merged, rejected], now)
    assert counted == OnTime(closed_on_time=8, closed_late=1, open_overdue=1)
    assert counted.rate == 0.8
    assert on_time([running], now).rate is None
