"""The page at ``/street``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from console.pages.actions import needs
from console.pages.desk import render
from gis.incident_rules import State

router = APIRouter(include_in_schema=False)


@router.get("/street")
async def street(request: Request) -> HTMLResponse:
    """The street centre: where matters stand, one of them in full, who is on shift."""
    return render(request, "street", needs=needs(), states=[state.value for state in State])
