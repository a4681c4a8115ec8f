"""Colours of the wall's ground, by night and by day."""

from __future__ import annotations

from dataclasses import dataclass

from layers.colours import Colour


@dataclass(frozen=True)
class BasemapStyle:
    """Colours of the ground, opacities 0-1, widths of streets in pixels at zoom 14.

    The defaults are those of the dark style.
    """

    block: Colour = (8, 15, 30)
    bed: Colour = (2, 5, 12)
    bed_alpha: float = 0.85
    water: Colour = (9, 50, 92)
    shore: Colour = (52, 148, 214)
    shore_glow: float = 0.4
    green: Colour = (11, 56, 48)
    plaza: Colour = (18, 30, 52)
    road: Colour = (44, 82, 128)
    road_alpha: float = 0.62
    road_widths: tuple[tuple[str, float], ...] = (
        ("expressway", 4.6), ("arterial", 3.4), ("primary", 3.4), ("secondary", 2.2),
        ("collector", 1.6), ("local", 1.0), ("service", 0.7),
    )
    glow: Colour = (70, 170, 255)
    glow_alpha: float = 0.3
    arterial: Colour = (70, 170, 255)
    arterial_alpha: float = 0.6
    core: Colour = (150, 205, 255)
    core_alpha: float = 0.8
    label: Colour = (214, 234, 255)
    label_halo: Colour = (4, 12, 26)
    load: Colour = (255, 206, 110)
    street_label: Colour = (178, 206, 238)
    water_label: Colour = (126, 204, 255)
    green_label: Colour = (116, 196, 160)
    plate: Colour = (5, 14, 30)
    plate_alpha: float = 0.82
    plate_line: Colour = (110, 180, 250)
    veil_alpha: float = 0.4
    relief_shadow: Colour = (0, 2, 8)
    relief_light: Colour = (84, 140, 200)
    # The first is installed with Linux's Noto, the second comes from our own host.
    fonts: tuple[str, ...] = ("Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC")


DARK = BasemapStyle()
LIGHT = BasemapStyle(
    block=(232, 236, 242), bed=(255, 255, 255), bed_alpha=1.0,
    water=(176, 208, 236), shore=(120, 172, 218), shore_glow=0.28, green=(205, 226, 196),
    plaza=(240, 234, 222), road=(255, 255, 255), road_alpha=0.95,
    glow=(120, 150, 190), glow_alpha=0.22, arterial=(255, 255, 255), arterial_alpha=1.0,
    core=(246, 190, 96), core_alpha=0.9,
    label=(16, 38, 66), label_halo=(255, 255, 255), load=(176, 66, 8),
    street_label=(86, 104, 130), water_label=(36, 100, 164), green_label=(52, 112, 66),
    plate=(255, 255, 255), plate_alpha=0.9, plate_line=(70, 110, 160),
    veil_alpha=0.3, relief_shadow=(70, 86, 110), relief_light=(255, 255, 255),
)
BASEMAPS = {"dark": DARK, "light": LIGHT}
