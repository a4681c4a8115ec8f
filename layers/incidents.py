"""Incidents as points: colour by class, size by urgency."""

from __future__ import annotations

from dataclasses import dataclass

import pydeck

from layers.basemap import FIRST_LABEL
from layers.colours import CATEGORY_COLOURS
from layers.scales import CategoryScale, LegendEntry

CLASSES = (
    "party_mass", "economy", "urban", "social", "health",
    "service", "governance", "dispute", "safety", "market",
)
CLASS_SCALE = CategoryScale(CLASSES, CATEGORY_COLOURS, key_prefix="class.")


@dataclass(frozen=True)
class IncidentStyle:
    """How incidents look; one radius for each urgency 0-3, pixels of a 1920 wide screen."""

    scale: CategoryScale = CLASS_SCALE
    radius_px: tuple[float, float, float, float] = (3.0, 4.0, 5.6, 8.5)
    core_alpha: int = 245
    glow_alpha: int = 50
    glow_times: float = 1.9

    def legend(self) -> list[LegendEntry]:
        """Sizes by urgency; colours come from the scale."""
        largest = self.radius_px[-1]
        return [
            LegendEntry("rgba(220, 235, 255, 0.9)", key=f"urgency.{urgency}", size=radius / largest)
            for urgency, radius in enumerate(self.radius_px)
        ]


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
        pickable=True,
        before_id=pydeck.types.String(FIRST_LABEL),
    )
