"""The report of a 坐标体检: one HTML file with maps, to work through and to hand on."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console import language

ROWS_SHOWN = 200
NUMBERED = 60
MAP_WIDTH_PX, MAP_HEIGHT_PX, MARGIN_PX = 860, 460, 16
# Around findings that stand close together, some streets are seen.
_LEAST_DEGREES = 0.004


def checkup_report(title: str, told: Mapping[str, Any],
                   outlines: Sequence[tuple[str, shapely.Geometry]], *,
                   at: datetime, lang: str = "zh") -> str:
    """The report as one HTML page that needs nothing else.

    Parameters
    ----------
    title
        What was examined, such as the file's name.
    told
        As an `Outcome` tells itself as JSON, with ``checkup`` or ``library`` or both.
    outlines
        Codes and shapes (degrees) of the grids to draw beneath.
    at
        When.
    lang
        Of the words.
    """
    def words(key: str, **values: Any) -> str:
        return language.text(f"checkup.{key}", lang, **values)

    sections = [*_strays(told, outlines), *_lints(told, outlines)]
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages" / "templates"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    ).get_template("checkup.html")
    return page.render(title=title, told=told, at=at, lang=lang, t=words, sections=sections,
                       rows=list(_put_aside(told.get("quarantine_file"))), shown=ROWS_SHOWN,
                       width=MAP_WIDTH_PX, height=MAP_HEIGHT_PX)


def _strays(told: Mapping[str, Any], outlines: Sequence[tuple[str, shapely.Geometry]]
            ) -> list[dict[str, Any]]:
    strays = told.get("checkup", {}).get("strays", [])
    if not strays:
        return []
    points = [(stray["lon"], stray["lat"]) for stray in strays]
    ends = [(stray["building_lon"], stray["building_lat"]) for stray in strays]
    return [{"kind": "strays", "count": told["checkup"]["disagrees"],
             "map": _map(points, outlines, ends),
             "head": ("row", "code", "text", "away_m", "lon", "lat"),
             "rows": [(stray["row"], stray["code"] or "", stray["text"] or "",
                       f"{stray['away_m']:,}", *_rounded(*point))
                      for stray, point in zip(strays, points, strict=True)]}]


def _lints(told: Mapping[str, Any], outlines: Sequence[tuple[str, shapely.Geometry]]
           ) -> list[dict[str, Any]]:
    sections = []
    for kind, lint in told.get("library", {}).items():
        findings = lint["findings"]
        particulars = list(findings[0]["told"]) if findings else []
        sections.append({
            "kind": kind, "count": lint["count"],
            "map": _map([(f["lon"], f["lat"]) for f in findings], outlines) if findings else None,
            "head": ("code", "text", *particulars, "lon", "lat"),
            "rows": [(f["code"], f["text"], *(_shown(f["told"][name]) for name in particulars),
                      *_rounded(f["lon"], f["lat"])) for f in findings]})
    return sections


def _map(points: Sequence[tuple[float, float]],
         outlines: Sequence[tuple[str, shapely.Geometry]],
         ends: Sequence[tuple[float, float]] = ()) -> dict[str, Any]:
    """Paths and dots in pixels; `ends` are where lines from the points lead."""
    spots = np.array([*points, *ends])
    west, south = spots.min(axis=0)
    east, north = spots.max(axis=0)
    grow = max(_LEAST_DEGREES, 0.08 * (east - west), 0.08 * (north - south))
    view = (west - grow, south - grow, east + grow, north + grow)
    squeeze = np.cos(np.radians((south + north) / 2))
    scale = min((MAP_WIDTH_PX - 2 * MARGIN_PX) / ((view[2] - view[0]) * squeeze),
                (MAP_HEIGHT_PX - 2 * MARGIN_PX) / (view[3] - view[1]))

    def pixels(coordinates: Any) -> np.ndarray:
        lonlat = np.asarray(coordinates, dtype=np.float64).reshape(-1, 2)
        middle = np.array([(view[0] + view[2]) / 2, (view[1] + view[3]) / 2])
        away = (lonlat - middle) * scale
        return np.round(np.stack([MAP_WIDTH_PX / 2 + away[:, 0] * squeeze,
                                  MAP_HEIGHT_PX / 2 - away[:, 1]], axis=1), 1)

    window = shapely.box(*view)
    grids = [{"code": code, "path": " ".join(_path(pixels(ring.coords)) for ring in _rings(shape))}
             for code, shape in outlines if shape.intersects(window)]
    dots = pixels(points).tolist()
    lines = [(*dot, *end) for dot, end in zip(dots, pixels(ends).tolist(), strict=True)] \
        if len(ends) else []
    return {"grids": grids, "dots": dots, "lines": lines, "numbered": NUMBERED}


def _rings(shape: shapely.Geometry) -> Iterable[shapely.LinearRing]:
    for polygon in shapely.get_parts(shape):
        yield from (polygon.exterior, *polygon.interiors)


def _path(points: np.ndarray) -> str:
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points[:-1].tolist()) + "Z"


def _rounded(lon: float, lat: float) -> tuple[str, str]:
    return f"{lon:.6f}", f"{lat:.6f}"


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _put_aside(file: str | None) -> Iterable[list[str]]:
    if file and Path(file).exists():
        with Path(file).open(newline="", encoding="utf-8-sig") as lines:
            yield from itertools.islice(csv.reader(lines), ROWS_SHOWN + 1)
