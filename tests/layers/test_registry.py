"""Layers as the browser gets them."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields

import pytest

from console import language
from layers.basemap import FIRST_LABEL, FIRST_OPEN
from layers.buildings import KINDS, SHOWN_AS
from layers.density import HeatStyle
from layers.palettes import PALETTES
from layers.registry import ENTRIES, LAYERS, WallStyle, describe, legend
from layers.scales import QuantileScale, ThresholdScale

LOOKS = ("dark", "light")
# Written in the browser, with the breaks that it found.
FOUND = {"load", "heat", "hexagons"}


def layer(look: str, name: str) -> dict[str, object]:
    """A layer's JSON by its name."""
    return next(told for told in describe(WallStyle.of(look), "base")
                if told["name"] == name)["layer"]


def test_names_keys_and_order_are_of_one_registry():
    told = describe(WallStyle(), "police")
    assert [entry["name"] for entry in told] == list(LAYERS)
    keys = [entry.key for entry in ENTRIES if entry.key]
    assert sorted(keys) == list("123456789")
    assert told[0]["layer"]["data"] == "/tiles/areas/{z}/{x}/{y}.mvt?scheme=police&level=leaf"


def test_of_a_group_at_most_one_is_shown_and_the_usual_wall_is_cheap():
    shown = [entry for entry in ENTRIES if entry.shown]
    groups = [entry.group for entry in shown if entry.group]
    assert len(groups) == len(set(groups))
    assert [entry.name for entry in shown] == ["areas", "buildings", "incidents", "beams"]
    # Nothing is asked for but tiles and the incidents that the wall holds.
    assert {entry.needs for entry in shown} == {"", "incidents"}


@pytest.mark.parametrize("look", LOOKS)
def test_layers_ask_no_other_host_and_carry_no_data(look):
    told = describe(WallStyle.of(look), "base")
    assert "://" not in json.dumps(told)
    assert len(json.dumps(told)) < 10_000
    for entry in told:
        assert str(entry["layer"].get("data", "/tiles/")).startswith("/tiles/")


def test_areas_and_heat_lie_below_the_streets_and_the_rest_below_the_names():
    before = {entry["name"]: entry["layer"]["beforeId"] for entry in describe(WallStyle(), "base")}
    assert {name for name, place in before.items() if place == FIRST_OPEN} == {"areas", "heat"}
    assert set(before.values()) == {FIRST_OPEN, FIRST_LABEL}


@pytest.mark.parametrize("look", LOOKS)
def test_tints_are_of_one_layer_so_that_no_tile_is_asked_for_anew(look):
    tints = [layer(look, name) for name in ("buildings", "kinds", "visits")]
    assert {told["id"] for told in tints} == {"buildings"}
    assert [told["tint"] for told in tints] == ["height", "kind", "visit"]
    assert len({told["data"] for told in tints}) == 1


@pytest.mark.parametrize("look", LOOKS)
def test_a_legend_is_that_of_the_scale_that_colours(look):
    groups = legend(WallStyle.of(look))
    css = {name: [entry.colour for entry in group] for name, group in groups.items()}

    def written(colours):
        return ["rgba({}, {}, {}, 1)".format(*colour[:3]) for colour in colours]

    assert css["class"] == written(layer(look, "incidents")["classColours"])
    assert css["beams"] == written(layer(look, "beams")["colours"])
    assert css["dispatches"] == written(layer(look, "dispatches")["originColours"])
    assert css["visits"] == written(layer(look, "visits")["getFillColor"]["colours"])
    kinds = layer(look, "kinds")["getFillColor"]["colours"]
    assert css["kinds"] == written(kinds[kind] for kind in KINDS)
    assert all(kinds[code] == kinds[shown] for code, shown in SHOWN_AS.items())
    assert css["trails"] == written([layer(look, "trails")["colour"],
                                     layer(look, "trails")["headColour"]])
    assert [entry.size for entry in groups["urgency"]] == sorted(
        entry.size for entry in groups["urgency"])


def test_every_layer_and_every_entry_of_a_legend_has_its_words():
    brought = {name for entry in ENTRIES for name in entry.legends}
    assert brought == set(legend(WallStyle())) | FOUND
    keys = [entry.title for entry in ENTRIES] + [f"layer.legend_{name}" for name in brought]
    keys += [entry.key for group in legend(WallStyle()).values() for entry in group]
    for lang in language.LANGUAGES:
        assert [key for key in keys if key not in language.catalogue(lang)] == []


def test_styles_are_frozen_and_each_has_two_looks():
    dark, light = (WallStyle.of(look) for look in LOOKS)
    for field in fields(WallStyle):
        assert getattr(dark, field.name) != getattr(light, field.name), field.name
        with pytest.raises(FrozenInstanceError):
            getattr(dark, field.name).alpha = 0
    assert dark == WallStyle()


def test_scales_refuse_what_does_not_fit():
    colours = PALETTES["dark"].visits
    scale = ThresholdScale((7, 31, 92), colours, "layer.visit_")
    assert [scale.colour(days) for days in (0, 6.9, 7, 92, 4000, None)] == [
        colours[0], colours[0], colours[1], colours[3], colours[3], colours[4]]
    with pytest.raises(ValueError, match="limits must rise"):
        ThresholdScale((7, 7, 92), colours, "")
    with pytest.raises(ValueError, match="need 4 colours"):
        ThresholdScale((7, 31), colours, "")
    with pytest.raises(ValueError, match="as many heights"):
        QuantileScale((0.5,), colours[:3]).heights("load", (1.0,))
    with pytest.raises(ValueError, match="needs its part"):
        HeatStyle(parts=(0.5, 0.4, 0.6, 0.7, 1.0))
