"""Periods of assessment: days, weeks, months, quarters and years of the city's calendar."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from gis.errors import InvalidInput

ONE_DAY = timedelta(days=1)
# The last days, today among them.
LAST_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
CURRENT = ("today", "this_week", "this_month", "this_quarter", "this_year")
_WRITTEN = re.compile(
    r"(?P<year>[12]\d{3})"
    r"(?:-(?:W(?P<week>\d\d)|Q(?P<quarter>[1-4])|(?P<month>\d\d)(?:-(?P<day>\d\d))?))?")
HELP = ("day, week, month, quarter or year (the last 1, 7, 30, 91 or 365 days), today, this_week,"
        " this_month, this_quarter, this_year, or 2026-11-23, 2026-W47, 2026-11, 2026-Q4, 2026")


@dataclass(frozen=True)
class Period:
    """Whole days of the city, both ends among them."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days: 1 where first and last are the same."""
        return (self.last - self.first).days + 1

    def until(self, today: date) -> Period:
        """The part that is not to come; a period that has not begun keeps its first day."""
        return Period(self.first, max(self.first, min(self.last, today)))

    def grains(self) -> Iterator[tuple[str, date]]:
        """The whole months and the single days that make it up, in order.

        2026-10-30 to 2026-12-01 is the days 30 and 31 October, the month of November, and the
        day 1 December.
        """
        day = self.first
        while day <= self.last:
            end = _month_end(day)
            if day.day == 1 and end <= self.last:
                yield "month", day
                day = end + ONE_DAY
            else:
                yield "day", day
                day += ONE_DAY


def read_period(text: str, today: date) -> Period:
    """The period that a word or a date stands for, seen from a day.

    On Wednesday 2026-11-18: ``week`` is 12 to 18 November, ``this_week`` 16 to 22 November
    (weeks begin on Monday), ``2026-Q4`` 1 October to 31 December.

    Raises
    ------
    InvalidInput
        Field ``period``, for anything else.
    """
    if text in LAST_DAYS:
        return Period(today - timedelta(days=LAST_DAYS[text] - 1), today)
    if text in CURRENT:
        return _current(text, today)
    told = _WRITTEN.fullmatch(text)
    try:
        if told:
            return _written(*(int(told[name]) if told[name] else None for name in (
                "year", "quarter", "month", "week", "day")))
    except ValueError:
        pass
    raise InvalidInput(f"{text!r:.40} is no period: {HELP}", field="period")


def _current(word: str, today: date) -> Period:
    if word == "today":
        return Period(today, today)
    if word == "this_week":
        monday = today - timedelta(days=today.weekday())
        return Period(monday, monday + timedelta(days=6))
    if word == "this_month":
        return _written(today.year, None, today.month, None, None)
    if word == "this_quarter":
        return _written(today.year, (today.month + 2) // 3, None, None, None)
    return _written(today.year, None, None, None, None)


def _written(year: int, quarter: int | None, month: int | None, week: int | None,
             day: int | None) -> Period:
    if week is not None:
        monday = date.fromisocalendar(year, week, 1)
        return Period(monday, monday + timedelta(days=6))
    if month is not None and day is not None:
        return Period(date(year, month, day), date(year, month, day))
    if month is not None:
        return Period(date(year, month, 1), _month_end(date(year, month, 1)))
    if quarter is not None:
        return Period(date(year, 3 * quarter - 2, 1), _month_end(date(year, 3 * quarter, 1)))
    return Period(date(year, 1, 1), date(year, 12, 31))


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
