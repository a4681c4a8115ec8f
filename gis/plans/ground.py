"""What lies on a draft's ground: streets, buildings and what counts in them, loaded once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg import AsyncConnection, AsyncCursor
from shapely.geometry.base import BaseGeometry

from gis import queries
from gis.boundaries import Ground
from gis.plan_rules import Rules
from gis.plans.figures import COUNTED, Points, in_degrees, in_metres, plane_of

_ROWS_AT_ONCE = 1_000
# A street that runs closer to the boundary than this, or than half its width, is the boundary.
_BESIDE_M = 15.0
Shapes = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class DraftGround:
    """Everything on the ground of a draft; shared by drafts of the same ground.

    Attributes
    ----------
    streets, street_class, street_width_m
        Lines, EPSG:4490, with class and width (NaN where not known).
    buildings
        Polygons, EPSG:4490.
    """

    points: Points
    streets: Shapes
    street_class: NDArray[np.str_]
    street_width_m: NDArray[np.float64]
    buildings: Shapes

    @cached_property
    def _plain(self) -> Ground:
        return Ground(self.streets, self.buildings)

    @cached_property
    def _main(self) -> dict[tuple[str, ...], tuple[shapely.STRtree, NDArray[np.intp]]]:
        return {}

    def held_to(self, rules: Rules, frozen: Collection[str]) -> Ground:
        """The ground with the limits of operations."""
        plain, limits = self._plain, rules.topology
        made = replace(plain, frozen=frozenset(frozen), min_width_m=limits["min_width_m"],
                       min_area_m2=limits["min_area_m2"], holes_allowed=limits["holes"],
                       cut_buildings_allowed=limits["cut_buildings"])
        # The trees are of the ground, whatever the limits: they are built once.
        for name in ("street_lines", "street_tree", "building_polygons", "building_tree"):
            made.__dict__[name] = getattr(plain, name)
        return made

    def within(self, box: tuple[float, float, float, float], most: int
               ) -> tuple[list[tuple[BaseGeometry, str]], list[BaseGeometry]]:
        """Streets with their class, and buildings, that a box (degrees) touches; some at most."""
        area = shapely.box(*box)
        streets = np.sort(self._plain.street_tree.query(area))[:most].tolist()
        classes = self._class_of_lines
        buildings = np.sort(self._plain.building_tree.query(area))[:most]
        return ([(self._plain.street_lines[at], str(classes[at])) for at in streets],
                self._plain.building_polygons[buildings].tolist())

    @cached_property
    def _class_of_lines(self) -> NDArray[np.str_]:
        return np.repeat(self.street_class, shapely.get_num_geometries(self.streets))

    def streets_inside(self, geom: BaseGeometry, classes: tuple[str, ...]
                       ) -> tuple[BaseGeometry, float] | None:
        """Streets of some classes that run inside an area and not along its boundary.

        Returns
        -------
        tuple or None
            The parts, EPSG:4490, and their length in metres.
        """
        tree, of_class = self._streets_of(classes)
        near = of_class[tree.query(geom, predicate="intersects")]
        if not len(near):
            return None
        plane = plane_of(geom)
        flat = in_metres(geom, plane)
        parts, by_margin = [], np.maximum(
            _BESIDE_M, np.nan_to_num(self.street_width_m[near]) / 2 + 1)
        for margin in np.unique(by_margin).tolist():
            core = flat.buffer(-margin, quad_segs=2)
            lines = [in_metres(line, plane) for line in self.streets[near[by_margin == margin]]]
            parts += [part for part in (core.intersection(line) for line in lines)
                      if not part.is_empty]
        inside = shapely.union_all(parts) if parts else None
        return None if inside is None or inside.length <= 0 else (
            in_degrees(inside, plane), round(inside.length, 1))

    def _streets_of(self, classes: tuple[str, ...]) -> tuple[shapely.STRtree, NDArray[np.intp]]:
        if classes not in self._main:
            of_class = np.flatnonzero(np.isin(self.street_class, classes))
            self._main[classes] = shapely.STRtree(self.streets[of_class]), of_class
        return self._main[classes]


async def read_ground(connection: AsyncConnection, draft_id: int,
                      bounds: tuple[float, float, float, float]) -> DraftGround:
    """Streets, buildings and what counts, of a draft's ground.

    Parameters
    ----------
    bounds
        West, south, east, north of the draft's areas, degrees.
    """
    west, south, east, north = bounds
    cursor = await connection.execute(queries.get("draft_ground"), {
        "id": draft_id, "west": west, "south": south, "east": east, "north": north})
    streets: list[tuple[Any, ...]] = []
    buildings: list[bytes] = []
    async for kind, _, road_class, _, width_m, shape in _rows(cursor):
        if kind == "street":
            streets.append((shape, road_class or "", width_m or np.nan))
        else:
            buildings.append(shape)
    points = await read_points(connection, draft_id)
    return await asyncio.to_thread(_made, points, streets, buildings)


def _made(points: Points, streets: list[tuple[Any, ...]], buildings: list[bytes]) -> DraftGround:
    return DraftGround(
        points, shapely.from_wkb(np.array([row[0] for row in streets], dtype=object)),
        np.array([row[1] for row in streets], dtype=np.str_),
        np.array([row[2] for row in streets], dtype=np.float64),
        shapely.from_wkb(np.array(buildings, dtype=object)))


async def read_points(connection: AsyncConnection, draft_id: int) -> Points:
    """Buildings, loose addresses and open incidents, with what counts there."""
    rows: list[tuple[Any, ...]] = []
    cursor = await connection.execute(queries.get("draft_points"), {"id": draft_id})
    numbers: dict[str, int] = {}
    async for lon, lat, compound, *weights in _rows(cursor):
        number = -1 if compound is None else numbers.setdefault(compound, len(numbers))
        rows.append((lon, lat, *weights, 0, number))
    cursor = await connection.execute(queries.get("draft_open_incidents"), {"id": draft_id})
    rows += [(lon, lat, 0, 0, 0, 0, 1, -1) for lon, lat in await cursor.fetchall()]
    table = np.array(rows, dtype=np.float64).reshape(-1, len(COUNTED) + 3)
    whole = table[:, 2:].astype(np.int64)
    return Points(table[:, 0].copy(), table[:, 1].copy(), whole[:, :-1].copy(),
                  whole[:, -1].copy(), tuple(numbers))


async def _rows(cursor: AsyncCursor) -> AsyncIterator[tuple[Any, ...]]:
    """Rows a thousand at a time: others get their turn between."""
    while rows := await cursor.fetchmany(_ROWS_AT_ONCE):
        for row in rows:
            yield row
        await asyncio.sleep(0)
