"""`gridwall load` with what the loop goes by: categories, and days of the calendar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.cli.load_library import add_kind, load

__all__ = ["load"]

Work = Callable[..., Any]


def _categories() -> Work:
    from gis.loading.categories import load_categories

    return lambda session, *rest: load_categories(*rest)


def _calendar() -> Work:
    from gis.loading.categories import load_calendar

    return lambda session, *rest: load_calendar(*rest)


add_kind("categories", "What matters are about: limits, department, who may close them"
         " (/api/admin/categories.xlsx is the template).", _categories)
add_kind("calendar", "Holidays, and weekends at work (节假日、调休).", _calendar)
