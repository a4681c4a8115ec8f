"""Residents at places sum to what areas are told to have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.residents import NOWHERE, share_out, whole


@pytest.mark.parametrize("told, owner, counted, homes, expected", [
    ([90], [0, 0], [1, 2], [1, 1], [30, 60]),          # dwellings tell how it lies
    ([90], [0, 0], [0, 0], [1, 2], [30, 60]),          # no dwelling: by addresses
    ([np.nan], [0, 0], [1, 2], [9, 1], [1, 2]),        # nobody tells: as counted
    ([90], [NOWHERE, 0], [5, 1], [1, 1], [5, 90]),     # outside all: as counted
    ([90, 10], [1, 1], [0, 4], [1, 1], [0, 10]),       # an area without a place keeps nothing
    ([0], [0, 0], [3, 4], [1, 1], [0, 0]),             # told to be empty
    ([7], [0], [0], [0], [0]),                         # no home to put them in
    ([], [], [], [], []),
])
def test_worked_cases(told, owner, counted, homes, expected):
    found = share_out(np.array(told, dtype=float), np.array(owner, dtype=np.int64),
                      np.array(counted, dtype=float), np.array(homes, dtype=float))
    assert found.tolist() == pytest.approx(expected)


places = st.integers(1, 40).flatmap(lambda n: st.tuples(
    st.lists(st.integers(-1, 3), min_size=n, max_size=n),
    st.lists(st.integers(0, 50), min_size=n, max_size=n),
    st.lists(st.integers(0, 9), min_size=n, max_size=n)))


@given(st.lists(st.one_of(st.none(), st.integers(0, 100_000)), min_size=4, max_size=4), places)
def test_every_area_keeps_its_number_in_whole_people(told, drawn):
    owner, counted, homes = (np.array(one) for one in drawn)
    level = np.array([np.nan if one is None else one for one in told], dtype=float)
    people = whole(share_out(level, owner, counted.astype(float), homes.astype(float)), owner)
    for area, number in enumerate(told):
        here = owner == area
        if number is not None and (counted[here].sum() or homes[here].sum()):
            assert people[here].sum() == number
        else:
            assert people[here].tolist() == counted[here].tolist()
    assert people[owner == NOWHERE].tolist() == counted[owner == NOWHERE].tolist()
