"""A coverage and matters around real buildings, and a wall that is opened in Chromium."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from bench.tiles import load_buildings_of
from console.shots import FLAGS, PAGES, find_browser
from gis.accounts import DEMO_PASSWORD
from gis.loading.areas import load_areas

# Streets across and along, communities in each, grids in each: much as the synthetic district has.
STREETS, COMMUNITIES, GRIDS = (2, 5), (3, 5), (2, 2)
TIMEOUT_S = 240
_BOX = ("SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
        " FROM (SELECT ST_Extent(geom) AS e FROM building) AS box")
# As many matters as the synthetic district has open, each at a building.
_REPORTS = """
INSERT INTO report (text, category_code, channel, lon, lat)
SELECT '路面塌陷，行人绕行', 'urban', 'resident', ST_X(c), ST_Y(c)
FROM (SELECT geom FROM building ORDER BY md5(id::text) LIMIT %(most)s) AS chosen,
     ST_PointOnSurface(geom) AS c
"""
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Opening:
    """What opening a wall took: bytes on the wire, and seconds of the page's main thread."""

    bytes: int
    main_thread_s: float
    script_s: float
    elapsed_s: float
    requests: dict[str, tuple[int, int]]


def surround(admin_url: str, file: Path, folder: Path, matters: int) -> None:
    """The real buildings, one district around them down to grids, and so many open matters."""
    load_buildings_of(admin_url, file)
    with psycopg.connect(admin_url) as connection:
        box = connection.execute(_BOX).fetchone()
    for level, features in _areas(box).items():
        path = folder / f"{level}.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        load_areas(admin_url, path, level)
    with psycopg.connect(admin_url) as connection:
        connection.execute(_REPORTS, {"most": matters})
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _areas(box: Box) -> dict[str, list[dict[str, object]]]:
    """GeoJSON features by level, from the district down."""
    found: dict[str, list[dict[str, object]]] = {
        "district": [_area("330104", "实测区", None, box)], "street": [], "community": [],
        "grid": []}
    for n, street in enumerate(_cut(box, STREETS), 1):
        code = f"330104{n:03}"
        found["street"].append(_area(code, f"第{n}街道", "330104", street))
        for m, community in enumerate(_cut(street, COMMUNITIES), 1):
            under = f"{code}{m:03}"
            found["community"].append(_area(under, f"第{n}-{m}社区", code, community))
            found["grid"] += [_area(f"{under}{g:03}", f"网格{n}-{m}-{g}", under, grid)
                              for g, grid in enumerate(_cut(community, GRIDS), 1)]
    return found


def _cut(box: Box, into: tuple[int, int]) -> list[Box]:
    west, south, east, north = box
    across, along = into
    xs = [west + (east - west) * at / across for at in range(across)] + [east]
    ys = [south + (north - south) * at / along for at in range(along)] + [north]
    return [(xs[i], ys[j], xs[i + 1], ys[j + 1]) for j in range(along) for i in range(across)]


def _area(code: str, name: str, parent: str | None, box: Box) -> dict[str, object]:
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": {"code": code, "name": name, "parent": parent},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}


def open_wall(port: int, picture: Path | None = None) -> Opening:
    """Sign in, then open the wall in a fresh browser until it says that it has settled."""
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(),
                                             args=[*FLAGS, *root])
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.goto(f"http://127.0.0.1:{port}/login?next=/report")
        page.fill("[name=name]", "hall")
        page.fill("[name=password]", DEMO_PASSWORD)
        page.click("[type=submit]")
        page.wait_for_url("**/report*")
        answers: list[object] = []
        page.context.on("requestfinished", lambda request: answers.append(request))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        session.send("Network.clearBrowserCache")
        before, begun = _metrics(session), time.perf_counter()
        page.goto(f"http://127.0.0.1:{port}/wall")
        page.wait_for_function(PAGES["wall"].drawn, timeout=TIMEOUT_S * 1000)
        elapsed, after = time.perf_counter() - begun, _metrics(session)
        if picture is not None:
            page.screenshot(path=picture, timeout=TIMEOUT_S * 1000)
        sizes = _sizes(answers)
        browser.close()
    return Opening(sum(size for _, size in sizes.values()),
                   after["TaskDuration"] - before.get("TaskDuration", 0),
                   after["ScriptDuration"] - before.get("ScriptDuration", 0), elapsed, sizes)


def _metrics(session) -> dict[str, float]:
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def _sizes(answers: list[object]) -> dict[str, tuple[int, int]]:
    """Requests and bytes by the first two parts of the path."""
    found: dict[str, tuple[int, int]] = {}
    for request in answers:
        parts = urlsplit(request.url)
        if parts.scheme in ("data", "blob"):
            continue
        sizes = request.sizes()
        kind = "/".join(parts.path.split("/")[1:3])
        count, size = found.get(kind, (0, 0))
        found[kind] = (count + 1, size + sizes["responseBodySize"] + sizes["responseHeadersSize"])
    return found
