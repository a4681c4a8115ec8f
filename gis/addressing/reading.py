"""A written address taken apart into the elements of GA/T 2000.32. Pure; knows no library.

>>> read("浙江省云州市云杭区汀洲街道橘桥社区瑜桐弄18号溯秀公馆4幢1002室").parts["road_number"]
'18'
>>> {k: v for k, v in read("509 W 129th St Apt 3").parts.items()}
{'road': 'W 129th St', 'road_number': '509', 'room': '3'}
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gis.addressing.divisions import head_of
from gis.addressing.numbers import Number, joined, numbers_in, pairs_in
from gis.addressing.text import Form, form_of
from gis.addressing.western import DIRECTIONS, is_western, words_of

ELEMENTS = ("province", "city", "district", "street", "community", "road", "road_number",
            "compound", "building", "unit", "floor", "room")
_HAN = r"\u3400-\u9fff"
_STREET = re.compile(
    f"[{_HAN}]{{1,8}}?(?:街道办事处|街道办|街道|(?<![城乡])镇(?!街道(?!村)|[东西南北中]?(?:路|街(?!道)))"
    "|乡(?![路村镇]|街道)|苏木)")
# A village's group: 大户村3组.
_GROUP = re.compile("[0-9]{1,3}组")
_YARD = re.compile("[甲乙丙丁]?[0-9]{1,4}号大?院")
_COMMUNITY = re.compile(
    f"[{_HAN}0-9]{{1,8}}?(?:社区居委会|社区|居委会|村民委员会|村委会|行政村|村(?!民|镇|[{_HAN}]?[路街道]))")
_ROAD = re.compile(
    f"(?:[{_HAN}A-Z0-9]{{1,7}}?(?:大道|大街|快速路|公路|步行街|路|街(?!道|坊)|巷|胡同|(?<![0-9])弄|国道|省道|县道)"
    f"(?:[东西南北中]段|[0-9一二三四五六七八九]段)?|[GSXY][0-9]{{2,4}}(?![0-9]))")
_HINT = re.compile(r"\([^()]*?(?:附近|旁边?|对面|联系|请|不要)[^()]*\)?")
_BETWEEN = re.compile(f"[{_HAN}A-Z][{_HAN}A-Z0-9·]*")
_IDLE = re.compile(r"附近|旁边|对面|到了联系|交叉口|交汇处")
_APARTMENT = re.compile(
    r"(?:\b(?:APT|APARTMENT|UNIT|SUITE|STE|ROOM|RM|FLAT)\.? ?#?|#) ?([0-9A-Z]+)\b")
_WESTERN_NUMBER = re.compile(r"^(?P<number>[0-9]+[A-Z]?(?:-[0-9]+)?(?: 1 2)?) +(?=[^ ])")


@dataclass(frozen=True)
class Element:
    """One element: its value in standard form (numbers bare), where it stands in the form of the
    text, and how it was typed."""

    kind: str
    value: str
    start: int
    end: int
    typed: str


@dataclass(frozen=True)
class Reading:
    """A text taken apart: its elements in order, and what is left over.

    Attributes
    ----------
    text
        The text in its form (`normalise`); spans count in it.
    """

    text: str
    elements: tuple[Element, ...] = ()
    rest: str = ""
    parts: dict[str, str] = field(default_factory=dict, compare=False)


def read(text: str) -> Reading:
    """Take a written address apart; never raises for any text.

    Levels may be missing and stand in any order; the first of each kind counts. Names are told
    from their endings alone: what a library calls a road, `search` knows better.
    """
    form = form_of(text)
    western = is_western(form.text)
    found = _western(form.text, _comma(form, text)) if western else _chinese(form.text)
    elements = tuple(
        Element(kind, form.typed(text, start, end) if western and kind == "road" else value,
                start, end, form.typed(text, start, end))
        for kind, value, start, end in sorted(found, key=lambda part: (part[2], part[3])))
    parts = {element.kind: element.value for element in sorted(
        elements, key=lambda element: ELEMENTS.index(element.kind))}
    return Reading(form.text, elements, _rest(form, elements), parts)


def divisions_in(text: str) -> dict[str, str]:
    """The provinces, cities, districts and counties at the head of a text (in its form) that the
    state's list has, by level."""
    return {} if is_western(text) else head_of(text).known


Part = tuple[str, str, int, int]


class _Masked:
    """A text in which what has been found is no more."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Part] = []

    def take(self, kind: str, value: str, start: int, end: int) -> None:
        self.found.append((kind, value, start, end))
        self.hide(start, end)

    def hide(self, start: int, end: int) -> None:
        self.text = self.text[:start] + "\0" * (end - start) + self.text[end:]


def _chinese(text: str) -> list[Part]:
    left = _Masked(text)
    for hint in _HINT.finditer(text):
        left.hide(hint.start(), hint.end())
    head = head_of(text)
    for kind, (name, start, end) in head.found.items():
        left.take(kind, name, start, end)
    left.hide(0, min(head.end, len(text)))
    yard = _YARD.match(text, head.end)
    if yard:
        # No road before it: it is the compound's name.
        left.take("compound", yard[0], yard.start(), yard.end())
    for kind, pattern in (("street", _STREET), ("community", _COMMUNITY), ("road", _ROAD)):
        match = pattern.search(left.text)
        if match and "\0" not in match[0]:
            left.take(kind, match[0], match.start(), match.end())
    _village(left, text)
    _numbers(left, text)
    if not any(kind == "compound" for kind, *_ in left.found):
        _compound(left)
    return left.found


def _village(left: _Masked, text: str) -> None:
    """A village right before a number, or with a group behind it, is the compound: 天山二村12号."""
    found = {kind: (value, start, end) for kind, value, start, end in left.found}
    value, start, end = found.get("community", ("", 0, 0))
    group = _GROUP.match(text, end)
    if not value.endswith("村") or "road" in found or not (group or text[end:end + 1].isdigit()):
        return
    if group:
        left.take("compound", value + group[0], start, group.end())
    else:
        left.found = [part for part in left.found if part[0] != "community"]
        left.take("compound", value, start, end)


def _numbers(left: _Masked, text: str) -> None:
    """Road number, building, unit, floor and room, by their words, then by their order."""
    roads = [end for kind, _, _, end in left.found if kind == "road"]
    numbers = [number for number in numbers_in(left.text) if number.label != "counted"]
    for _, second, both in pairs_in(numbers):
        if second.label == "number" and len(second.value) < 3 and both.count("-") == 1:
            numbers = joined(numbers, both)
    roles: dict[str, Number] = {}
    for number in numbers:
        kind = {"building": "building", "unit": "unit", "room": "room", "floor": "floor",
                "lane": "road_number", "yard": "road_number"}.get(number.label)
        behind_road = any(0 <= number.start - end <= 1 for end in roads)
        if number.label == "number" or (behind_road and number.label in ("plain", "hash")):
            kind = "road_number" if "road_number" not in roles and (
                behind_road or "building" not in roles) else (
                "building" if "building" not in roles and len(number.value) < 3 else "room")
        elif number.label == "storey":
            kind = "floor" if "building" in roles else "building"
        if kind and kind not in roles:
            roles[kind] = number
    plain = [n for n in numbers if n not in roles.values() and n.label in ("plain", "hash")]
    open_kinds = [kind for kind in ("building", "unit", "room") if kind not in roles]
    if len(plain) < len(open_kinds):
        open_kinds = {1: ["room"], 2: ["building", "room"]}.get(len(plain), open_kinds)
        open_kinds = [kind for kind in open_kinds if kind not in roles]
    if plain:
        roles.update(zip(open_kinds[-len(plain):], plain, strict=False))
    for kind, number in roles.items():
        left.take(kind, number.value, number.start, number.end)


def _compound(left: _Masked) -> None:
    """The longest name not yet explained, before the building if there is one."""
    end = min((start for kind, _, start, _ in left.found if kind in ("building", "unit", "room")),
              default=len(left.text))
    names = [match for match in _BETWEEN.finditer(left.text)
             if len(match[0]) > 1 and not _IDLE.fullmatch(match[0])]
    before = [match for match in names if match.end() <= end] or names
    if before:
        match = before[-1] if end < len(left.text) else max(before, key=lambda m: len(m[0]))
        left.take("compound", match[0], match.start(), match.end())


def _comma(form: Form, raw: str) -> int:
    """Where in its form a text's first comma stood: behind it come towns and rooms."""
    comma = raw.find(",")
    return len(form.text) if comma < 0 else sum(start < comma for start in form.starts)


def _western(text: str, comma: int) -> list[Part]:
    found: list[Part] = []
    room = _APARTMENT.search(text)
    if room:
        found.append(("room", room[1], room.start(), room.end()))
    number = _WESTERN_NUMBER.match(text)
    start = number.end() if number else 0
    if number:
        value = number["number"].replace(" 1 2", " 1/2")
        found.append(("road_number", value, number.start("number"),
                      number.end("number")))
    end = room.start() if room and room.start() >= start else len(text)
    if start < comma < end:
        end = comma
    words = words_of(text[start:end])
    last = len(words)
    for at, (short, _, _) in enumerate(words):
        if short in _KINDS_OF_STREET and at > 0:
            last = at + 1
    if last < len(words) and words[last][0] in DIRECTIONS:
        last += 1
    if words:
        stop = start + words[last - 1][2]
        found.append(("road", text[start:stop].strip(), start, stop))
    return found


_KINDS_OF_STREET = frozenset({
    "ST", "AVE", "RD", "DR", "BLVD", "PL", "LN", "CT", "SQ", "TER", "HWY", "PKWY", "BROADWAY",
    "WAY", "ALLEY", "LOOP"})


def _rest(form: Form, elements: tuple[Element, ...]) -> str:
    letters = list(form.text)
    for element in elements:
        letters[element.start:element.end] = " " * (element.end - element.start)
    return " ".join("".join(letters).split())
