"""Still pictures of a view: what is asked for, and what of the database stands on it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from console import language
from console.printing.picture import Picture
from console.printing.words import printable
from gis import queries
from gis.errors import InvalidInput, NotFound
from layers.map_style import STYLES
from layers.static_map import Point, Scene, draw_map
from tiles.raster_order import RADIUS_M, Box, degrees_of
from tiles.vector import LEAF, LEVELS

LAYERS = ("ground", "areas", "buildings", "incidents", "labels")
LEAST_PX, MOST_PX = 64, 2400
MOST_LATITUDE = 85.0
# As the wall counts: the world is 512 pixels wide at zoom 0.
_WORLD_PX, _MOST_ZOOM = 512, 22
_WORLD_M = 2 * math.pi * RADIUS_M
# Around what a box or one's own ground needs.
_MARGIN, LEGEND_PX = 0.04, 165
# Metres of Web Mercator to a pixel, from which on larger areas are drawn, and named.
_DRAWN_FROM = ((60.0, "street"), (18.0, "community"))
_NAMED_FROM = ((40.0, "district"), (10.0, "street"), (4.0, "community"))
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")


@dataclass(frozen=True)
class View:
    """Which ground, and how large the picture: west … north in metres of Web Mercator."""

    box: Box
    width: int
    height: int

    @property
    def pixel_m(self) -> float:
        """Metres of Web Mercator to a pixel."""
        return (self.box[2] - self.box[0]) / self.width

    @property
    def ground_m(self) -> float:
        """Metres on the ground to a pixel in the middle."""
        _, south, _, north = self.box
        return self.pixel_m / math.cosh((south + north) / 2 / RADIUS_M)

    @property
    def level(self) -> str:
        """The level of areas that can be told apart."""
        return _at(_DRAWN_FROM, self.pixel_m)

    def named_level(self, level: str) -> str:
        """The level whose names have room, where areas of `level` are drawn."""
        found = _at(_NAMED_FROM, self.pixel_m)
        order = (*LEVELS, LEAF)
        return min(found, level, key=order.index)


def _at(steps: tuple[tuple[float, str], ...], pixel_m: float) -> str:
    return next((level for least, level in steps if pixel_m >= least), LEAF)


@dataclass(frozen=True)
class Wanted:
    """What a caller chose.

    Attributes
    ----------
    layers
        Of `LAYERS`.
    style, lang
        ``dark`` or ``light``; ``zh`` or ``en``.
    scheme, level
        Which areas; by default the level that suits the view.
    scale
        1, or 2 for paper and fine screens.
    """

    layers: tuple[str, ...] = LAYERS
    style: str = "light"
    lang: str = "zh"
    scheme: str = "base"
    level: str | None = None
    scale: int = 1


def chosen_layers(given: str | None) -> tuple[str, ...]:
    """Layers by their names with commas between them.

    Raises
    ------
    InvalidInput
        If one is not of the list.
    """
    if given is None:
        return LAYERS
    names = tuple(name for name in given.split(",") if name)
    for name in names:
        if name not in LAYERS:
            raise InvalidInput(f"layers are of {', '.join(LAYERS)}, not {name!r:.40}",
                               field="layers")
    return names


def view_of(size: str, bbox: str | None, center: str | None, zoom: float | None) -> View | None:
    """The view by a box of degrees, or by its middle and zoom; None where neither is told.

    Parameters
    ----------
    size
        Such as ``1200x800``.
    bbox
        West, south, east, north in degrees; more is shown where the picture's shape is another.
    center, zoom
        Longitude and latitude, and the zoom as the wall counts: 512 pixels a tile.

    Raises
    ------
    InvalidInput
        If one can't be read, or lies where web maps have no ground.
    """
    found = _SIZE.fullmatch(size)
    if found is None or not all(LEAST_PX <= int(side) <= MOST_PX for side in found.groups()):
        raise InvalidInput(f"size is WIDTHxHEIGHT, each {LEAST_PX} to {MOST_PX} pixels",
                           field="size")
    width, height = map(int, found.groups())
    if bbox is not None:
        if center is not None or zoom is not None:
            raise InvalidInput("give a bbox, or a center with a zoom", field="bbox")
        west, south, east, north = _degrees(bbox, 4, "bbox")
        if not (west < east and south < north):
            raise InvalidInput("bbox is west,south,east,north", field="bbox")
        return fitted((west, south, east, north), width, height)
    if center is None and zoom is None:
        return None
    if center is None or zoom is None or not 0 <= zoom <= _MOST_ZOOM:
        raise InvalidInput(f"a center needs a zoom from 0 to {_MOST_ZOOM}, and a zoom a center",
                           field="zoom")
    x, y = _mercator(*_degrees(center, 2, "center"))
    pixel = _WORLD_M / _WORLD_PX / 2**zoom
    return View((x - pixel * width / 2, y - pixel * height / 2,
                 x + pixel * width / 2, y + pixel * height / 2), width, height)


def fitted(bounds: Box, width: int, height: int) -> View:
    """The view in which bounds, in degrees, are seen whole with a little around them."""
    (west, south), (east, north) = _mercator(*bounds[:2]), _mercator(*bounds[2:])
    beside = LEGEND_PX if width >= 3 * LEGEND_PX else 0
    pixel = max((east - west) / (width - beside), (north - south) / height, 0.01) * (
        1 + 2 * _MARGIN)
    # The ground keeps clear of the legend, and stands in the middle where that is so anyway.
    over = max(0.0, width / 2 + (east - west) / pixel / 2 - (width - beside))
    x, y = (west + east) / 2 + over * pixel, (south + north) / 2
    return View((x - pixel * width / 2, y - pixel * height / 2,
                 x + pixel * width / 2, y + pixel * height / 2), width, height)


def _degrees(given: str, count: int, field: str) -> list[float]:
    try:
        numbers = [float(part) for part in given.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(
            abs(number) <= (MOST_LATITUDE if at % 2 else 180) for at, number in
            enumerate(numbers)):
        raise InvalidInput(f"{field} is {count} degrees with commas between them: longitudes"
                           f" to 180, latitudes to {MOST_LATITUDE:g}", field=field)
    return numbers


def _mercator(lon: float, lat: float) -> tuple[float, float]:
    return (RADIUS_M * math.radians(lon), RADIUS_M * math.asinh(math.tan(math.radians(lat))))


async def own_view(connection: AsyncConnection, size: str) -> View:
    """The view of all the ground that the caller stands for.

    Raises
    ------
    NotFound
        If they stand for none.
    """
    square = view_of(size, "0,0,1,1", None, None)
    cursor = await connection.execute(queries.get("tile_bounds"), {"layer": "areas"})
    (bounds,) = await cursor.fetchone()
    if bounds is None:
        raise NotFound("there are no areas of yours to be shown; give a bbox, or a center"
                       " and a zoom")
    return fitted(tuple(bounds), square.width, square.height)


async def draw(connection: AsyncConnection, view: View, wanted: Wanted, at: datetime,
               ground: str = "") -> Picture:
    """The picture of a view as the caller may see it, still to be set.

    Parameters
    ----------
    connection
        Inside a transaction that has entered.
    view, wanted
        What is to be shown, and how.
    at
        When, in the city's time: it stands in the attribution.
    ground
        As of `layers.static_map.Scene`.
    """
    level = wanted.level or view.level
    if level not in (*LEVELS, LEAF):
        raise InvalidInput(f"level is one of {', '.join((*LEVELS, LEAF))}", field="level")
    wanted = replace(wanted, level=level)
    texts = {name: language.text(f"map.{name}", wanted.lang) for name in ("load", "incidents")}
    texts |= language.texts(("class.",), wanted.lang) | {
        "attribution": language.text("map.attribution", wanted.lang,
                                     at=at.strftime("%Y-%m-%d %H:%M"))}
    scene = Scene(
        view.width, view.height, view.ground_m,
        await _shapes(connection, view, wanted), await _loads(connection, wanted),
        await _points(connection, view) if "incidents" in wanted.layers else [],
        texts, ground, "labels" in wanted.layers, printable)
    return Picture(draw_map(scene, STYLES[wanted.style]), view.width, view.height, wanted.scale)


async def _shapes(connection: AsyncConnection, view: View, wanted: Wanted) -> list[dict]:
    west, south, east, north = view.box
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get("map_shapes"), {
            "west": west, "south": south, "east": east, "north": north,
            "pixel_m": view.pixel_m, "scheme": wanted.scheme, "level": wanted.level,
            # Other schemes than the base have no levels above their own.
            "named_level": view.named_level(wanted.level) if wanted.scheme == "base"
            else wanted.level,
            # Lanes are drawn where they are half a pixel wide.
            "narrowest_road_m": min(24.0, view.ground_m / 2), "layers": list(wanted.layers)})
        return await cursor.fetchall()


async def _loads(connection: AsyncConnection, wanted: Wanted) -> list[int]:
    cursor = await connection.execute(queries.get("map_loads"), {
        "scheme": wanted.scheme, "level": wanted.level})
    return [load for (load,) in await cursor.fetchall()]


async def _points(connection: AsyncConnection, view: View) -> list[Point]:
    west, _, _, north = view.box
    lon_west, lat_south, lon_east, lat_north = degrees_of(view.box)
    cursor = await connection.execute(queries.get("map_incidents"), {
        "west": west, "north": north, "pixel_m": view.pixel_m, "lon_west": lon_west,
        "lat_south": lat_south, "lon_east": lon_east, "lat_north": lat_north})
    return [Point(*row) for row in await cursor.fetchall()]
