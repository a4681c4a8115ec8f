"""The printout of a matter: all of it, whatever its words."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from console.printing.document import make_pdf
from console.printing.incident import incident_document

WEST, NORTH = 13_358_000.0, 3_504_000.0
AROUND = {"west": WEST, "north": NORTH, "width": 500.0, "height": 500.0, "shapes": [
    {"kind": "green", "code": None, "name": "<望湖&公园>", "width_m": None, "label_x": 10.0,
     "label_y": 10.0, "d": "M 0 0 L 100 0 100 100 Z"},
    {"kind": "road", "code": None, "name": "竹里巷</text>", "width_m": 6.0, "label_x": 250.0,
     "label_y": 100.0, "d": "M 0 100 L 500 100"},
    {"kind": "building", "code": "b", "name": "楼", "width_m": None, "label_x": None,
     "label_y": None, "d": "M 200 200 L 250 200 250 250 Z"},
    {"kind": "area", "code": "330104001001001", "name": "第1网格", "width_m": None,
     "label_x": 1.0, "label_y": 1.0, "d": "M 0 0 L 400 0 400 400 0 400 Z"}]}
LON, LAT = 120.0, 29.97
HOSTILE = {
    "long word": "x" * 3000,
    "long chinese": "路面塌陷" * 900,
    "emoji": "👩‍👩‍👧‍👦🔥🇨🇳" * 20,
    "control": "a\x01\x1b[2J\x7f\u0085b",
    "right to left": "الشارع مغلق \u202eexe.fdp\u202c עברית",
    "markup": '#eval("1") $x^2$ *bold* <label> @ref // comment \\ "quoted" `raw` [#panic()]',
    "combining": "Z\u0351\u0343\u0344" + "\u0336" * 500,
    "lines": "\n" * 400 + "end",
    "html": "<script>alert(1)</script> &amp; %PDF-1.7 endobj",
    "nothing": "",
}


def told(text: str = "路面塌陷，积水约 30 厘米", **incident: object) -> dict:
    taken = [("report", "resident"), ("verify", "street"), ("extend", "street")]
    steps: list[dict] = [
        {"number": number, "action": action, "at": f"2026-11-22T0{number}:00:00+00:00",
         "role": role, "tier": "grid", "state": "reported", "note": None, "to": None,
         "until": None} for number, (action, role) in enumerate(taken, 1)]
    steps[1]["note"] = text
    steps[2] |= {"to": "unit:3", "until": "2026-11-25T00:00:00+00:00"}
    return {
        "report": {"id": 7, "channel": "resident", "text": text, "address": "文三路18号",
                   "house_code": None},
        "incident": {"id": 7, "state": "verified", "tier": "street", "urgency": 2,
                     "emergency": True, "category": "urban", "lon": LON, "lat": LAT, **incident},
        "clocks": {"received_at": "2026-11-22T01:00:00+00:00", "verified_at": None,
                   "dispatched_at": None, "handled_at": None, "closed_at": None,
                   "stage_deadline_at": "2026-11-22T05:00:00+00:00",
                   "deadline_at": "2026-11-22T09:00:00+00:00", "suspended_at": None},
        "steps": steps,
        "assignments": [{
            "scheme": "base", "how": "inside", "distance_m": 0.0,
            "area": {"code": "330104001001001", "name": "第1网格",
                     "path": [{"level": "district", "code": "330104", "name": "望江区"}]},
            "officer": {"id": "O1", "name": "王建国", "role": "head"},
            "why": ["位于“第1网格”之内", text[:500]]}]}


def printed(matter: dict, around: dict | None = AROUND, lang: str = "zh") -> PdfReader:
    document = incident_document(
        matter, around, category="城市管理 › 道路", names={"unit:3": "市政所"}, base="https://grid.example.test",
        by="王主任", at=datetime(2026, 11, 23, 1, 30, tzinfo=UTC), lang=lang,
        time_zone="Asia/Shanghai")
    return PdfReader(io.BytesIO(make_pdf(document)))


def words(reader: PdfReader) -> str:
    return re.sub(r"[\s\u200b]+", "", "".join(page.extract_text() for page in reader.pages))


def test_all_that_is_known_stands_on_one_page():
    reader = printed(told())
    assert len(reader.pages) == 1
    text = words(reader)
    for part in ("事件7", "城市管理›道路", "突发", "逾期", "路面塌陷，积水约30厘米", "文三路18号",
                 "望江区", "王建国", "位于“第1网格”之内", "2026-11-2209:00",
                 "王主任打印于2026-11-2309:30", "第1页，共1页", "竹里巷", "100m", "核实立案",
                 "交由市政所·至2026-11-2508:00"):
        assert part in text, part
    assert reader.metadata.title == "事件 7"


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_words_break_nothing(kind):
    reader = printed(told(HOSTILE[kind]))
    text = words(reader)
    assert "办理环节" in text
    assert "王建国" in text
    assert f"第{len(reader.pages)}页，共{len(reader.pages)}页" in text


def test_long_words_stay_within_the_margins():
    reader = printed(told("x" * 3000))
    right = float(reader.pages[0].mediabox.width) - 16 / 25.4 * 72 + 1
    ends: list[float] = []

    def visit(text, current, matrix, font, size):
        if text.strip("x\n ") == "" and "x" in text:
            ends.append(matrix[4] * current[0] + current[4])

    for page in reader.pages:
        page.extract_text(visitor_text=visit)
    assert ends
    assert max(ends) < right


def test_markup_is_shown_and_not_obeyed():
    text = words(printed(told(HOSTILE["markup"])))
    assert '#eval("1")' in text.replace("”", '"').replace("“", '"')
    assert "[#panic()]" in text


def test_steps_go_over_pages_with_their_head():
    matter = told()
    matter["steps"] = [matter["steps"][1] | {"number": number} for number in range(1, 120)]
    reader = printed(matter)
    assert len(reader.pages) > 2
    for page in reader.pages[1:]:
        assert "办理人" in page.extract_text()


def test_a_matter_without_a_place_says_so():
    reader = printed(told(lon=None, lat=None), None)
    assert "尚未定位，无地图" in words(reader)


def test_in_english_all_labels_are_english():
    text = words(printed(told("hole"), lang="en"))
    for part in ("Incident7", "Whatwasreported", "Steps", "Overdue", "Resident", "Printedby"):
        assert part in text, part
    assert "print." not in text
