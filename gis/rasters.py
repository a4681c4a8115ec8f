"""The registry of rasters: which files on disk are drawn as tiles, how, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gis import queries
from gis.errors import Conflict, InvalidInput, NotFound

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class NewRaster:
    """What is put into the registry.

    Attributes
    ----------
    name
        Small letters, digits, ``-`` and ``_``; stands in addresses.
    title
        For people.
    style
        As JSON; see `tiles.raster_style.RasterStyle`.
    files
        Absolute path of each file and its west, south, east and north in degrees (WGS84, as one
        with CGCS2000); the topmost first.
    min_zoom, max_zoom
        Where tiles are worth asking for.
    roles
        Who may see it; empty for every role.
    area
        Code of the area to whose people it is shown; None for everybody.
    """

    name: str
    title: str
    style: dict[str, Any]
    files: Sequence[tuple[str, Bounds]]
    min_zoom: int
    max_zoom: int
    roles: Sequence[str] = ()
    area: str | None = None


def add(admin_url: str, raster: NewRaster, replace: bool = False) -> None:
    """Put a raster into the registry.

    Raises
    ------
    Conflict
        If there is one of that name, and it is not to be replaced.
    InvalidInput
        If the name can't be one, or there is no area of that code.
    """
    values = {"name": raster.name, "title": raster.title, "style": Jsonb(raster.style),
              "min_zoom": raster.min_zoom, "max_zoom": raster.max_zoom,
              "roles": list(raster.roles), "area": raster.area}
    with psycopg.connect(admin_url) as connection:
        if replace:
            connection.execute(queries.get("raster_remove"), {"name": raster.name})
        try:
            raster_id, area_id = connection.execute(
                queries.get("raster_add"), values).fetchone()
        except psycopg.errors.UniqueViolation:
            raise Conflict(f"there is a raster {raster.name!r} already; --replace it, or"
                           " choose another name") from None
        except psycopg.errors.CheckViolation:
            raise InvalidInput(f"{raster.name!r:.60} can't be a raster's name: 1 to 40 small"
                               " letters, digits, - and _", field="name") from None
        if raster.area is not None and area_id is None:
            raise InvalidInput(f"there is no area {raster.area!r:.40}", field="area")
        with connection.cursor() as cursor:
            cursor.executemany(queries.get("raster_add_file"), [
                {"raster_id": raster_id, "position": position, "path": path,
                 **dict(zip(("west", "south", "east", "north"), bounds, strict=True))}
                for position, (path, bounds) in enumerate(raster.files)])


def remove(admin_url: str, name: str) -> None:
    """Take a raster out of the registry; its files stay as they are.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    with psycopg.connect(admin_url) as connection:
        if connection.execute(queries.get("raster_remove"), {"name": name}).rowcount == 0:
            raise NotFound(f"there is no raster {name!r:.60}")


def listed(admin_url: str) -> list[dict[str, Any]]:
    """All rasters by name, with the paths of their files."""
    with psycopg.connect(admin_url, row_factory=dict_row) as connection:
        return connection.execute(queries.get("raster_list")).fetchall()
