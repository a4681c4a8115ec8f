"""A category as people write it, and as the table has it. No database.

A limit is written in hours: ``24`` is around the clock, ``8w`` (or ``8工时``) working hours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gis.errors import FieldProblem, InvalidFields, InvalidInput
from gis.types import Tier

LONGEST_LIMIT_H = 24 * 366
MOST_URGENT = 3
KINDS = {"service": ("服务",), "control": ("管制",)}
TIER_WORDS = {
    Tier.GRID: ("网格",), Tier.COMMUNITY: ("社区", "村"), Tier.STREET: ("街道", "镇", "乡"),
    Tier.DISTRICT: ("部门", "区", "区级部门"), Tier.CITY: ("市", "市级"),
}
_YES = {"1", "true", "yes", "y", "是", "对", "√"}
_NO = {"0", "false", "no", "n", "否", "不", "×", ""}
_LIMIT = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*(w|工时|工作小时|小时|h)?", re.IGNORECASE)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,30}(\.[a-z][a-z0-9_]{0,30})?")
_SEPARATORS = re.compile(r"[,，、;；/\s]+")

Row = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What a category may refer to: classes with their rank, lines of work, units."""

    classes: Mapping[str, int]
    lines: Collection[str]
    units: Collection[str]


def read_limit(text: str) -> dict[str, Any] | None:
    """``{"hours": 8.0, "working": True}`` of ``8w``; None of nothing.

    Raises
    ------
    InvalidInput
        When it is written in any other way, or is over a year.
    """
    told = text.strip()
    if not told:
        return None
    found = _LIMIT.fullmatch(told)
    if not found or float(found[1]) > LONGEST_LIMIT_H:
        raise InvalidInput(f"{told!r:.30} is no limit: write hours, such as 24, or 8w for working"
                           " hours")
    return {"hours": float(found[1]), "working": (found[2] or "").lower() in (
        "w", "工时", "工作小时")}


def write_limit(limit: Mapping[str, Any] | None) -> str:
    """A limit as `read_limit` takes it."""
    return "" if limit is None else f"{limit['hours']:g}{'w' if limit.get('working') else ''}"


def read_tiers(text: str) -> list[str] | None:
    """Tiers by name or Chinese word, in order; None of nothing: what the class or the city says.

    A dash means none at all.
    """
    told = text.strip()
    if not told:
        return None
    if told in ("-", "–", "—", "无"):
        return []
    words = [word for word in _SEPARATORS.split(told) if word]
    by_word = {word: tier for tier, names in TIER_WORDS.items() for word in (tier.value, *names)}
    unknown = [word for word in words if word not in by_word]
    if unknown:
        raise InvalidInput(f"{unknown[0]!r:.30} is no tier: use"
                           f" {', '.join(names[0] for names in TIER_WORDS.values())}")
    return [tier.value for tier in Tier if tier in {by_word[word] for word in words}]


def write_tiers(tiers: Collection[str] | None) -> str:
    """Tiers as `read_tiers` takes them, in Chinese."""
    if tiers is None:
        return ""
    return "、".join(TIER_WORDS[Tier(tier)][0] for tier in tiers) or "-"


def read_flag(text: str) -> bool:
    """是 or 否, yes or no.

    Raises
    ------
    InvalidInput
        For any other word.
    """
    word = text.strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise InvalidInput(f"{text!r:.30}: write 是 or 否")


def check_category(row: Mapping[str, Any], known: Known) -> Row:
    """A category as the table takes it, every field looked at.

    Raises
    ------
    InvalidFields
        With every field at fault.
    """
    faults: list[FieldProblem] = []
    checked: Row = {}
    for name, check in _CHECKS.items():
        try:
            checked[name] = check(row.get(name), row, known)
        except InvalidInput as fault:
            faults.append(FieldProblem(name, fault.message))
    faults += [FieldProblem(str(name)[:60], "there is no such field")
               for name in row if name not in _CHECKS and name != "class_rank"]
    if faults:
        raise InvalidFields(faults)
    parent = checked["parent_code"]
    ranks = known.classes
    checked["class_rank"] = ranks[parent] if parent else ranks.get(
        checked["code"], max(ranks.values(), default=-1) + 1)
    return checked


def _code(value: object, row: Mapping[str, Any], known: Known) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise InvalidInput("a class is a word such as urban, a sub-class urban.litter: small"
                           " letters, digits and _")
    return value


def _parent(value: object, row: Mapping[str, Any], known: Known) -> str | None:
    code = row.get("code")
    wanted = code.partition(".")[0] if isinstance(code, str) and "." in code else None
    if value not in (None, "", wanted):
        raise InvalidInput(f"by its code it belongs to {wanted or 'no class: it is one'}")
    if wanted is not None and wanted not in known.classes:
        raise InvalidInput(f"there is no class {wanted}")
    return wanted


def _words(longest: int, needed: bool = False) -> Callable[..., str]:
    def check(value: object, row: Mapping[str, Any], known: Known) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if (value is not None and not isinstance(value, str)) or len(text) > longest:
            raise InvalidInput(f"at most {longest} characters")
        if needed and not text:
            raise InvalidInput("it is missing")
        if any((ord(letter) < 32 and letter not in "\n\t") or "\ud800" <= letter <= "\udfff"
               for letter in text):
            raise InvalidInput("control characters have no place in it")
        return text
    return check


def _one_of(names: Callable[[Known], Collection[str]], nullable: bool) -> Callable[..., Any]:
    def check(value: object, row: Mapping[str, Any], known: Known) -> str | None:
        if nullable and value in (None, ""):
            return None
        if not isinstance(value, str) or value not in names(known):
            raise InvalidInput(f"{value!r:.30} is none of"
                               f" {', '.join(sorted(names(known))[:30])}")
        return value
    return check


def _urgency(value: object, row: Mapping[str, Any], known: Known) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_URGENT:
        raise InvalidInput(f"0 (can wait) to {MOST_URGENT} (at once)")
    return value


def _flag(otherwise: bool) -> Callable[..., bool]:
    def check(value: object, row: Mapping[str, Any], known: Known) -> bool:
        if value is None:
            return otherwise
        if not isinstance(value, bool):
            raise InvalidInput("true or false")
        return value
    return check


def _hours(value: object, row: Mapping[str, Any] | None = None,
           known: Known | None = None) -> float:
    if (isinstance(value, bool) or not isinstance(value, int | float)
            or not 0 < value <= LONGEST_LIMIT_H):
        raise InvalidInput(f"hours over 0, at most {LONGEST_LIMIT_H:,}")
    return float(value)


def check_stage_limits(value: object, row: Mapping[str, Any] | None = None,
                       known: Known | None = None) -> dict[str, Any]:
    """Limits by tier, ``{"grid": {"hours": 8, "working": true}}``."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not set(value) <= set(Tier):
        raise InvalidInput(f"an object by tier: {', '.join(Tier)}")
    limits = {}
    for tier, limit in value.items():
        if not isinstance(limit, dict) or not isinstance(limit.get("working", False), bool):
            raise InvalidInput(f"{tier}: {{hours, working}} is needed")
        limits[tier] = {"hours": _hours(limit.get("hours")),
                        "working": limit.get("working", False)}
    return limits


def check_tiers(value: object, row: Mapping[str, Any] | None = None,
                known: Known | None = None) -> list[str] | None:
    """Tiers in their order; None where class or city decides."""
    if value is None:
        return None
    if not isinstance(value, list) or not all(
            isinstance(tier, str) and tier in set(Tier) for tier in value):
        raise InvalidInput(f"a list of tiers: {', '.join(Tier)}")
    return [tier.value for tier in Tier if tier in value]


_CHECKS: dict[str, Callable[..., Any]] = {
    "code": _code, "parent_code": _parent, "name": _words(40, needed=True),
    "name_en": _words(80), "line_code": _one_of(lambda known: known.lines, True),
    "kind": _one_of(lambda known: KINDS, False), "urgency": _urgency, "emergency": _flag(False),
    "active": _flag(True), "unit_code": _one_of(lambda known: known.units, True),
    "limit_hours": _hours, "limit_working": _flag(False), "stage_limits": check_stage_limits,
    "closing_tiers": check_tiers, "opening": _words(500), "closing": _words(500),
}
