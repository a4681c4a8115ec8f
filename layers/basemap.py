"""The dark ground under the layers: water, green, streets and the names of areas.

A MapLibre style over our own tiles. Names are drawn with the system's own CJK font, so there
is neither a glyph server nor a sprite.
"""

from __future__ import annotations

from dataclasses import dataclass

from layers.colours import Colour, to_css


@dataclass(frozen=True)
class BasemapStyle:
    """Colours of the ground, widths of streets in pixels at zoom 14."""

    background: Colour = (5, 10, 21)
    water: Colour = (9, 50, 92)
    shore: Colour = (52, 148, 214)
    green: Colour = (11, 56, 48)
    plaza: Colour = (18, 30, 52)
    road: Colour = (44, 82, 128)
    road_widths: tuple[tuple[str, float], ...] = (
        ("expressway", 4.6), ("arterial", 3.4), ("primary", 3.4), ("secondary", 2.2),
        ("collector", 1.6), ("local", 1.0), ("service", 0.7),
    )
    glow: Colour = (70, 170, 255)
    core: Colour = (150, 205, 255)
    label: Colour = (214, 234, 255)
    label_halo: Colour = (4, 12, 26)
    font: str = '"Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif'


# Areas are drawn before the first, buildings and incidents before the second.
FIRST_OPEN = "green"
FIRST_LABEL = "place-grid"
# Images that the browser makes: the plate behind a name, and an empty one that takes room.
PLATE, SPACE = "plate", "space"

_ARTERIALS = ["expressway", "arterial", "primary", "trunk", "motorway"]


def basemap_style(style: BasemapStyle) -> dict[str, object]:
    """Write the MapLibre style.

    Addresses of tiles are relative; the browser puts its own origin before them. deck.gl's
    layers come in before ``FIRST_OPEN`` and ``FIRST_LABEL``, so that parks, water and streets
    are read above the areas, and names above buildings.
    """
    return {
        "version": 8,
        "sources": {
            "ground": {"type": "vector", "tiles": ["/tiles/ground/{z}/{x}/{y}.mvt"],
                       "minzoom": 8, "maxzoom": 14},
            "places": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
            "occupied": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
        },
        "light": {"anchor": "map", "color": "#cfe4ff", "intensity": 0.4},
        "layers": [
            {"id": "background", "type": "background",
             "paint": {"background-color": to_css(style.background)}},
            *_ground(style),
            *_roads(style),
            *_places(style),
            _occupied(),
        ],
    }


def _ground(style: BasemapStyle) -> list[dict[str, object]]:
    def fill(kind: str, colour: Colour) -> dict[str, object]:
        return {"id": kind, "type": "fill", "source": "ground", "source-layer": "ground",
                "filter": ["==", ["get", "kind"], kind],
                "paint": {"fill-color": to_css(colour), "fill-antialias": True}}

    def shore(name: str, width: float, blur: float, alpha: float) -> dict[str, object]:
        return {"id": name, "type": "line", "source": "ground", "source-layer": "ground",
                "filter": ["==", ["get", "kind"], "water"],
                "paint": {"line-color": to_css(style.shore, alpha), "line-width": width,
                          "line-blur": blur}}

    return [fill("plaza", style.plaza), fill("green", style.green), fill("water", style.water),
            shore("shore-glow", 9, 8, 0.4), shore("shore", 1.2, 0.4, 0.75)]


def _by_zoom(width: object, share: float = 1.0) -> list[object]:
    return ["interpolate", ["exponential", 1.7], ["zoom"],
            10, ["*", 0.22 * share, width], 14, ["*", share, width], 17, ["*", 5 * share, width]]


def _roads(style: BasemapStyle) -> list[dict[str, object]]:
    pairs = [item for pair in style.road_widths for item in pair]
    width = ["match", ["get", "class"], *pairs, 0.9]
    arterial = ["in", ["get", "class"], ["literal", _ARTERIALS]]
    base = {"type": "line", "source": "ground", "source-layer": "roads",
            "layout": {"line-cap": "round", "line-join": "round"}}
    return [
        {**base, "id": "roads", "filter": ["!", arterial],
         "paint": {"line-color": to_css(style.road, 0.62), "line-width": _by_zoom(width)}},
        {**base, "id": "arterial-glow", "filter": arterial,
         "paint": {"line-color": to_css(style.glow, 0.3), "line-blur": 5,
                   "line-width": _by_zoom(width, 3.6)}},
        {**base, "id": "arterials", "filter": arterial,
         "paint": {"line-color": to_css(style.glow, 0.6), "line-width": _by_zoom(width)}},
        {**base, "id": "arterial-core", "filter": arterial,
         "paint": {"line-color": to_css(style.core, 0.8), "line-width": _by_zoom(width, 0.3)}},
    ]


def _occupied() -> dict[str, object]:
    """What names keep clear of: incidents, drawn by deck.gl, stand here unseen."""
    return {"id": "occupied", "type": "symbol", "source": "occupied",
            "layout": {"icon-image": SPACE, "icon-allow-overlap": True, "icon-padding": 1}}


def _places(style: BasemapStyle) -> list[dict[str, object]]:
    def place(level: str, low: float, high: float, size: float, alpha: float) -> dict[str, object]:
        return {
            "id": f"place-{level}", "type": "symbol", "source": "places",
            "minzoom": low, "maxzoom": high, "filter": ["==", ["get", "level"], level],
            "layout": {
                "text-field": ["format", ["get", "name"], {},
                               ["case", [">", ["get", "load"], 0],
                                ["concat", " ", ["to-string", ["get", "load"]]], ""],
                               {"text-color": "rgba(255, 206, 110, 1)", "font-scale": 0.92}],
                "text-font": ["sans-serif"], "text-size": size, "text-padding": 10,
                "icon-image": PLATE, "icon-text-fit": "both", "icon-text-fit-padding": [1, 5, 1, 5],
                # Beside its place rather than upon it, wherever there is room.
                "text-variable-anchor": ["center", "bottom", "top", "left", "right"],
                "text-radial-offset": 0.9, "text-justify": "auto",
                "symbol-sort-key": ["-", 0, ["get", "load"]], "text-letter-spacing": 0.04,
                "text-max-width": 14, "text-pitch-alignment": "viewport",
            },
            "paint": {"text-color": to_css(style.label, alpha), "text-halo-width": 1.2,
                      "text-halo-color": to_css(style.label_halo, 0.8), "text-halo-blur": 0.4,
                      "icon-opacity": 0.72},
        }

    return [place("grid", 14.2, 24, 12, 0.86), place("community", 12.9, 14.2, 13, 0.9),
            place("street", 8, 12.9, 17, 1.0)]
