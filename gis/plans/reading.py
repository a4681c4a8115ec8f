"""What a draft is, read from the database: itself, its base, and what its operations made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import shapely
from psycopg import AsyncConnection
from shapely.geometry.base import BaseGeometry

from gis import queries
from gis.errors import Conflict, NotFound


class Stale(Conflict):
    """A draft is at another version than the one that was seen; carries the present one."""

    title = "Draft has moved on"

    def __init__(self, version: int, state: str = "open") -> None:
        said = f"the draft is {state}" if state != "open" else \
            f"somebody else changed the draft: it is at version {version}"
        super().__init__(f"{said}; load it again")
        self.version = version


@dataclass(frozen=True)
class Draft:
    """A draft as the database tells it.

    Attributes
    ----------
    told
        All of it, as the API answers it.
    """

    id: int
    name: str
    scheme: str
    level: str
    state: str
    version: int
    cursor: int
    operations_count: int
    base_at: datetime
    newest_base_at: datetime
    rules: Mapping[str, Any]
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Face:
    """One area of a draft.

    Attributes
    ----------
    geom
        Multipolygon, EPSG:4490; None where the area is no more.
    """

    key: str
    name: str
    parent_code: str | None
    geom: BaseGeometry | None


@dataclass(frozen=True)
class BaseArea(Face):
    """An area as of a draft's base, with what is told of it.

    Attributes
    ----------
    officers
        On duty there now.
    """

    actual_residents: int | None = None
    registered_residents: int | None = None
    officers: int = 0
    leaf: bool = True


@dataclass(frozen=True)
class Parent:
    """An area of the level above: its children stay in it."""

    code: str
    name: str
    geom: BaseGeometry


async def read_draft(connection: AsyncConnection, draft_id: int) -> Draft:
    """One draft.

    Raises
    ------
    NotFound
        Where there is none, or not for the caller to see.
    """
    cursor = await connection.execute(
        queries.get("drafts_told"), {"id": draft_id, "state": None})
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("no such draft, or not for you to see")
    told = row[0]
    return Draft(
        told["id"], told["name"], told["scheme"], told["level"], told["state"], told["version"],
        told["cursor"], told["operations_count"], datetime.fromisoformat(told["base_at"]),
        datetime.fromisoformat(told["newest_base_at"]), told["rules"], told)


async def read_base(connection: AsyncConnection, draft_id: int,
                    at: datetime | None = None) -> dict[str, BaseArea]:
    """The draft's areas by code, as of its base or another moment."""
    cursor = await connection.execute(queries.get("draft_areas"), {"id": draft_id, "at": at})
    return {row[0]: BaseArea(row[0], row[1], row[2], shapely.from_wkb(row[3]), *row[4:])
            for row in await cursor.fetchall()}


async def read_parents(connection: AsyncConnection, draft_id: int,
                       at: datetime | None = None) -> dict[str, Parent]:
    """The areas of the level above by code; empty in a scheme without."""
    cursor = await connection.execute(queries.get("draft_parents"), {"id": draft_id, "at": at})
    return {code: Parent(code, name, shapely.from_wkb(shape))
            for code, name, shape in await cursor.fetchall()}


async def read_made(connection: AsyncConnection, draft_id: int,
                    undone_too: bool = False) -> list[tuple[int, Face]]:
    """What operations made of areas, oldest first, with the operation's number."""
    cursor = await connection.execute(
        queries.get("draft_faces"), {"id": draft_id, "undone_too": undone_too})
    return [(number, Face(key, name, parent, shapely.from_wkb(shape)))
            for number, key, name, parent, shape in await cursor.fetchall()]


def faces_at(base: Mapping[str, BaseArea], made: list[tuple[int, Face]],
             cursor: int) -> dict[str, Face]:
    """The areas as they are after operation `cursor`, by key."""
    faces: dict[str, Face] = dict(base)
    for number, face in made:
        if number > cursor:
            break
        if face.geom is None:
            faces.pop(face.key, None)
        else:
            faces[face.key] = face
    return dict(sorted(faces.items()))


def as_multi(geom: BaseGeometry | None) -> BaseGeometry | None:
    """A polygon as a multipolygon, as areas are stored; others as they are."""
    return shapely.MultiPolygon([geom]) if geom is not None and geom.geom_type == "Polygon" \
        else geom


def renamed(face: Face, name: str) -> Face:
    """The same area under another name."""
    return replace(face, name=name)
