"""Addresses as people really write them: all are read, and the district is right."""

from __future__ import annotations

import pytest

from bench.real_addresses import DISTRICT_BAR, read_all, right_district, shares
from bench.real_addresses_peers import named_district
from gis.addressing.reading import ELEMENTS

DISTRICTS = {
    "浙江杭州余杭区浙江省杭州市余杭区余杭街道文一西路与城东路交口": "余杭区",
    "重庆重庆大足区中国重庆重庆大足区双塔路【碧玉江南10-20-1】(大足汽车站附近)": "大足区",
    "山东青岛市北区中国山东青岛市北区延兴路": "市北区",
    "四川乐山市中区四川乐山市市中区城区长青路1599吉象木业旁": "市中区",
    "内蒙呼和浩特新城区呼铁佳园22-2-1401": "新城区",
    "河南商丘梁园区中国河南商丘梁园区民主路": "梁园区",
    "辽宁阜新阜新蒙古族自治县": "阜新蒙古族自治县",
    "云南大理白族自治州大理市北门街": "大理市",
    "156庐阳区中铁国际城桂园4栋": "庐阳区",
    "天津河北区天津市河北区王串场": "河北区",
    "广东中山中山市广东中山中山市横栏镇": None,
    "广东东莞东莞市广东省东莞市东莞市清溪镇罗马村福基工业园": None,
    "江苏苏州市工业园区娄葑镇": None,
    "幸福小区3幢302室": None,
}


@pytest.fixture(scope="module")
def all_read(test_data):
    texts = (test_data / "addresses_zh" / "address.txt").read_text("utf-8").splitlines()
    assert len(texts) == 10_000
    return read_all(texts)


@pytest.mark.parametrize("text", DISTRICTS)
def test_the_second_method(text):
    assert named_district(text) == DISTRICTS[text]


def test_the_district_is_right_in_those_that_name_one(all_read):
    assert sum(one.second is not None for one in all_read) > 9_500
    differing = "\n".join(f"{one.text}: {one.district}, not {one.second}"
                          for one in all_read if one.differs)
    assert right_district(all_read) >= DISTRICT_BAR, differing


def test_each_element_is_found_in_some(all_read):
    found = shares(all_read)
    assert all(found[level] > 0 for level in ELEMENTS)
    assert found["province"] > 0.9
    assert found["district"] > 0.95


def test_what_was_read_stands_in_the_text(all_read):
    for one in all_read:
        for element in one.reading.elements:
            assert element.typed in one.text
            assert one.reading.text[element.start:element.end]
