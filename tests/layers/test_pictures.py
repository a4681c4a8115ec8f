"""Each layer has a picture and a section in docs/layers.md."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from console.layer_pictures import SIZE, VIEWS
from layers.palettes import PALETTES
from layers.registry import ENTRIES, LAYERS
from tests.program import ROOT

PICTURES = ROOT / "docs" / "pictures" / "layers"
MOST_BYTES = 300_000


def section(name: str) -> str:
    """What docs/layers.md says of a layer."""
    text = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    found = re.search(rf"^## `{name}`.*?(?=^## |\Z)", text, re.M | re.S)
    assert found, f"docs/layers.md says nothing of {name}"
    return found[0]


def test_every_layer_has_a_view_and_no_other():
    assert set(VIEWS) == set(LAYERS)
    assert all(name in view.layers and set(view.layers) <= set(LAYERS)
               for name, view in VIEWS.items())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_layer_has_its_section_with_its_key_and_pictures(entry):
    told = section(entry.name).lower()
    assert (f"key {entry.key}" if entry.key else "no key") in told
    assert ("shown" if entry.shown else "hidden") in told
    for look in PALETTES:
        file = f"{entry.name}{'' if look == 'dark' else '-light'}.png"
        assert f"pictures/layers/{file}" in told
        assert (PICTURES / file).stat().st_size < MOST_BYTES
        with Image.open(PICTURES / file) as picture:
            assert picture.size == SIZE
            assert len(picture.getcolors(1 << 16)) > 16


def test_no_picture_is_of_nothing():
    known = {f"{name}{end}.png" for name in LAYERS for end in ("", "-light")}
    assert {path.name for path in PICTURES.glob("*")} <= known
