"""A still picture of a view as SVG: the ground, loads, buildings and incidents, with a legend.

Pure: what is drawn is handed over, in pixels of the picture.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from layers.colours import to_css
from layers.incidents import CLASS_SCALE, CLASSES
from layers.labels import Box, Label, Room
from layers.load_classes import LoadClasses
from layers.map_furniture import Entry, Group, attribution, legend, scale_bar, text
from layers.map_style import MapStyle

Shape = Mapping[str, Any]
# Points nearer than this are told by their number.
CLUSTER_PX = 30
_RADIUS_PX = (3.6, 4.4, 5.4, 7.0)


@dataclass(frozen=True)
class Point:
    """An incident: its place in pixels, its class from 0, its urgency 0-3."""

    x: float
    y: float
    class_rank: int
    urgency: int


@dataclass(frozen=True)
class Scene:
    """What a picture shows.

    Attributes
    ----------
    width, height
        In pixels.
    pixel_m
        Metres on the ground to a pixel in the middle.
    shapes
        As of the query ``map_shapes``.
    loads
        Open incidents of all areas that there are, seen or not: by them the classes are made.
    points
        Incidents, those on top last.
    texts
        Words by key: ``load``, ``incidents``, ``attribution``, and each class's name.
    ground
        A picture that lies under everything, as a ``data:`` address of a PNG; empty for none.
    """

    width: int
    height: int
    pixel_m: float
    shapes: Sequence[Shape]
    loads: Sequence[int]
    points: Sequence[Point]
    texts: Mapping[str, str]
    ground: str = ""
    labels: bool = True
    printable: Callable[[str], str] = field(default=str)


def draw_map(scene: Scene, style: MapStyle) -> str:
    """The picture as SVG; one unit is a pixel."""
    loads = LoadClasses.found(style.scale, scene.loads)
    room = Room(scene.width, scene.height)
    panel, covered = legend(_groups(scene, style, loads), style, scene.width, scene.height)
    bar, bar_box = scale_bar(scene.pixel_m, style, scene.width, scene.height)
    source, source_box = attribution(scene.texts["attribution"], style, scene.width,
                                     scene.height)
    room.take([*covered, bar_box, *source_box])
    dots, dot_boxes = _incidents(scene.points, style)
    room.take(dot_boxes)
    labels = room.place(_labels(scene)) if scene.labels else []
    size = f'width="{scene.width}" height="{scene.height}"'
    return "".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {scene.width} {scene.height}"'
        f' {size}><rect {size} fill="{to_css(style.background)}"/>',
        f'<image href="{escape(scene.ground)}" {size}/>' if scene.ground else "",
        *_ground(scene, style), *_buildings(scene.shapes, style),
        *_areas(scene.shapes, style, loads, scene.pixel_m), *dots,
        *(_written(one, style) for one in labels),
        panel, bar, source, "</svg>"])


def _ground(scene: Scene, style: MapStyle) -> list[str]:
    parts = [f'<path d="{escape(shape["d"])}" fill="{to_css(getattr(style, shape["kind"]))}"'
             + (f' stroke="{to_css(style.shore)}" stroke-width="0.8"/>'
                if shape["kind"] == "water" else "/>")
             for shape in scene.shapes
             if shape["kind"] in ("water", "green", "plaza") and not scene.ground]
    faint = ' opacity="0.45"' if scene.ground else ""
    return parts + [
        f'<path d="{escape(shape["d"])}" fill="none" stroke-linecap="round"'
        f' stroke-linejoin="round" stroke="{to_css(_road_colour(shape, style))}"'
        f' stroke-width="{_road_px(shape, scene.pixel_m):.2f}"'
        f'{faint}/>'
        for shape in scene.shapes if shape["kind"] == "road"]


def _road_colour(shape: Shape, style: MapStyle) -> tuple[int, int, int]:
    return style.main_road if (shape["width_m"] or 0) >= 20 else style.road


def _road_px(shape: Shape, pixel_m: float) -> float:
    metres = shape["width_m"] or 4
    return min(40.0, max(0.9 + metres / 24, metres / pixel_m))


def _buildings(shapes: Sequence[Shape], style: MapStyle) -> list[str]:
    return [f'<path d="{escape(shape["d"])}" fill="{to_css(style.building, 0.92)}"'
            f' stroke="{to_css(style.building_line)}" stroke-width="0.45"/>'
            for shape in shapes if shape["kind"] == "building"]


def _areas(shapes: Sequence[Shape], style: MapStyle, loads: LoadClasses,
           pixel_m: float) -> list[str]:
    parts = []
    for shape in shapes:
        if shape["kind"] == "area" and shape["d"]:
            place = loads.place(shape["load"])
            fill = to_css(style.scale.colours[place], style.area_alpha[place])
            parts.append(f'<path d="{escape(shape["d"])}" fill="{fill}" fill-rule="evenodd"'
                         f' stroke="{to_css(style.area_line, 0.75)}"'
                         f' stroke-width="{0.6 if pixel_m > 3 else 1.1}"'
                         ' stroke-linejoin="round"/>')
    # The larger ones, whose names are told, around them.
    return parts + [
        f'<path d="{escape(shape["d"])}" fill="none" stroke="{to_css(style.area_line)}"'
        ' stroke-width="1.7" stroke-linejoin="round"/>'
        for shape in shapes if shape["kind"] == "area_name" and shape["d"]]


def _incidents(points: Sequence[Point], style: MapStyle) -> tuple[list[str], list[Box]]:
    """Points, or where more than two crowd their number in a ring; and what they cover."""
    cells: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for point in points:
        cells[int(point.x // CLUSTER_PX), int(point.y // CLUSTER_PX)].append(point)
    parts, boxes = [], []
    for crowd in cells.values():
        if len(crowd) > 2:
            x, y = (sum(getattr(one, axis) for one in crowd) / len(crowd) for axis in "xy")
            radius = min(14.0, 7.5 + 2.2 * math.log10(len(crowd)) + (len(crowd) > 99) * 2)
            worst = max(crowd, key=lambda one: one.urgency)
            parts.append(_circle(x, y, radius, to_css(style.cluster, 0.95),
                                 to_css(_colour(worst)), 2.2)
                         + text(str(len(crowd)), x, y + 3.7, 10.5, style.cluster_text,
                                anchor="middle"))
            boxes.append((x - radius, y - radius, x + radius, y + radius))
            continue
        for one in crowd:
            radius = _RADIUS_PX[one.urgency]
            parts.append(_circle(one.x, one.y, radius, to_css(_colour(one)),
                                 to_css(style.point_line), 1))
            boxes.append((one.x - radius, one.y - radius, one.x + radius, one.y + radius))
    return parts, boxes


def _circle(x: float, y: float, radius: float, fill: str, line: str, wide: float) -> str:
    return (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" stroke="{line}"'
            f' stroke-width="{wide}"/>')


def _colour(point: Point) -> tuple[int, int, int]:
    return CLASS_SCALE.colours[min(point.class_rank, len(CLASSES) - 1)]


def _labels(scene: Scene) -> list[Label]:
    found = []
    for shape in scene.shapes:
        kind, name = shape["kind"].removesuffix("_name"), shape["name"]
        if shape["label_x"] is None or not name or not shape["kind"].endswith("_name"):
            continue
        words, long = scene.printable(name).replace("\u200b", "")[:16], shape["extent_px"] or 0
        size, weight, least = _SIZES[kind](long)
        if long >= least(words):
            found.append(Label(words, size, shape["label_x"], shape["label_y"], kind, weight,
                               shape["angle"] if kind == "road" else None))
    return found


# Of each kind: its size, its weight, and from what length of the place on it is worth a name.
_SIZES: dict[str, Callable[[float], tuple[float, float, Callable[[str], float]]]] = {
    "area": lambda long: (min(19, max(12, long / 16)), 1e6 + long, lambda words: 24),
    "water": lambda long: (12.5, 5e5 + long, lambda words: 40),
    "road": lambda long: (11.5, 3e5 + long, lambda words: 13 * len(words)),
    "green": lambda long: (11.5, 2e5 + long, lambda words: 34),
    "plaza": lambda long: (11, 1e5 + long, lambda words: 34),
    "building": lambda long: (10, long, lambda words: 9 * len(words)),
}


def _written(label: Label, style: MapStyle) -> str:
    colour = style.label if label.kind == "area" else style.soft_label
    turn = (f' transform="rotate({label.angle:.1f} {label.x:.1f} {label.y:.1f})"'
            if label.angle is not None else "")
    return text(label.text, label.x, label.y + label.size * 0.36, round(label.size, 1), colour,
                anchor="middle", halo=style.halo, turn=turn)


def _groups(scene: Scene, style: MapStyle, loads: LoadClasses) -> list[Group]:
    groups = []
    shown = {loads.place(shape["load"]) for shape in scene.shapes if shape["kind"] == "area"}
    if shown:
        groups.append(Group(scene.texts["load"], [
            Entry(colour, words, alpha=max(0.12, min(1.0, style.area_alpha[at] * 1.5)))
            for at, (colour, words) in enumerate(loads.legend()) if at <= max(shown)]))
    ranks = sorted({min(point.class_rank, len(CLASSES) - 1) for point in scene.points})
    if ranks:
        groups.append(Group(scene.texts["incidents"], [
            Entry(CLASS_SCALE.colours[rank], scene.texts[f"class.{CLASSES[rank]}"], round=True)
            for rank in ranks]))
    return groups
