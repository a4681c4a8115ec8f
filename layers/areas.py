"""Areas as flat translucent polygons, coloured by the number of open incidents."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck

from layers.basemap import FIRST_OPEN
from layers.colours import Colour
from layers.palettes import DARK, LIGHT, Appearance
from layers.scales import QuantileScale

SHARES = (0.4, 0.68, 0.86, 0.96)
LOAD_SCALE = QuantileScale(shares=SHARES, colours=DARK.loads)


@dataclass(frozen=True)
class AreaStyle:
    """How areas look. Opacities 0-255, widths in pixels of a 1920 wide screen."""

    scale: QuantileScale = LOAD_SCALE
    alpha: tuple[int, ...] = (14, 58, 74, 88, 104, 126)
    line_colour: Colour = (96, 190, 255)
    line_alpha: int = 92
    line_width_px: float = 0.9
    highlight: tuple[int, int, int, int] = (150, 225, 255, 96)


STYLES: dict[Appearance, AreaStyle] = {
    "dark": AreaStyle(),
    "light": AreaStyle(
        scale=QuantileScale(shares=SHARES, colours=LIGHT.loads), alpha=(40, 96, 96, 112, 122, 132),
        line_colour=(40, 92, 150), line_alpha=120, highlight=(20, 90, 170, 70)),
}


def area_layer(style: AreaStyle, scheme: str, level: str = "leaf") -> pydeck.Layer:
    """Describe the areas of a scheme at a level.

    Parameters
    ----------
    style : AreaStyle
    scheme, level : str
        Which areas; they go into the address of the tiles. ``leaf``: those that answer for
        points, at whatever level.

    Returns
    -------
    pydeck.Layer
        An ``MVTLayer`` over ``/tiles/areas``, features known by their ``code``.
    """
    return pydeck.Layer(
        "MVTLayer",
        id="areas",
        data=f"/tiles/areas/{{z}}/{{x}}/{{y}}.mvt?scheme={scheme}&level={level}",
        min_zoom=8,
        max_zoom=15,
        get_fill_color=style.scale.accessor("load", style.alpha),
        get_line_color=[*style.line_colour, style.line_alpha],
        get_line_width=style.line_width_px,
        line_width_units=pydeck.types.String("pixels"),
        line_width_min_pixels=style.line_width_px,
        stroked=True,
        filled=True,
        pickable=True,
        auto_highlight=True,
        highlight_color=list(style.highlight),
        unique_id_property=pydeck.types.String("code"),
        # Parks, water and streets are read above the fills, and so are the buildings.
        before_id=pydeck.types.String(FIRST_OPEN),
        parameters={"depthWriteEnabled": False, "depthCompare": "always"},
    )
