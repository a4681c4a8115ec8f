"""The story of an assignment in both languages."""

from __future__ import annotations

import pytest

from console import language
from console.why import explained, why

AREA = {"code": "330104001001001", "name": "一网格", "path": [
    {"level": "street", "code": "330104001", "name": "凯旋街道"},
    {"level": "grid", "code": "330104001001001", "name": "一网格"}]}
OFFICER = {"id": "7", "name": "王芳", "role": "full_time"}
AT = "2026-11-22T00:30:00+00:00"


def assignment(**changes):
    return {"scheme": "base", "area": AREA, "officer": OFFICER, "how": "inside",
            "distance_m": 0.0, "rivals": [], **changes}


def told(facts, **changes):
    return why(assignment(**changes), {"at": AT, **facts}, "en", "Asia/Shanghai")


def test_a_converted_point_on_shift():
    assert told({"datum": "gcj02", "moved_m": 512, "reach": 0, "shift": "day", "on_shift": True,
                 "line": "fire"}) == [
        "datum gcj02 converted, moved 512 m",
        "inside 一网格 (330104001001001) as of 2026-11-22 08:30",
        "王芳 (full-time officer) is posted here",
        "answers for this line of work: fire",
        "on shift: day",
    ]


def test_off_shift_and_from_above():
    lines = told({"reach": 1, "shift": "day", "on_shift": False})
    assert "凯旋街道" in lines[1]
    assert lines[2].startswith("off shift (day)")


def test_borders_and_circles_of_error_tell_their_rivals():
    rivals = [{"code": "2", "share": 0.31}]
    assert "2" in told({}, how="border", rivals=rivals)[1]
    assert "31%" in told({"accuracy_m": 50}, rivals=rivals)[1]


@pytest.mark.parametrize("how, distance_m", [("outside", None), ("unlocated", None)])
def test_without_an_area_nobody_is_spoken_of(how, distance_m):
    assert len(told({}, how=how, area=None, officer=None, distance_m=distance_m)) == 1


def test_nobody_posted_is_said():
    assert told({}, officer=None)[-1] == "nobody is posted there"


def test_the_nearest_says_how_far():
    assert "12 m away" in told({}, how="nearest", distance_m=12.3)[0]


def test_facts_do_not_leave_the_house():
    answer = explained({"assignments": [assignment(facts={"at": AT})]}, "zh")
    assert "facts" not in answer["assignments"][0]
    assert answer["assignments"][0]["why"]


@pytest.mark.parametrize("how", ["inside", "border", "nearest", "outside", "unlocated"])
@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_every_way_has_its_words(how, lang):
    assert language.text(f"why.{how}", lang, area="", code="", metres="", at="")
