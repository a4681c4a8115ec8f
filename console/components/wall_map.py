"""The map of the wall: deck.gl over MapLibre, fed by the browser itself from our own host."""

from __future__ import annotations

from typing import ClassVar

import param

from console.components.bundled import BUILT, BundledComponent


class WallMap(BundledComponent):
    """Map, legend, card of an incident, help, and the notice of a stale picture.

    Points, areas, tiles and the live stream never pass through this object: the browser
    fetches them, so that a hundred walls cost the server one buffer and not a hundred.
    """

    scheme = param.String("base", doc="Scheme whose areas are shown.")
    lang = param.String("zh")
    appearance = param.Selector(default="dark", objects=["dark", "light"])
    texts = param.Dict({}, doc="Texts by key, in the page's language.")
    layers = param.List([], doc="Layers as @deck.gl/json reads them.")
    basemap = param.Dict({}, doc="MapLibre style, addresses relative.")
    legend = param.Dict({}, doc="Legend entries by group.")
    classes = param.List([], doc="Codes of the ten classes, in the snapshot's order.")
    finished = param.List([], doc="States in which an incident leaves the map.")
    ground = param.String("", doc="Name of a raster to lie under the map; empty for none.")
    tour_idle_minutes = param.Number(5.0, doc="Idle minutes before the tour; 0 never.")
    emergency_seconds = param.Number(12.0, doc="How long the camera stays at an emergency.")
    workers = param.Dict({}, doc="Addresses of the workers' scripts.")

    bundle: ClassVar[str] = "wall-map.js"
    _bundle = BUILT / "wall-map.js"
    _esm = BUILT / "wall-map.js"
