"""The page at ``/planner/rehearsal``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from console.pages.desk import render

router = APIRouter(include_in_schema=False)


@router.get("/planner/rehearsal")
async def rehearsal(request: Request) -> HTMLResponse:
    """What a draft would have meant for the past year, for whoever is to decide on it."""
    return render(request, "rehearsal")
