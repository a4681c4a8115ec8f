"""A scale colours and writes its legend from the same numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.areas import LOAD_SCALE
from layers.colours import to_css
from layers.scales import CategoryScale, ThresholdScale

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def test_a_class_begins_at_its_break():
    scale = ThresholdScale((1, 5), (BLUE, GREEN, RED))
    assert [scale.colour(v) for v in (0, 1, 4, 5, 90)] == [BLUE, GREEN, GREEN, RED, RED]


def test_the_legend_names_the_same_classes():
    legend = ThresholdScale((1, 2, 5), (BLUE, GREEN, RED, BLUE)).legend()
    assert [entry.label for entry in legend] == ["0", "1", "2–4", "≥ 5"]
    assert legend[1].colour == to_css(GREEN)


@given(st.integers(0, 1000))
def test_the_browser_is_told_what_python_does(value):
    spec = LOAD_SCALE.accessor("load", [9] * len(LOAD_SCALE.colours)).serialize()
    at = sum(value >= limit for limit in spec["breaks"])
    assert spec["colours"][at] == [*LOAD_SCALE.colour(value), 9]


@pytest.mark.parametrize(
    "breaks,colours", [((2, 1), (RED, GREEN, BLUE)), ((1, 1), (RED, GREEN, BLUE)), ((1,), (RED,))]
)
def test_impossible_scales_are_refused(breaks, colours):
    with pytest.raises(ValueError, match="breaks"):
        ThresholdScale(breaks, colours)


def test_categories_need_a_colour_each():
    with pytest.raises(ValueError, match="as many"):
        CategoryScale(("a", "b"), (RED,), "x.")
    with pytest.raises(ValueError, match="no colour for 'c'"):
        CategoryScale(("a",), (RED,), "x.").colour("c")
