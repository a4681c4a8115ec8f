"""``/api/map.png``: a still picture of any view, for reports and documents."""

from __future__ import annotations

import base64
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console.api.rasters import raster_within
from console.api.scoped import now_of, scoped
from console.maps import View, Wanted, chosen_layers, draw, own_view, view_of
from gis.errors import NotFound
from tiles.raster_order import Order, tile_box

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
    raster: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """A picture of a bbox, or of a center and zoom; by default of one's own ground.

    A raster by its name lies under everything in place of parks and water.
    """
    wanted = Wanted(chosen_layers(layers), style, lang, scheme, level, int(scale))
    view = view_of(size, bbox, center, zoom)
    state = request.app.state
    at = now_of(request).astimezone(ZoneInfo(state.settings.time_zone))
    if view is None:
        async with scoped(request) as connection:
            view = await own_view(connection, size)
    ground = await _ground(request, raster, view) if raster else ""
    async with scoped(request) as connection:
        drawn = await draw(connection, view, wanted, at, ground)
    return Response(await state.press.picture(drawn), media_type="image/png",
                    headers={"Cache-Control": "private, no-store"})


async def _ground(request: Request, name: str, view: View) -> str:
    row = await raster_within(request, name, view.box)
    least_m = tile_box(row["min_zoom"], 0, 0)
    if not row["paths"] or view.pixel_m > (least_m[2] - least_m[0]) / 256:
        raise NotFound("nothing of this raster lies there, or it has no overviews for so wide"
                       " a view")
    png = await request.app.state.rasters.draw(
        Order(row["paths"], row["style"], view.box, view.width, view.height))
    return "data:image/png;base64," + base64.b64encode(png).decode()
