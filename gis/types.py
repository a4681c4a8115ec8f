"""Small values that the pure modules share: tiers, roles, channels, targets of steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gis.errors import InvalidInput


class Tier(StrEnum):
    """Who is handling a matter (层级), from the ground up; the city tier may be switched on."""

    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    DISTRICT = "district"
    CITY = "city"

    @property
    def above(self) -> Tier | None:
        """The next tier up; None above the city."""
        return _TIERS[_TIERS.index(self) + 1] if self is not _TIERS[-1] else None

    @property
    def below(self) -> Tier | None:
        """The next tier down; None below the grid."""
        return _TIERS[_TIERS.index(self) - 1] if self is not _TIERS[0] else None

    @property
    def rank(self) -> int:
        """0 for the grid, 4 for the city."""
        return _TIERS.index(self)


_TIERS = tuple(Tier)


class Role(StrEnum):
    """The roles of accounts, and `system`: the clock's worker."""

    HALL = "hall"
    STREET = "street"
    COMMUNITY = "community"
    OFFICER = "officer"
    DEPARTMENT = "department"
    PLANNER = "planner"
    INTAKE = "intake"
    ADMIN = "admin"
    SYSTEM = "system"


class Channel(StrEnum):
    """By which way a report came in; the actor of a matter's first step."""

    OFFICER = "officer"
    RESIDENT = "resident"
    PROPERTY = "property"
    HOTLINE = "hotline"
    DEPARTMENT = "department"
    DEVICE = "device"
    IMPORT = "import"


class TargetKind(StrEnum):
    """What a step may point at."""

    OFFICER = "officer"
    UNIT = "unit"
    INCIDENT = "incident"


@dataclass(frozen=True)
class Target:
    """An officer, a unit or another incident, by its number; written ``officer:12``."""

    kind: TargetKind
    id: int

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read ``officer:12``, ``unit:3`` or ``incident:45``.

        Raises
        ------
        InvalidInput
            Field ``to``, when it is written in any other way.
        """
        kind, separator, number = text.partition(":")
        if separator and kind in set(TargetKind) and number.isascii() and number.isdigit():
            return cls(TargetKind(kind), int(number))
        raise InvalidInput(
            f"{text!r:.60} is no target: write officer:N, unit:N or incident:N", field="to"
        )
