"""Colours of the screen, chosen on a dark ground and told apart without red-green vision."""

from __future__ import annotations

Colour = tuple[int, int, int]

# Ten colours found by a search for the largest smallest OKLab distance under normal sight
# and simulated protanopia, deuteranopia and tritanopia; tests/layers/test_colours.py holds it.
CATEGORY_COLOURS: tuple[Colour, ...] = (
    (0xC2, 0x10, 0x40),
    (0xF1, 0xF1, 0x9A),
    (0x9F, 0xEC, 0xFE),
    (0xB9, 0x73, 0xA6),
    (0x6D, 0xCC, 0xAA),
    (0x9F, 0x88, 0xFF),
    (0xFE, 0x9E, 0x2F),
    (0x95, 0x43, 0x96),
    (0xE5, 0x60, 0x4A),
    (0x76, 0x37, 0xEE),
)

# From quiet to busy. Blue to amber, orange and crimson keeps apart for every kind of sight.
LOAD_COLOURS: tuple[Colour, ...] = (
    (22, 58, 110),
    (24, 96, 168),
    (38, 150, 196),
    (232, 186, 84),
    (236, 112, 34),
    (255, 56, 118),
)


def from_hex(text: str) -> Colour:
    """Read ``#rrggbb``.

    Raises
    ------
    ValueError
        If the text is not seven characters of that form.

    Examples
    --------
    >>> from_hex("#ff8000")
    (255, 128, 0)
    """
    if len(text) != 7 or text[0] != "#":
        raise ValueError(f"a colour is written #rrggbb, got {text!r}")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def to_css(colour: Colour, alpha: float = 1.0) -> str:
    """Write a colour for CSS, MapLibre and ECharts.

    Examples
    --------
    >>> to_css((255, 128, 0), 0.5)
    'rgba(255, 128, 0, 0.5)'
    """
    red, green, blue = colour
    return f"rgba({red}, {green}, {blue}, {alpha:g})"
