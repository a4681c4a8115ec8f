"""What a search over addresses found, and why, in the words of the catalogues."""

from __future__ import annotations

from typing import Any

from console import language
from gis.addressing import Findings, Match


def told(found: Findings, lang: str) -> list[dict[str, Any]]:
    """What was found, as JSON, best first."""
    return [_told(match, found, lang) for match in found.matches]


def told_reason(code: str, said: str, lang: str) -> str:
    """One reason as a sentence; `said` is what it is about, an element's name or typed words."""
    element = f"element.{said}"
    shown = language.text(element, lang) if element in language.catalogue(lang) else said
    return language.text(f"found.{code}", lang, said=shown)


def _told(match: Match, found: Findings, lang: str) -> dict[str, Any]:
    answer = {
        "house_code": match.house_code, "building_code": match.building_code, "text": match.text,
        "lon": match.lon, "lat": match.lat, "score": match.score, "how": match.how,
        "level": match.level, "determined": found.level, "ambiguous": found.ambiguous,
        "tied": match.tied,
        "reason": [told_reason(code, said, lang) for code, said in match.reason],
    }
    if match.distance_m is not None:
        answer["distance_m"] = match.distance_m
    return answer
