"""Layers as the browser gets them."""

import json
from itertools import pairwise

from layers.basemap import FIRST_LABEL, FIRST_OPEN, BasemapStyle, basemap_style
from layers.registry import LAYERS, WallStyle, describe, legend


def test_layers_come_from_ground_to_sky():
    layers = describe(WallStyle(), "police")
    assert [layer["id"] for layer in layers] == list(LAYERS) == ["areas", "buildings", "incidents"]
    assert layers[0]["data"] == "/tiles/areas/{z}/{x}/{y}.mvt?scheme=police&level=leaf"


def test_layers_ask_no_other_host():
    style = basemap_style(BasemapStyle())
    assert "://" not in json.dumps([describe(WallStyle(), "base"), style])
    assert "glyphs" not in style
    assert "sprite" not in style


def test_areas_lie_below_the_streets_and_the_rest_below_the_names():
    order = [layer["id"] for layer in basemap_style(BasemapStyle())["layers"]]
    before = {layer["id"]: layer["beforeId"] for layer in describe(WallStyle(), "base")}
    assert before == {"areas": FIRST_OPEN, "buildings": FIRST_LABEL, "incidents": FIRST_LABEL}
    assert order.index("plaza") < order.index(FIRST_OPEN) < order.index("roads")
    assert order[order.index(FIRST_LABEL):] == [
        "place-grid", "place-community", "place-street", "occupied"]


def test_every_name_of_a_zoom_is_of_one_level():
    spans = sorted((layer["minzoom"], layer["maxzoom"])
                   for layer in basemap_style(BasemapStyle())["layers"]
                   if layer["id"].startswith("place-"))
    assert all(low == high for (_, high), (low, _) in pairwise(spans))


def test_the_legend_is_that_of_the_layers():
    style = WallStyle()
    groups = legend(style)
    colours = describe(style, "base")[2]["classColours"]
    assert [entry.colour for entry in groups["class"]] == [
        f"rgba({r}, {g}, {b}, 1)" for r, g, b in colours]
    assert len(groups["class"]) == 10
    assert [entry.size for entry in groups["urgency"]] == sorted(
        entry.size for entry in groups["urgency"])
