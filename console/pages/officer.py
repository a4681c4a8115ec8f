"""The page at ``/officer``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from console.pages.actions import needs
from console.pages.desk import render
from gis.incident_rules import State

router = APIRouter(include_in_schema=False)


@router.get("/officer")
async def officer(request: Request) -> HTMLResponse:
    """An officer's own matters on a phone, the nearest deadline first."""
    return render(request, "officer", needs=needs(), states=[state.value for state in State])
