"""A place by its code: an area, a building or a house, as the caller may see it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from gis import queries
from gis.codes import Level, level_of
from gis.errors import NotFound

# Metres of Web Mercator: a wider map shows no buildings, and only the wider roads.
_BUILDINGS_UP_TO_M, _LANES_UP_TO_M = 5_000, 6_000
_MARGIN = 0.06
_EARTH_M = 6378137


@dataclass(frozen=True)
class Place:
    """A place, and what is needed to look further.

    Attributes
    ----------
    told
        kind (district … grid, building, house), code, name, path, lon, lat (CGCS2000) and what
        there is to tell of its kind.
    within_id
        Identity of the area, or of the grid that the building or house lies in; None for none.
    box
        West, south, east, north in metres of Web Mercator: what a map of it shows.
    """

    told: dict[str, Any]
    within_id: int | None
    box: tuple[float, float, float, float]

    @property
    def code(self) -> str:
        """Its code."""
        return self.told["code"]

    @property
    def kind(self) -> str:
        """Level of an area, or ``building`` or ``house``."""
        return self.told["kind"]


async def find_place(connection: AsyncConnection, code: str) -> Place:
    """The place that a code names, within the scope that the connection has entered.

    Raises
    ------
    NotFound
        There is none, or none that the caller may see.
    """
    wanted = {Level.HOUSE: "place_house", Level.BUILDING: "place_building"}.get(level_of(code))
    async with connection.cursor(row_factory=dict_row) as cursor:
        # Areas with codes of a city's own may be as long as any house's.
        for query in filter(None, (wanted, "place_area")):
            await cursor.execute(queries.get(query), {"code": code})
            row = await cursor.fetchone()
            if row is not None:
                return Place(row["place"], row["within_id"],
                             (row["west"], row["south"], row["east"], row["north"]))
    raise NotFound(f"no place has the code {code!r:.60}, or it is not for you to see")


async def houses_of(connection: AsyncConnection, building_code: str) -> list[dict[str, Any]]:
    """The houses of a building as rows of code, unit, floor, room and text; in no order."""
    return await _rows(connection, "place_houses", {"code": building_code})


async def matters_at(connection: AsyncConnection, place: Place) -> list[dict[str, Any]]:
    """Open matters at a place, the most urgent first: twenty at most, each with the total."""
    return await _rows(connection, "place_matters", {
        "kind": place.kind, "code": place.code, "within_id": place.within_id})


def box_around(lon: float, lat: float, reach_m: float) -> tuple[float, float, float, float]:
    """West, south, east, north in metres of Web Mercator, `reach_m` on the ground to each side."""
    reach = reach_m / math.cos(math.radians(lat))
    x = _EARTH_M * math.radians(lon)
    y = _EARTH_M * math.asinh(math.tan(math.radians(lat)))
    return x - reach, y - reach, x + reach, y + reach


async def surroundings(connection: AsyncConnection, box: tuple[float, float, float, float],
                       area_level: str = "leaf") -> dict[str, Any]:
    """What a small map shows of a box, widened a little: its extent and SVG paths from its corner.

    Parameters
    ----------
    connection
        One that has entered.
    box
        West, south, east, north in metres of Web Mercator.
    area_level
        Which areas are outlined; ``leaf`` for those that answer for points.
    """
    west, south, east, north = box
    margin = max(east - west, north - south) * _MARGIN
    west, south, east, north = west - margin, south - margin, east + margin, north + margin
    side = max(east - west, north - south)
    rows = await _rows(connection, "place_surroundings", {
        "west": west, "south": south, "east": east, "north": north, "area_level": area_level,
        "narrowest_road_m": 0 if side <= _LANES_UP_TO_M else 14,
        "with_buildings": side <= _BUILDINGS_UP_TO_M})
    return {"west": west, "north": north, "width": east - west, "height": north - south,
            "shapes": rows}


async def _rows(connection: AsyncConnection, query: str,
                values: dict[str, Any]) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchall()
