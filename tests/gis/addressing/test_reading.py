"""Texts in their one form, and taken apart: a table of worked cases, and laws."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.addressing import divisions, finding, names, numbers, reading, sound, text, western
from gis.addressing.names import likeness
from gis.addressing.numbers import numbers_in
from gis.addressing.reading import ELEMENTS, read
from gis.addressing.text import form_of, normalise

FORMS = [
    ("重庆重庆大足区　双塔路【碧玉江南１０－２０－１】", "重庆大足区 双塔路(碧玉江南10-20-1)"),
    ("三幢二单元", "3幢2单元"), ("第三幢", "3幢"), ("十二号楼", "12号楼"),
    ("五〇一室", "501室"), ("五百零一室", "501室"), ("一千二百零三号", "1203号"),
    ("五-二-五〇一", "5-2-501"), ("3幢二单元五〇一", "3幢2单元501"),
    ("五一路", "五一路"), ("三里屯", "三里屯"), ("文三西路", "文三西路"), ("十里河村", "十里河村"),
    ("a座", "A座"), ("泉峰街道泉峰街道", "泉峰街道"), ("壹号", "1号"), ("12號樓", "12号楼"),
    ("文三路 ( 近 学院路 )", "文三路 (近 学院路)"), ("", ""), ("​", ""), ("⑧幢", "8幢"),
]
CASES = [
    ("湖南衡阳常宁市湖南省衡阳市常宁市泉峰街道泉峰街道消防大队南园小区A栋1单元601",
     {"province": "湖南省", "city": "衡阳市", "district": "常宁市", "street": "泉峰街道",
      "building": "A", "unit": "1", "room": "601"}),
    ("浙江杭州余杭区浙江省杭州市余杭区余杭街道文一西路与城东路交口大华海派风范茗园2幢1单元1603",
     {"district": "余杭区", "street": "余杭街道", "road": "文一西路", "building": "2",
      "unit": "1", "room": "1603"}),
    ("浙江省云州市云杭区汀洲街道橘桥社区瑜桐弄18号溯秀公馆4幢1002室",
     {"province": "浙江省", "city": "云州市", "district": "云杭区", "street": "汀洲街道",
      "community": "橘桥社区", "road": "瑜桐弄", "road_number": "18", "compound": "溯秀公馆",
      "building": "4", "room": "1002"}),
    ("杭州市西湖区文三路十二号锦绣苑三幢二单元五〇一室",
     {"city": "杭州市", "district": "西湖区", "road": "文三路", "road_number": "12",
      "compound": "锦绣苑", "building": "3", "unit": "2", "room": "501"}),
    ("上海市普陀区桃浦路1220弄6号605室",
     {"city": None, "province": "上海市", "district": "普陀区", "road": "桃浦路",
      "road_number": "1220", "building": "6", "room": "605"}),
    ("天津天津河西区中国天津天津河西区黑牛城道【新世纪城18-3-502】(新世纪城北门附近)",
     {"district": "河西区", "compound": "新世纪城", "building": "18", "unit": "3",
      "room": "502"}),
    ("枣庄市市中区光明路5号", {"district": "市中区", "road": "光明路", "road_number": "5"}),
    ("浙江台州路桥区浙江省台州市路桥区南洋路100号",
     {"city": "台州市", "district": "路桥区", "road": "南洋路", "road_number": "100"}),
    ("锦绣苑3-2-501", {"compound": "锦绣苑", "building": "3", "unit": "2", "room": "501"}),
    ("509 West 129th Street", {"road": "West 129th Street", "road_number": "509"}),
    ("509 W 129th St Apt 3, New York", {"road": "W 129th St", "road_number": "509",
                                        "room": "3"}),
    ("Broadway", {"road": "Broadway"}),
    ("", {}), ("🙂", {}),
]


@pytest.mark.parametrize("written, form", FORMS)
def test_one_form(written, form):
    assert normalise(written) == form


@pytest.mark.parametrize("written, parts", CASES)
def test_elements(written, parts):
    told = read(written).parts
    assert {name: told.get(name) for name in parts} == parts


def test_elements_remember_how_they_were_typed():
    elements = read("文三路 十二号，Ｂ座五〇一室").elements
    typed = {element.kind: element.typed for element in elements}
    assert typed["road_number"] == "十二号"
    assert typed["building"] == "Ｂ座"
    assert typed["room"] == "五〇一室"


@pytest.mark.parametrize("module", [
    divisions, finding, names, numbers, reading, sound, text, western])
def test_examples_in_the_documentation(module):
    assert doctest.testmod(module).failed == 0


written = st.text(max_size=120) | st.text(
    alphabet="浙江省杭州市西湖区街道社区村文三路弄巷号幢栋座楼单元室房层一二三五十百〇两第"
             "-（）【】( )#0123456789ABab重庆，", max_size=60)


@given(written)
@settings(max_examples=400, deadline=None)
def test_the_form_of_a_form_is_itself(some):
    once = normalise(some)
    assert normalise(once) == once


@given(written)
@settings(max_examples=400, deadline=None)
def test_reading_never_raises_and_tells_where(some):
    found = read(some)
    assert set(found.parts) <= set(ELEMENTS)
    for element in found.elements:
        assert 0 <= element.start < element.end <= len(found.text)
        assert element.typed == "" or element.typed in some
    assert [e.start for e in found.elements] == sorted(e.start for e in found.elements)


@given(written)
@settings(max_examples=200, deadline=None)
def test_every_character_of_the_form_comes_from_somewhere(some):
    form = form_of(some)
    assert len(form.text) == len(form.starts) == len(form.ends)
    assert all(0 <= a < b <= len(some) for a, b in zip(form.starts, form.ends, strict=True))


@given(st.text(alphabet="文三路山西湖锦绣秀苑大道", min_size=1, max_size=6),
       st.text(alphabet="文三路山西湖锦绣秀苑大道", min_size=1, max_size=6))
def test_likeness_is_a_likeness(one, other):
    assert likeness(one, one) == 1
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, other) == pytest.approx(likeness(other, one))


@given(st.lists(st.integers(1, 9999), min_size=1, max_size=4))
def test_no_digit_is_lost(values):
    assert [n.value for n in numbers_in("-".join(map(str, values)))] == [str(v) for v in values]


def test_all_real_addresses_are_read(test_data):
    lines = (test_data / "addresses_zh" / "address.txt").read_text("utf-8").splitlines()
    readings = [read(line) for line in lines]
    assert len(readings) == 10_000
    assert sum("district" in one.parts for one in readings) > 9_900
