"""The ground of the wall, dark and light, and the names on it."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from layers.basemap import BASEMAPS, FIRST_LABEL, FIRST_OPEN, PICTURE, RELIEF, basemap_style
from layers.colours import Colour

# WCAG 2.1 asks this of small text against what lies behind it.
LEAST_CONTRAST = 4.5


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in (value / 255 for value in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    """Contrast of two colours, 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(params=BASEMAPS)
def look(request):
    """Both styles, one after the other."""
    return BASEMAPS[request.param]


def test_it_asks_no_other_host_and_no_glyphs(look):
    style = basemap_style(look)
    assert "://" not in json.dumps(style)
    assert "glyphs" not in style
    assert "sprite" not in style


def test_both_styles_have_the_same_layers():
    dark, light = (basemap_style(look) for look in BASEMAPS.values())
    assert [layer["id"] for layer in dark["layers"]] == [layer["id"] for layer in light["layers"]]
    assert dark["sources"] == light["sources"]


def test_blocks_lie_below_and_names_above_everything(look):
    layers = basemap_style(look)["layers"]
    order = [layer["id"] for layer in layers]
    assert order[0] == "blocks"
    assert order.index("plaza") < order.index(FIRST_OPEN) < order.index("street-beds")
    first = order.index(FIRST_LABEL)
    assert {layer["type"] for layer in layers[first:]} == {"symbol"}
    assert "symbol" not in {layer["type"] for layer in layers[:first]}
    # What stands later is given room first.
    assert order[first:] == [
        "name-local", "name-collector", "name-plaza", "name-green", "name-arterial",
        "name-expressway", "place-grid", "place-community", "place-street", "name-water",
        "occupied"]


def test_no_name_may_lie_on_another_or_on_an_incident(look):
    for layer in basemap_style(look)["layers"]:
        if layer["type"] == "symbol":
            free = {key for key, value in layer["layout"].items() if "overlap" in key and value}
            assert free == ({"icon-allow-overlap"} if layer["id"] == "occupied" else set())


def test_every_name_of_a_zoom_is_of_one_level(look):
    spans = sorted((layer["minzoom"], layer["maxzoom"]) for layer in basemap_style(look)["layers"]
                   if layer["id"].startswith("place-"))
    assert all(low == high for (_, high), (low, _) in pairwise(spans))


def test_names_are_read_against_what_they_stand_on(look):
    for ink in (look.label, look.load):
        assert contrast(ink, look.plate) >= LEAST_CONTRAST
    for ink in (look.street_label, look.water_label, look.green_label):
        assert contrast(ink, look.label_halo) >= LEAST_CONTRAST
    assert contrast(look.street_label, look.block) >= LEAST_CONTRAST


def test_rasters_are_told_of_and_not_asked_for(look):
    style = basemap_style(look)
    assert [layer["id"] for layer in style["metadata"][PICTURE]] == [PICTURE, "veil"]
    assert style["metadata"][RELIEF]["type"] == "hillshade"
    assert not {PICTURE, RELIEF} & set(style["sources"])
