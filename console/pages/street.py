"""The page at ``/street``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from console.pages.actions import needs
from console.pages.desk import render
from gis import queries
from gis.incident_rules import State

router = APIRouter(include_in_schema=False)


@router.get("/street")
async def street(request: Request) -> HTMLResponse:
    """The street centre: a place, its inbox, one matter in full, who is on shift."""
    async with request.app.state.database.plain() as connection:
        cursor = await connection.execute(queries.get("street_classes"))
        classes = [{"code": row[0], "rank": row[1]} for row in await cursor.fetchall()]
    return render(request, "street", prefixes=("level.", "line."), needs=needs(),
                  classes=classes, states=[state.value for state in State])
