"""The one list of layers, from ground to sky, and the legend that belongs to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pydeck

from layers.areas import AreaStyle, area_layer
from layers.buildings import BuildingStyle, building_layer
from layers.incidents import IncidentStyle, incident_layer
from layers.scales import LegendEntry


@dataclass(frozen=True)
class WallStyle:
    """The styles of all layers of a wall."""

    areas: AreaStyle = field(default_factory=AreaStyle)
    buildings: BuildingStyle = field(default_factory=BuildingStyle)
    incidents: IncidentStyle = field(default_factory=IncidentStyle)


LAYERS: dict[str, Callable[[WallStyle, str], pydeck.Layer]] = {
    "areas": lambda style, scheme: area_layer(style.areas, scheme),
    "buildings": lambda style, scheme: building_layer(style.buildings),
    "incidents": lambda style, scheme: incident_layer(style.incidents),
}


def describe(style: WallStyle, scheme: str) -> list[dict[str, object]]:
    """All layers as the JSON that ``@deck.gl/json`` reads, lowest first."""
    return [json.loads(pydeck.Deck(layers=[make(style, scheme)], map_provider=None).to_json())
              ["layers"][0] for make in LAYERS.values()]


def legend(style: WallStyle) -> dict[str, list[LegendEntry]]:
    """Legend entries by group, from the very scales that colour the layers.

    That of loads is not among them: the browser writes it, with the breaks that it found.
    """
    return {
        "class": style.incidents.scale.legend(),
        "urgency": style.incidents.legend(),
    }
