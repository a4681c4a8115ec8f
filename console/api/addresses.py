"""``GET /api/addresses``: places by what people write, by code, or by where they are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from console.api.parameters import words
from console.api.scoped import scoped
from console.found import told
from console.why import language_of
from gis.addressing import nearest, search
from gis.errors import InvalidInput, NoPlace
from gis.reports import check_number

LONGEST_QUERY = 500

router = APIRouter(prefix="/api", tags=["places"])


@router.get("/addresses")
async def addresses(
    request: Request, q: str | None = None, limit: Annotated[int, Query(ge=1, le=50)] = 10,
    lon: float | None = None, lat: float | None = None, datum: str = "wgs84",
) -> list[dict[str, Any]]:
    """Ranked matches, best first, each with a score of 0 to 1, how it was found and why.

    `q` is free text, a standard address, or a code or the beginning of one; or give `lon` and
    `lat` for the nearest buildings. `how` is code, exact, words (all as written), alias (by
    another name), similar (with a slip), interpolated (between two numbers of the road) or
    nearest. `ambiguous` says that the first answer is not to be taken for granted, `tied` that a
    match is as true as the first, `determined` to which level the words tell the place.
    """
    asked = words(q, "q", LONGEST_QUERY)
    if (lon is None) != (lat is None):
        raise InvalidInput("lon and lat go together", "lat" if lat is None else "lon")
    if asked is None and lon is None:
        raise NoPlace
    async with scoped(request) as connection:
        if asked is None:
            found = await nearest(connection, check_number(lon, -180, 180),
                                  check_number(lat, -90, 90), datum, limit=limit)
        else:
            found = await search(connection, asked, limit=limit)
    return told(found, language_of(request))
