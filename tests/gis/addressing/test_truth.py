"""The oracle of the round trip, on a town of four sites small enough to see the answers."""

from __future__ import annotations

import pandas as pd
import pytest

from fixtures.noise import Noisy
from fixtures.standard import LEVELS, StandardAddress
from tests.gis.addressing.truth import Answered, Oracle, judge

SITES = [("柳桥社区", "云丰路", "18", "梅华公寓"), ("柳桥社区", "云丰路", "20", "莲华公寓"),
         ("荷里社区", "云兴路", "18", "兰秀苑"), ("荷里社区", "云丰路", "18", "云帆大厦")]
SURE = 0.9


def rows():
    for site, (community, road, number, compound) in enumerate(SITES):
        own = compound.endswith("大厦")
        for building in [""] if own else ["1", "2"]:
            for unit in [""] if own else ["1", "2"]:
                for room in ("101", "102"):
                    code = f"b{site}{building}"
                    yield (f"{code}h{unit}{room}", code, "浙江省", "云州市", "云杭区", "汀洲街道",
                           community, road, number, compound, building, unit, room)


TOWN = pd.DataFrame(list(rows()), columns=["house_code", "building_code", *LEVELS])


@pytest.fixture(scope="module")
def oracle():
    return Oracle(TOWN)


def typed(house: str, *without: str, **otherwise: str) -> Noisy:
    row = TOWN.set_index("house_code").loc[house]
    elements = {level: row[level] for level in LEVELS if row[level]}
    left = {level: value for level, value in elements.items() if level not in without}
    address = StandardAddress(house, row["building_code"], elements)
    return Noisy(address, "", (), left | otherwise)


def house(code: str, score: float = 0.95, tied: bool = False) -> Answered:
    return Answered(code, code.split("h")[0], score, tied, tied)


def building(code: str, score: float = 0.95, tied: bool = False) -> Answered:
    return Answered(None, code, score, tied, tied)


def test_all_words_mean_one_house(oracle):
    truth = oracle.truth(typed("b01h1101"))
    assert truth.meant.houses == {"b01h1101"}
    assert not truth.better.houses
    assert not truth.equal.houses
    assert judge(truth, [house("b01h1101")], SURE).first
    wrong = judge(truth, [house("b01h1102"), house("b01h1101")], SURE)
    assert (wrong.first, wrong.among_five, wrong.claims_wrong) == (False, True, True)
    assert not judge(truth, [house("b01h1102", tied=True)], SURE).claims_wrong
    assert not judge(truth, [house("b01h1102", score=0.5)], SURE).claims_wrong
    assert not judge(truth, [], SURE).among_five


def test_without_a_room_it_is_the_building(oracle):
    truth = oracle.truth(typed("b01h1101", "room", "unit"))
    assert len(truth.meant.houses) == 4
    assert truth.meant.level == "building"
    bare = oracle.truth(typed("b01h1101", "building", "compound", "road_number"))
    assert bare.meant.level == "road"
    assert judge(truth, [building("b01")], SURE).first
    assert judge(truth, [house("b01h1101")], SURE).claims_wrong


def test_without_a_unit_it_is_the_building_or_the_rooms_tied(oracle):
    truth = oracle.truth(typed("b01h1101", "unit"))
    assert truth.meant.houses == {"b01h1101", "b01h2101"}
    assert judge(truth, [building("b01")], SURE).first
    assert judge(truth, [house("b01h2101", tied=True)], SURE).first
    assert not judge(truth, [house("b01h1101")], SURE).first


def test_without_a_building_it_is_several_named_as_tied(oracle):
    truth = oracle.truth(typed("b01h1101", "building"))
    assert truth.meant.buildings == {"b01", "b02"}
    assert truth.meant.level == "compound"
    assert judge(truth, [house("b02h1101", tied=True)], SURE).first
    assert judge(truth, [house("b01h1101")], SURE).claims_wrong
    assert not judge(truth, [building("b01", tied=True)], SURE).first
    mixed = [house("b02h1101", tied=True), house("b01h1102", tied=True)]
    assert not judge(truth, mixed, SURE).first


def test_a_slip_that_names_another_place_excuses_only_when_nothing_speaks_against_it(oracle):
    slip = {"compound": "莲华公寓"}
    bare = oracle.truth(typed("b01h1101", "road_number", **slip))
    assert bare.better.houses == {"b11h1101"}
    assert judge(bare, [house("b11h1101")], SURE).first
    assert judge(bare, [house("b01h1101")], SURE).first
    spoken = oracle.truth(typed("b01h1101", **slip))
    assert not spoken.better.houses
    assert judge(spoken, [house("b11h1101")], SURE).claims_wrong


def test_equally_near_names_are_true_only_as_tied(oracle):
    truth = oracle.truth(typed("b01h1101", "road_number", compound="荷华公寓"))
    assert truth.equal.houses == {"b11h1101"}
    assert judge(truth, [house("b11h1101", tied=True)], SURE).first
    assert judge(truth, [house("b11h1101")], SURE).claims_wrong
    assert judge(truth, [house("b01h1101")], SURE).first
