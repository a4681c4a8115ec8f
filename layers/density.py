"""Where open incidents crowd: as a surface of heat, and as hexagons that tell their number."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck

from layers.basemap import FIRST_LABEL, FIRST_OPEN
from layers.colours import Colour
from layers.palettes import DARK, LIGHT, Appearance
from layers.scales import QuantileScale

_SHARES = (0.4, 0.7, 0.88, 0.97)


def _scale(colours: tuple[Colour, ...]) -> QuantileScale:
    # The first is for none, which neither surface nor hexagon draws.
    return QuantileScale(shares=_SHARES, colours=(colours[0], *colours))


_DARK, _LIGHT = _scale(DARK.density), _scale(LIGHT.density)


@dataclass(frozen=True)
class HeatStyle:
    """How the surface looks.

    Attributes
    ----------
    colours
        From few to many.
    parts
        Parts of the highest density at which a colour is reached, rising, one a colour.
    radius_m
        How far an incident warms its neighbourhood; metres on the ground, so that the surface
        is found once and not at every zoom.
    """

    colours: tuple[Colour, ...] = DARK.density
    parts: tuple[float, ...] = (0.06, 0.2, 0.4, 0.65, 1.0)
    radius_m: float = 260.0
    alpha: int = 225

    def __post_init__(self) -> None:
        if len(self.parts) != len(self.colours) or list(self.parts) != sorted(set(self.parts)):
            raise ValueError(f"each colour needs its part, rising; got {self.parts}")


@dataclass(frozen=True)
class HexagonStyle:
    """How hexagons look.

    Attributes
    ----------
    radii_m
        Zoom from which on, and the radius in metres of a hexagon from there on.
    height_m
        Of the fullest hexagon.
    coverage
        The part of its cell that a hexagon fills.
    """

    scale: QuantileScale = _DARK
    radii_m: tuple[tuple[float, float], ...] = ((0, 480.0), (12.2, 240.0), (13.8, 120.0))
    height_m: float = 420.0
    coverage: float = 0.9
    alpha: int = 215


HEAT_STYLES: dict[Appearance, HeatStyle] = {
    "dark": HeatStyle(), "light": HeatStyle(colours=LIGHT.density, alpha=205)}
HEXAGON_STYLES: dict[Appearance, HexagonStyle] = {
    "dark": HexagonStyle(), "light": HexagonStyle(scale=_LIGHT, alpha=225)}


def heat_layer(style: HeatStyle) -> pydeck.Layer:
    """Describe the surface, found in the browser from the incidents that it holds.

    Returns
    -------
    pydeck.Layer
        A ``HeatLayer`` without data, below parks, water and streets.
    """
    return pydeck.Layer(
        "HeatLayer",
        id="heat",
        colours=[list(colour) for colour in style.colours],
        parts=list(style.parts),
        radius=style.radius_m,
        alpha=style.alpha,
        pickable=False,
        before_id=pydeck.types.String(FIRST_OPEN),
    )


def hexagon_layer(style: HexagonStyle) -> pydeck.Layer:
    """Describe the hexagons, counted in the browser from the incidents that it holds.

    Returns
    -------
    pydeck.Layer
        A ``HexagonLayer`` without data.
    """
    return pydeck.Layer(
        "HexagonLayer",
        id="hexagons",
        scale=style.scale.as_dict(),
        radii=[list(step) for step in style.radii_m],
        height=style.height_m,
        coverage=style.coverage,
        alpha=style.alpha,
        pickable=True,
        auto_highlight=True,
        highlight_color=[255, 255, 255, 90],
        before_id=pydeck.types.String(FIRST_LABEL),
    )
