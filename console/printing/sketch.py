"""The small map of a printout as a drawing: from the database's own geometry, no internet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

from console.printing.words import printable

_GROUND = {"green": "#e1efd9", "water": "#cfe2f5", "plaza": "#f0ead9"}
_MOST_NAMES = 8
# Lengths of the scale bar, in metres.
_BARS = (20, 50, 100, 200, 500, 1000, 2000, 5000)

Shape = Mapping[str, Any]


def map_svg(around: Mapping[str, Any], lon: float, lat: float, area_code: str | None) -> str:
    """A square map with the place in a ring, the outline of its grid, and a scale.

    Parameters
    ----------
    around
        As of `console.places.surroundings`: metres of Web Mercator from its north-west.
    lon, lat
        The place, in degrees (CGCS2000).
    area_code
        The grid to be outlined strongest.

    Returns
    -------
    str
        SVG; one unit is one metre of Web Mercator, some 1/cos(lat) of a metre on the ground.
    """
    width, height = around["width"], around["height"]
    stretch = 1 / math.cos(math.radians(lat))
    x, y = _from_corner(around, lon, lat)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height:.1f}">'
             f'<rect width="{width:.1f}" height="{height:.1f}" fill="#f7f8f4"/>']
    parts += [_shape(shape, stretch, area_code, width) for shape in around["shapes"]]
    parts += _names(around["shapes"], width)
    for radius, style in ((0.032, 'fill="none" stroke="#c0242f" stroke-width="{:.1f}"'),
                          (0.009, 'fill="#c0242f"')):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width * radius:.1f}" '
                     + style.format(width * 0.006) + "/>")
    parts.append(_scale_bar(width, height, stretch))
    return "".join([*parts, "</svg>"])


def _from_corner(around: Mapping[str, Any], lon: float, lat: float) -> tuple[float, float]:
    radius = 6378137
    east = radius * math.radians(lon)
    north = radius * math.asinh(math.tan(math.radians(lat)))
    return east - around["west"], around["north"] - north


def _shape(shape: Shape, stretch: float, area_code: str | None, width: float) -> str:
    path = f'<path d="{escape(shape["d"])}" '
    if shape["kind"] == "road":
        metres = max((shape["width_m"] or 4) * stretch, width / 250)
        return path + (f'fill="none" stroke="#ffffff" stroke-width="{metres:.1f}"'
                       ' stroke-linecap="round" stroke-linejoin="round"/>')
    if shape["kind"] == "building":
        return path + f'fill="#d7dce4" stroke="#9aa6b8" stroke-width="{width / 900:.2f}"/>'
    if shape["kind"] == "area":
        own = shape["code"] == area_code
        return path + (
            f'fill="{"#1657b8" if own else "none"}" fill-opacity="0.06"'
            f' stroke="#1657b8" stroke-width="{width / (170 if own else 420):.1f}"'
            + ("/>" if own else f' stroke-dasharray="{width / 130:.1f}"/>'))
    return path + f'fill="{_GROUND.get(shape["kind"], "#eceee8")}"/>'


def _names(shapes: list[Shape], width: float) -> list[str]:
    """Each road's name once, the widest roads first."""
    roads: dict[str, Shape] = {}
    for shape in sorted(shapes, key=lambda one: -(one["width_m"] or 0)):
        if shape["kind"] == "road" and shape["name"] and shape["label_x"] is not None:
            roads.setdefault(shape["name"], shape)
    return [
        f'<text x="{road["label_x"]:.1f}" y="{road["label_y"]:.1f}" text-anchor="middle"'
        f' font-family="Noto Sans SC" font-size="{width / 32:.1f}" fill="#5a6b84">'
        f"{escape(printable(name)[:12])}</text>"
        for name, road in list(roads.items())[:_MOST_NAMES]]


def _scale_bar(width: float, height: float, stretch: float) -> str:
    metres = max((bar for bar in _BARS if bar * stretch <= width * 0.3), default=_BARS[0])
    length, left, base = metres * stretch, width * 0.04, height - width * 0.04
    tick, line = width * 0.012, f'stroke="#14233a" stroke-width="{width / 300:.1f}"'
    words = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    return (f'<path d="M{left:.1f} {base - tick:.1f}v{tick:.1f}h{length:.1f}v{-tick:.1f}"'
            f' fill="none" {line}/>'
            f'<text x="{left + length / 2:.1f}" y="{base - tick * 1.3:.1f}" text-anchor="middle"'
            f' font-family="Noto Sans SC" font-size="{width / 32:.1f}" fill="#14233a">'
            f"{words}</text>")
