"""The served town and its two streets, for those who attack it."""

from __future__ import annotations

from tests.console.streets import streets
from tests.console.town import shared_town, town

__all__ = ["shared_town", "streets", "town"]
