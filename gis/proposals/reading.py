"""The ground of a proposal from the database, without a draft: for benches and the command line."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import shapely

from gis import queries
from gis.errors import NotFound
from gis.proposals.task import Ground, PresentGrid


def read_ground(connection: psycopg.Connection, scheme: str, area: str) -> Ground:
    """The grids under an area, their streets and homes.

    Raises
    ------
    NotFound
        No such area, or nothing lies under it.
    """
    rows = connection.execute(
        queries.get("proposal_ground"), {"scheme": scheme, "area": area}).fetchall()
    if not rows:
        raise NotFound(f"no area {area!r:.60} with grids under it in the scheme {scheme!r:.40}")
    grids = tuple(PresentGrid(code, name, parent, shapely.from_wkb(shape), residents)
                  for _, code, name, parent, shape, residents in rows)
    bounds = shapely.total_bounds([grid.geom for grid in grids]).tolist()
    box = dict(zip(("west", "south", "east", "north"), bounds, strict=True))
    streets = connection.execute(queries.get("proposal_streets"), box).fetchall()
    homes = np.array(connection.execute(queries.get("proposal_homes"), box).fetchall(),
                     dtype=float).reshape(-1, 4)
    return ground_of(rows[0][0], grids, streets, homes)


def ground_of(level: str, grids: tuple[PresentGrid, ...], streets: list[tuple[Any, float]],
              homes: np.ndarray) -> Ground:
    """From rows: streets as WKB with widths; homes as longitude, latitude, addresses, residents.

    Where no home tells of residents, those of the grids are shared out over the addresses.
    """
    lines = shapely.from_wkb(np.array([shape for shape, _ in streets], dtype=object))
    width = np.array([one for _, one in streets], dtype=float)
    if homes[:, 3].sum() > 0:
        return Ground(level, grids, lines, width, homes[:, :2], residents=homes[:, 3])
    each = np.repeat(homes[:, :2], homes[:, 2].astype(int), axis=0)
    return Ground(level, grids, lines, width, each)
