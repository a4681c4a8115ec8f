"""Names on the wall: of areas on plates, of waters, parks and streets on the ground itself.

MapLibre gives room from the last layer to the first: first to incidents, which are never
written over, then to the few waters, to areas from the largest, to main streets, and to what is
smaller.
"""

from __future__ import annotations

from layers.colours import Colour, to_css
from layers.ground_style import BasemapStyle

# The lowest name; buildings and incidents are drawn before it.
FIRST_LABEL = "name-local"
# Images that the browser makes: the plate behind a name, and an empty one that takes room.
PLATE, SPACE = "plate", "space"
# Classes of streets with the zoom from which on their names are written, and their size.
_STREETS = (
    ("name-local", ("local", "service"), 16.0, 11.0),
    ("name-collector", ("collector", "secondary", "tertiary"), 14.4, 11.5),
    ("name-arterial", ("arterial", "primary", "trunk"), 12.6, 12.5),
    ("name-expressway", ("expressway", "motorway"), 11.6, 13.0),
)
# Of a ground that is named, in metres by zoom: the name should not be wider than what it names.
_LEAST_SIDE = ["step", ["zoom"], 900, 12, 500, 13, 300, 14, 150, 15, 60, 16, 0]


def names(style: BasemapStyle) -> list[dict[str, object]]:
    """Symbol layers of all names, and the unseen one that keeps them off incidents."""
    return [
        *(_street(style, *street) for street in _STREETS[:2]),
        _cover(style, "plaza", style.street_label, 15.4, 11.5),
        _cover(style, "green", style.green_label, 14.0, 12.0),
        *(_street(style, *street) for street in _STREETS[2:]),
        _area(style, "grid", 14.2, 24, 12, 0.86), _area(style, "community", 12.9, 14.2, 13, 0.9),
        _area(style, "street", 8, 12.9, 17, 1.0),
        _cover(style, "water", style.water_label, 11.0, 14.5), _occupied(),
    ]


def _occupied() -> dict[str, object]:
    """What names keep clear of: incidents, drawn by deck.gl, stand here unseen."""
    return {"id": "occupied", "type": "symbol", "source": "occupied",
            "layout": {"icon-image": SPACE, "icon-allow-overlap": True, "icon-padding": 1}}


def _written(style: BasemapStyle, colour: Colour, alpha: float, halo: float) -> dict[str, object]:
    return {"text-color": to_css(colour, alpha), "text-halo-width": halo, "text-halo-blur": 0.4,
            "text-halo-color": to_css(style.label_halo, 0.85)}


def _street(style: BasemapStyle, name: str, classes: tuple[str, ...], low: float,
            size: float) -> dict[str, object]:
    """Names along their streets, upright for who looks on."""
    return {
        "id": name, "type": "symbol", "source": "ground", "source-layer": "roads",
        "minzoom": low, "filter": ["all", ["has", "name"],
                                   ["in", ["get", "class"], ["literal", list(classes)]]],
        "layout": {
            "symbol-placement": "line", "symbol-spacing": 420, "text-field": ["get", "name"],
            "text-font": list(style.fonts), "text-size": size, "text-letter-spacing": 0.12,
            "text-padding": 6, "text-max-angle": 30, "text-rotation-alignment": "map",
            "text-pitch-alignment": "viewport",
        },
        "paint": _written(style, style.street_label, 1.0, 1.4),
    }


def _cover(style: BasemapStyle, kind: str, colour: Colour, low: float,
           size: float) -> dict[str, object]:
    """Names of waters, parks and squares, in their midst."""
    return {
        "id": f"name-{kind}", "type": "symbol", "source": "ground", "source-layer": "ground",
        "minzoom": low, "filter": ["all", ["has", "name"], ["==", ["get", "kind"], kind],
                                   [">=", ["coalesce", ["get", "side_m"], 0], _LEAST_SIDE]],
        "layout": {
            # A long water is cut by tiles, and each part says its name: not side by side.
            "text-field": ["get", "name"], "text-font": list(style.fonts), "text-size": size,
            "text-padding": 16 if kind == "water" else 8,
            "text-letter-spacing": 0.24, "text-max-width": 8, "text-pitch-alignment": "viewport",
        },
        "paint": _written(style, colour, 0.95, 1.3),
    }


def _area(style: BasemapStyle, level: str, low: float, high: float, size: float,
          alpha: float) -> dict[str, object]:
    """Names of areas with their open incidents, on plates."""
    return {
        "id": f"place-{level}", "type": "symbol", "source": "places",
        "minzoom": low, "maxzoom": high, "filter": ["==", ["get", "level"], level],
        "layout": {
            "text-field": ["format", ["get", "name"], {},
                           ["case", [">", ["get", "load"], 0],
                            ["concat", " ", ["to-string", ["get", "load"]]], ""],
                           {"text-color": to_css(style.load), "font-scale": 0.92}],
            "text-font": list(style.fonts), "text-size": size, "text-padding": 10,
            "icon-image": PLATE, "icon-text-fit": "both", "icon-text-fit-padding": [1, 5, 1, 5],
            # Beside its place rather than upon it, wherever there is room.
            "text-variable-anchor": ["center", "bottom", "top", "left", "right"],
            "text-radial-offset": 0.9, "text-justify": "auto",
            "symbol-sort-key": ["-", 0, ["get", "load"]], "text-letter-spacing": 0.04,
            "text-max-width": 14, "text-pitch-alignment": "viewport",
        },
        "paint": {**_written(style, style.label, alpha, 1.2), "icon-opacity": 0.88},
    }
