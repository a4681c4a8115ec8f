"""The colours of a wall's layers, on a dark and on a light ground.

Each set was searched for, or held to, a least OKLab distance between any two of it under normal
sight and three kinds of colour blindness; tests/layers/test_colours.py holds them to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from layers.colours import CATEGORY_COLOURS, LOAD_COLOURS, Colour

Appearance = Literal["dark", "light"]


@dataclass(frozen=True)
class Palette:
    """Colours by what they tell.

    Attributes
    ----------
    classes
        Of the ten classes of incidents, in their order.
    loads
        From none to most.
    density
        From few to many, for surfaces and hexagons: lightness alone tells the order.
    kinds
        Of buildings: homes, shops, offices, works, public ones, and those of no known kind.
    visits
        From lately to long ago; the last is for no record.
    urgent
        Grave, and emergency.
    origins
        Of an arc: from an officer's last fix, from the middle of the officer's ground.
    trail
        Where officers went.
    """

    classes: tuple[Colour, ...]
    loads: tuple[Colour, ...]
    density: tuple[Colour, ...]
    kinds: tuple[Colour, ...]
    visits: tuple[Colour, ...]
    urgent: tuple[Colour, Colour]
    origins: tuple[Colour, Colour]
    trail: Colour


DARK = Palette(
    classes=CATEGORY_COLOURS,
    loads=LOAD_COLOURS,
    density=((58, 28, 92), (128, 40, 124), (200, 62, 98), (246, 122, 60), (252, 206, 92)),
    kinds=((70, 98, 173), (102, 230, 244), (129, 152, 243), (213, 128, 57), (251, 201, 97),
           (92, 100, 116)),
    visits=((28, 92, 150), (66, 178, 200), (244, 204, 100), (226, 78, 56), (70, 74, 92)),
    urgent=((255, 190, 80), (255, 64, 120)),
    origins=((90, 224, 255), (186, 128, 255)),
    trail=(122, 255, 206),
)
LIGHT = Palette(
    classes=((0x56, 0x1D, 0x3C), (0xE2, 0xA4, 0x08), (0x69, 0xC1, 0xC4), (0xB1, 0x79, 0xF3),
             (0x43, 0x93, 0x8F), (0x21, 0x00, 0x92), (0xC2, 0x6F, 0x16), (0x73, 0x4B, 0x76),
             (0x99, 0x29, 0x02), (0x47, 0x28, 0xEC)),
    loads=((222, 230, 240), (158, 196, 232), (74, 140, 205), (244, 190, 80), (226, 106, 24),
           (176, 12, 84)),
    density=((250, 222, 150), (246, 160, 90), (218, 84, 88), (142, 40, 116), (66, 18, 92)),
    kinds=((97, 145, 232), (35, 206, 220), (65, 78, 155), (148, 44, 27), (241, 195, 70),
           (168, 172, 180)),
    visits=((132, 196, 214), (40, 128, 172), (244, 178, 40), (150, 34, 30), (216, 219, 226)),
    urgent=((214, 120, 0), (176, 0, 72)),
    origins=((0, 138, 190), (92, 30, 150)),
    trail=(0, 122, 92),
)
PALETTES: dict[Appearance, Palette] = {"dark": DARK, "light": LIGHT}
