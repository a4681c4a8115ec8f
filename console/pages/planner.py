"""The page at ``/planner``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from console.pages.desk import render

router = APIRouter(include_in_schema=False)


@router.get("/planner")
async def planner(request: Request) -> HTMLResponse:
    """The grids as they stand: their map, the health of the coverage, people and load."""
    return render(request, "planner")
