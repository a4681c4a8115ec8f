"""How long a matter may take, and when it is due: limits, and the deadlines that steps leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gis.clocks import Calendar, add_working, elapsed_working
from gis.incident_rules import Action, Rule
from gis.incidents import Deadlines, Incident, outcome
from gis.types import Tier


@dataclass(frozen=True)
class Limit:
    """How long something may take: in working time, or around the clock."""

    duration: timedelta
    working: bool = False

    def deadline(self, start: datetime, calendar: Calendar) -> datetime:
        """The instant at which the limit, begun at start, is used up."""
        if self.working:
            return add_working(calendar, start, self.duration)
        return start + self.duration


FIVE_DAYS = Limit(timedelta(days=5))


@dataclass(frozen=True)
class Limits:
    """A city's limits, as data.

    Attributes
    ----------
    stages
        The limit of one tier by (category code, tier); a category of None is for all others.
    whole
        The limit end to end by category code.
    default
        The limit end to end of all other categories.
    """

    stages: Mapping[tuple[str | None, Tier], Limit] = field(default_factory=dict)
    whole: Mapping[str, Limit] = field(default_factory=dict)
    default: Limit = FIVE_DAYS

    def stage(self, categories: Iterable[str], tier: Tier) -> Limit | None:
        """The first limit found for the categories (sub-class first); None where none runs."""
        for category in (*categories, None):
            if (category, tier) in self.stages:
                return self.stages[category, tier]
        return None

    def end_to_end(self, categories: Iterable[str]) -> Limit:
        """The first limit found for the categories (sub-class first), or the default."""
        return next((self.whole[category] for category in categories if category in self.whole),
                    self.default)


def deadlines(limits: Limits, calendar: Calendar, categories: Iterable[str], tier: Tier,
              opened_at: datetime, stage_at: datetime) -> Deadlines:
    """Both deadlines of a matter opened at one instant whose stage began at another.

    A stage ends with the whole at the latest, unless the whole was over when it began.
    """
    codes = tuple(categories)
    whole = limits.end_to_end(codes).deadline(opened_at, calendar)
    return Deadlines(stage_deadline(limits, calendar, codes, tier, stage_at, whole), whole)


def stage_deadline(limits: Limits, calendar: Calendar, categories: Iterable[str], tier: Tier,
                   stage_at: datetime, whole: datetime | None) -> datetime | None:
    """The deadline of a stage begun at an instant, in a matter that is due at `whole`."""
    limit = limits.stage(categories, tier)
    if limit is None:
        return None
    due = limit.deadline(stage_at, calendar)
    return min(due, whole) if whole is not None and whole > stage_at else due


def resumed(limit: Limit | None, calendar: Calendar, deadline_at: datetime | None,
            suspended_at: datetime, at: datetime) -> datetime | None:
    """A deadline after a rest: what was left of it when it was suspended is left again.

    In working time where the limit is; one that had been missed stays where it was missed.
    """
    if deadline_at is None or deadline_at <= suspended_at:
        return deadline_at
    if limit is None or not limit.working:
        return deadline_at + (at - suspended_at)
    return add_working(calendar, at, elapsed_working(calendar, suspended_at, deadline_at))


@dataclass(frozen=True)
class Clockwork:
    """What the clocks of one matter go by: limits, calendar, its category and class."""

    limits: Limits
    calendar: Calendar
    categories: tuple[str, ...]

    def after(self, incident: Incident, rule: Rule, at: datetime,
              until: datetime | None) -> Deadlines:
        """Both deadlines as a step by a lawful rule leaves them.

        An extension moves the stage's to `until`, and the whole's where that is earlier; a
        resumption gives back what was left; reopening begins both anew, another tier the
        stage's.
        """
        stage, whole = incident.stage_deadline_at, incident.deadline_at
        _, tier = outcome(incident, rule)
        if rule.extends and until is not None:
            return Deadlines(until, whole and max(whole, until))
        if rule.action is Action.RESUME and incident.suspended_at is not None:
            limits = self.limits.stage(self.categories, tier), self.limits.end_to_end(
                self.categories)
            return Deadlines(*(
                resumed(limit, self.calendar, due, incident.suspended_at, at)
                for limit, due in zip(limits, (stage, whole), strict=True)))
        if rule.action is Action.REOPEN:
            return deadlines(self.limits, self.calendar, self.categories, tier, at, at)
        if tier is not incident.tier:
            return Deadlines(stage_deadline(self.limits, self.calendar, self.categories, tier,
                                            at, whole), whole)
        return Deadlines(stage, whole)
