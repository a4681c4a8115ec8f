"""Small values that the pure modules share: tiers, roles, channels, targets of steps."""

from __future__ import annotations

import re
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
    HOUSE = "house"
    BUILDING = "building"
    POINT = "point"


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
        if separator and kind in _NUMBERED and number.isascii() and number.isdigit():
            return cls(TargetKind(kind), int(number))
        raise InvalidInput(
            f"{text!r:.60} is no target: write officer:N, unit:N or incident:N", field="to"
        )


@dataclass(frozen=True)
class Place:
    """A place that a step gives a matter: ``house:CODE``, ``building:CODE``, ``point:lon,lat``.

    Attributes
    ----------
    kind
        HOUSE, BUILDING or POINT.
    words
        The code, or longitude and latitude in degrees (CGCS2000).
    officer_id
        Who answers there, as the database found; written ``point:120.1,30.2 officer:12``.
    """

    kind: TargetKind
    words: str
    officer_id: int | None = None

    def __str__(self) -> str:
        officer = "" if self.officer_id is None else f" officer:{self.officer_id}"
        return f"{self.kind.value}:{self.words}{officer}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read what `Place` writes.

        Raises
        ------
        InvalidInput
            Field ``to``, when it is written in any other way.
        """
        told, _, officer = text.partition(" ")
        kind, separator, words = told.partition(":")
        fits = _POINT.fullmatch(words) if kind == TargetKind.POINT else _CODE.fullmatch(words)
        if not separator or kind not in _PLACES or not fits:
            raise InvalidInput(f"{text!r:.60} is no place: write house:CODE, building:CODE or"
                               " point:lon,lat", field="to")
        named = Target.parse(officer) if officer else None
        if named is not None and named.kind is not TargetKind.OFFICER:
            raise InvalidInput(f"{text!r:.60}: a place is followed by officer:N only", field="to")
        return cls(TargetKind(kind), words, named and named.id)


def read_target(text: str) -> Target | Place:
    """Whatever a step points at; raises as `Target.parse` and `Place.parse` do."""
    return (Place if text.partition(":")[0] in _PLACES else Target).parse(text)


_NUMBERED = frozenset({TargetKind.OFFICER, TargetKind.UNIT, TargetKind.INCIDENT})
_PLACES = frozenset({TargetKind.HOUSE, TargetKind.BUILDING, TargetKind.POINT})
_CODE = re.compile(r"[0-9A-Za-z_-]{1,40}")
_POINT = re.compile(r"-?\d{1,3}(\.\d{1,12})?,-?\d{1,2}(\.\d{1,12})?")
