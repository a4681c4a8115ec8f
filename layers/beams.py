"""Beams: thin columns of light over grave incidents and emergencies."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck

from layers.basemap import FIRST_LABEL
from layers.colours import Colour, to_css
from layers.palettes import DARK, LIGHT, Appearance
from layers.scales import LegendEntry


@dataclass(frozen=True)
class BeamStyle:
    """How beams look, for urgency 2 and urgency 3: pixels of a 1920 wide screen.

    Attributes
    ----------
    colours, heights_px, widths_px
        Of the grave, and of emergencies. Height tells them apart without colour.
    glow
        Whether light adds to what lies behind it, as it does in the dark; else it covers.
    """

    colours: tuple[Colour, Colour] = DARK.urgent
    heights_px: tuple[float, float] = (76.0, 168.0)
    widths_px: tuple[float, float] = (7.0, 11.0)
    glow: bool = True
    alpha: float = 1.0

    def legend(self) -> list[LegendEntry]:
        """Both, the tall one last."""
        tall = max(self.heights_px)
        return [LegendEntry(to_css(colour), key=f"urgency.{urgency}", size=height / tall)
                for urgency, colour, height in zip((2, 3), self.colours, self.heights_px,
                                                   strict=True)]


STYLES: dict[Appearance, BeamStyle] = {
    "dark": BeamStyle(),
    "light": BeamStyle(colours=LIGHT.urgent, glow=False, widths_px=(5.0, 8.0), alpha=0.9),
}


def beam_layer(style: BeamStyle) -> pydeck.Layer:
    """Describe the beams; places and urgencies are the columns that incidents are drawn from.

    Returns
    -------
    pydeck.Layer
        A ``BeamLayer`` without data.
    """
    return pydeck.Layer(
        "BeamLayer",
        id="beams",
        colours=[list(colour) for colour in style.colours],
        heights=list(style.heights_px),
        widths=list(style.widths_px),
        glow=style.glow,
        alpha=style.alpha,
        pickable=False,
        before_id=pydeck.types.String(FIRST_LABEL),
    )
