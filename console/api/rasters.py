"""``/api/rasters`` and ``/tiles/raster``: pictures of the ground and its heights, from files."""

from __future__ import annotations

import asyncio
import hashlib
import os
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from psycopg.rows import dict_row
from starlette.responses import Response

from console.api.scoped import scoped
from gis import queries
from gis.errors import NotFound
from tiles.cache import Body, Cache
from tiles.raster_order import Box, Order, degrees_of, tile_box
from tiles.raster_style import RasterStyle
from tiles.vector import MAX_ZOOM

MEDIA_TYPE = "image/png"
# Told into every entity tag: to be raised whenever the same files are drawn differently.
DRAWING = 1
# Whether a file has changed is looked up when a tile is asked for; in between, no one asks.
FRESH_S = 300

router = APIRouter(tags=["rasters"])
Draw = Annotated[Literal["image", "hillshade", "terrain"] | None, Query(alias="style")]


@router.get("/api/rasters")
async def rasters(request: Request) -> list[dict[str, Any]]:
    """The rasters that the caller may see: name, title, style, zooms, bounds, TileJSON."""
    return [row | {"tilejson": f"{request.base_url}tiles/raster/{row['name']}/tilejson.json"}
            for row in await _told(request, None)]


@router.get("/tiles/raster/{name}/tilejson.json")
async def tilejson(request: Request, name: str, draw: Draw = None) -> dict[str, Any]:
    """TileJSON 3.0 of a raster; heights can be had as hillshade and as terrain-RGB."""
    row = next(iter(await _told(request, name)), None)
    if row is None:
        raise _unknown(name)
    RasterStyle(row["style"]).drawn_as(draw)
    west, south, east, north = row["bounds"]
    shown = draw or row["style"]
    address = f"{request.base_url}tiles/raster/{name}/{{z}}/{{x}}/{{y}}.png"
    return {
        "tilejson": "3.0.0", "name": row["title"], "scheme": "xyz", "tileSize": 256,
        "tiles": [f"{address}?style={draw}" if draw else address],
        "minzoom": row["min_zoom"], "maxzoom": row["max_zoom"], "bounds": row["bounds"],
        "center": [(west + east) / 2, (south + north) / 2, row["min_zoom"]],
    } | ({"encoding": "mapbox"} if shown == "terrain" else {})


@router.get("/tiles/raster/{name}/{z}/{x}/{y}.png", response_class=Response)
async def tile(request: Request, name: str, z: int, x: int, y: int, draw: Draw = None,
               size: Annotated[Literal["256", "512"], Query()] = "256") -> Response:
    """One raster tile as PNG; 404 where nothing of the raster lies."""
    side = 1 << z if 0 <= z <= MAX_ZOOM else 0
    if not (0 <= x < side and 0 <= y < side):
        raise NotFound(f"there is no tile {z}/{x}/{y}: z is 0 to {MAX_ZOOM},"
                       " x and y are 0 to 2^z - 1")
    box = tile_box(z, x, y)
    row = await raster_within(request, name, box)
    style = RasterStyle.from_json(row["style"]).drawn_as(draw)
    if z < row["min_zoom"]:
        raise NotFound(f"this raster begins at zoom {row['min_zoom']}: for coarser tiles its"
                       " files would have to be read whole")
    if not row["paths"]:
        raise NotFound(f"nothing of this raster lies in tile {z}/{x}/{y}")
    order = Order(row["paths"], style.as_json(), box, int(size), int(size))
    # The disk may be another machine's: a look at it must not hold up the loop.
    tag = await asyncio.to_thread(_tag, row["id"], order)
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={FRESH_S}",
               "Vary": "Cookie, Authorization"}
    if _has(request, tag):
        return Response(status_code=304, headers=headers)
    cache: Cache = request.app.state.raster_cache
    body = cache.get(tag)
    if body is None:
        body = Body(await request.app.state.rasters.draw(order))
        cache.put(tag, body)
    return Response(body.content, media_type=MEDIA_TYPE, headers=headers)


async def _told(request: Request, name: str | None) -> list[dict[str, Any]]:
    async with scoped(request) as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get("rasters_told"), {"name": name})
        return await cursor.fetchall()


async def raster_within(request: Request, name: str, box: Box) -> dict[str, Any]:
    """A raster's number, style and least zoom, and its files that meet a box of Web Mercator.

    Raises
    ------
    NotFound
        If there is none of that name for the caller to see.
    """
    west, south, east, north = degrees_of(box)
    async with scoped(request) as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get("raster_for_tile"), {
            "name": name, "west": west, "south": south, "east": east, "north": north})
        row = await cursor.fetchone()
    if row is None:
        raise _unknown(name)
    return row


def _unknown(name: str) -> NotFound:
    return NotFound(f"there is no raster {name!r:.60}, or it is not for you to see")


def _tag(raster_id: int, order: Order) -> str:
    """Of the drawing, the style and the files as they stand on disk."""
    said = hashlib.blake2b(digest_size=12)
    said.update(repr((DRAWING, raster_id, order)).encode())
    for path in order.paths:
        try:
            known = os.stat(path)
            said.update(f"{known.st_mtime_ns}-{known.st_size};".encode())
        except OSError:
            said.update(b"gone;")
    return f'"{said.hexdigest()}"'


def _has(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in known.split(","))
