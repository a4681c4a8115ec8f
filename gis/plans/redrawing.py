"""What a draft would change: held to rules, replayed by the rehearsal, put in force."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from psycopg import AsyncConnection

from gis.plans.reading import BaseArea, Draft, Face, faces_at, read_base, read_draft, read_made
from gis.redraw import Redraw, RedrawnArea

# Two areas that only touch may overlap by what the storage grid of 1e-9° rounds away: a strip
# thinner than this (twice its area by its perimeter, in degrees) is no ground taken.
_THINNEST = 2e-9


async def draft_redraw(connection: AsyncConnection, draft_id: int) -> Redraw:
    """Everything that a draft would change, on top of the areas as of its base.

    Parameters
    ----------
    connection
        One that has entered as somebody who may open the draft, or the owner's.

    Raises
    ------
    NotFound
        Where there is no such draft, or not for the caller to see.
    """
    draft = await read_draft(connection, draft_id)
    base = await read_base(connection, draft_id)
    made = await read_made(connection, draft_id)
    return redraw_of(draft, base, faces_at(base, made, draft.cursor))


def redraw_of(draft: Draft, base: Mapping[str, BaseArea], faces: Mapping[str, Face]) -> Redraw:
    """The difference between the areas of a draft and those of its base.

    An area that operations left as it was, or brought back to what it was, is not in it.
    """
    changed = {key: face for key, face in faces.items() if _differs(base.get(key), face)}
    ended = {key: area for key, area in base.items() if key not in faces}
    before = {key: base[key].geom for key in sorted((changed.keys() & base.keys()) | ended.keys())}
    sources = _sources(before, changed)
    after = tuple(
        RedrawnArea(key, draft.level, face.name, face.parent_code, face.geom, sources[key])
        for key, face in sorted(changed.items()))
    return Redraw(draft.scheme, draft.base_at, before, after)


def _differs(was: Face | None, face: Face) -> bool:
    return was is None or (face is not was and (
        (was.name, was.parent_code) != (face.name, face.parent_code)
        or not shapely.equals(was.geom, face.geom)))


def _sources(before: Mapping[str, shapely.Geometry],
             changed: Mapping[str, Face]) -> dict[str, tuple[str, ...]]:
    """By key, the present areas of whose ground the new one takes some."""
    codes = list(before)
    found: dict[str, tuple[str, ...]] = {}
    tree = shapely.STRtree(np.array(list(before.values()), dtype=object))
    for key, face in changed.items():
        near = tree.query(face.geom, predicate="intersects")
        taken = shapely.intersection(tree.geometries[near], face.geom)
        ground = 2 * shapely.area(taken) > _THINNEST * shapely.length(taken)
        own = {key} & before.keys()
        found[key] = tuple(sorted({codes[at] for at in near[ground]} | own))
    return found
