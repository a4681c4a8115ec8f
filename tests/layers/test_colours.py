"""Colours can be told apart, by people without red-green or blue-yellow vision too."""

from itertools import combinations

import numpy as np
import pytest

from layers.colours import CATEGORY_COLOURS, LOAD_COLOURS, from_hex, to_css
from layers.palettes import PALETTES

# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB.
SIGHTS = {
    "full": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}
# Ottosson's OKLab.
TO_CONE = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                    [0.2119034982, 0.6806995451, 0.1073969566],
                    [0.0883024619, 0.2817188376, 0.6299787005]])
TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                   [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])


def oklab(colours, sight):
    """OKLab coordinates of sRGB colours as a kind of sight sees them; shape (n, 3)."""
    srgb = np.array(colours) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ SIGHTS[sight].T, 0, 1)
    return np.cbrt(seen @ TO_CONE.T) @ TO_LAB.T


def smallest_distance(colours, sight):
    """The least distance between two of the colours."""
    lab = oklab(colours, sight)
    return min(np.linalg.norm(a - b) for a, b in combinations(lab, 2))


@pytest.mark.parametrize("sight", SIGHTS)
def test_ten_classes_differ(sight):
    assert len(set(CATEGORY_COLOURS)) == 10
    assert smallest_distance(CATEGORY_COLOURS, sight) > 0.10


# The least distance between two of a palette: ten classes are many, two need be no nearer.
LEAST = {"classes": 0.10, "loads": 0.06, "density": 0.09, "kinds": 0.05, "visits": 0.05,
         "urgent": 0.15, "origins": 0.15}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("look", PALETTES)
@pytest.mark.parametrize("name", LEAST)
def test_colours_of_a_palette_differ(look, name, sight):
    assert smallest_distance(getattr(PALETTES[look], name), sight) > LEAST[name]


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("look", PALETTES)
def test_density_is_told_by_lightness_alone(look, sight):
    """Also who sees no colour reads the order: away from the ground, few to many."""
    lightness = oklab(PALETTES[look].density, sight)[:, 0]
    steps = np.diff(lightness if look == "dark" else -lightness)
    assert steps.min() > 0.08


@pytest.mark.parametrize("sight", SIGHTS)
def test_loads_differ(sight):
    assert smallest_distance(LOAD_COLOURS, sight) > 0.05


def test_classes_show_on_a_dark_ground():
    assert oklab(CATEGORY_COLOURS, "full")[:, 0].min() > 0.5


def test_classes_show_on_a_light_ground():
    assert oklab(PALETTES["light"].classes, "full")[:, 0].max() < 0.8


def test_colours_are_read_and_written():
    assert to_css(from_hex("#0a141e"), 0.25) == "rgba(10, 20, 30, 0.25)"
    with pytest.raises(ValueError, match="#rrggbb"):
        from_hex("red")
