"""The numbers of an address, each with what the characters after it say it is. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from gis.addressing.text import NUMERAL, number_of

# First fit counts. `counted` numbers belong to names: 3组, 2期, 104国道.
# `number` and `lane` may have a part: 81号附3号, 18号之二, 1448弄2支弄.
_LABELS = (
    ("number_part", f"号?[ -]?(?P<joint>附|之)(?P<part>[0-9]+|[{NUMERAL}]+)号?(?![室房楼幢栋])"),
    ("lane_part", "弄(?P<branch>[0-9]+)支弄"),
    ("building", "号楼|号幢|号栋|号座|#楼|#幢|#栋|幢楼|幢|栋|座"),
    ("unit", "#单元|号单元|单元|梯|门(?![口面诊市])"),
    ("room", "号房|号室|室|房(?![屋产管])|户"),
    ("floor", "层|F(?![A-Z])"),
    ("storey", "楼"),
    ("lane", "弄"),
    ("yard", "号院|号大院"),
    ("number", "号(?![线桥])"),
    ("hash", "#"),
    ("counted", "组|期|队|村|米|路|街|里|巷|区|国道|省道|县道|线|厂|中|小|院|附近|附"),
)
_NUMBER = re.compile(
    r"(?<![0-9A-Z])(?P<value>(?:(?<![园甲])[甲乙丙丁])?[A-Z]{0,2}[0-9]+[A-Z]?"
    r"(?: 1 2(?= [A-Z0-9]))?|[A-Z](?=座|栋|幢|单元|室|号楼)"
    r"|[东南西北中](?=单元|户|室))(?![0-9A-Z])"
    r"(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _LABELS) + ")?")
_APARTMENT = re.compile(r"\b(?:APT|APARTMENT|UNIT|SUITE|STE|ROOM|RM|FLAT|NO)\.? ?#?$")


class Number(NamedTuple):
    """One number. `end` is behind its label; `group` is shared by those joined by dashes."""

    value: str
    label: str
    start: int
    end: int
    group: int
    hint: bool


def numbers_in(text: str) -> list[Number]:
    """The numbers of a text in its form, in order.

    >>> [(n.value, n.label) for n in numbers_in("文三路12号3幢2单元501室")]
    [('12', 'number'), ('3', 'building'), ('2', 'unit'), ('501', 'room')]
    >>> [(n.value, n.label, n.group) for n in numbers_in("锦绣苑3-2-501")]
    [('3', 'plain', 0), ('2', 'plain', 0), ('501', 'plain', 0)]
    """
    found: list[Number] = []
    group = -1
    for match in _NUMBER.finditer(text):
        joined = found and text[found[-1].end:match.start()] == "-"
        group += not joined
        label = match.lastgroup if match.lastgroup != "value" else "plain"
        label, _, part = (label or "plain").partition("_")
        if label == "plain" and _APARTMENT.search(text[:match.start()]):
            label = "room"
        # 3楼2单元: what is divided into units is a building.
        if label == "storey" and text[match.end():match.end() + 8].lstrip("0123456789").startswith(
                "单元"):
            label = "building"
        opened = text.rfind("(", 0, match.start())
        hint = opened >= 0 and text.find(")", opened, match.start()) < 0
        value = match["value"].replace(" 1 2", " 1/2")
        value = (value.lstrip("0") or "0") + (_part_of(match) if part else "")
        found.append(Number(value, label, match.start(), match.end(), group, hint))
    return found


def _part_of(match: re.Match[str]) -> str:
    """What a number's part adds to it: 附3, 之2, 弄2支."""
    if match["branch"]:
        return f"弄{match['branch']}支"
    part = match["part"]
    return match["joint"] + (part if part.isdigit() else number_of(part))


def pairs_in(numbers: list[Number]) -> list[tuple[Number, Number, str]]:
    """Neighbours joined by a dash that may be one number, 12-1号 or 37-12, with that number.

    >>> [both for _, _, both in pairs_in(numbers_in("人民路12-1号"))]
    ['12-1']
    """
    return [(first, second, f"{first.value}-{second.value}")
            for first, second in pairwise(numbers)
            if first.group == second.group and first.label in ("plain", "number")
            and second.label in ("plain", "number")]


def joined(numbers: list[Number], both: str) -> list[Number]:
    """The numbers with one such pair made one."""
    for first, second, value in pairs_in(numbers):
        if value == both:
            one = second._replace(value=value, start=first.start, label=(
                "number" if second.label == "number" else first.label))
            return [one if number is first else number for number in numbers
                    if number is not second]
    return numbers
