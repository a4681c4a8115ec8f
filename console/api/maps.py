"""``/api/map.png``: a still picture of any view, for reports and documents."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console.api.scoped import now_of, scoped
from console.maps import Wanted, chosen_layers, draw, own_view, view_of

router = APIRouter(prefix="/api", tags=["maps"])


@router.get("/map.png", response_class=Response)
async def picture(
    request: Request,
    bbox: Annotated[str | None, Query(max_length=200)] = None,
    center: Annotated[str | None, Query(max_length=100)] = None,
    zoom: float | None = None,
    size: Annotated[str, Query(max_length=20)] = "1200x800",
    layers: Annotated[str | None, Query(max_length=200)] = None,
    style: Literal["dark", "light"] = "light",
    lang: Literal["zh", "en"] = "zh",
    scheme: Annotated[str, Query(max_length=40)] = "base",
    level: Annotated[str | None, Query(max_length=20)] = None,
    scale: Literal["1", "2"] = "1",
) -> Response:
    """A picture of a bbox, or of a center and zoom; by default of one's own ground."""
    wanted = Wanted(chosen_layers(layers), style, lang, scheme, level, int(scale))
    view = view_of(size, bbox, center, zoom)
    state = request.app.state
    at = now_of(request).astimezone(ZoneInfo(state.settings.time_zone))
    async with scoped(request) as connection:
        drawn = await draw(connection, view or await own_view(connection, size), wanted, at)
    return Response(await state.press.picture(drawn), media_type="image/png",
                    headers={"Cache-Control": "private, no-store"})
