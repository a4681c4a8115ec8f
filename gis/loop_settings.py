"""The settings of the loop as an admin may set them, checked one by one. No database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from gis.categories import check_stage_limits, check_tiers
from gis.clocks import Calendar
from gis.errors import InvalidInput
from gis.types import Role, Tier

MOST_TIMES = 99
LONGEST_H = 24 * 366


def check_setting(name: str, value: object) -> Any:
    """A setting's value as the database takes it.

    Raises
    ------
    InvalidInput
        Where there is no such setting, or the value can't be used.
    """
    if name not in _CHECKS:
        raise InvalidInput(f"{name!r:.40} is no setting of the loop: use one of"
                           f" {', '.join(_CHECKS)}", "name")
    try:
        return _CHECKS[name](value)
    except InvalidInput as fault:
        raise InvalidInput(fault.message, "value") from None
    except (TypeError, ValueError, KeyError, OverflowError) as fault:
        raise InvalidInput(f"it can't be read ({fault})", "value") from None


def check_day(value: object) -> str:
    """A day as YYYY-MM-DD within the years that are kept."""
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(f"{value!r:.30} is no day: write 2027-01-01", "day") from None
    if not 2010 <= day.year <= 2050:
        raise InvalidInput("the calendar is kept from 2010 to 2050", "day")
    return day.isoformat()


def _hours(value: Any) -> list[list[str]]:
    spans = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in value)
    Calendar(hours=spans)
    return [[f"{start:%H:%M}", f"{end:%H:%M}"] for start, end in spans]


def _week(value: Any) -> list[int]:
    days = sorted(set(value))
    if not days or not set(days) <= set(range(1, 8)):
        raise InvalidInput("days of the week: 1 (Monday) to 7, one at least")
    return days


def _top_tier(value: Any) -> str:
    if value not in (Tier.DISTRICT, Tier.CITY):
        raise InvalidInput("district, or city where that tier is switched on")
    return value


def _closing_tiers(value: Any) -> list[str]:
    tiers = check_tiers(value)
    if not tiers:
        raise InvalidInput("one tier at least: else nothing is ever closed")
    return tiers


def _share(value: Any) -> float:
    if isinstance(value, bool) or not 0 < float(value) < 1:
        raise InvalidInput("a share over 0 and under 1, such as 0.8")
    return float(value)


def _allowance(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput("an object of times, hours and approver")
    times, hours, approver = value.get("times"), value.get("hours"), value.get("approver")
    if times is not None and not 0 <= int(times) <= MOST_TIMES:
        raise InvalidInput(f"times: 0 to {MOST_TIMES}")
    if hours is not None and not 0 < float(hours) <= LONGEST_H:
        raise InvalidInput(f"hours: over 0, at most {LONGEST_H:,}")
    if approver not in (None, Role.COMMUNITY, Role.STREET):
        raise InvalidInput("approver: community or street, the lowest that may grant it")
    return {"times": None if times is None else int(times),
            "hours": None if hours is None else float(hours), "approver": approver}


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "working_hours": _hours, "working_week": _week, "top_tier": _top_tier,
    "closing_tiers": _closing_tiers, "stage_limits": check_stage_limits,
    "warning_share": _share, "extension": _allowance, "suspension": _allowance,
}
