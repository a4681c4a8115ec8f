"""A scale colours and writes its legend from the same numbers."""

import pytest

from layers.areas import AreaStyle
from layers.colours import to_css
from layers.scales import CategoryScale, QuantileScale

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def test_the_browser_is_told_shares_and_colours():
    told = QuantileScale((0.5,), (BLUE, GREEN, RED)).accessor("load", [0, 80, 90]).serialize()
    assert told == {"@@function": "quantile", "property": "load", "shares": [0.5],
                    "colours": [[*BLUE, 0], [*GREEN, 80], [*RED, 90]]}


def test_areas_stay_translucent_so_that_streets_are_read_through_them():
    style = AreaStyle()
    assert list(style.alpha) == sorted(style.alpha)
    assert style.alpha[0] < 20
    assert style.alpha[-1] <= 128


@pytest.mark.parametrize("shares,colours", [
    ((0.6, 0.4), (RED, GREEN, BLUE, RED)), ((0.5, 0.5), (RED, GREEN, BLUE, RED)),
    ((0.0,), (RED, GREEN, BLUE)), ((1.0,), (RED, GREEN, BLUE)), ((0.5,), (RED, GREEN)),
])
def test_impossible_scales_are_refused(shares, colours):
    with pytest.raises(ValueError, match="shares"):
        QuantileScale(shares, colours)


def test_categories_write_their_own_legend():
    scale = CategoryScale(("a", "b"), (RED, BLUE), "x.")
    assert [(entry.colour, entry.key) for entry in scale.legend()] == [
        (to_css(RED), "x.a"), (to_css(BLUE), "x.b")]


def test_categories_need_a_colour_each():
    with pytest.raises(ValueError, match="as many"):
        CategoryScale(("a", "b"), (RED,), "x.")
    with pytest.raises(ValueError, match="no colour for 'c'"):
        CategoryScale(("a",), (RED,), "x.").colour("c")
