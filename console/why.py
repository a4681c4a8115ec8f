"""The story of an assignment, from its facts, in the words of the catalogues."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import HTTPConnection

from console import language

Json = dict[str, Any]


def language_of(request: HTTPConnection) -> str:
    """Language of an answer: asked for, or remembered, or Chinese."""
    return language.choose(
        request.query_params.get("lang"), request.cookies.get(language.COOKIE))


def explained(answer: Json, lang: str, time_zone: str = "Asia/Shanghai") -> Json:
    """The answer with `why` in place of the facts of each assignment."""
    for assignment in answer["assignments"]:
        assignment["why"] = why(assignment, assignment.pop("facts", None) or {}, lang, time_zone)
    return answer


def why(assignment: Json, facts: Json, lang: str, time_zone: str) -> list[str]:
    """The lines: how the place was understood, which area and how, who and by what right.

    Parameters
    ----------
    assignment
        One element of `assignments`, without `why`.
    facts
        What the database noted on the way.
    lang
        ``zh`` or ``en``.
    time_zone
        IANA name of the city's.
    """
    lines = [*_place(facts, lang), _ground(assignment, facts, lang, time_zone)]
    rivals = assignment.get("rivals") or []
    if rivals:
        lines.append(_rivals(assignment, rivals, facts, lang))
    if assignment["area"] is not None:
        lines += _officer(assignment, facts, lang)
    return lines


def _place(facts: Json, lang: str) -> list[str]:
    lines = []
    if facts.get("moved_m") is not None:
        lines.append(language.text("why.moved", lang, datum=facts["datum"],
                                   metres=_metres(facts["moved_m"])))
    by = facts.get("place_by")
    if by in ("house_code", "building_code", "address"):
        lines.append(language.text(f"why.place_by_{by}", lang))
    elif by == "words":
        lines.append(language.text("why.place_by_words", lang, text=facts["understood"],
                                   sure=f"{facts['sure']:.0%}"))
    if facts.get("candidates"):
        lines.append(language.text("why.candidates", lang, texts=language.text(
            "why.list_joint", lang).join(facts["candidates"])))
    return lines


def _ground(assignment: Json, facts: Json, lang: str, time_zone: str) -> str:
    area = assignment["area"] or {"name": "", "code": ""}
    distance_m = assignment.get("distance_m")
    return language.text(
        f"why.{assignment['how']}", lang, area=area["name"], code=area["code"],
        metres="" if distance_m is None else _metres(distance_m),
        at=_local(facts.get("at"), time_zone))


def _rivals(assignment: Json, rivals: list[Json], facts: Json, lang: str) -> str:
    if facts.get("accuracy_m") is None:
        shown = language.text("why.list_joint", lang).join(r["code"] for r in rivals)
        return language.text("why.also_touch", lang, codes=shown)
    shown = language.text("why.list_joint", lang).join(
        f"{r['code']} {r['share']:.0%}" for r in rivals[:5])
    return language.text("why.within_error", lang, metres=_metres(facts["accuracy_m"]),
                         shares=shown)


def _officer(assignment: Json, facts: Json, lang: str) -> list[str]:
    officer = assignment["officer"]
    if officer is None:
        return [language.text("why.nobody", lang)]
    role = language.text(f"role.{officer['role']}", lang)
    reach = facts.get("reach", 0)
    if reach == 0 and facts.get("building") is not None and facts.get("by_building"):
        posted = language.text("why.posted_building", lang, name=officer["name"], role=role)
    elif reach == 0:
        posted = language.text("why.posted", lang, name=officer["name"], role=role)
    else:
        above = _above(assignment, reach)
        posted = language.text("why.posted_above", lang, name=officer["name"], role=role,
                               area=above)
    lines = [posted]
    if facts.get("line"):
        lines.append(language.text("why.line", lang,
                                   line=language.text(f"line.{facts['line']}", lang)
                                   if f"line.{facts['line']}" in language.catalogue(lang)
                                   else facts["line"]))
    shift = facts.get("shift")
    if facts.get("on_shift") is False:
        lines.append(language.text("why.off_shift", lang, shift=shift or ""))
    elif shift:
        lines.append(language.text("why.on_shift", lang, shift=shift))
    return lines


def _above(assignment: Json, reach: int) -> str:
    path = assignment["area"].get("path") or []
    place = len(path) - 1 - reach
    return path[place]["name"] if 0 <= place < len(path) else ""


def _metres(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"


def _local(moment: str | None, time_zone: str) -> str:
    if not moment:
        return ""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(time_zone)).strftime(
        "%Y-%m-%d %H:%M")
