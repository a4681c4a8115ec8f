"""What a search answers, and how rows become answers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

# Asks a named query with its values; or for a function to be called with its arguments.
Asking = Generator[tuple[Any, Any], Any, Any]


@dataclass(frozen=True)
class Match:
    """One answer. `level` is what it is: house, building, compound, road_number, road, community …

    `score` is 0 to 1. `reason` holds a code and a parameter each. `tied`: as true as the first.
    """

    house_code: str | None
    building_code: str | None
    address_id: int | None
    building_id: int | None
    text: str
    lon: float | None
    lat: float | None
    score: float
    how: str
    reason: tuple[tuple[str, str], ...] = ()
    level: str = "house"
    tied: bool = False
    distance_m: float | None = None


@dataclass(frozen=True)
class Findings:
    """What came of a search, best first; `level` is the one that the words determine.

    `ambiguous`: the first match is not to be taken for granted, because others are as good or
    nearly so, or because it is not good enough.
    """

    matches: list[Match] = field(default_factory=list)
    ambiguous: bool = False
    level: str | None = None

    @property
    def sure(self) -> Match | None:
        """The first match where it may be taken for granted."""
        return None if self.ambiguous or not self.matches else self.matches[0]


def told_addresses(ids: list[int]) -> Asking:
    """Houses by their numbers, each with its codes, text and place."""
    if not ids:
        return {}
    rows = yield "addresses_told", {"ids": ids}
    return {number: Match(house, building, number, building_id, text, lon, lat, 0.0, "words")
            for number, building_id, house, building, text, lon, lat in rows}


def told_sites(ids: list[int]) -> Asking:
    """Sites by their numbers, as the buildings that they are."""
    if not ids:
        return {}
    rows = yield "sites_told", {"ids": list(set(ids))}
    return {number: Match(None, code, None, building_id, text, lon, lat, 0.0, "words",
                          level="building")
            for number, building_id, code, text, lon, lat in rows}


def told_buildings(ids: list[int]) -> Asking:
    """Buildings by their numbers."""
    if not ids:
        return {}
    rows = yield "buildings_told", {"building_ids": ids}
    return {number: Match(None, code, None, number, text, lon, lat, 0.0, "code",
                          level="building")
            for number, code, text, lon, lat in rows}
