"""Grids as low plinths: the colour of a load and, for who cannot tell colours, its height."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck

from layers.areas import LOAD_SCALE, SHARES
from layers.basemap import FIRST_LABEL
from layers.palettes import LIGHT, Appearance
from layers.scales import QuantileScale


@dataclass(frozen=True)
class PlinthStyle:
    """How plinths look.

    Attributes
    ----------
    heights_m
        Of each class of load, the quietest first.
    alpha
        Opacity 0-255; the ground below stays to be read.
    foot, rim, edge
        How much of its light a wall keeps at the foot, how much the upper edge gains, and how
        dark upright edges are.
    """

    scale: QuantileScale = LOAD_SCALE
    heights_m: tuple[float, ...] = (3.0, 18.0, 36.0, 58.0, 84.0, 118.0)
    alpha: tuple[int, ...] = (120, 205, 210, 215, 220, 225)
    foot: float = 0.35
    rim: float = 0.8
    edge: float = 0.3
    highlight: tuple[int, int, int, int] = (190, 235, 255, 110)


STYLES: dict[Appearance, PlinthStyle] = {
    "dark": PlinthStyle(),
    "light": PlinthStyle(
        scale=QuantileScale(shares=SHARES, colours=LIGHT.loads), foot=0.72, rim=0.12,
        alpha=(170, 225, 225, 230, 230, 235), highlight=(20, 90, 170, 90)),
}


def plinth_layer(style: PlinthStyle, scheme: str) -> pydeck.Layer:
    """Describe the leaves of a scheme as plinths.

    Returns
    -------
    pydeck.Layer
        A ``PlinthLayer`` (an MVTLayer whose walls are shaded) over the same tiles as the flat
        areas; heights in metres.
    """
    return pydeck.Layer(
        "PlinthLayer",
        id="plinths",
        data=f"/tiles/areas/{{z}}/{{x}}/{{y}}.mvt?scheme={scheme}&level=leaf",
        min_zoom=8,
        max_zoom=15,
        extruded=True,
        filled=True,
        stroked=False,
        get_fill_color=style.scale.accessor("load", style.alpha),
        get_elevation=style.scale.heights("load", style.heights_m),
        look={"foot": style.foot, "rim": style.rim, "roof": 1.0, "edge": style.edge,
              "windows": 0.0},
        pickable=True,
        auto_highlight=True,
        highlight_color=list(style.highlight),
        unique_id_property=pydeck.types.String("code"),
        before_id=pydeck.types.String(FIRST_LABEL),
    )
