"""The fixtures that tests of the served application share, and what the town is built of."""

from __future__ import annotations

from tests.console.streets import streets
from tests.console.town import (
    DISTRICT,
    PASSWORD,
    SOUTH,
    STEP,
    STREETS,
    WEST,
    Town,
    build_town,
    report,
    served_town,
    serving,
    shared_town,
    square,
    town,
    town_database,
)

__all__ = ["DISTRICT", "PASSWORD", "SOUTH", "STEP", "STREETS", "WEST", "Town", "build_town",
           "report", "served_town", "serving", "shared_town", "square", "streets", "town",
           "town_database"]
