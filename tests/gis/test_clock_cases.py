"""Clocks against cases worked out by hand, in Python and in the database, and the two as equal.

The city's day is 08:30–12:00 and 13:30–17:30 (7.5 h), Monday to Friday; holidays and swapped
weekends of 2025 and 2026 are those that the State Council published. In words beside each case:
how the hours add up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.clocks import CHINA_TIME, Calendar, add_working, elapsed_working
from gis.incident_rules import Action
from gis.incidents import Incident, lawful_rule, open_step, opened, take
from gis.incidents import apply as applied
from gis.limits import Clockwork, Limit, Limits, resumed
from gis.types import Role
from tests.conftest import cloned
from tests.gis.builders import at as place
from tests.gis.builders import owner, put_area, put_report, rectangle, settle, value

EVERY_DAY = frozenset(range(1, 8))


def off(first: str, last: str) -> set[date]:
    start = date.fromisoformat(first)
    return {start + timedelta(days=day)
            for day in range((date.fromisoformat(last) - start).days + 1)}


CITY = Calendar(
    holidays=frozenset(
        off("2025-01-01", "2025-01-01") | off("2025-01-28", "2025-02-04")
        | off("2025-04-04", "2025-04-06") | off("2025-05-01", "2025-05-05")
        | off("2025-05-31", "2025-06-02") | off("2025-10-01", "2025-10-08")
        | off("2026-01-01", "2026-01-03") | off("2026-02-15", "2026-02-23")
        | off("2026-04-04", "2026-04-06") | off("2026-05-01", "2026-05-05")
        | off("2026-06-19", "2026-06-21") | off("2026-09-25", "2026-09-27")
        | off("2026-10-01", "2026-10-07")),
    workdays=frozenset(map(date.fromisoformat, (
        "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11", "2026-01-04",
        "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"))))
NIGHTS = Calendar(hours=((time(22), time(6)),), weekdays=EVERY_DAY)
WEEK_NIGHTS = Calendar(hours=((time(22), time(6)),))
ROUND_THE_CLOCK = Calendar(hours=((time(0), time(0)),), weekdays=EVERY_DAY)
SPLIT_NIGHTS = Calendar(hours=((time(0), time(6)), (time(22), time(0))), weekdays=EVERY_DAY)

ADDED = [
    # what, calendar, start, hours, end
    ("within a span: 9 + 2", CITY, "2026-11-18 09:00", 2, "2026-11-18 11:00"),
    ("over noon: 1 to 12, 1 from 13:30", CITY, "2026-11-18 11:00", 2, "2026-11-18 14:30"),
    ("from within the break", CITY, "2026-11-18 12:30", 1, "2026-11-18 14:30"),
    ("ends exactly at noon's closing", CITY, "2026-11-18 08:30", 3.5, "2026-11-18 12:00"),
    ("ends exactly at the day's closing", CITY, "2026-11-18 08:30", 7.5, "2026-11-18 17:30"),
    ("a minute more is tomorrow", CITY, "2026-11-18 08:30", 7 + 31 / 60, "2026-11-19 08:31"),
    ("from before opening", CITY, "2026-11-18 06:00", 1, "2026-11-18 09:30"),
    ("from after closing", CITY, "2026-11-18 18:00", 1, "2026-11-19 09:30"),
    ("begun exactly at closing", CITY, "2026-11-18 17:30", 0.5, "2026-11-19 09:00"),
    ("begun exactly at noon's closing", CITY, "2026-11-18 12:00", 0.25, "2026-11-18 13:45"),
    ("weekend: 0.5 Friday, 0.5 Monday", CITY, "2026-11-20 17:00", 1, "2026-11-23 09:00"),
    ("begun on Saturday", CITY, "2026-11-21 12:00", 2, "2026-11-23 10:30"),
    ("nothing, on Saturday", CITY, "2026-11-21 12:00", 0, "2026-11-21 12:00"),
    ("nothing, at closing", CITY, "2026-11-20 17:30", 0, "2026-11-20 17:30"),
    ("five days: 6 on Friday, 30 to Thursday, 1.5", CITY, "2026-11-20 10:00", 37.5,
     "2026-11-27 10:00"),
    ("National Day: 1 before, 1 after", CITY, "2026-09-30 16:30", 2, "2026-10-08 09:30"),
    ("begun in the holiday", CITY, "2026-10-03 11:00", 1, "2026-10-08 09:30"),
    ("Saturday 10 October is at work", CITY, "2026-10-09 17:00", 1, "2026-10-10 09:00"),
    ("and the Sunday after it is not", CITY, "2026-10-10 17:00", 1, "2026-10-12 09:00"),
    ("Sunday 20 September, a whole day", CITY, "2026-09-20 08:30", 7.5, "2026-09-20 17:30"),
    ("from the Saturday before it", CITY, "2026-09-19 10:00", 1, "2026-09-20 09:30"),
    ("Mid-Autumn, Friday to Sunday", CITY, "2026-09-24 17:00", 1, "2026-09-28 09:00"),
    ("both: 24, 28, 29, 30 September, 8 October", CITY, "2026-09-24 08:30", 37.5,
     "2026-10-08 17:30"),
    ("Spring Festival: 1.5, 7.5 on Saturday 14, 3", CITY, "2026-02-13 16:00", 12,
     "2026-02-24 11:30"),
    ("Saturday 28 February at work, Sunday off", CITY, "2026-02-28 16:30", 2,
     "2026-03-02 09:30"),
    ("New Year: on to Sunday 4 January", CITY, "2025-12-31 16:30", 2, "2026-01-04 09:30"),
    ("Labour Day, ends at closing", CITY, "2026-04-30 17:00", 8, "2026-05-06 17:30"),
    ("Saturday 9 May: 0.5, 7.5, 0.5", CITY, "2026-05-08 17:00", 8.5, "2026-05-11 09:00"),
    ("leap day: 1, 7.5 on the 29th, 0.5", CITY, "2028-02-28 16:30", 9, "2028-03-01 09:00"),
    ("no leap day in 2027", CITY, "2027-02-26 17:00", 1, "2027-03-01 09:00"),
    ("a night: 1 before midnight, 2 after", NIGHTS, "2026-11-18 23:00", 3, "2026-11-19 02:00"),
    ("a night, begun by day", NIGHTS, "2026-11-18 12:00", 1, "2026-11-18 23:00"),
    ("a night, begun after midnight: 1, then 1", NIGHTS, "2026-11-19 05:00", 2,
     "2026-11-19 23:00"),
    ("a whole night ends at six", NIGHTS, "2026-11-18 22:00", 8, "2026-11-19 06:00"),
    ("the night of Friday ends on Saturday", WEEK_NIGHTS, "2026-11-20 23:00", 8,
     "2026-11-23 23:00"),
    ("Saturday at three is Friday's night", WEEK_NIGHTS, "2026-11-21 03:00", 1,
     "2026-11-21 04:00"),
    ("Monday at three is nobody's", WEEK_NIGHTS, "2026-11-23 03:00", 1, "2026-11-23 23:00"),
    ("a night told as two spans", SPLIT_NIGHTS, "2026-11-18 23:00", 3, "2026-11-19 02:00"),
    ("around the clock over a leap day", ROUND_THE_CLOCK, "2028-02-28 12:00", 48,
     "2028-03-01 12:00"),
    ("no daylight saving: Europe's night is like any", ROUND_THE_CLOCK, "2026-03-28 12:00", 24,
     "2026-03-29 12:00"),
]
AROUND = [
    ("five days over National Day", "2026-09-30 10:00", 120, "2026-10-05 10:00"),
    ("a day into the leap day", "2028-02-28 18:00", 24, "2028-02-29 18:00"),
    ("nothing", "2026-11-21 12:00", 0, "2026-11-21 12:00"),
]
RESTED = [
    # what, working, due, suspended, resumed, due then
    ("6.5 of 15 spent, 8.5 left: 6 on Monday, 2.5", True, "2026-11-19 17:30",
     "2026-11-18 16:30", "2026-11-23 10:00", "2026-11-24 11:00"),
    ("a day left around the clock", False, "2026-11-19 12:00", "2026-11-18 12:00",
     "2026-11-21 09:00", "2026-11-22 09:00"),
    ("missed before it was suspended", True, "2026-11-18 12:00", "2026-11-18 13:30",
     "2026-11-20 09:00", "2026-11-18 12:00"),
    ("missed, around the clock", False, "2026-11-18 12:00", "2026-11-18 13:30",
     "2026-11-20 09:00", "2026-11-18 12:00"),
    ("an hour left, resumed in the holiday", True, "2026-10-08 09:30", "2026-09-30 17:30",
     "2026-10-05 09:00", "2026-10-08 09:30"),
    ("within one break nothing is lost", True, "2026-11-18 15:00", "2026-11-18 12:10",
     "2026-11-18 13:10", "2026-11-18 15:00"),
    ("resumed at once", True, "2026-11-18 15:00", "2026-11-18 14:00", "2026-11-18 14:00",
     "2026-11-18 15:00"),
]


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=CHINA_TIME)


def microseconds(hours: float) -> int:
    return round(hours * 3_600_000_000)


def test_there_are_more_than_forty() -> None:
    assert len(ADDED) + len(AROUND) + len(RESTED) >= 50


@pytest.mark.parametrize("calendar,start,hours,end", [pytest.param(*case[1:], id=case[0])
                                                      for case in ADDED])
def test_added(calendar: Calendar, start: str, hours: float, end: str) -> None:
    duration = timedelta(microseconds=microseconds(hours))
    assert add_working(calendar, moment(start), duration) == moment(end)
    assert elapsed_working(calendar, moment(start), moment(end)) == duration


@pytest.mark.parametrize("start,hours,end", [pytest.param(*case[1:], id=case[0])
                                             for case in AROUND])
def test_around_the_clock(start: str, hours: float, end: str) -> None:
    assert Limit(timedelta(hours=hours)).deadline(moment(start), CITY) == moment(end)


@pytest.mark.parametrize("working,due,suspended,again,then", [
    pytest.param(*case[1:], id=case[0]) for case in RESTED])
def test_rested(working: bool, due: str, suspended: str, again: str, then: str) -> None:
    limit = Limit(timedelta(hours=15), working)
    assert resumed(limit, CITY, moment(due), moment(suspended), moment(again)) == moment(then)


def matter(work: Clockwork, at: str) -> Incident:
    """One verified at the grid, whose clocks are those of its category."""
    clocks = work.limits.end_to_end(work.categories).deadline(moment(at), work.calendar)
    step = open_step(1, moment(at))
    incident = opened(step)
    return taken(incident, work, "verify", at) if clocks is None else Incident(
        **{name: getattr(incident, name) for name in incident.__dataclass_fields__}
        | {"deadline_at": clocks})


def taken(incident: Incident, work: Clockwork, action: str, at: str,
          until: str | None = None) -> Incident:
    rule = lawful_rule(incident, Action(action), Role.STREET)
    ends = until and moment(until)
    clocks = work.after(incident, rule, moment(at), ends)
    step = take(incident, Action(action), actor_role=Role.STREET, at=moment(at), note="因雨",
                until=ends, deadlines=clocks)
    return applied(incident, step)


def test_suspended_inside_an_extension() -> None:
    """15 working hours from Wednesday; extended to Monday noon; suspended on Friday at 14:30
    with 3 + 3.5 hours left; resumed on Wednesday at 16:00: 1.5, then 3.5 and 1.5 on Thursday."""
    work = Clockwork(Limits(whole={"urban": Limit(timedelta(hours=15), True)},
                            stages={(None, "grid"): Limit(timedelta(hours=15), True)}),
                     CITY, ("urban",))
    incident = matter(work, "2026-11-18 08:30")
    assert incident.deadline_at == moment("2026-11-19 17:30")
    incident = taken(incident, work, "extend", "2026-11-19 09:00", "2026-11-23 12:00")
    assert incident.deadline_at == incident.stage_deadline_at == moment("2026-11-23 12:00")
    incident = taken(incident, work, "suspend", "2026-11-20 14:30", "2026-12-20 12:00")
    assert incident.deadline_at == moment("2026-11-23 12:00")
    incident = taken(incident, work, "resume", "2026-11-25 16:00")
    assert incident.deadline_at == incident.stage_deadline_at == moment("2026-11-26 15:00")


def test_another_tier_begins_another_stage_and_reopening_begins_all() -> None:
    work = Clockwork(
        Limits(whole={"urban": Limit(timedelta(hours=48))},
               stages={(None, "community"): Limit(timedelta(hours=4), True),
                       (None, "street"): Limit(timedelta(hours=100))}), CITY, ("urban",))
    incident = matter(work, "2026-11-20 16:30")
    incident = taken(incident, work, "escalate", "2026-11-20 16:30")
    # 1 hour on Friday, 3 on Monday; the whole ends on Sunday, and the stage with it.
    assert incident.deadline_at == incident.stage_deadline_at == moment("2026-11-22 16:30")
    incident = taken(incident, work, "escalate", "2026-11-22 17:00")
    # The whole is over: the stage has its own time.
    assert incident.stage_deadline_at == moment("2026-11-26 21:00")
    incident = taken(incident, work, "reject", "2026-11-22 18:00")
    incident = taken(incident, work, "reopen", "2026-12-01 08:30")
    assert incident.deadline_at == incident.stage_deadline_at == moment("2026-12-03 08:30")


@pytest.fixture(scope="module")
def world(cluster, template) -> Iterator[object]:
    with cloned(cluster, template) as database, owner(database.admin_url) as connection:
        put_area(connection, "grid", "G", rectangle(0, 0, 1, 1))
        settle(connection)
        yield connection


def set_calendar(connection, calendar: Calendar) -> None:
    hours = [[f"{start:%H:%M}", f"{end:%H:%M}"] for start, end in calendar.hours]
    for name, told in (("working_hours", hours), ("working_week", sorted(calendar.weekdays))):
        connection.execute("UPDATE city_setting SET value = %(told)s WHERE name = %(name)s"
                           " AND value <> %(told)s", {"told": json.dumps(told), "name": name})


def sql_added(connection, cases: list[tuple[datetime, int]]) -> list[datetime]:
    rows = connection.execute(
        "SELECT add_working(c.start, c.us) AS due FROM unnest(%s::timestamptz[], %s::bigint[])"
        " WITH ORDINALITY AS c(start, us, place) ORDER BY c.place",
        ([start for start, _ in cases], [us for _, us in cases]))
    return [row["due"] for row in rows]


def test_the_database_says_the_same_of_each(world) -> None:
    for calendar in (CITY, NIGHTS, WEEK_NIGHTS, SPLIT_NIGHTS, ROUND_THE_CLOCK):
        set_calendar(world, calendar)
        cases = [case for case in ADDED if case[1] is calendar]
        found = sql_added(world, [(moment(case[2]), microseconds(case[3])) for case in cases])
        assert dict(zip((case[0] for case in cases), found, strict=True)) == {
            case[0]: moment(case[4]) for case in cases}
    set_calendar(world, CITY)
    for what, working, due, suspended, again, then in RESTED:
        assert value(world, "SELECT resumed_deadline(%s, %s, %s, %s)", moment(due),
                     moment(suspended), moment(again), working) == moment(then), what


STARTS = st.datetimes(datetime(2024, 12, 20), datetime(2028, 12, 31),
                      timezones=st.just(CHINA_TIME))
DURATIONS = st.one_of(
    st.integers(0, 300 * 3_600_000_000),
    st.sampled_from([microseconds(hours) for hours in (0, 3.5, 4, 7.5, 15, 37.5, 75)]))


@pytest.mark.parametrize("hours,weekdays", [
    (CITY.hours, CITY.weekdays), (WEEK_NIGHTS.hours, WEEK_NIGHTS.weekdays),
    (((time(6), time(6)),), EVERY_DAY)])
def test_working_time_in_the_database_is_that_of_the_clocks(world, hours, weekdays) -> None:
    calendar = Calendar(hours, weekdays, CITY.holidays, CITY.workdays)
    set_calendar(world, calendar)

    @settings(max_examples=40, deadline=None)
    @given(cases=st.lists(st.tuples(STARTS, DURATIONS), min_size=1, max_size=40))
    def holds(cases: list[tuple[datetime, int]]) -> None:
        assert sql_added(world, cases) == [
            add_working(calendar, start, timedelta(microseconds=us)) for start, us in cases]

    holds()


@pytest.mark.parametrize("received", ["2026-09-30 16:30", "2026-10-10 17:00", "2026-11-21 12:00"])
def test_the_intake_s_deadlines_are_those_of_the_limits(world, received: str) -> None:
    set_calendar(world, CITY)
    limit, stage = Limit(timedelta(hours=20), True), Limit(timedelta(hours=6), True)
    world.execute("UPDATE category SET limit_hours = 20, limit_working = true,"
                  " stage_limits = '{\"grid\": {\"hours\": 6, \"working\": true}}'"
                  " WHERE code = 'market'")
    number = put_report(world, place(0.5, 0.5), category_code="market",
                        received_at=moment(received))
    row = world.execute("SELECT * FROM incident WHERE id = %s", (number,)).fetchone()
    assert row["deadline_at"] == limit.deadline(moment(received), CITY)
    assert row["stage_deadline_at"] == stage.deadline(moment(received), CITY)
    first = world.execute("SELECT * FROM step WHERE incident_id = %s", (number,)).fetchone()
    assert (first["deadline_at"], first["stage_deadline_at"]) == (
        row["deadline_at"], row["stage_deadline_at"])


def test_a_day_put_into_the_calendar_moves_working_time_from_then_on(world) -> None:
    set_calendar(world, CITY)
    start, hour = moment("2027-09-30 17:00"), microseconds(1)
    assert sql_added(world, [(start, hour)]) == [moment("2027-10-01 09:00")]
    world.execute("INSERT INTO calendar_day SELECT d::date, false, '国庆节' FROM"
                  " generate_series(timestamp '2027-10-01', '2027-10-07', '1 day') AS d")
    assert sql_added(world, [(start, hour)]) == [moment("2027-10-08 09:00")]
    world.execute("DELETE FROM calendar_day WHERE day >= '2027-01-01'")
