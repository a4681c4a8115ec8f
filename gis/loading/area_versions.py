"""Versions of areas from a file: the first of their kind at once, changes by a publication."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import psycopg
import shapely
from psycopg.types.json import Jsonb

from gis import queries
from gis.errors import Conflict
from gis.loading.outcome import Outcome
from gis.loading.parents import Incoming
from gis.publication_areas import Piece, StandingArea, changed_ground


def write_areas(connection: psycopg.Connection, scheme: str, level: str, rows: list[Incoming],
                outcome: Outcome) -> None:
    """Put checked rows in force.

    Codes that nobody had yet are valid since ever, as the first load of a level is. Where an
    area in force changes, all of the file goes through the same door as a redraw: its matters and
    places follow, and reports wait for the moment (docs/decisions/083-publication.md).

    Raises
    ------
    Conflict
        Areas are being changed by somebody else, or reports loaded, for longer than is waited.
    """
    connection.execute(queries.get("make_incoming_areas"))
    with connection.cursor().copy(queries.get("copy_incoming_areas")) as copy:
        shapes = shapely.to_wkb(
            shapely.set_srid(np.array([row.shape for row in rows]), 4490), hex=True,
            include_srid=True)
        for row, shape in zip(rows, shapes, strict=True):
            copy.write_row((row.code, row.name, row.parent and row.parent.identity_id,
                            row.registered_residents, row.actual_residents, shape))
    where = {"scheme": scheme, "level": level}
    connection.execute(queries.get("add_scheme"), where)
    unchanged = connection.execute(queries.get("drop_unchanged_areas"), where).rowcount
    standing = {row[3]: StandingArea(*row[:-1], shapely.from_wkb(row[-1])) for row in
                connection.execute(queries.get("incoming_areas_in_force"), where)}
    outcome.loaded = len(rows) - unchanged
    outcome.counts.update(new=len(rows) - unchanged - len(standing), changed=len(standing),
                          unchanged=unchanged)
    if not standing:
        for query in ("add_area_identities", "add_area_versions", "settle_areas"):
            connection.execute(queries.get(query), where)
        # Without fresh statistics the next reports would read every area for every point.
        connection.execute(queries.get("analyse_areas"))
        return
    left = {code for code, in connection.execute(queries.get("incoming_area_codes"))}
    try:
        _publish(connection, scheme, level, [row for row in rows if row.code in left], standing)
    except psycopg.errors.LockNotAvailable as problem:
        raise Conflict(f"not now: {problem.diag.message_primary}") from problem


def _publish(connection: psycopg.Connection, scheme: str, level: str, rows: list[Incoming],
             standing: dict[str, StandingArea]) -> None:
    pieces = [Piece(row.code, level, row.name, row.parent and (row.parent.level, row.parent.code),
                    row.shape, standing.get(row.code)) for row in rows]
    above = {(row.parent.level, row.parent.code): row.parent.identity_id
             for row in rows if row.parent}
    (number,) = connection.execute(queries.get("begin_publication"), {
        "scheme": scheme, "base_at": datetime.now(UTC), "name": "", "draft_id": None,
        "version": None, "undoes": None}).fetchone()
    connection.execute(queries.get("stage_publication"), {
        "id": number, "strip": shapely.to_wkb(changed_ground(pieces, above)),
        "shapes": [shapely.to_wkb(piece.geom) for piece in pieces],
        "areas": Jsonb([{
            "key": piece.key, "code": piece.key, "level": level, "name": piece.name,
            "kind": piece.kind, "parent_level": piece.parent and piece.parent[0],
            "parent_code": piece.parent and piece.parent[1],
            "before_id": piece.standing and piece.standing.id} for piece in pieces])})
    connection.execute(queries.get("tell_incoming_residents"), {"id": number})
    connection.execute(queries.get("put_in_force"), {"id": number, "postings": Jsonb({})})
