"""Codes of areas, buildings and houses: parse, check, explain, mint.

============ ====== ==============================================================
district     6      GB/T 2260: province 2, prefecture 2, county 2
street       9      + 3 (GB/T 10114): 001–099 street, 100–199 town, 200–399 township
community    12     + 3
grid         15     + 3, a serial numbered west→east then north→south, never reused
building     19     community 12 + survey 2 + building 5 (the five may be alphanumeric)
house        25     building 19 + 6
unit grid    15     CJ/T 213: district 6 + street 3 + community 3 + serial 3
grid code    20     CJ/T 349: object 6 + district 6 + street 3 + community 3 + serial 2
============ ====== ==============================================================

A 15-digit code reads the same as our grid and as a unit grid; `parse` calls it a grid,
`parse_unit_grid` insists on the other reading. Letters are capitals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gis.errors import InvalidCode

# GB/T 2260's provinces, by their first two digits.
PROVINCES = frozenset(
    str(number) for number in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47),
                               *range(50, 55), *range(61, 66), 71, 81, 82))
FIRST_SERIAL, LAST_SERIAL = 1, 999


class Level(StrEnum):
    """What a code names."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    UNIT_GRID = "unit_grid"
    GRID_OBJECT = "grid_object"
    BUILDING = "building"
    HOUSE = "house"


class StreetKind(StrEnum):
    """What GB/T 10114 says by the street's three digits."""

    STREET = "street"
    TOWN = "town"
    TOWNSHIP = "township"


@dataclass(frozen=True)
class Part:
    """A run of characters of a code: its name, its place, what it may hold."""

    name: str
    start: int
    end: int
    alphanumeric: bool = False


_DISTRICT = (Part("province", 0, 2), Part("prefecture", 2, 4), Part("county", 4, 6))
_STREET = (*_DISTRICT, Part("street", 6, 9))
_COMMUNITY = (*_STREET, Part("community", 9, 12))
_BUILDING = (*_COMMUNITY, Part("survey", 12, 14), Part("building", 14, 19, alphanumeric=True))
PARTS: dict[Level, tuple[Part, ...]] = {
    Level.DISTRICT: _DISTRICT,
    Level.STREET: _STREET,
    Level.COMMUNITY: _COMMUNITY,
    Level.GRID: (*_COMMUNITY, Part("serial", 12, 15)),
    Level.UNIT_GRID: (*_COMMUNITY, Part("serial", 12, 15)),
    Level.BUILDING: _BUILDING,
    Level.HOUSE: (*_BUILDING, Part("house", 19, 25, alphanumeric=True)),
    Level.GRID_OBJECT: (
        Part("object", 0, 6), Part("province", 6, 8), Part("prefecture", 8, 10),
        Part("county", 10, 12), Part("street", 12, 15), Part("community", 15, 18),
        Part("serial", 18, 20)),
}
_BY_LENGTH = {parts[-1].end: level for level, parts in reversed(PARTS.items())
              if level is not Level.UNIT_GRID}


@dataclass(frozen=True)
class Code:
    """A code that has passed its check."""

    text: str
    level: Level

    def __str__(self) -> str:
        return self.text

    @property
    def parts(self) -> dict[str, str]:
        """The parts by name, in the order in which they stand."""
        return {part.name: self.text[part.start:part.end] for part in PARTS[self.level]}

    @property
    def district(self) -> str:
        """The six digits of GB/T 2260."""
        parts = self.parts
        return parts["province"] + parts["prefecture"] + parts["county"]

    @property
    def street(self) -> str | None:
        """The nine digits of the street; None for a district."""
        part = self.parts.get("street")
        return self.district + part if part else None

    @property
    def community(self) -> str | None:
        """The twelve digits of the community; None above it."""
        part = self.parts.get("community")
        return f"{self.street}{part}" if part else None

    @property
    def building(self) -> str | None:
        """The nineteen characters of the building; None for areas."""
        return self.text[:19] if self.level in (Level.BUILDING, Level.HOUSE) else None

    @property
    def kind(self) -> StreetKind | None:
        """Street, town or township by the street part; None for a district."""
        part = self.parts.get("street")
        return street_kind(part) if part else None


def parse(code: str, field: str = "code") -> Code:
    """Read a code of any level, told by its length.

    Parameters
    ----------
    code
        The code, without blanks.
    field
        The name under which an error tells it.

    Returns
    -------
    Code
        Its text and level; 15 digits are read as a grid of ours.

    Raises
    ------
    InvalidCode
        Says which part is wrong and what would be right.

    Notes
    -----
    ``44030600960102T0117`` is building ``T0117`` of survey ``02``, community ``440306009601``.
    """
    level = level_of(code)
    if level is None:
        raise InvalidCode(f"{code!r:.60} {length_problem(code)}", field)
    return parse_as(code, level, field)


def level_of(code: str) -> Level | None:
    """The level that a code's length tells; None where there is none of that length."""
    return _BY_LENGTH.get(len(code))


def length_problem(code: str) -> str:
    """What is wrong with a length that no level has, and which part the code breaks off in.

    >>> length_problem("33010400100200")[-68:]
    'it is longer than a community (12) and breaks off before a grid (15)'
    """
    told = ", ".join(f"{length} ({name})" for length, name in sorted(_BY_LENGTH.items()))
    lengths = sorted(length for length, level in _BY_LENGTH.items()
                     if level is not Level.GRID_OBJECT)
    words = [f"is longer than a {_BY_LENGTH[length]} ({length})"
             for length in lengths if length < len(code)][-1:]
    words += [f"breaks off before a {_BY_LENGTH[length]} ({length})"
              for length in lengths if length > len(code)][:1]
    return f"has {len(code)} characters: expected {told}; it {' and '.join(words)}"


def parse_as(code: str, level: Level | str, field: str = "code") -> Code:
    """Read a code that must be of one level; errors as of `parse`."""
    level = Level(level)
    found = problems(code, level)
    if found:
        raise InvalidCode(f"{level} code {code!r:.60}: {'; '.join(found)}", field)
    return Code(code, level)


def parse_unit_grid(code: str, field: str = "code") -> Code:
    """Read fifteen digits as a unit grid of CJ/T 213 (6+3+3+3)."""
    return parse_as(code, Level.UNIT_GRID, field)


def problems(code: str, level: Level | str) -> list[str]:
    """All that is wrong with a code at a level, one sentence a part; empty when it is right."""
    parts = PARTS[Level(level)]
    if len(code) != parts[-1].end:
        return [f"has {len(code)} characters, expected {parts[-1].end}"]
    return [told.problem for told in told_parts(code, level) if told.problem]


@dataclass(frozen=True)
class ToldPart:
    """A part of a code as it stands in one: characters are counted from 1."""

    name: str
    text: str
    first: int
    last: int
    problem: str | None


def told_parts(code: str, level: Level | str) -> list[ToldPart]:
    """Every part of a code of a level's length, with what is wrong with it."""
    return [ToldPart(part.name, text, part.start + 1, part.end, _part_problem(part, text))
            for part in PARTS[Level(level)] for text in (code[part.start:part.end],)]


def readings(code: str) -> tuple[Level, ...]:
    """The levels as which a code of this length may be read; fifteen digits have two."""
    return tuple(level for level, parts in PARTS.items() if parts[-1].end == len(code))


def explain(code: str) -> str:
    """A code in words, for people: its level and each part with its kind.

    >>> explain("330104001002003")
    'grid: province 33, prefecture 01, county 04, street 001 (street), community 002, serial 003'
    """
    parsed = parse(code)
    told = (f"{name} {text} ({parsed.kind})" if name == "street" else f"{name} {text}"
            for name, text in parsed.parts.items())
    return f"{parsed.level}: {', '.join(told)}"


def street_kind(part: str) -> StreetKind | None:
    """The kind that three digits stand for (GB/T 10114); None outside 001–399."""
    number = int(part)
    if 1 <= number <= 99:
        return StreetKind.STREET
    if 100 <= number <= 199:
        return StreetKind.TOWN
    return StreetKind.TOWNSHIP if 200 <= number <= 399 else None


def grid_code(community_code: str, serial: int) -> str:
    """The 15 digits of a grid: its community's code and a serial of 1 to 999."""
    return _composed(community_code, Level.COMMUNITY, (serial, "serial", 3))


def building_code(community_code: str, survey: int, building: str | int) -> str:
    """The 19 characters of a building: community, survey (1–99), five characters or a number.

    >>> building_code("440306009601", 2, "T0117")
    '44030600960102T0117'
    """
    return _composed(community_code, Level.COMMUNITY, (survey, "survey", 2),
                     (building, "building", 5))


def house_code(building: str, house: str | int) -> str:
    """The 25 characters of a house: its building's code and six characters or a number."""
    return _composed(building, Level.BUILDING, (house, "house", 6))


def mint_serials(existing: Iterable[int],
                 centroids: Sequence[tuple[float, float]]) -> list[int]:
    """Serials for new grids of one community: west→east, then north→south, none reused.

    Parameters
    ----------
    existing
        All serials ever given in the community, those of closed grids included.
    centroids
        (lon, lat) of the new grids.

    Returns
    -------
    list of int
        The serial of each centroid, in the order given. They go on after the highest ever
        given: the westernmost gets the lowest, of equal longitudes the northernmost.

    Raises
    ------
    InvalidCode
        More than 999 serials would be needed.
    """
    last = max(existing, default=FIRST_SERIAL - 1)
    if last + len(centroids) > LAST_SERIAL:
        raise InvalidCode(f"{len(centroids)} serials after {last} go past {LAST_SERIAL}", "serial")
    order = sorted(range(len(centroids)),
                   key=lambda index: (centroids[index][0], -centroids[index][1], index))
    serials = [0] * len(centroids)
    for offset, index in enumerate(order, start=1):
        serials[index] = last + offset
    return serials


def _part_problem(part: Part, text: str) -> str | None:
    lawful = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if part.alphanumeric else "0123456789")
    where = f"{part.name} {text!r} (characters {part.start + 1}–{part.end})"
    if not set(text) <= lawful:
        wanted = "digits and capital letters" if part.alphanumeric else "digits"
        return f"{where} must be {wanted}"
    if part.name == "province" and text not in PROVINCES:
        return f"{where} is no province of GB/T 2260, such as 33"
    if part.name == "prefecture" and not int(text):
        return f"{where} is the province itself: a prefecture is numbered from 01"
    if part.name == "street" and street_kind(text) is None:
        return f"{where} must be 001–099 (street), 100–199 (town) or 200–399 (township)"
    if part.name in ("community", "serial") and not int(text):
        return f"{where} is numbered from {'1'.zfill(len(text))}"
    return None


def _composed(stem: str, level: Level, *tail: tuple[str | int, str, int]) -> str:
    text = parse_as(stem, level).text
    for value, name, width in tail:
        written = str(value).zfill(width)
        if len(written) != width or (isinstance(value, int) and value < 0):
            raise InvalidCode(f"{name} {value!r} does not fit into {width} characters", name)
        text += written
    return parse(text).text
