"""Trails: where officers went of late, fading with time, and where each was last."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck

from layers.basemap import FIRST_LABEL
from layers.colours import Colour, to_css
from layers.palettes import DARK, LIGHT, Appearance
from layers.scales import LegendEntry


@dataclass(frozen=True)
class TrailStyle:
    """How trails look: pixels of a 1920 wide screen, minutes back from now."""

    colour: Colour = DARK.trail
    head: Colour = (255, 255, 255)
    width_px: float = 3.0
    head_px: float = 4.5
    minutes: int = 60

    def legend(self) -> list[LegendEntry]:
        """The way, and the last fix."""
        return [LegendEntry(to_css(self.colour), key="layer.trail_way"),
                LegendEntry(to_css(self.head), key="layer.trail_head", size=0.8)]


STYLES: dict[Appearance, TrailStyle] = {
    "dark": TrailStyle(),
    "light": TrailStyle(colour=LIGHT.trail, head=(8, 60, 48)),
}


def trail_layer(style: TrailStyle) -> pydeck.Layer:
    """Describe the trails; the browser asks for them while they are shown.

    Returns
    -------
    pydeck.Layer
        A ``TrailLayer`` without data.
    """
    return pydeck.Layer(
        "TrailLayer",
        id="trails",
        colour=list(style.colour),
        head_colour=list(style.head),
        width=style.width_px,
        head_radius=style.head_px,
        minutes=style.minutes,
        pickable=True,
        before_id=pydeck.types.String(FIRST_LABEL),
    )
