"""The wall's two sets of colours: the same names in both, and words that can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console.pages import wall
from layers.colours import Colour, from_hex
from tests.layers.test_basemap import LEAST_CONTRAST, contrast

PAGES, WEB = Path(wall.__file__).parent, Path(wall.__file__).parents[1] / "web" / "src"
WORDS = ("strong", "ink", "soft", "quiet", "accent-ink", "hot-ink", "good-ink", "warn-ink",
         "alarm-ink", "tile-reported", "tile-open", "tile-overdue", "tile-on-time",
         "tile-dispatch")


def variables(look: str) -> dict[str, str]:
    """Values of the style sheet's variables by name."""
    css = (PAGES / f"wall-{look}.css").read_text(encoding="utf-8")
    return {name: value.strip() for name, value in re.findall(r"--([\w-]+):([^;]+);", css)}


def colour(value: str) -> Colour:
    """Of ``#rrggbb``, of three numbers, or of ``rgb(…)``, its opacity left out."""
    if value.startswith("#"):
        return from_hex(value)
    red, green, blue = map(int, re.findall(r"\d+", value)[:3])
    return red, green, blue


def test_both_have_the_same_names_and_all_that_are_used():
    dark, light = variables("dark"), variables("light")
    assert set(dark) == set(light)
    used = {name for path in [PAGES / "wall.css", *WEB.glob("wall-*.css")]
            for name in re.findall(r"var\(--([\w-]+)\)", path.read_text(encoding="utf-8"))}
    own = {"tone", "size", "share"}
    assert used - own <= set(dark)


@pytest.mark.parametrize("look", ["dark", "light"])
def test_words_are_read_on_panels_and_banners(look):
    values = variables(look)
    grounds = [colour(values["panel"]), colour(values["panel-top"])]
    for name in WORDS:
        for ground in grounds:
            assert contrast(colour(values[name]), ground) >= LEAST_CONTRAST, name
    for kind in ("warn-ground", "alarm-ground"):
        assert contrast(colour(values[f"{kind}-ink"]), colour(values[kind])) >= LEAST_CONTRAST
