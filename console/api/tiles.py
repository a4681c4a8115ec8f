"""``/tiles``: vector tiles of what the caller may see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console.api.scoped import answer_bytes, scoped
from gis.accounts import Caller
from gis.origin import ORIGIN
from tiles import vector
from tiles.store import TileKey

router = APIRouter(prefix="/tiles", tags=["tiles"])


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
    described = vector.layer(layer)
    caller: Caller = request.state.caller
    share = caller.share
    if described.by_account and not caller.whole:
        share = f"{share}.{caller.account_id}"

    async def draw() -> vector.Drawing:
        if layer == "buildings":
            async with request.app.state.database.plain() as connection:
                drawing = await vector.draw_entering(
                    connection, address, request.state.secret, ORIGIN.get())
        else:
            async with scoped(request) as connection:
                drawing = await vector.draw(connection, address)
        # The account of a secret never changes; what it may see does.
        return drawing if drawing.share != caller.share else drawing._replace(share=share)

    request.app.state.live.want()
    body = await request.app.state.tiles.get(TileKey(share, address), draw)
    return answer_bytes(request, body, vector.MEDIA_TYPE, described.fresh_s)
