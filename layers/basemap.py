"""The ground under the layers: blocks, water, green, streets, their names and those of areas.

A MapLibre style over our own tiles, dark or light. Names are drawn by the browser with a font of
our own host or the machine's, so there is neither a glyph server nor a sprite.
"""

from __future__ import annotations

from layers.basemap_names import FIRST_LABEL, PLATE, SPACE, names
from layers.colours import Colour, to_css
from layers.ground_style import BASEMAPS, BasemapStyle

__all__ = ["BASEMAPS", "FIRST_LABEL", "FIRST_OPEN", "PICTURE", "PLATE", "RELIEF", "SPACE",
           "BasemapStyle", "basemap_style"]

# Areas are drawn before this, buildings and incidents before the first label.
FIRST_OPEN = "green"
# Sources and layers that the browser adds where such a raster is to be seen: a picture of the
# ground, and its heights.
PICTURE, RELIEF = "picture", "relief"
_ARTERIALS = ["expressway", "arterial", "primary", "trunk", "motorway"]
# Width in pixels of a metre on the ground at 30° north: 2^zoom · 512 / 40,075,017 / cos 30°.
_PIXELS_A_METRE = tuple((zoom, 2**zoom * 512 / 40_075_017 / 0.866) for zoom in (11, 18))


def basemap_style(style: BasemapStyle) -> dict[str, object]:
    """Write the MapLibre style.

    Addresses of tiles are relative; the browser puts its own origin before them. deck.gl's
    layers come in before ``FIRST_OPEN`` and ``FIRST_LABEL``, so that parks, water and streets
    are read above the areas, and names above buildings. ``metadata`` tells the browser the
    colours of the plates, and what it adds to the style where there are rasters.

    Parameters
    ----------
    style : BasemapStyle
        One of `BASEMAPS`, or an own one.
    """
    return {
        "version": 8,
        "metadata": {"plate": {"fill": to_css(style.plate, style.plate_alpha),
                               "line": to_css(style.plate_line, 0.4)},
                     PICTURE: _picture(style), RELIEF: _relief(style)},
        "sources": _sources(),
        "light": {"anchor": "map", "color": "#cfe4ff", "intensity": 0.4},
        "layers": [
            {"id": "blocks", "type": "background",
             "paint": {"background-color": to_css(style.block)}},
            *_ground(style), *_roads(style), *names(style),
        ],
    }


def _sources() -> dict[str, object]:
    def points() -> dict[str, object]:
        return {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}}

    return {"ground": {"type": "vector", "tiles": ["/tiles/ground/{z}/{x}/{y}.mvt"],
                       "minzoom": 8, "maxzoom": 14},
            "places": points(), "occupied": points()}


def _picture(style: BasemapStyle) -> list[dict[str, object]]:
    """A picture in place of blocks, water and green, under a veil of the style's own colour."""
    return [
        {"id": PICTURE, "type": "raster", "source": PICTURE,
         "paint": {"raster-saturation": -0.35, "raster-fade-duration": 0}},
        {"id": "veil", "type": "background",
         "paint": {"background-color": to_css(style.block, style.veil_alpha)}},
    ]


def _relief(style: BasemapStyle) -> dict[str, object]:
    """How heights are shaded, where a raster of heights is to be seen."""
    return {"id": RELIEF, "type": "hillshade", "source": RELIEF, "paint": {
        "hillshade-shadow-color": to_css(style.relief_shadow, 0.75),
        "hillshade-highlight-color": to_css(style.relief_light, 0.5),
        "hillshade-accent-color": to_css(style.relief_shadow, 0.35),
        "hillshade-exaggeration": 0.6}}


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
            shore("shore-glow", 9, 8, style.shore_glow), shore("shore", 1.2, 0.4, 0.75)]


def _by_zoom(width: object, share: float = 1.0) -> list[object]:
    return ["interpolate", ["exponential", 1.7], ["zoom"],
            10, ["*", 0.22 * share, width], 14, ["*", share, width], 17, ["*", 5 * share, width]]


def _roads(style: BasemapStyle) -> list[dict[str, object]]:
    pairs = [item for pair in style.road_widths for item in pair]
    width = ["match", ["get", "class"], *pairs, 0.9]
    arterial = ["in", ["get", "class"], ["literal", _ARTERIALS]]
    base = {"type": "line", "source": "ground", "source-layer": "roads",
            "layout": {"line-cap": "round", "line-join": "round"}}
    metres = ["coalesce", ["get", "width"], 5]
    bed = ["interpolate", ["exponential", 2], ["zoom"],
           *(item for zoom, pixels in _PIXELS_A_METRE for item in (zoom, ["*", pixels, metres]))]
    return [
        # As wide as the street is: what it leaves between are the blocks.
        {**base, "id": "street-beds",
         "paint": {"line-color": to_css(style.bed, style.bed_alpha), "line-width": bed}},
        {**base, "id": "roads", "filter": ["!", arterial],
         "paint": {"line-color": to_css(style.road, style.road_alpha),
                   "line-width": _by_zoom(width)}},
        {**base, "id": "arterial-glow", "filter": arterial,
         "paint": {"line-color": to_css(style.glow, style.glow_alpha), "line-blur": 5,
                   "line-width": _by_zoom(width, 3.6)}},
        {**base, "id": "arterials", "filter": arterial,
         "paint": {"line-color": to_css(style.arterial, style.arterial_alpha),
                   "line-width": _by_zoom(width)}},
        {**base, "id": "arterial-core", "filter": arterial,
         "paint": {"line-color": to_css(style.core, style.core_alpha),
                   "line-width": _by_zoom(width, 0.3)}},
    ]
