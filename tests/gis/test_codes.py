"""Codes: every part composed is found again, and what is wrong is told by its part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis import codes
from gis.codes import Level, StreetKind
from gis.errors import InvalidCode
from gis.minting import mint_buildings, mint_grids, mint_houses

DISTRICTS = st.builds(
    "{}{:04d}".format, st.sampled_from(sorted(codes.PROVINCES)), st.integers(100, 9999))
COMMUNITIES = st.builds(
    "{}{:03d}{:03d}".format, DISTRICTS, st.integers(1, 399), st.integers(1, 999))
TAILS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5, max_size=5)


@given(COMMUNITIES, st.integers(1, 999))
def test_grid_round_trip(community: str, serial: int) -> None:
    code = codes.parse(codes.grid_code(community, serial))
    assert (code.level, code.community, code.kind) == (
        Level.GRID, community, codes.street_kind(community[6:9]))
    assert int(code.parts["serial"]) == serial
    assert "".join(code.parts.values()) == str(code)
    assert code.building is None


@given(COMMUNITIES, st.integers(0, 99), TAILS, st.integers(0, 999999))
def test_building_and_house_round_trip(community: str, survey: int, tail: str, room: int) -> None:
    building = codes.building_code(community, survey, tail)
    house = codes.parse(codes.house_code(building, room))
    assert codes.parse(building).level is Level.BUILDING
    assert (house.level, house.building, house.community) == (Level.HOUSE, building, community)
    assert house.street == community[:9]
    assert int(house.parts["house"]) == room


@given(st.text("0123456789AZaz三-", max_size=26))
def test_whatever_comes_is_read_whole_or_refused(text: str) -> None:
    level = codes.level_of(text)
    if level is None or codes.problems(text, level):
        with pytest.raises(InvalidCode):
            codes.parse(text)
    else:
        assert "".join(codes.parse(text).parts.values()) == text
        assert codes.explain(text).startswith(level)


@pytest.mark.parametrize(
    "text,level,parts",
    [
        ("330104", Level.DISTRICT, ["33", "01", "04"]),
        ("330104101", Level.STREET, ["33", "01", "04", "101"]),
        ("330104001002", Level.COMMUNITY, ["33", "01", "04", "001", "002"]),
        ("330104001002003", Level.GRID, ["33", "01", "04", "001", "002", "003"]),
        ("44030600960102T0117", Level.BUILDING,
         ["44", "03", "06", "009", "601", "02", "T0117"]),
        ("44030600960102T0117000203", Level.HOUSE,
         ["44", "03", "06", "009", "601", "02", "T0117", "000203"]),
        ("01020133010400100207", Level.GRID_OBJECT,
         ["010201", "33", "01", "04", "001", "002", "07"]),
    ])
def test_each_length_is_read(text: str, level: Level, parts: list[str]) -> None:
    code = codes.parse(text)
    assert (code.level, list(code.parts.values())) == (level, parts)
    assert code.district in text


def test_fifteen_digits_may_be_a_unit_grid() -> None:
    assert codes.parse_unit_grid("330104001002003").level is Level.UNIT_GRID
    assert codes.parse("01020133010400100207").community == "330104001002"


@pytest.mark.parametrize(
    "text,words",
    [
        ("", "has 0 characters: expected 6 (district)"),
        ("3301040010020", "has 13 characters"),
        ("990104", "province '99' (characters 1–2) is no province"),
        ("330104000", "street '000' (characters 7–9) must be 001–099 (street), 100–199"),
        ("330104400", "street '400'"),
        ("330104001000", "community '000' (characters 10–12) is numbered from 001"),
        ("330104001002000", "serial '000' (characters 13–15) is numbered from 001"),
        ("33010400100200x", "serial '00x' (characters 13–15) must be digits"),
        ("44030600960102t0117", "building 't0117' (characters 15–19) must be digits and capital"),
        ("３３0104", "must be digits"),
    ])
def test_a_wrong_code_says_which_part(text: str, words: str) -> None:
    with pytest.raises(InvalidCode) as caught:
        codes.parse(text, field="house_code")
    assert words in caught.value.message
    assert caught.value.field == "house_code"


def test_all_wrong_parts_are_told_at_once() -> None:
    assert len(codes.problems("99010440000x", Level.COMMUNITY)) == 3
    with pytest.raises(InvalidCode, match="does not fit"):
        codes.grid_code("330104001002", 1000)
    with pytest.raises(InvalidCode, match="grid code"):
        codes.grid_code("330104001002", 0)


@pytest.mark.parametrize(
    "part,kind",
    [("001", StreetKind.STREET), ("099", StreetKind.STREET), ("100", StreetKind.TOWN),
     ("199", StreetKind.TOWN), ("200", StreetKind.TOWNSHIP), ("399", StreetKind.TOWNSHIP),
     ("000", None), ("400", None)])
def test_kinds_of_streets(part: str, kind: StreetKind | None) -> None:
    assert codes.street_kind(part) is kind


@given(st.sets(st.integers(1, 900)),
       st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40))
def test_serials_go_west_to_east_then_north_to_south_and_never_again(
    existing: set[int], centroids: list[tuple[float, float]]
) -> None:
    serials = codes.mint_serials(existing, centroids)
    assert not existing & set(serials)
    assert len(set(serials)) == len(centroids)
    assert all(serial > max(existing, default=0) for serial in serials)
    in_order = [centroids[index] for index in sorted(range(len(serials)), key=serials.__getitem__)]
    assert in_order == sorted(centroids, key=lambda point: (point[0], -point[1]))


def test_serials_end_at_999() -> None:
    assert codes.mint_serials([998], [(0, 0)]) == [999]
    with pytest.raises(InvalidCode, match="999"):
        codes.mint_serials([998], [(0, 0), (1, 0)])


@pytest.mark.parametrize(
    "text,words",
    [
        ("3301", "breaks off before a district (6)"),
        ("33010400100200", "longer than a community (12) and breaks off before a grid (15)"),
        ("3301040010020100001000", "longer than a building (19) and breaks off before a house"),
        ("3" * 26, "longer than a house (25)"),
        ("330004001002", "prefecture '00' (characters 3–4) is the province itself"),
        ("01020199010400100207", "province '99' (characters 7–8)"),
    ])
def test_a_wrong_length_says_where_it_breaks_off(text: str, words: str) -> None:
    with pytest.raises(InvalidCode) as caught:
        codes.parse(text)
    assert words in caught.value.message


def test_parts_are_told_with_what_is_wrong() -> None:
    told = codes.told_parts("44030600960102t0117", Level.BUILDING)
    assert [(part.name, part.first, part.last, bool(part.problem)) for part in told][-2:] == [
        ("survey", 13, 14, False), ("building", 15, 19, True)]
    assert codes.readings("330104001002003") == (Level.GRID, Level.UNIT_GRID)
    assert codes.readings("33") == ()


COMMUNITY = "330104001002"


@given(st.sets(st.integers(1, 900)),
       st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=9))
def test_a_split_mints_new_grids_none_of_which_was_ever_given(
    ever: set[int], centroids: list[tuple[float, float]]
) -> None:
    given_codes = [codes.grid_code(COMMUNITY, serial) for serial in ever]
    minted = mint_grids(COMMUNITY, [*given_codes, "330104001003999", "x"], centroids)
    assert not set(minted) & set(given_codes)
    assert len(set(minted)) == len(centroids)
    assert all(codes.parse(code).community == COMMUNITY for code in minted)
    assert [int(code[-3:]) for code in minted] == codes.mint_serials(ever, centroids)


@given(st.sets(st.integers(0, 99_000)), st.integers(1, 50), st.integers(0, 99))
def test_new_buildings_and_houses_follow_the_highest(
    ever: set[int], count: int, survey: int
) -> None:
    given_codes = [codes.building_code(COMMUNITY, survey, serial) for serial in ever]
    minted = mint_buildings(COMMUNITY, [*given_codes, f"{COMMUNITY}{survey:02d}T0117"], count,
                            survey)
    assert minted == sorted(set(minted) - set(given_codes))
    assert minted[0] == codes.building_code(COMMUNITY, survey, max(ever, default=0) + 1)
    houses = mint_houses(minted[0], [minted[0] + "000007", minted[-1][:18] + "X000009"], count)
    assert houses[0] == minted[0] + "000008"
    assert all(codes.parse(code).level is Level.HOUSE for code in houses)


def test_used_up_serials_are_told() -> None:
    with pytest.raises(InvalidCode, match="1 serials after 99999 do not fit"):
        mint_buildings(COMMUNITY, [COMMUNITY + "0199999"])
    with pytest.raises(InvalidCode, match="community"):
        mint_grids("330104001", [], [(0, 0)])
