"""``GET /api/locate``: the assignments that a report would get, with nothing stored."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from psycopg import AsyncConnection

from console.api.parameters import Moment, Scheme, moment, words
from console.api.scoped import now_of, scoped
from console.understanding import MOST_CANDIDATES, needs_words, understood
from console.why import explained, language_of
from gis import queries
from gis.addressing import search
from gis.codes import Level, level_of
from gis.errors import InvalidInput, UnknownCategory
from gis.reports import check_report

router = APIRouter(prefix="/api", tags=["places"])


@router.get("/locate")
async def locate(
    request: Request, lon: float | None = None, lat: float | None = None,
    datum: str = "wgs84", code: str | None = None, address: str | None = None,
    accuracy_m: float | None = None, category: str | None = None,
    scheme: Annotated[Scheme | None, Query()] = None, at: Moment = None,
) -> dict[str, Any]:
    """Whose ground a place lies on in each scheme (or one), and who answers, now or at a time.

    The place is given as lon and lat, as the code of a house or building, or as an address.
    """
    categories = await request.app.state.categories.codes()
    if category is not None and category not in categories:
        raise UnknownCategory(category)
    if code is not None and level_of(code) not in (Level.HOUSE, Level.BUILDING):
        raise InvalidInput("a house's code has 25 characters, a building's 19", "code")
    given = {"lon": lon, "lat": lat, "datum": datum, "accuracy_m": accuracy_m,
             "house_code": words(code, "code"), "address": words(address, "address", 500)}
    place = check_report(
        {name: value for name, value in given.items() if value is not None}
        | {"text": "locate", "category": "locate", "channel": "import"},
        {"locate": "locate"}, now_of(request))
    values = {name: place[name] for name in given} | {
        "category": categories.get(category or ""), "scheme": scheme,
        "at": moment(at, "at") or now_of(request)}
    async with scoped(request) as connection:
        if scheme is not None:
            known = await connection.execute(queries.get("is_scheme"), {"scheme": scheme})
            if not (await known.fetchone())[0]:
                raise InvalidInput(f"{scheme!r} is no scheme here", "scheme")
        facts = await _understand(connection, values) if needs_words(place) else {}
        cursor = await connection.execute(queries.get("locate"), values)
        rows = await cursor.fetchall()
    answer = {"assignments": [row[0] for row in rows]}
    for assignment in answer["assignments"]:
        assignment["facts"] = (assignment.get("facts") or {}) | facts
    return explained(answer, language_of(request), request.app.state.settings.time_zone)


async def _understand(connection: AsyncConnection, values: dict[str, Any]) -> dict[str, Any]:
    """Put what the words are understood as among the values; what to tell of it."""
    found = await search(connection, values["address"], limit=MOST_CANDIDATES)
    sure = understood(found)
    if sure is None:
        exact = found.matches and found.matches[0].how == "exact"
        return {} if exact else {"candidates": [match.text for match in found.matches]}
    match = found.matches[0]
    values["house_code"] = match.house_code or (
        match.building_code if match.address_id is None else None)
    values["address"] = match.text
    return {"place_by": "words", "understood": sure["text"], "sure": sure["score"]}
