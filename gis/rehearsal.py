"""The rehearsal (改界推演): the last year replayed against a redraw that is not yet in force.

Assumed, and told on the page and in docs/decisions/082: matters count that were received in the
year or are still open, merged ones left out. Both cuts are answered by the postings of today and
by the rule that assigns reports, at the minute of the week at which each came. A new area has
the postings of the one from which it takes most ground, as a publication carries them over; those
of an area that ends come after whoever is there already. How in time a matter was dealt with
stays as it was where the same officer answers: see `gis.replay.expected_on_time`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from gis import queries
from gis.codes import level_of, mint_serials
from gis.errors import InvalidCode, InvalidInput
from gis.redraw import Redraw
from gis.rehearsal_figures import (
    MOST_MATTERS,
    Figures,
    Key,
    Names,
    Owners,
    area_rows,
    drawing,
    flow_rows,
    inequality,
    loads_if_posted,
    officer_rows,
    on_time,
    plates,
)
from gis.replay import Cuts, Matters, expected_on_time
from gis.residents import NOWHERE, share_out

YEAR = timedelta(days=365)
# A Monday, 00:00: minutes of a week are told from here.
MONDAY = datetime(2024, 1, 1)
Told = Callable[[int, int, str], None]
STAGES = ("areas", "matters", "places", "owners", "officers", "figures")


@dataclass(frozen=True)
class Standing:
    """The areas that a redraw touches as they stand now, and what lies above them."""

    identities: dict[str, int]
    above: dict[str, list[int]]
    parent_above: dict[str, list[int]]
    shapes: dict[str, Any]
    names: Names


async def rehearse(connection: AsyncConnection, redraw: Redraw, now: datetime,
                   told: Told = lambda done, total, what: None) -> Figures:
    """Replay the year before `now` against a redraw.

    Parameters
    ----------
    connection
        One that has entered, in a transaction; it sees what it sees.
    redraw
        Shapes of areas that stand now.
    told
        Called with stages done, stages in all, and the one at work.

    Returns
    -------
    dict
        Of JSON's kinds alone: `totals`, `flows`, `matters`, `areas`, `officers`, `gini`,
        `on_time`, `codes`, `plates`, `map`, `seconds`.

    Raises
    ------
    InvalidInput
        The redraw changes nothing.
    """
    if not redraw.after and not redraw.before:
        raise InvalidInput("the draft changes nothing that could be rehearsed", "draft")
    began = time.monotonic()

    def stage(number: int) -> None:
        told(number, len(STAGES), STAGES[number])

    stage(0)
    standing = await _standing(connection, redraw)
    stage(1)
    lines, matters = await _matters(connection, redraw, now)
    stage(2)
    homes, weights = await _places(connection, redraw, standing)
    stage(3)
    cuts = await asyncio.to_thread(Cuts.of, redraw, standing.shapes)
    home_owners = await asyncio.to_thread(cuts.flows, homes)
    areas = await asyncio.to_thread(cuts.flows, matters.points)
    stage(4)
    weights = await _with_told_residents(connection, redraw, home_owners[0], weights)
    officers = await _officers(connection, redraw, standing, matters, lines, areas)
    freed = await _freed(connection, redraw, standing)
    owned = Owners(areas, officers)
    names = Names(standing.names.areas, standing.names.parents,
                  await _officer_names(connection, owned, freed))
    stage(5)
    figures = await asyncio.to_thread(
        _figures, redraw, names, (home_owners, weights), matters, owned, freed)
    figures["matters"] = await _moved_matters(connection, names, matters, owned)
    figures["codes"] = await _codes(connection, redraw)
    told(len(STAGES), len(STAGES), "")
    return figures | {
        "scheme": redraw.scheme, "base_at": redraw.base_at.isoformat(),
        "since": (now - YEAR).isoformat(), "until": now.isoformat(),
        "seconds": round(time.monotonic() - began, 2)}


def _box(redraw: Redraw) -> dict[str, float]:
    shapes = [*redraw.before.values(), *(area.geom for area in redraw.after)]
    bounds = shapely.total_bounds(shapes).tolist()
    return dict(zip(("west", "south", "east", "north"), bounds, strict=True))


def _level(redraw: Redraw) -> str:
    return redraw.after[0].level if redraw.after else "grid"


async def _rows(connection: AsyncConnection, query: str, values: dict[str, Any]
                ) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchall()


async def _standing(connection: AsyncConnection, redraw: Redraw) -> Standing:
    common = {"scheme": redraw.scheme, "level": _level(redraw)}
    rows = await _rows(connection, "rehearsal_areas", common | _box(redraw))
    parents = await _rows(connection, "rehearsal_parents", common | {
        "codes": sorted({area.parent_code for area in redraw.after if area.parent_code})})
    shapes = shapely.from_wkb([row["shape"] for row in rows]) if rows else []
    names = {row["code"]: row["name"] for row in rows}
    to_be = {area.key: area.name for area in redraw.after if area.is_new}
    return Standing(
        {row["code"]: row["identity_id"] for row in rows},
        {row["code"]: row["ancestor_ids"] for row in rows},
        {row["code"]: row["ancestor_ids"] for row in parents},
        dict(zip([row["code"] for row in rows], shapes, strict=True)),
        Names(names | to_be, {row["code"]: row["parent_code"] for row in rows}, {}))


async def _matters(connection: AsyncConnection, redraw: Redraw, now: datetime
                   ) -> tuple[list[str], Matters]:
    span = {"since": now - YEAR, "until": now}
    grids = [row["identity_id"] for row in
             await _rows(connection, "rehearsal_grids", span | _box(redraw))]
    lines = [row["code"] for row in await _rows(connection, "rehearsal_lines", {})]
    (_, zone), = await (await connection.execute(
        queries.get("city_today"), {"now": now})).fetchall()
    cursor = connection.cursor(binary=True)
    await cursor.execute(queries.get("rehearsal_incidents"), span | {
        "grids": grids, "scheme": redraw.scheme, "time_zone": zone})
    packed = (await cursor.fetchone())[0]
    return lines, await asyncio.to_thread(Matters.unpacked, packed)


async def _places(connection: AsyncConnection, redraw: Redraw, standing: Standing
                  ) -> tuple[NDArray, NDArray]:
    """Where people live, ``(n, 2)``, and what is there, in the order of `PLACE_COLUMNS`."""
    ids = [standing.identities[code] for code in redraw.before if code in standing.identities]
    cursor = connection.cursor(binary=True)
    await cursor.execute(queries.get("rehearsal_places"), {"ids": ids})
    rows = np.array(await cursor.fetchall(), dtype=float).reshape(-1, 7)
    return rows[:, :2], np.column_stack([rows[:, 2:], np.ones(len(rows))])


async def _with_told_residents(connection: AsyncConnection, redraw: Redraw,
                               owners: Sequence[Key], weights: NDArray) -> NDArray:
    """As many residents in each area as it is told to have, where the dwellings say."""
    rows = await _rows(connection, "rehearsal_residents", {
        "scheme": redraw.scheme, "level": _level(redraw), "codes": sorted(redraw.before)})
    told = {row["code"]: row["actual_residents"] for row in rows}
    place = {code: index for index, code in enumerate(told)}
    owner = np.array([place.get(key, NOWHERE) for key in owners], dtype=np.int64)
    weights = weights.copy()
    weights[:, 3] = share_out(np.array(list(told.values()), dtype=float), owner, weights[:, 3],
                              weights[:, 0])
    return weights


async def _officers(connection: AsyncConnection, redraw: Redraw, standing: Standing,
                    matters: Matters, lines: list[str],
                    areas: tuple[Sequence[Key], Sequence[Key]]
                    ) -> tuple[list[int | None], list[int | None]]:
    """Who answers for each matter, before and after; asked once for all that are alike."""
    week = [row["running"] for row in await _rows(connection, "rehearsal_week", {})]
    grounds = await asyncio.to_thread(_grounds, redraw, standing)
    told = []
    for side, cut in zip(areas, grounds, strict=True):
        asked, of = await asyncio.to_thread(_alike, side, cut, matters, lines, week)
        rows = await _rows(connection, "rehearsal_officers", asked)
        answer = {row["ordinal"] - 1: row["officer_id"] for row in rows}
        told.append(await asyncio.to_thread(lambda answer=answer, of=of: [
            answer.get(index) for index in of]))
    return told[0], told[1]


def _alike(side: Sequence[Key], cut: dict[str, list[int]], matters: Matters, lines: list[str],
           week: list[int]) -> tuple[dict[str, Any], list[int]]:
    """What to ask of matters that are alike for choosing an officer, and which is whose."""
    keys = [key for key in dict.fromkeys(side) if key is not None]
    number = {key: index for index, key in enumerate(keys)} | {None: -1}
    running = np.array(week, dtype=np.int64)[matters.minute]
    rows = np.column_stack([[number[key] for key in side], matters.building_id, matters.line,
                            running]).astype(np.int64).reshape(-1, 4)
    kinds, first, of = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    wanted = np.flatnonzero(kinds[:, 0] >= 0)
    place = np.full(len(kinds), -1)
    place[wanted] = np.arange(len(wanted))
    return {
        "grounds": json.dumps([cut[keys[kinds[index][0]]] for index in wanted]),
        "buildings": [int(kinds[index][1]) or None for index in wanted],
        "lines": [lines[kinds[index][2] - 1] if kinds[index][2] else None for index in wanted],
        "local_ats": [MONDAY + timedelta(minutes=int(matters.minute[first[index]]))
                      for index in wanted]}, place[of.ravel()].tolist()


def _grounds(redraw: Redraw, standing: Standing) -> tuple[dict[str, list[int]], ...]:
    """By key, the identities from the top down to the leaf: before, and after."""
    before = {code: standing.above.get(code, []) for code in redraw.before}
    after = {}
    for area in redraw.after:
        heir = None if area.is_new else area.key
        if heir is None:
            taken = [(shapely.intersection(area.geom, redraw.before[code]).area, code)
                     for code in area.from_codes if code in redraw.before]
            heir = max(taken)[1] if taken else None
        above = standing.parent_above.get(area.parent_code or "")
        if above is None:
            above = standing.above.get(heir or "", [])[:-1]
        own = [standing.identities[heir]] if heir in standing.identities else []
        after[area.key] = [*above, *own]
    return before, after


async def _freed(connection: AsyncConnection, redraw: Redraw, standing: Standing
                 ) -> dict[int, list[str]]:
    """Officers who are posted to areas that end, with those areas."""
    ids = [standing.identities[code] for code in redraw.ended if code in standing.identities]
    freed: dict[int, list[str]] = {}
    for row in await _rows(connection, "rehearsal_postings", {"ids": ids}):
        freed.setdefault(row["officer_id"], []).append(row["code"])
    return freed


async def _officer_names(connection: AsyncConnection, owned: Owners,
                         freed: dict[int, list[str]]) -> dict[int, tuple[str, str]]:
    ids = {who for side in owned.officers for who in side if who is not None} | freed.keys()
    rows = await _rows(connection, "rehearsal_names", {"ids": sorted(ids)})
    return {row["id"]: (row["officer_code"], row["name"]) for row in rows}


def _figures(redraw: Redraw, names: Names, places: tuple[tuple[list[Key], list[Key]], NDArray],
             matters: Matters, owned: Owners, freed: dict[int, list[str]]) -> Figures:
    homes, weights = places
    expected = expected_on_time(owned.officers, matters)
    flows = flow_rows(names, homes, weights, matters, owned)
    areas = area_rows(redraw, names, homes, weights, matters, owned, expected)
    officers = officer_rows(names, matters, owned, expected, freed)
    map_ = drawing(redraw)
    totals = {name: sum(row[name] for row in flows) for name in
              ("residents", "households", "addresses", "buildings", "incidents", "open")}
    inside = sum(was is not None or now is not None for was, now in zip(*owned.areas, strict=True))
    return {
        "totals": totals | {
            "area_m2": round(sum(piece["area_m2"] for piece in map_["moving"]), 1),
            "areas": len(redraw.after) + len(redraw.ended), "year_incidents": inside},
        "flows": flows, "areas": areas, "officers": officers,
        "gini": inequality(officers, areas, loads_if_posted(owned, freed)),
        "on_time": on_time(matters, owned, expected),
        "plates": plates(redraw, names, homes, weights), "map": map_}


async def _moved_matters(connection: AsyncConnection, names: Names, matters: Matters,
                         owned: Owners) -> Figures:
    """Open matters that change their owner: area or officer; the most urgent first."""
    moved = {}
    for index in np.flatnonzero(matters.open):
        was, now = (side[index] for side in owned.areas)
        if was != now:
            moved[int(matters.id[index])] = (was, now, *(side[index] for side in owned.officers))
    rows = await _rows(connection, "rehearsal_matters", {"ids": sorted(moved)[:MOST_MATTERS]})
    nobody = ("", "")
    return {"total": len(moved), "rows": [{
        "id": row["id"], "summary": row["summary"], "state": row["state"],
        "urgency": row["urgency"], "received_at": row["received_at"].isoformat(),
        "deadline_at": row["deadline_at"].isoformat() if row["deadline_at"] else None,
        "from": moved[row["id"]][0], "to": moved[row["id"]][1],
        "from_name": names.areas.get(moved[row["id"]][0] or "", ""),
        "to_name": names.areas.get(moved[row["id"]][1] or "", ""),
        "officer_before": names.officers.get(moved[row["id"]][2], nobody)[1],
        "officer_after": names.officers.get(moved[row["id"]][3], nobody)[1],
    } for row in rows]}


async def _codes(connection: AsyncConnection, redraw: Redraw) -> list[Figures]:
    """Codes to be minted, and what they would be if it were published now."""
    told = []
    fresh = [area for area in redraw.after if area.is_new]
    for parent in sorted({area.parent_code or "" for area in fresh}):
        areas = [area for area in fresh if (area.parent_code or "") == parent]
        minted: list[str | None] = [None] * len(areas)
        if redraw.scheme == "base" and str(level_of(parent)) == "community":
            given = await (await connection.execute(queries.get("rehearsal_codes"), {
                "scheme": redraw.scheme, "level": areas[0].level, "stem": parent})).fetchall()
            serials = [int(code[12:]) for code, in given if code[12:].isdecimal()]
            middles = [(area.geom.centroid.x, area.geom.centroid.y) for area in areas]
            try:
                minted = [f"{parent}{serial:03d}" for serial in mint_serials(serials, middles)]
            except InvalidCode:
                minted = [None] * len(areas)
        told += [{"key": area.key, "name": area.name, "parent_code": area.parent_code,
                  "level": area.level, "code": code, "from": list(area.from_codes)}
                 for area, code in zip(areas, minted, strict=True)]
    return told
