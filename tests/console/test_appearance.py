"""Dark and light: how a page's look is chosen, and that its words can be read in both."""

import re
from pathlib import Path

import pytest
from starlette.responses import Response

from console import appearance


@pytest.mark.parametrize("argument, cookie, default, expected", [
    ("light", "dark", "dark", "light"),
    (None, "light", "dark", "light"),
    ("pink", "light", "dark", "light"),
    ("", "pink", "light", "light"),
    (None, None, "dark", "dark"),
])
def test_asked_before_remembered_before_the_pages_own(argument, cookie, default, expected):
    assert appearance.choose(argument, cookie, default) == expected


def test_what_was_asked_is_remembered_and_nothing_else():
    asked, strange = Response(), Response()
    appearance.remember(asked, "light")
    appearance.remember(strange, "light; Domain=elsewhere.example")
    assert asked.headers["set-cookie"].startswith("gridwall_style=light; Max-Age=31536000; Path=/")
    assert "set-cookie" not in strange.headers


# What is written upon what. Every colour of words that pages use may stand on every surface.
WORDS = ("ink", "mild", "soft", "faint", "still", "strong", "accent", "late", "warn", "good")
SURFACES = ("ground", "card", "raised", "field", "head", "hover", "chosen", "over", "form")
PAIRS = (
    *((words, surface) for words in WORDS for surface in SURFACES),
    ("primary-ink", "primary"), ("accent-ink", "accent"), ("alarm-ink", "alarm"),
    ("alarm-ink", "alarm-flash"), ("bad-ink", "bad-ground"), ("good-ink", "good-ground"),
    ("warn-ink", "warn-ground"), ("ink", "good-ground"), ("ink", "fresh"),
    *((words, bar) for words in ("bar-ink", "bar-soft", "bar-strong")
      for bar in ("bar", "bar-low", "bar-raised")),
    *(("ink", f"area-{one}") for one in range(8)),
    ("map-name", "map-halo"), ("map-name", "map-area"), ("map-name", "map-ground"),
)
# Bounds of fields, marks on maps and bars of charts are no words: three to one will do.
MARKS = (
    *((mark, surface) for mark in ("edge", "ring", "star") for surface in ("card", "field")),
    *((urgency, "map-ground") for urgency in ("urgent-0", "urgent-1", "urgent-2", "urgent-3")),
    *((bar, "card") for bar in ("service", "control", "tier-0", "tier-1", "tier-2", "tier-3")),
    ("bar-mark", "bar"), ("map-mark", "map-ground"), ("map-outline", "map-ground"),
    ("area-edge", "area-0"), ("roof-edge", "lawn"), ("chosen-roof", "lawn"),
)
_STATIC = Path(appearance.__file__).parent / "static" / "desk"
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(")


def _variables() -> dict[str, dict[str, str]]:
    sheet = (_STATIC / "style.css").read_text("utf-8")
    light, dark = sheet.split("@media screen", 1)
    told = [dict(re.findall(r"--([\w-]+): (#\w+);", part)) for part in (light, dark)]
    return {"light": told[0], "dark": told[0] | told[1]}


def _luminance(colour: str) -> float:
    """Relative luminance of sRGB, as WCAG 2.2 defines it; what lets through counts as if not."""
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear,
                                                     strict=True))


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("style", appearance.APPEARANCES)
@pytest.mark.parametrize("pairs, least", [(PAIRS, 4.5), (MARKS, 3.0)], ids=["words", "marks"])
def test_contrast_is_enough(style, pairs, least):
    colours = _variables()[style]
    told = {f"{front} on {back}": round(_contrast(colours[front], colours[back]), 2)
            for front, back in pairs}
    assert {pair: ratio for pair, ratio in told.items() if ratio < least} == {}


@pytest.mark.parametrize("theme", appearance.APPEARANCES)
def test_names_on_the_planners_map_can_be_read(theme):
    """They have a halo; roads' names stand over the ground and over houses."""
    script = (_STATIC.parents[1] / "web/src/editor/themes.js").read_text("utf-8")
    told = dict(re.findall(r"(\w+): '(#\w{6})'", script.split(f"{theme}: {{")[1].split("},")[0]))
    for words, backs in {"text": ("halo",), "badText": ("halo",),
                         "roadName": ("halo", "ground", "building")}.items():
        for back in backs:
            assert _contrast(told[words], told[back]) >= 4.5, (words, back)


def test_colours_stand_in_one_place():
    """So that a page can't be dark in one corner and light in the other."""
    sheets = [path for path in _STATIC.glob("*.css") if path.name != "style.css"]
    sheets.append(_STATIC.parents[1] / "pages" / "plain.css")
    scripts = list(_STATIC.glob("*.js"))
    assert len(sheets) > 7
    assert len(scripts) > 40
    found = {path.name: _COLOUR.findall(path.read_text("utf-8")) for path in sheets}
    found |= {path.name: re.findall(r"['\"` ](#[0-9a-fA-F]{6})\b", path.read_text("utf-8"))
              for path in scripts}
    assert {name: colours for name, colours in found.items() if colours} == {}


def test_every_colour_that_is_used_is_there():
    known = set(_variables()["light"])
    assert set(_variables()["dark"]) == known
    sheets = [*_STATIC.glob("*.css"), _STATIC.parents[1] / "pages" / "plain.css"]
    used = set(re.findall(r"var\(--([\w-]+)", "".join(map(Path.read_text, sheets))))
    assert known - used == set()
    # Sizes, and what a sheet or a script sets for itself.
    assert used - known == {"radius", "load", "at", "tone", "glow"}
