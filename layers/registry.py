"""The one list of layers, from ground to sky: names, keys, what each needs, and its legend."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pydeck

from layers import areas, beams, buildings, density, dispatches, incidents, plinths, trails
from layers.areas import AreaStyle, area_layer
from layers.beams import BeamStyle, beam_layer
from layers.buildings import BuildingStyle, building_layer
from layers.density import HeatStyle, HexagonStyle, heat_layer, hexagon_layer
from layers.dispatches import DispatchStyle, dispatch_layer
from layers.incidents import IncidentStyle, incident_layer
from layers.palettes import Appearance
from layers.plinths import PlinthStyle, plinth_layer
from layers.scales import LegendEntry
from layers.trails import TrailStyle, trail_layer


@dataclass(frozen=True)
class WallStyle:
    """The styles of all layers of a wall; by default those for the dark."""

    areas: AreaStyle = field(default_factory=AreaStyle)
    plinths: PlinthStyle = field(default_factory=PlinthStyle)
    heat: HeatStyle = field(default_factory=HeatStyle)
    buildings: BuildingStyle = field(default_factory=BuildingStyle)
    hexagons: HexagonStyle = field(default_factory=HexagonStyle)
    trails: TrailStyle = field(default_factory=TrailStyle)
    dispatches: DispatchStyle = field(default_factory=DispatchStyle)
    incidents: IncidentStyle = field(default_factory=IncidentStyle)
    beams: BeamStyle = field(default_factory=BeamStyle)

    @classmethod
    def of(cls, appearance: Appearance) -> WallStyle:
        """The styles for a dark or a light ground."""
        return cls(
            areas=areas.STYLES[appearance], plinths=plinths.STYLES[appearance],
            heat=density.HEAT_STYLES[appearance], buildings=buildings.STYLES[appearance],
            hexagons=density.HEXAGON_STYLES[appearance], trails=trails.STYLES[appearance],
            dispatches=dispatches.STYLES[appearance], incidents=incidents.STYLES[appearance],
            beams=beams.STYLES[appearance])


@dataclass(frozen=True)
class Entry:
    """One layer that a wall can show.

    Attributes
    ----------
    name
        In addresses (``?layers=``), in the browser's memory and in docs/layers.md.
    make
        Describes the layer in a style, for a scheme of areas.
    key
        On the keyboard; empty for none.
    shown
        Whether a wall shows it until somebody says otherwise.
    group
        Of the layers of a group at most one is shown: they answer the same question.
    needs
        What the browser asks for beside tiles: ``incidents`` are those that it holds.
    legends
        Names of the groups of the legend that it brings.
    """

    name: str
    make: Callable[[WallStyle, str], pydeck.Layer]
    key: str = ""
    shown: bool = False
    group: str = ""
    needs: str = ""
    legends: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The catalogue key of its name on the screen."""
        return f"layer.{self.name}"

    def as_dict(self) -> dict[str, object]:
        """Write the entry for the browser."""
        return {"name": self.name, "title": self.title, "key": self.key, "shown": self.shown,
                "group": self.group, "needs": self.needs, "legends": list(self.legends)}


ENTRIES: tuple[Entry, ...] = (
    Entry("areas", lambda style, scheme: area_layer(style.areas, scheme),
          shown=True, group="ground", legends=("load",)),
    Entry("heat", lambda style, scheme: heat_layer(style.heat),
          key="7", group="ground", needs="incidents", legends=("heat",)),
    Entry("plinths", lambda style, scheme: plinth_layer(style.plinths, scheme),
          key="1", group="ground", legends=("load",)),
    Entry("buildings", lambda style, scheme: building_layer(style.buildings),
          key="2", shown=True, group="buildings"),
    Entry("kinds", lambda style, scheme: building_layer(style.buildings, "kind"),
          key="3", group="buildings", legends=("kinds",)),
    Entry("visits", lambda style, scheme: building_layer(style.buildings, "visit"),
          key="4", group="buildings", needs="visits", legends=("visits",)),
    Entry("hexagons", lambda style, scheme: hexagon_layer(style.hexagons),
          key="8", group="ground", needs="incidents", legends=("hexagons",)),
    Entry("trails", lambda style, scheme: trail_layer(style.trails),
          key="6", needs="trails", legends=("trails",)),
    Entry("dispatches", lambda style, scheme: dispatch_layer(style.dispatches),
          key="9", needs="dispatches", legends=("dispatches",)),
    Entry("incidents", lambda style, scheme: incident_layer(style.incidents),
          shown=True, needs="incidents", legends=("urgency", "class")),
    Entry("beams", lambda style, scheme: beam_layer(style.beams),
          key="5", shown=True, needs="incidents", legends=("beams",)),
)
LAYERS: dict[str, Entry] = {entry.name: entry for entry in ENTRIES}


def describe(style: WallStyle, scheme: str) -> list[dict[str, object]]:
    """All layers as the JSON that ``@deck.gl/json`` reads, lowest first, each under its name."""
    return [entry.as_dict() | {"layer": _json(entry.make(style, scheme))} for entry in ENTRIES]


def _json(layer: pydeck.Layer) -> dict[str, object]:
    return json.loads(pydeck.Deck(layers=[layer], map_provider=None).to_json())["layers"][0]


def legend(style: WallStyle) -> dict[str, list[LegendEntry]]:
    """Legend entries by group, from the very scales that colour the layers.

    Those of loads, heat and hexagons are not among them: the browser writes them, with the
    breaks that it found.
    """
    return {
        "class": style.incidents.scale.legend(),
        "urgency": style.incidents.legend(),
        "beams": style.beams.legend(),
        "kinds": style.buildings.kinds.legend(),
        "visits": style.buildings.visits.legend(),
        "trails": style.trails.legend(),
        "dispatches": style.dispatches.scale.legend(),
    }
