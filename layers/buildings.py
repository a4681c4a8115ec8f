"""Buildings, extruded by height, toned by height and kind."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck
from pydeck.types import Function

from layers.basemap import FIRST_LABEL
from layers.colours import Colour


@dataclass(frozen=True)
class BuildingStyle:
    """How buildings look: colours at ground height and at ``tall_m`` and above."""

    low: Colour = (58, 86, 126)
    middle: Colour = (92, 138, 186)
    tall: Colour = (216, 236, 252)
    middle_m: float = 30.0
    tall_m: float = 110.0
    kinds: tuple[tuple[str, Colour], ...] = (
        ("residential", (66, 92, 132)),
        ("commercial", (60, 132, 150)),
        ("office", (96, 128, 184)),
        ("industrial", (98, 92, 108)),
        ("public", (92, 112, 178)),
        ("school", (92, 112, 178)),
        ("hospital", (120, 140, 190)),
    )
    alpha: int = 255
    elevation_scale: float = 1.25


def building_layer(style: BuildingStyle) -> pydeck.Layer:
    """Describe the buildings.

    Returns
    -------
    pydeck.Layer
        A ``BuildingLayer`` (an MVTLayer with lit windows) over ``/tiles/buildings``; heights
        in metres.
    """
    tone = Function(
        "tone",
        stops=[[0, *style.low], [style.middle_m, *style.middle], [style.tall_m, *style.tall]],
        kinds={kind: list(colour) for kind, colour in style.kinds},
        alpha=style.alpha,
    )
    return pydeck.Layer(
        "BuildingLayer",
        id="buildings",
        data="/tiles/buildings/{z}/{x}/{y}.mvt",
        min_zoom=11,
        max_zoom=14,
        extruded=True,
        filled=True,
        stroked=False,
        get_elevation=Function("property", property="height", otherwise=6),
        elevation_scale=style.elevation_scale,
        get_fill_color=tone,
        material={"ambient": 0.5, "diffuse": 0.7, "shininess": 40,
                  "specularColor": [70, 110, 160]},
        pickable=True,
        unique_id_property=pydeck.types.String("code"),
        auto_highlight=True,
        highlight_color=[255, 214, 120, 160],
        before_id=pydeck.types.String(FIRST_LABEL),
    )
