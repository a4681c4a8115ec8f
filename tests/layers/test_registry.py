"""Layers as the browser gets them."""

import json
from itertools import pairwise

from layers.basemap import FIRST_LABEL, BasemapStyle, basemap_style
from layers.registry import LAYERS, WallStyle, describe, legend


def test_layers_come_from_ground_to_sky():
    layers = describe(WallStyle(), "police")
    assert [layer["id"] for layer in layers] == list(LAYERS) == ["areas", "buildings", "incidents"]
    assert layers[0]["data"] == "/tiles/areas/{z}/{x}/{y}.mvt?scheme=police&level=grid"


def test_layers_ask_no_other_host():
    style = basemap_style(BasemapStyle())
    assert "://" not in json.dumps([describe(WallStyle(), "base"), style])
    assert "glyphs" not in style
    assert "sprite" not in style


def test_layers_lie_below_the_names():
    labels = [layer["id"] for layer in basemap_style(BasemapStyle())["layers"]
              if layer["type"] == "symbol"]
    assert labels[0] == FIRST_LABEL
    assert {layer["beforeId"] for layer in describe(WallStyle(), "base")} == {FIRST_LABEL}


def test_every_name_of_a_zoom_is_of_one_level():
    spans = sorted((layer["minzoom"], layer["maxzoom"])
                   for layer in basemap_style(BasemapStyle())["layers"]
                   if layer["type"] == "symbol")
    assert all(low == high for (_, high), (low, _) in pairwise(spans))


def test_the_legend_is_that_of_the_layers():
    style = WallStyle()
    groups = legend(style)
    fills = describe(style, "base")[0]["getFillColor"]["colours"]
    assert [entry.colour for entry in groups["load"]] == [
        f"rgba({r}, {g}, {b}, 1)" for r, g, b, _ in fills]
    assert len(groups["class"]) == 10
    assert [entry.size for entry in groups["urgency"]] == sorted(
        entry.size for entry in groups["urgency"])
