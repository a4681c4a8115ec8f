"""What a city has set for the loop, read from the database and kept until it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection

from gis import queries
from gis.clocks import Calendar
from gis.incidents import Allowance, Policy
from gis.limits import Clockwork, Limit, Limits
from gis.types import Role, Tier

_HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class LoopRules:
    """The city's word on the loop at one version.

    Attributes
    ----------
    version
        Grows with every change.
    calendar, limits
        Working time, and how long things may take.
    policies
        What may be closed where, by category code.
    parents
        The class of each category; a class is its own.
    warning_share
        The share of a limit at which a warning is due.
    """

    version: int
    calendar: Calendar
    limits: Limits
    policies: Mapping[str, Policy]
    parents: Mapping[str, str]
    warning_share: float

    def policy(self, category_code: str) -> Policy:
        """What the city allows for a category."""
        return self.policies[category_code]

    def clockwork(self, category_code: str) -> Clockwork:
        """The clocks of matters of a category: its own limits, then its class's."""
        codes = dict.fromkeys((category_code, self.parents[category_code]))
        return Clockwork(self.limits, self.calendar, tuple(codes))


def parse_rules(version: int, told: Mapping[str, Any]) -> LoopRules:
    """The rules from what the query ``loop_rules`` tells.

    Raises
    ------
    InvalidInput
        Where hours, limits or tiers can't be read.
    """
    settings, categories = told["settings"], told["categories"]
    calendar = parse_calendar(settings, told["days"])
    stages = {(None, Tier(tier)): _limit(limit)
              for tier, limit in settings["stage_limits"].items()}
    stages |= {(row["code"], Tier(tier)): _limit(limit)
               for row in categories for tier, limit in row["stage_limits"].items()}
    whole = {row["code"]: _hours(row["limit_hours"], row["limit_working"]) for row in categories}
    parents = {row["code"]: row["parent_code"] or row["code"] for row in categories}
    own = {row["code"]: row["closing_tiers"] for row in categories}
    common = {"top_tier": Tier(settings["top_tier"]),
              "extension": _allowance(settings["extension"]),
              "suspension": _allowance(settings["suspension"])}
    policies = {}
    for code, parent in parents.items():
        tiers = next(tiers for tiers in (own[code], own.get(parent), settings["closing_tiers"])
                     if tiers is not None)
        policies[code] = Policy(may_close=frozenset(map(Tier, tiers)), **common)
    return LoopRules(version, calendar, Limits(stages, whole), policies, parents,
                     float(settings["warning_share"]))


def parse_calendar(settings: Mapping[str, Any], days: Mapping[str, bool]) -> Calendar:
    """Hours and week from the city's settings, days that are not what their weekday says."""
    off = {date.fromisoformat(day): working for day, working in days.items()}
    return Calendar(
        hours=tuple((time.fromisoformat(start), time.fromisoformat(end))
                    for start, end in settings["working_hours"]),
        weekdays=frozenset(settings["working_week"]),
        holidays=frozenset(day for day, working in off.items() if not working),
        workdays=frozenset(day for day, working in off.items() if working),
        zone=ZoneInfo(settings["time_zone"]))


class LoopData:
    """The rules, read anew only when their version has changed."""

    def __init__(self) -> None:
        self._known: LoopRules | None = None

    async def read(self, connection: AsyncConnection) -> LoopRules:
        """The rules in force, by one query that brings them only where they are others."""
        known = self._known
        cursor = await connection.execute(
            queries.get("loop_rules"), {"known": known.version if known else -1})
        version, told = (await cursor.fetchone())[:2]
        if told is None and known is not None:
            return known
        self._known = parse_rules(version, told)
        return self._known


def _limit(told: Mapping[str, Any]) -> Limit:
    return _hours(told["hours"], told.get("working", False))


def _hours(hours: float, working: bool) -> Limit:
    """As the database rounds it: whole microseconds."""
    return Limit(timedelta(microseconds=round(hours * _HOUR_US)), working)


def _allowance(told: Mapping[str, Any]) -> Allowance:
    hours, approver = told.get("hours"), told.get("approver")
    return Allowance(told.get("times"), None if hours is None else timedelta(hours=hours),
                     None if approver is None else Role(approver))
