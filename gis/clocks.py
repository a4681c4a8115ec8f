"""Honest clocks: working time, and what is overdue. Time is always an argument.

Instants are aware datetimes; working time is counted on the calendar of one place, in its time
zone. An interval holds its start and not its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from gis.errors import InvalidInput
from gis.incident_rules import State
from gis.incidents import Incident

ONE_DAY = timedelta(days=1)
# Nothing lawful takes this long: a calendar that never opens again is told, not waited for.
_LONGEST = timedelta(days=3660)

Hours = tuple[tuple[time, time], ...]
CHINA_TIME = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Calendar:
    """The working days and hours of a place.

    Attributes
    ----------
    hours
        The spans of a working day, in order and apart. The last may run over midnight (a night
        shift): one that does not end after it starts ends on the next day, and belongs to the
        day on which it starts.
    weekdays
        Working days of the week, Monday = 1.
    holidays
        Days off whatever the weekday.
    workdays
        Days at work whatever the weekday (the weekends swapped for holidays, 调休); they
        win over `holidays`.
    zone
        The place's time zone.
    """

    hours: Hours = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
    weekdays: frozenset[int] = frozenset(range(1, 6))
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    zone: tzinfo = CHINA_TIME

    def __post_init__(self) -> None:
        edges = [edge for start, end in self.hours for edge in _edges(start, end)]
        if (not edges or any(late <= early for early, late in pairwise(edges))
                or edges[-1] - ONE_DAY > edges[0]):
            raise InvalidInput("working hours must be spans in order, each ending after it starts"
                               " and before the next; the last may run over midnight",
                               field="hours")

    def works_on(self, day: date) -> bool:
        """Whether a day is a working day here."""
        if day in self.workdays:
            return True
        return day not in self.holidays and day.isoweekday() in self.weekdays

    def spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """The working spans of the days from first to last, as UTC instants in order."""
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            if self.works_on(day):
                for start, end in self.hours:
                    end_day = day if end > start else day + ONE_DAY
                    yield self._instant(day, start), self._instant(end_day, end)

    def day_of(self, at: datetime) -> date:
        """The calendar's own date at an instant."""
        return at.astimezone(self.zone).date()

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)


def add_working(calendar: Calendar, start: datetime, duration: timedelta) -> datetime:
    """The instant at which a duration of working time, begun at start, is used up.

    Time that ends with a span ends there, not at the next opening; none at all gives `start`.

    Raises
    ------
    InvalidInput
        A negative duration, a naive start, or a calendar that does not open often enough.

    Notes
    -----
    With the default hours (7.5 h a day): Friday 17:00 + 1 h is Monday 09:00; Friday 10:00 +
    7.5 h is Monday 10:00; Saturday 12:00 + 0 h is Saturday 12:00.
    """
    _aware(start, "start")
    if duration < timedelta(0):
        raise InvalidInput(f"a limit can't be negative: {duration}", field="duration")
    left = duration
    if not left:
        return start
    # The night before may still be at work.
    first = calendar.day_of(start) - ONE_DAY
    for opens, closes in calendar.spans(first, first + _LONGEST):
        begins = max(opens, start)
        if closes - begins >= left:
            return (begins + left).astimezone(calendar.zone)
        left -= max(closes - begins, timedelta(0))
    raise InvalidInput(f"{duration} of working time do not fit into ten years", field="duration")


def elapsed_working(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Working time between two instants; negative where end lies before start.

    ``elapsed_working(c, a, add_working(c, a, d)) == d`` for every d. Friday 17:00 to Monday
    09:00 is 1 h with the default hours.
    """
    _aware(start, "start")
    _aware(end, "end")
    if end < start:
        return -elapsed_working(calendar, end, start)
    worked = (min(closes, end) - max(opens, start)
              for opens, closes in calendar.spans(calendar.day_of(start) - ONE_DAY,
                                                  calendar.day_of(end)))
    return sum((span for span in worked if span > timedelta(0)), timedelta(0))


def overdue(incident: Incident, now: datetime) -> bool:
    """Whether a matter is past its end-to-end deadline: open now, or closed too late.

    A suspended matter's clock stands where it was suspended. At the deadline itself it is in
    time; without a deadline it is never overdue.
    """
    stops = [at for at in (now, incident.closed_at, incident.suspended_at) if at is not None]
    return incident.deadline_at is not None and min(stops) > incident.deadline_at


@dataclass(frozen=True)
class OnTime:
    """The on-time rate with what it is made of, so that it can be said beside the number."""

    closed_on_time: int
    closed_late: int
    open_overdue: int

    @property
    def rate(self) -> float | None:
        """closed_on_time / (closed_on_time + closed_late + open_overdue); None of nothing.

        8 in time, 1 late and 1 open and overdue give 0.8.
        """
        whole = self.closed_on_time + self.closed_late + self.open_overdue
        return self.closed_on_time / whole if whole else None


def on_time(incidents: Iterable[Incident], now: datetime) -> OnTime:
    """Count matters closed in time, closed late, and open and overdue.

    Open matters still in time count nowhere; nor do rejected and merged ones, which nobody
    had to handle.
    """
    counts = {"closed_on_time": 0, "closed_late": 0, "open_overdue": 0}
    for incident in incidents:
        if incident.state is State.REJECTED or incident.merged_into_id is not None:
            continue
        late = overdue(incident, now)
        if incident.closed_at is not None:
            counts["closed_late" if late else "closed_on_time"] += 1
        elif late:
            counts["open_overdue"] += 1
    return OnTime(**counts)


def _edges(start: time, end: time) -> tuple[timedelta, timedelta]:
    opens, closes = _since_midnight(start), _since_midnight(end)
    return opens, closes if closes > opens else closes + ONE_DAY


def _since_midnight(at: time) -> timedelta:
    return datetime.combine(date.min, at) - datetime.combine(date.min, time(0))


def _aware(at: datetime, name: str) -> None:
    if at.tzinfo is None:
        raise InvalidInput(f"{name} {at} has no time zone", field=name)
