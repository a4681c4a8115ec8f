"""Buildings, extruded by height; their roofs toned by height, or tinted by what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pydeck
from pydeck.types import Function

from layers.basemap import FIRST_LABEL
from layers.colours import Colour
from layers.palettes import DARK, LIGHT, Appearance, Palette
from layers.scales import CategoryScale, ThresholdScale

Tint = Literal["height", "kind", "visit"]
KINDS = ("residential", "commercial", "office", "industrial", "public", "other")
# What a building is called in the tables, and as what it is shown.
SHOWN_AS = {"school": "public", "hospital": "public"}
# A week, a month, a quarter.
VISIT_LIMITS_DAYS = (7.0, 31.0, 92.0)


def _kinds(palette: Palette) -> CategoryScale:
    return CategoryScale(KINDS, palette.kinds, key_prefix="layer.kind_")


def _visits(palette: Palette) -> ThresholdScale:
    return ThresholdScale(VISIT_LIMITS_DAYS, palette.visits, key_prefix="layer.visit_")


_DARK_KINDS, _LIGHT_KINDS = _kinds(DARK), _kinds(LIGHT)
_DARK_VISITS, _LIGHT_VISITS = _visits(DARK), _visits(LIGHT)


@dataclass(frozen=True)
class BuildingStyle:
    """How buildings look: colours at ground height and at ``tall_m`` and above.

    Attributes
    ----------
    soft_kinds
        What tells homes from shops a little where roofs are toned by height.
    night
        Whether windows are lit after dusk; on a light ground it is always day.
    foot, roof
        The light that a low building's walls keep at the foot, and its roof.
    edge, rim
        How dark the upright edges are, 0-1, and how bright the eaves.
    """

    low: Colour = (58, 86, 126)
    middle: Colour = (92, 138, 186)
    tall: Colour = (216, 236, 252)
    middle_m: float = 30.0
    tall_m: float = 110.0
    soft_kinds: tuple[tuple[str, Colour], ...] = (
        ("residential", (66, 92, 132)),
        ("commercial", (60, 132, 150)),
        ("office", (96, 128, 184)),
        ("industrial", (98, 92, 108)),
        ("public", (92, 112, 178)),
        ("school", (92, 112, 178)),
        ("hospital", (120, 140, 190)),
    )
    kinds: CategoryScale = _DARK_KINDS
    visits: ThresholdScale = _DARK_VISITS
    alpha: int = 255
    elevation_scale: float = 1.25
    night: bool = True
    foot: float = 0.34
    roof: float = 0.54
    edge: float = 0.5
    rim: float = 1.0
    highlight: tuple[int, int, int, int] = (255, 214, 120, 160)


STYLES: dict[Appearance, BuildingStyle] = {
    "dark": BuildingStyle(),
    "light": BuildingStyle(
        low=(206, 213, 224), middle=(190, 203, 222), tall=(150, 176, 212), night=False,
        soft_kinds=(("commercial", (196, 216, 218)), ("industrial", (206, 202, 198)),
                    ("hospital", (222, 206, 210))),
        kinds=_LIGHT_KINDS, visits=_LIGHT_VISITS, foot=0.66, roof=1.0, edge=0.35, rim=0.2,
        highlight=(240, 150, 20, 170)),
}


def building_layer(style: BuildingStyle, tint: Tint = "height") -> pydeck.Layer:
    """Describe the buildings.

    Parameters
    ----------
    style : BuildingStyle
    tint : {"height", "kind", "visit"}
        By what roofs are coloured; walls follow at a distance.

    Returns
    -------
    pydeck.Layer
        A ``BuildingLayer`` (an MVTLayer with lit windows) over ``/tiles/buildings``; heights
        in metres. One id whatever the tint, so that a change of tint asks for no tile anew.
    """
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
        get_fill_color=_TONES[tint](style),
        tint=pydeck.types.String(tint),
        look={"night": style.night, "foot": style.foot, "roof": style.roof,
              "edge": style.edge, "rim": style.rim, "windows": 1.0},
        material={"ambient": 0.5, "diffuse": 0.7, "shininess": 40,
                  "specularColor": [70, 110, 160]},
        pickable=True,
        unique_id_property=pydeck.types.String("code"),
        auto_highlight=True,
        highlight_color=list(style.highlight),
        before_id=pydeck.types.String(FIRST_LABEL),
    )


def _by_height(style: BuildingStyle) -> Function:
    return Function(
        "tone",
        stops=[[0, *style.low], [style.middle_m, *style.middle], [style.tall_m, *style.tall]],
        kinds={kind: list(colour) for kind, colour in style.soft_kinds},
        alpha=style.alpha,
    )


def _by_kind(style: BuildingStyle) -> Function:
    colours = {code: list(style.kinds.colour(code)) for code in KINDS}
    colours |= {code: colours[shown] for code, shown in SHOWN_AS.items()}
    return Function("kind", colours=colours, otherwise=colours["other"], alpha=style.alpha)


def _by_visit(style: BuildingStyle) -> Function:
    return Function("visit", **style.visits.as_dict(), alpha=style.alpha)


_TONES = {"height": _by_height, "kind": _by_kind, "visit": _by_visit}
