"""Incidents as points: colour by class, size by urgency."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck

from layers.basemap import FIRST_LABEL
from layers.colours import Colour, to_css
from layers.palettes import DARK, LIGHT, Appearance
from layers.scales import CategoryScale, LegendEntry

CLASSES = (
    "party_mass", "economy", "urban", "social", "health",
    "service", "governance", "dispute", "safety", "market",
)
CLASS_SCALE = CategoryScale(CLASSES, DARK.classes, key_prefix="class.")


@dataclass(frozen=True)
class IncidentStyle:
    """How incidents look; one radius for each urgency 0-3, pixels of a 1920 wide screen."""

    scale: CategoryScale = CLASS_SCALE
    radius_px: tuple[float, float, float, float] = (3.0, 4.0, 5.6, 8.5)
    core_alpha: int = 245
    glow_alpha: int = 50
    glow_times: float = 1.9
    rim: tuple[int, int, int, int] = (4, 10, 22, 220)
    sample: Colour = (220, 235, 255)

    def legend(self) -> list[LegendEntry]:
        """Sizes by urgency; colours come from the scale."""
        largest = self.radius_px[-1]
        return [
            LegendEntry(to_css(self.sample, 0.9), key=f"urgency.{urgency}", size=radius / largest)
            for urgency, radius in enumerate(self.radius_px)
        ]


STYLES: dict[Appearance, IncidentStyle] = {
    "dark": IncidentStyle(),
    "light": IncidentStyle(
        scale=CategoryScale(CLASSES, LIGHT.classes, key_prefix="class."), glow_alpha=36,
        rim=(255, 255, 255, 235), sample=(70, 84, 108)),
}


def incident_layer(style: IncidentStyle) -> pydeck.Layer:
    """Describe the points; the browser fills them from the snapshot and the live stream.

    Returns
    -------
    pydeck.Layer
        An ``IncidentLayer`` without data: binary columns are kept by the browser.
    """
    return pydeck.Layer(
        "IncidentLayer",
        id="incidents",
        class_colours=[list(colour) for colour in style.scale.colours],
        urgency_radii=list(style.radius_px),
        core_alpha=style.core_alpha,
        glow_alpha=style.glow_alpha,
        glow_times=style.glow_times,
        rim=list(style.rim),
        pickable=True,
        before_id=pydeck.types.String(FIRST_LABEL),
    )
