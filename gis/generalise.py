"""Generalised coverages: the areas of a scheme and level, simplified together for each zoom.

Simplified by itself, each polygon goes its own way between two corners, and neighbours part or
overlap. Here the edges that they share are simplified once (Visvalingam-Whyatt, shapely's
`coverage_simplify`). Rounding to a tile's units comes last, with the tile (`tile_coverage`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from gis import queries
from gis.database import Database

log = logging.getLogger("gridwall.generalise")

EXTENT = 4096
HALF_M = 20037508.342789244
# From zoom 14 on a unit is 0.6 m and less: tiles show every vertex. Below zoom 5 the shapes of
# zoom 5 are finer than anybody sees.
ZOOMS = range(5, 14)
# Units; the square of it is the smallest triangle that an edge keeps.
TOLERANCE = 2.0


def unit_m(zoom: int) -> float:
    """Length of a tile unit on the plane of EPSG:3857, in its metres."""
    return 2 * HALF_M / (EXTENT << zoom)


def generalised(shapes: Sequence[Any] | NDArray[Any], zoom: int) -> NDArray[Any]:
    """A coverage as the tiles of a zoom show it.

    Parameters
    ----------
    shapes
        Polygons and multipolygons, EPSG:3857, shape (n,). Where the edges that neighbours share
        differ by less than a unit they are made one; where they differ by more, each side is
        simplified by itself.
    zoom
        Of the tiles.

    Returns
    -------
    Polygons and multipolygons, EPSG:3857, shape (n,). What of them did not overlap still does
    not, and what they had in common is still the same on both sides.
    """
    if not len(shapes):
        return np.empty(0, dtype=object)
    unit = unit_m(zoom)
    local = shapely.transform(np.asarray(shapes, dtype=object),
                              lambda corner: (corner + HALF_M) / unit)
    try:
        local = shapely.coverage_simplify(_matched(local), TOLERANCE)
    except shapely.errors.GEOSException as problem:
        # Tiles round exact shapes just as well, with more vertices than are seen.
        log.warning("a coverage of %s areas can't be simplified: %s", len(local), problem)
    return shapely.transform(local, lambda corner: corner * unit - HALF_M)


def _matched(shapes: NDArray[Any]) -> NDArray[Any]:
    """The same areas with one edge between neighbours, where no area changes by over a unit."""
    if shapely.coverage_is_valid(shapes):
        return shapes
    cleaned = shapely.coverage_clean(shapes, gap_width=1.0)
    moved = np.abs(shapely.area(cleaned) - shapely.area(shapes)) <= shapely.length(shapes)
    return cleaned if moved.all() else shapes


async def generalise_due(database: Database) -> int:
    """Make what coverages are due, each in a thread; returns how many were put in force.

    One whose areas change meanwhile is left for the next look.
    """
    async with database.plain() as connection:
        cursor = await connection.execute(queries.get("coverages_due"))
        due = await cursor.fetchall()
    done = 0
    for scheme, level in due:
        done += await _generalise(database, scheme, level)
    return done


async def _generalise(database: Database, scheme: str, level: str) -> bool:
    which = {"scheme": scheme, "level": level}
    async with database.plain() as connection:
        cursor = await connection.execute(queries.get("coverage_shapes"), which)
        rows = await cursor.fetchall()
    made = await asyncio.to_thread(_levels, [row[0] for row in rows], [row[2] for row in rows])
    async with database.plain() as connection:
        try:
            cursor = await connection.execute(queries.get("store_coverage"), {
                **which, "versions": [row[1] for row in rows], **made})
        except psycopg.errors.LockNotAvailable:
            return False
        stored = (await cursor.fetchone())[0]
    log.debug("areas %s %s generalised: %s", scheme, level, stored)
    return stored


def _levels(numbers: Sequence[int], stored: Sequence[bytes]) -> dict[str, list[Any]]:
    """Zooms, numbers of areas and shapes, as the query `store_coverage` takes them."""
    shapes = shapely.from_wkb(stored)
    found: dict[str, list[Any]] = {"zooms": [], "area_ids": [], "shapes": []}
    for zoom in ZOOMS:
        for number, shape in zip(numbers, generalised(shapes, zoom), strict=True):
            if not shape.is_empty:
                found["zooms"].append(zoom)
                found["area_ids"].append(number)
                found["shapes"].append(shapely.to_wkb(shape))
    return found
