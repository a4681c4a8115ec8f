"""``/tiles``: vector tiles of what the caller may see."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console.api.scoped import answer_bytes, scoped
from tiles import vector
from tiles.cache import Body, Cache

# The load in the tiles of areas may be as old as this; live loads come with /api/wall/areas.
LOAD_SECONDS = 10

router = APIRouter(prefix="/tiles", tags=["tiles"])
_cache = Cache()


@router.get("/{layer}/tilejson.json")
async def tilejson(request: Request, layer: str) -> dict[str, Any]:
    """TileJSON 3.0; query parameters are handed on to the tiles' address."""
    vector.layer(layer)
    query = urlencode(request.query_params.multi_items())
    address = f"{request.base_url}tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt"
    async with scoped(request) as connection:
        return await vector.tilejson(connection, layer, f"{address}?{query}" if query else address)


@router.get("/{layer}/{z}/{x}/{y}.mvt", response_class=Response)
async def tile(
    request: Request, layer: str, z: int, x: int, y: int,
    scheme: Annotated[str, Query(max_length=40)] = "base",
    level: Annotated[str, Query(max_length=20)] = vector.LEAF,
    at: datetime | None = None,
    category: Annotated[str | None, Query(max_length=60)] = None,
    since: datetime | None = None, until: datetime | None = None,
) -> Response:
    """One vector tile; 204 where nothing lies in it.

    `at`: areas as they were, or incidents that were open, then. Incidents of a `category`, or
    received from `since` to `until`; places of a `category`.
    """
    address = vector.TileAddress(
        layer, z, x, y, scheme, level, at, category, since, until)
    fresh_s = vector.layer(layer).fresh_s
    async with scoped(request) as connection:
        context = await vector.context(connection, layer)
        age = int(time.monotonic() / LOAD_SECONDS) if layer == "areas" else 0
        key = (address, context, age)
        body = _cache.get(key)
        if body is None:
            body = Body(await vector.draw(connection, address))
            _cache.put(key, body)
    return answer_bytes(request, body, vector.MEDIA_TYPE, fresh_s)
