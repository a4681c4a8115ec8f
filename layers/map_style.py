"""The dark and the light style of still pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from layers.areas import LOAD_SCALE
from layers.basemap import BasemapStyle
from layers.colours import Colour
from layers.scales import QuantileScale

_DARK = BasemapStyle()


@dataclass(frozen=True)
class MapStyle:
    """Colours of a still picture; opacities 0-1, widths in pixels.

    Attributes
    ----------
    area_alpha
        Of each class of load, the quietest first.
    """

    background: Colour = (5, 10, 21)
    water: Colour = _DARK.water
    shore: Colour = _DARK.shore
    green: Colour = _DARK.green
    plaza: Colour = _DARK.plaza
    road: Colour = _DARK.road
    main_road: Colour = (50, 94, 146)
    building: Colour = (46, 70, 108)
    building_line: Colour = (92, 130, 184)
    area_line: Colour = (78, 154, 212)
    label: Colour = _DARK.label
    soft_label: Colour = (140, 172, 214)
    halo: Colour = _DARK.label_halo
    panel: Colour = (9, 18, 36)
    panel_line: Colour = (52, 84, 128)
    point_line: Colour = (4, 12, 26)
    cluster: Colour = (235, 242, 255)
    cluster_text: Colour = (9, 18, 36)
    scale: QuantileScale = field(default=LOAD_SCALE)
    area_alpha: tuple[float, ...] = (0.05, 0.3, 0.36, 0.42, 0.5, 0.58)


DARK = MapStyle()
LIGHT = MapStyle(
    background=(246, 247, 243), water=(190, 216, 240), shore=(140, 184, 224),
    green=(214, 233, 203), plaza=(238, 232, 218), road=(255, 255, 255),
    main_road=(250, 222, 158), building=(214, 219, 228), building_line=(158, 168, 186),
    area_line=(22, 87, 184), label=(20, 35, 58), soft_label=(84, 102, 130),
    halo=(255, 255, 255), panel=(255, 255, 255), panel_line=(190, 200, 216),
    point_line=(40, 52, 72), cluster=(20, 35, 58), cluster_text=(255, 255, 255),
    area_alpha=(0.03, 0.22, 0.28, 0.34, 0.42, 0.5),
)
STYLES = {"dark": DARK, "light": LIGHT}
