"""Door plates: what stands on them, in which order, on how many sheets."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from pypdf import PdfReader

from console.printing import document as setting
from console.printing import plates as printing
from console.printing.document import make_pdf
from console.printing.plates import Order, code_groups, headline, plate_documents, plate_order
from console.printing.press import MOST_ORDERS, Press
from console.printing.qr import QUIET_ZONE, qr_svg
from gis.errors import InvalidInput, NotFound, Overloaded, SetupError

BASE = "https://grid.example.test"


def house(number: int, **changes: object) -> dict[str, object]:
    return {"code": f"3301040010020100001{number:06}",
            "text": f"文三路18号春晖花园3幢2单元{number}室",
            "building_code": "3301040010020100001", "building_number": "3", "unit": "2",
            "floor": str(number // 100), "room": str(number), **changes}


def order(**changes: object) -> Order:
    return Order(**{"title": "三塘社区", "kind": "house", "place_name": "清波街道 · 三塘社区",
                    "base": BASE, "by": "王主任", "at": "2026-11-23T09:30:00+08:00", **changes})


def read(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def bitmap(svg: str, pixels: int = 6):
    """A drawing of ours as grey values, drawn without the library that made it."""
    import re

    import numpy as np

    side = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    image = np.full((side, side), 255, np.uint8)
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg):
        image[int(y), int(x):int(x) + int(length)] = 0
    return np.kron(image, np.ones((pixels, pixels), np.uint8))


@pytest.mark.parametrize("level", ["m", "q"])
def test_a_qr_code_reads_as_what_it_says(level):
    text = f"{BASE}/report?code=44030600960102T0117000001"
    image = bitmap(qr_svg(text, level))
    (found,) = zxingcpp.read_barcodes(image)
    assert (found.text, found.ec_level.lower()) == (text, level)
    quiet = QUIET_ZONE * 6
    assert (image[:quiet] == 255).all()
    assert (image[:, -quiet:] == 255).all()


def test_hundreds_of_qr_codes_read_right():
    for number in range(300):
        text = f"http://hall.test:5006/report?code=3301040010020100{number:03}{number:06}"
        assert zxingcpp.read_barcodes(bitmap(qr_svg(text, "q"), 3))[0].text == text


def test_a_qr_code_still_reads_with_a_corner_torn():
    image = bitmap(qr_svg(f"{BASE}/report?code=330104001002003", "q"))
    spot = len(image) // 2
    image[spot:spot + 36, spot:spot + 36] = 255
    assert zxingcpp.read_barcodes(image)[0].text.endswith("330104001002003")


def test_a_plate_says_address_community_and_code_in_groups():
    (document,) = plate_documents([house(301)], order())
    (page,) = read(make_pdf(document))
    for words in ("3幢2单元301室", "文三路18号春晖花园", "清波街道", "330104", "000301",
                  "扫码上报", "王主任", "2026-11-23 09:30"):
        assert words in page, words


def test_the_font_is_within_and_cut_down():
    pdf = make_pdf(plate_documents([house(101)], order())[0])
    fonts = PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"]
    for font in fonts.values():
        (descendant,) = font.get_object()["/DescendantFonts"]
        described = descendant.get_object()["/FontDescriptor"].get_object()
        assert "NotoSansSC" in described["/FontName"]
        assert described["/FontName"][6 + 1] == "+"
        assert "/FontFile3" in described
    assert len(pdf) < 60_000


@pytest.mark.parametrize("per_page, pages", [(1, 11), (2, 6), (4, 3), (8, 2), (10, 2)])
def test_sheets_hold_what_was_asked_for(per_page, pages):
    rows = [house(number) for number in range(101, 112)]
    (document,) = plate_documents(rows, order(per_page=per_page))
    texts = read(make_pdf(document))
    assert len(texts) == pages
    assert f"第 {pages} 页" in texts[-1].replace("第" + str(pages), f"第 {pages}")
    assert "111室" in texts[-1]


def test_plates_come_by_building_unit_and_room_as_people_count():
    rows = [house(1002), house(201), house(101, unit="10"), house(302, unit=None),
            house(101, building_code="3301040010020100000")]
    ordered = sorted(rows, key=plate_order)
    assert [(row["building_code"][-1], row["unit"], row["room"]) for row in ordered] == [
        ("0", "2", "101"), ("1", None, "302"), ("1", "2", "201"), ("1", "2", "1002"),
        ("1", "10", "101")]


@pytest.mark.parametrize("row, lang, words", [
    ({"code": "c", "building_number": "3", "unit": "2", "room": "301"}, "zh", "3幢2单元301室"),
    ({"code": "c", "building_number": "3", "unit": "东单元", "room": None}, "zh", "3幢东单元"),
    ({"code": "c", "building_number": "3", "room": "4B"}, "en", "Building 3 Room 4B"),
    ({"code": "c", "name": "第3网格"}, "zh", "第3网格"),
    ({"code": "c", "road_number": "18"}, "zh", "18号"),
    ({"code": "c"}, "zh", "c"),
])
def test_the_largest_words_are_the_smallest_elements(row, lang, words):
    assert headline(row, lang) == words


def test_codes_are_cut_where_their_parts_end():
    assert code_groups("3301040010020100001000301") == [
        "330104", "001", "002", "01", "00001", "000301"]
    assert code_groups("free-7") == ["free-7"]


def test_an_address_without_end_stays_on_its_plate():
    rows = [house(101, text="很长的地址" * 100), house(102, text="A" * 400), house(103)]
    (document,) = plate_documents(rows, order(per_page=1))
    assert len(read(make_pdf(document))) == 3


def test_nothing_and_too_much_are_told():
    with pytest.raises(NotFound, match="三塘社区"):
        plate_documents([], order())
    with pytest.raises(InvalidInput, match="smaller areas"):
        plate_documents([house(1)] * (printing.MOST_PLATES + 1), order())


def test_a_missing_font_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setattr(setting, "FONT_PACKAGE", "no_such_package")
    with pytest.raises(SetupError, match="pylopdf-fonts-zh-cn"):
        make_pdf(plate_documents([house(101)], order())[0])


@pytest.mark.anyio
async def test_parts_become_one_document_in_their_order(monkeypatch):
    monkeypatch.setattr(printing, "PART", 8)
    told = []
    documents = plate_documents([house(number) for number in range(101, 121)], order())
    pdf = await Press().print(documents, lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    texts = read(pdf)
    assert len(texts) == 3
    assert "101室" in texts[0]
    assert "120室" in texts[-1]


@pytest.mark.anyio
async def test_the_press_takes_no_more_than_it_can():
    press = Press()
    press._orders = MOST_ORDERS
    with pytest.raises(Overloaded):
        await press.print(plate_documents([house(101)], order()))


@pytest.mark.anyio
async def test_nothing_is_drawn_for_nobody():
    async def gone() -> bool:
        return True

    told = []
    with pytest.raises(Overloaded, match="has gone"):
        await Press().print(plate_documents([house(101)], order()),
                            lambda done, total: told.append(done), gone)
    assert told == []


@pytest.mark.anyio
async def test_what_fails_in_the_press_is_told():
    from dataclasses import replace

    (document,) = plate_documents([house(101)], order())
    with pytest.raises(RuntimeError, match="printing failed"):
        await Press().print([replace(document, template="no_such_template")])
