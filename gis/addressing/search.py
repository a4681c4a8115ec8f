"""Free text → ranked houses and buildings, each with a score and why.

The search is one generator that asks the database for rows and is handed them; who drives it
says whether that is awaited. Names come from a gazetteer in memory, buildings by their names
and numbers, houses by building and room from an index: full texts are never compared.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from gis import queries
from gis.addressing.finding import Candidate, candidates_of
from gis.addressing.gazetteer import Gazetteer, Gazetteers
from gis.addressing.lesser import by_less
from gis.addressing.matches import (
    Asking,
    Findings,
    told_addresses,
    told_buildings,
    told_sites,
)
from gis.addressing.reading import divisions_in
from gis.addressing.roles import Roles
from gis.addressing.text import normalise
from gis.addressing.weighing import Sight, Site, Weighed, see, weigh
from gis.addressing.western import is_western, without_zip

# From here on an answer that stands alone is taken for granted, unless the city sets otherwise.
SURE = 0.85
# Two answers so close are not told apart.
MARGIN, EQUAL = 0.08, 0.004
_LEAST, _POOR = 0.25, 0.8
_MOST_NAMES, _MOST_NEAR = 12, 60
_MOST_HOUSE_BUILDINGS = 400
# What tables write behind a room's number; and where a floor is the room.
_ROOM_WORDS = ("", "室", "房", "号", "户", "号房", "号室")
_FLOOR_WORDS = ("楼", "层", "F")
_CODE = re.compile(r"[0-9]{6,19}[0-9A-Z]{0,13}")



async def search(connection: psycopg.AsyncConnection, text: str, *, limit: int = 5,
                 gazetteers: Gazetteers | None = None) -> Findings:
    """Find what a text names, among what the connection's caller may see.

    Parameters
    ----------
    connection
        A transaction that has entered, or one of the owner's.
    text
        Free text, a standard address, or a code or the beginning of one.
    limit
        Matches at most.
    gazetteers
        Where names are kept; a keeper of the process by default.
    """
    steps = _searching(text, limit, _place_of(connection), gazetteers or _KEPT)
    try:
        query, values = next(steps)
        while True:
            if callable(query):
                # Work of some tenths of a second: others are served meanwhile.
                query, values = steps.send(await asyncio.to_thread(query, *values))
                continue
            cursor = connection.cursor(row_factory=tuple_row)
            await cursor.execute(queries.get(query), values)
            query, values = steps.send(await cursor.fetchall())
    except StopIteration as done:
        return done.value


def search_now(connection: psycopg.Connection, text: str, *, limit: int = 5,
               gazetteers: Gazetteers | None = None) -> Findings:
    """As `search`, over a connection that is not awaited."""
    steps = _searching(text, limit, _place_of(connection), gazetteers or _KEPT)
    try:
        query, values = next(steps)
        while True:
            if callable(query):
                query, values = steps.send(query(*values))
                continue
            cursor = connection.cursor(row_factory=tuple_row)
            query, values = steps.send(cursor.execute(queries.get(query), values).fetchall())
    except StopIteration as done:
        return done.value


_KEPT = Gazetteers()


def _place_of(connection: psycopg.Connection | psycopg.AsyncConnection) -> Any:
    info = connection.info
    return (info.host, info.port, info.dbname, info.user)


def _searching(text: str, limit: int, place: Any, gazetteers: Gazetteers) -> Asking:
    asked = text.strip()
    if _CODE.fullmatch(asked.upper()):
        found = yield from _by_code(asked.upper(), limit)
        if found.matches:
            return found
    whose, *version, standard, other, sure = (yield "search_opening", {"asked": asked})[0]
    found = yield from _as_written(standard, other, limit)
    if found.matches:
        return found
    gazetteer = yield from _current((*place, whose), version, gazetteers)
    return (yield from _by_words(normalise(asked), limit, gazetteer, sure))


def _by_code(code: str, limit: int) -> Asking:
    rows = yield "codes_beginning", {"code": code, "limit": limit}
    houses = yield from told_addresses([row[0] for row in rows if row[0] is not None])
    buildings = yield from told_buildings([row[1] for row in rows if row[0] is None])
    matches = []
    for told in (*buildings.values(), *houses.values()):
        whole = told.house_code == code or (told.house_code is None
                                            and told.building_code == code)
        matches.append(replace(
            told, how="code", score=1.0 if whole else 0.5,
            reason=(("code" if whole else "code_part", code),)))
    matches.sort(key=lambda match: (-match.score, match.house_code or match.building_code or ""))
    whole = bool(matches) and matches[0].score == 1.0
    return Findings(matches[:1] if whole and len(code) > 19 else matches[:limit],
                    not whole and len(matches) > 1,
                    matches[0].level if matches else None)


def _as_written(standard: list[int], other: list[int], limit: int) -> Asking:
    """The houses of which a text is the standard address, or another one."""
    how = dict.fromkeys(other, "alias") | dict.fromkeys(standard, "exact")
    told = yield from told_addresses(list(how)[:limit])
    several = len(told) > 1
    matches = [replace(match, how=how[number], score=1.0, tied=several,
                       reason=((how[number], ""),)) for number, match in told.items()]
    return Findings(matches, several, "house" if matches else None)


def _current(place: Any, version: Any, gazetteers: Gazetteers) -> Asking:
    """The names of the scope, read anew where they have changed."""
    gazetteer = gazetteers.get(place, version)
    if gazetteer is None:
        names = yield "gazetteer_names", {}
        areas = yield "area_names", {}
        gazetteer = yield gazetteers.made, (place, version, names, areas)
    return gazetteer


def _by_words(form: str, limit: int, gazetteer: Gazetteer, sure: float) -> Asking:
    names = gazetteer.western if is_western(form) else gazetteer.chinese
    form = without_zip(form)
    sight = see(form, names.hits(form), divisions_in(form))
    weighed = _weighed(sight, (yield from _sites(sight)), gazetteer)
    if not weighed or weighed[0].score < _POOR:
        about = yield from _sites_about(sight)
        weighed = sorted(weighed + _weighed(sight, about, gazetteer),
                         key=lambda one: (-one.score, one.site.id))
    candidates = yield from _houses(weighed)
    candidates = [one for one in candidates if one.score >= _LEAST]
    if not candidates:
        return (yield from by_less(sight, limit, gazetteer))
    return (yield from _answers(candidates, limit, sure))


def _sites(sight: Sight) -> Asking:
    def best(kind: str) -> list[str]:
        hits = sight.hits.get(kind, {})
        return sorted(hits, key=lambda name: -hits[name].quality)

    compounds = best("compound")
    top = [name for name in compounds if sight.hits["compound"][name].quality
           >= sight.hits["compound"][compounds[0]].quality - 0.06][:_MOST_NAMES]
    numbers = sight.values()
    rows = yield "sites_named", {
        "compounds": top, "near_compounds": compounds[:_MOST_NEAR],
        "roads": best("road")[:_MOST_NEAR], "numbers": numbers,
        "building_ids": list(sight.of_building)}
    return [Site(*row) for row in rows]


def _weighed(sight: Sight, sites: list[Site], gazetteer: Gazetteer) -> list[Weighed]:
    weighed = [one for site in sites if (one := weigh(sight, site, gazetteer.areas))]
    return sorted(weighed, key=lambda one: (-one.score, one.site.id))


def _sites_about(sight: Sight) -> Asking:
    """Where neither a compound nor a road with its number is told."""
    numbers = sight.values()
    roads, communities = (
        [name for name, hit in sight.hits.get(kind, {}).items() if hit.quality >= 0.9]
        for kind in ("road", "community"))
    if not numbers or not (roads or communities):
        return []
    rows = yield "sites_about", {
        "roads": roads, "communities": communities, "numbers": numbers}
    return [Site(*row) for row in rows]


def _houses(weighed: list[Weighed]) -> Asking:
    """The houses of the best buildings that have the room told; else the buildings."""
    if not weighed:
        return []
    floor = max(weighed[0].score * 0.45, _LEAST)
    chosen = [one for one in weighed if one.score >= floor][:_MOST_HOUSE_BUILDINGS]
    ids = list({one.site.building_id for one in chosen if one.site.building_id is not None})
    rooms = sorted({room for one in chosen for room in rooms_of(one.roles)})
    houses = (yield "houses_of_buildings", {"building_ids": ids, "rooms": rooms}) if rooms else []
    whole = [one.site.building_id for one in chosen if one.roles.room is None]
    standing = (yield "standing_addresses", {"building_ids": [
        number for number in whole[:60] if number is not None]}) if any(whole) else []
    loose = [one.site for one in chosen if one.site.building_id is None]
    if loose:
        houses = houses + (yield "loose_addresses", {
            "roads": list({site.road for site in loose if site.road}),
            "numbers": list({site.road_number for site in loose if site.road_number}),
            "compounds": list({site.compound for site in loose if site.compound}),
            "rooms": rooms})
    return candidates_of(chosen, houses, standing)


def rooms_of(roles: Roles) -> list[str]:
    """The ways in which a room may be written in the tables."""
    if roles.room is None:
        return [roles.floor + word for word in _FLOOR_WORDS] if roles.floor else []
    numbers = [roles.room, f"{roles.unit}-{roles.room}"] if roles.unit else [roles.room]
    rooms = [number + word for number in numbers for word in _ROOM_WORDS]
    if roles.floor and roles.floor.isdigit() and roles.room.isdigit() and len(roles.room) < 3:
        rooms.append(roles.floor + roles.room.zfill(2))
    return rooms


def _answers(candidates: list[Candidate], limit: int, sure: float) -> Asking:
    best = candidates[0].score
    # What another site of the same building says is no other answer.
    tied = [one for one in candidates if one.score >= best - EQUAL]
    close = [one for one in candidates if one.score >= best - MARGIN]
    shown = candidates[:limit]
    addresses = yield from told_addresses([one.address_id for one in shown if one.address_id])
    sites = yield from told_sites([one.site.id for one in shown if not one.address_id])
    matches = []
    for at, one in enumerate(shown):
        told = addresses[one.address_id] if one.address_id else sites[one.site.id]
        matches.append(replace(
            told, score=round(min(one.score, 1.0), 3), how=one.how, reason=tuple(one.reasons),
            tied=len(tied) > 1 and at < len(tied)))
    return Findings(matches, len(close) > 1 or best < sure, _level(tied))


def _level(tied: list[Candidate]) -> str:
    """The finest level that all equally true answers share."""
    if len(tied) == 1:
        return "house" if tied[0].address_id else "building"
    sites = [one.site for one in tied]
    if sites[0].building_id is not None and len({site.building_id for site in sites}) == 1:
        return "building"
    for level, parts in (("compound", ("compound",)), ("road_number", ("road", "road_number")),
                         ("road", ("road",)), ("community", ("community",)),
                         ("street", ("street",)), ("district", ("district",))):
        shared = {tuple(getattr(site, part) for part in parts) for site in sites}
        if len(shared) == 1 and None not in next(iter(shared)):
            return level
    return "city"
