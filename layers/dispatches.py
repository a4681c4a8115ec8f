"""Dispatches: arcs from an officer to the incident that the officer was sent to."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck

from layers.basemap import FIRST_LABEL
from layers.colours import Colour
from layers.palettes import DARK, LIGHT, Appearance
from layers.scales import CategoryScale

# Where an arc begins: the officer's last fix, or the middle of the ground on duty.
ORIGINS = ("fix", "post")
_DARK, _LIGHT = (CategoryScale(ORIGINS, palette.origins, key_prefix="layer.origin_")
                 for palette in (DARK, LIGHT))


@dataclass(frozen=True)
class DispatchStyle:
    """How arcs look: width in pixels of a 1920 wide screen; ``rise`` as a part of the way."""

    scale: CategoryScale = _DARK
    incident: Colour = (255, 238, 190)
    width_px: float = 2.0
    rise: float = 0.55
    alpha: int = 210


STYLES: dict[Appearance, DispatchStyle] = {
    "dark": DispatchStyle(),
    "light": DispatchStyle(scale=_LIGHT, incident=(60, 30, 20), alpha=200),
}


def dispatch_layer(style: DispatchStyle) -> pydeck.Layer:
    """Describe the arcs; the browser asks for them while they are shown.

    Returns
    -------
    pydeck.Layer
        A ``DispatchLayer`` without data.
    """
    return pydeck.Layer(
        "DispatchLayer",
        id="dispatches",
        origin_colours=[list(colour) for colour in style.scale.colours],
        incident_colour=list(style.incident),
        width=style.width_px,
        rise=style.rise,
        alpha=style.alpha,
        pickable=False,
        before_id=pydeck.types.String(FIRST_LABEL),
    )
