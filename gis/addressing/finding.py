"""From buildings that fit to the houses in them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from gis.addressing.weighing import Site, Weighed

# A room that the building has not: the building may be right, the house is not found.
NO_SUCH_ROOM = 0.5
_UNIT_UNTOLD, _ONLY_UNIT, _OTHER_FLOOR, _NO_UNITS = 0.99, 0.97, 0.6, 0.4
_SUFFIXES = ("号单元", "单元", "号门", "门", "梯", "号室", "室", "号房", "房", "户", "号", "幢",
             "栋", "座", "层", "楼")


class House(NamedTuple):
    """A row of the table ``address``."""

    id: int
    building_id: int | None
    house_code: str | None
    text: str
    road: str | None
    road_number: str | None
    compound: str | None
    building_number: str | None
    unit: str | None
    floor: str | None
    room: str | None


@dataclass
class Candidate:
    """A house, or a building where `address_id` is None, with its score and why."""

    site: Site
    address_id: int | None
    score: float
    reasons: list[tuple[str, str]]
    how: str


def candidates_of(weighed: list[Weighed], houses: Iterable[tuple[Any, ...]],
                  standing: Iterable[tuple[Any, ...]]) -> list[Candidate]:
    """The answers that sites and the houses found in them make, best first, each place once.

    Parameters
    ----------
    weighed
        Sites, best first.
    houses
        Rows of addresses that have the room told.
    standing
        Rows of addresses that stand for a building as a whole.
    """
    rooms, whole = defaultdict(list), defaultdict(list)
    for row in houses:
        house = House(*row)
        (rooms if house.room else whole)[house.building_id].append(house)
    for row in standing:
        whole[row[1]].append(House(*row))
    found: dict[Any, Candidate] = {}
    for one in weighed:
        for candidate in _of_site(one, rooms, whole):
            place = candidate.address_id or ("building", candidate.site.building_id
                                             or -candidate.site.id)
            if place not in found or candidate.score > found[place].score:
                found[place] = candidate
    return sorted(found.values(), key=lambda one: (
        -one.score, one.address_id is None, one.address_id or one.site.id))


def _of_site(one: Weighed, rooms: dict[Any, list[House]],
             whole: dict[Any, list[House]]) -> list[Candidate]:
    roles, site = one.roles, one.site
    if roles.room is None:
        floors = [Candidate(site, house.id, one.score, [*one.reasons, ("matched", "room")], one.how)
                  for house in rooms[site.building_id] if roles.floor and _belongs(house, site)
                  and bare(house.room) == roles.floor]
        return floors or _as_whole(one, whole, one.score, one.reasons)
    found = []
    for house in rooms[site.building_id]:
        if _belongs(house, site):
            # 5-2 may be one room's number, or a unit and a room.
            whole_number = roles.unit and bare(house.room) == f"{roles.unit}-{roles.room}"
            unit = bare(house.unit) if whole_number else roles.unit
            factor, reasons = _fits(house, unit, roles.floor)
            if factor > _NO_UNITS:
                found.append(Candidate(site, house.id, one.score * factor,
                                       [*one.reasons, ("matched", "room"), *reasons], one.how))
    if found:
        return found
    return _as_whole(one, whole, one.score * NO_SUCH_ROOM,
                     [*one.reasons, ("room_unknown", roles.room)])


def _as_whole(one: Weighed, whole: dict[Any, list[House]], score: float,
              reasons: list[tuple[str, str]]) -> list[Candidate]:
    stands = [house for house in whole[one.site.building_id] if _belongs(house, one.site)]
    if one.roles.floor and any(house.floor for house in stands):
        # 15号2楼, where each floor has an address of its own.
        stands = [house for house in stands if bare(house.floor) == one.roles.floor]
    return [Candidate(one.site, house.id, score, reasons, one.how) for house in stands] or [
        Candidate(one.site, None, score, reasons, one.how)]


def _belongs(house: House, site: Site) -> bool:
    """Whether the house is one of the site's, where its building has several sites."""
    return all(mine is None or bare(theirs) == mine or theirs is None for theirs, mine in (
        (house.road_number, site.road_number), (house.building_number, site.building_number))
    ) and (house.road is None or site.road is None or house.road == site.road) and (
        house.compound is None or site.compound is None or house.compound == site.compound)


def _fits(house: House, unit: str | None, floor: str | None) -> tuple[float, list[Any]]:
    factor, reasons = 1.0, []
    own = bare(house.unit)
    if unit is None and own is not None:
        factor *= _UNIT_UNTOLD
        reasons.append(("unit_untold", own))
    elif unit is not None and own is None:
        factor *= _ONLY_UNIT if unit == "1" else _NO_UNITS
    elif unit is not None and own != unit:
        factor = 0.0
    if floor and house.floor and bare(house.floor) != floor:
        factor *= _OTHER_FLOOR
        reasons.append(("floor_differs", floor))
    return factor, reasons


def bare(written: str | None) -> str | None:
    """A number of a table without its word.

    >>> bare("3幢"), bare("2"), bare(None)
    ('3', '2', None)
    """
    if not written:
        return None
    written = written.strip().upper()
    for suffix in _SUFFIXES:
        if written.endswith(suffix) and len(written) > len(suffix):
            return written[:-len(suffix)]
    return written
