"""Which number of a text is which part of an address, seen from one site. Pure."""

from __future__ import annotations

from typing import NamedTuple

from gis.addressing.names import Hit
from gis.addressing.numbers import Number

_OF_ROAD = frozenset({"number", "lane", "yard", "plain", "hash"})
_PLAIN = frozenset({"plain", "hash"})
# What is left where the site has no such number, and where it has another: a digit that
# contradicts is another house.
_OF_NUMBER, _OF_BUILDING = (0.9, 0.4), (0.7, 0.2)
_UNEXPLAINED, _RATHER_BUILDING = 0.5, 0.93


class Roles(NamedTuple):
    """How the numbers fit a site: a factor, the reasons, and what is left for the house.

    ``road_number`` and ``building``: True where they agree, False where they contradict, None
    where the text or the site has none.
    """

    factor: float
    reasons: list[tuple[str, str]]
    road_number: bool | None
    building: bool | None
    unit: str | None
    floor: str | None
    room: str | None


class _Left:
    """Numbers not yet given a role, in order."""

    def __init__(self, numbers: list[Number]) -> None:
        self.numbers = numbers

    def take(self, number: Number | None) -> Number | None:
        if number is not None:
            self.numbers = [other for other in self.numbers if other is not number]
        return number

    def first(self, *labels: str) -> Number | None:
        return next((number for number in self.numbers if number.label in labels), None)

    def plain(self) -> list[Number]:
        return [number for number in self.numbers if number.label in _PLAIN]


def roles_of(numbers: list[Number], road_number: str | None, building: str | None,
             road: Hit | None, compound: Hit | None) -> Roles:
    """Give each number its role at a site with these own numbers, its names found there.

    Parameters
    ----------
    numbers
        Those outside the names found.
    road_number, building
        The site's own, bare.
    """
    left = _Left(numbers)
    reasons: list[tuple[str, str]] = []
    of_road = left.take(_road_number(left, road_number, building, road, compound))
    agrees, factor = _compared(of_road, road_number, "number", _OF_NUMBER, reasons)
    of_building = left.take(_building(left, building, compound))
    same, less = _compared(of_building, building, "building", _OF_BUILDING, reasons)
    factor *= less
    pair = len(left.plain()) > 1
    unit, floor, room = _within(left)
    if of_building is None and building is not None and pair and unit is not None:
        # Of two numbers the first is rather the building than the unit.
        factor *= _RATHER_BUILDING
    for number in left.numbers:
        if not number.hint:
            factor *= _UNEXPLAINED
            reasons.append(("number_unexplained", number.value))
    return Roles(factor, reasons, agrees, same, unit, floor, room)


def _compared(told: Number | None, own: str | None, kind: str, factors: tuple[float, float],
              reasons: list[tuple[str, str]]) -> tuple[bool | None, float]:
    """Whether a number agrees with the site's own, and the factor; notes why not."""
    if told is None or told.value == own:
        return (None if told is None else True), 1.0
    if own is None:
        reasons.append((kind + "_unknown", told.value))
        return None, factors[0]
    reasons.append((kind + "_differs", told.value))
    return False, factors[1]


def _road_number(left: _Left, own: str | None, building: str | None, road: Hit | None,
                 compound: Hit | None) -> Number | None:
    beside = [number for number in left.numbers if road is not None
              and number.label in _OF_ROAD and _beside(number, road, own)]
    worded = [number for number in left.numbers if number.label == "number"
              and not _is_room(number, left)]
    behind = compound.end if compound is not None else -1
    same = [number for number in worded if number.value == own and not (
        number.start == behind and number.value == building)]
    told = ([number for number in beside if number.label not in _PLAIN] or same or beside
            or [number for number in left.numbers if number.label in ("lane", "yard")])
    if told:
        return told[0]
    has_building = left.first("building") is not None
    housed = has_building or _has_group(left) or (
        building is None and left.first("room") is not None)
    alone = [number for number in left.plain()
             if number.value == own and housed and not _grouped(number, left)]
    if alone and (road is not None or compound is not None):
        return alone[0]
    if road is None and building is None and own is not None:
        # 天山二村12-301: what is numbered within its compound.
        told = [number for number in left.plain() if number.value == own
                and 0 <= number.start - behind <= 1]
        if told:
            return told[0]
    if own is None and road is None and left.first("room") is None:
        # 201号, 西里1号楼: where nothing is numbered by a road, 号 is the room's.
        worded = [number for number in worded if not has_building]
    return next((number for number in worded if has_building or (
        number.value != building and number.start != behind and len(number.value) < 3)), None)


def _beside(number: Number, road: Hit, own: str | None) -> bool:
    """Whether a number stands at its road: behind, or before a name in letters."""
    before = number.label in _PLAIN and 0 <= road.start - number.end <= 1 and (
        road.name.form.isascii() or number.value == own)
    return before or 0 <= number.start - road.end <= 1


def _is_room(number: Number, left: _Left) -> bool:
    """Whether 号 is said of a room: the last number, behind a building or unit."""
    before = [other for other in left.numbers if other.start < number.start]
    return (left.first("room") is None and number is left.numbers[-1]
            and any(other.label in ("building", "unit") for other in before))


def _grouped(number: Number, left: _Left) -> bool:
    return sum(other.group == number.group for other in left.numbers) > 1


def _has_group(left: _Left) -> bool:
    return any(_grouped(number, left) for number in left.numbers)


def _building(left: _Left, own: str | None, compound: Hit | None) -> Number | None:
    told = left.first("building")
    if told is not None or own is None:
        return told
    for number in left.numbers:
        behind = compound is not None and number.start == compound.end
        if number.label in ("number", "storey") and (
                number.value == own or (behind and number is not left.numbers[-1])):
            return number
    plain = left.plain()
    has_room, has_unit = left.first("room") is not None, left.first("unit") is not None
    behind = len(plain) + has_room + has_unit
    if plain and plain[0].value == own and (behind > 1 or len(own) < 3):
        return plain[0]
    if (len(plain) > 2 - has_room - has_unit and behind > 1) or (
            len(plain) == 1 and behind == 1 and len(plain[0].value) < 3):
        return plain[0]
    number = left.first("number")
    return number if number is not None and not _is_room(number, left) and (
        has_room or has_unit or plain) else None


def _within(left: _Left) -> tuple[str | None, str | None, str | None]:
    unit, floor = left.take(left.first("unit")), left.take(left.first("floor", "storey"))
    room = left.take(left.first("room"))
    plain = left.plain()
    if room is None and plain:
        room = left.take(plain.pop())
    elif room is None:
        room = left.take(left.first("number"))
    if unit is None and plain:
        unit = left.take(plain.pop())
    return tuple(number.value if number else None for number in (unit, floor, room))
