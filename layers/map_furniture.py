"""What stands on a still picture beside the ground: legend, scale bar, attribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from layers.colours import Colour, to_css
from layers.labels import Box, text_width
from layers.map_style import MapStyle

FONT = "Noto Sans SC"
_BARS_M = tuple(step * 10**power for power in range(1, 7) for step in (1, 2, 5))
_EDGE, _LINE, _SIZE = 14, 19, 12.5


@dataclass(frozen=True)
class Entry:
    """A line of a legend: a swatch, filled or a round point, and words."""

    colour: Colour
    words: str
    round: bool = False
    alpha: float = 1.0


@dataclass(frozen=True)
class Group:
    """Lines of a legend under one heading."""

    heading: str
    entries: Sequence[Entry]


def text(words: str, x: float, y: float, size: float, colour: Colour, *, anchor: str = "start",
         halo: Colour | None = None, turn: str = "") -> str:
    """A text with its baseline at `y`; with a rim, so that it is read on any ground."""
    rim = (f' stroke="{to_css(halo)}" stroke-width="{size * 0.24:.1f}" stroke-linejoin="round"'
           ' paint-order="stroke"') if halo else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-family="{FONT}" font-size="{size:g}"'
            f' text-anchor="{anchor}" fill="{to_css(colour)}"{rim}{turn}>{escape(words)}</text>')


def legend(groups: Sequence[Group], style: MapStyle, width: float,
           height: float) -> tuple[str, list[Box]]:
    """The panel at the upper right, and what it covers; as much of it as the picture has room for.

    A group whose lines would not fit is left out whole.
    """
    shown: list[Group] = []
    rows = 0
    for group in groups:
        more = len(group.entries) + 1
        if group.entries and (rows + more) * _LINE + 2 * _EDGE + 60 < height:
            shown.append(group)
            rows += more
    wide = 44 + max((text_width(words, _SIZE) for group in shown
                     for words in (group.heading, *(one.words for one in group.entries))),
                    default=0)
    if not shown or wide > width / 2:
        return "", []
    left, top, high = width - _EDGE - wide, _EDGE, rows * _LINE + 14
    parts = [_panel(left, top, wide, high, style)]
    y = top + 5
    for group in shown:
        y += _LINE
        parts.append(text(group.heading, left + 11, y - 5, _SIZE, style.soft_label))
        for entry in group.entries:
            y += _LINE
            parts += [_swatch(entry, left + 12, y - 15, style),
                      text(entry.words, left + 34, y - 5, _SIZE, style.label)]
    return "".join(parts), [(left - 4, top - 4, left + wide + 4, top + high + 4)]


def _panel(x: float, y: float, wide: float, high: float, style: MapStyle) -> str:
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="5"'
            f' fill="{to_css(style.panel, 0.88)}" stroke="{to_css(style.panel_line)}"/>')


def _swatch(entry: Entry, x: float, y: float, style: MapStyle) -> str:
    fill = f'fill="{to_css(entry.colour, entry.alpha)}"'
    if entry.round:
        return (f'<circle cx="{x + 7:.1f}" cy="{y + 6:.1f}" r="5" {fill}'
                f' stroke="{to_css(style.point_line)}"/>')
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="15" height="12" rx="2" {fill}'
            f' stroke="{to_css(style.area_line, 0.6)}" stroke-width="0.8"/>')


def scale_bar(pixel_m: float, style: MapStyle, width: float, height: float) -> tuple[str, Box]:
    """The bar at the lower left, and what it covers.

    Parameters
    ----------
    pixel_m
        Metres on the ground to a pixel in the middle of the picture.
    """
    metres = max((bar for bar in _BARS_M if bar / pixel_m <= min(170.0, width * 0.3)),
                 default=_BARS_M[0])
    long, base = metres / pixel_m, height - _EDGE
    words = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    line = f"M{_EDGE} {base - 6:.1f}v6h{long:.1f}v-6"
    box = (_EDGE - 6, base - 26, _EDGE + max(long, text_width(words, _SIZE)) + 8, base + 6)
    return (f'<path d="{line}" fill="none" stroke="{to_css(style.halo, 0.85)}" stroke-width="5"/>'
            f'<path d="{line}" fill="none" stroke="{to_css(style.label)}" stroke-width="1.8"/>'
            + text(words, _EDGE + 6, base - 6, _SIZE, style.label, halo=style.halo), box)


def attribution(words: str, style: MapStyle, width: float,
                height: float) -> tuple[str, list[Box]]:
    """Whose data it is, at the lower right, and what that covers; none where there is no room."""
    size = 11
    wide = text_width(words, size) + 12
    if wide > width * 0.65:
        return "", []
    left, top = width - wide, height - 19
    return (f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="19"'
            f' fill="{to_css(style.panel, 0.72)}"/>'
            + text(words, width - 6, height - 6, size, style.soft_label, anchor="end"),
            [(left, top, width, height)])
