"""The page at ``/statistics``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from console.pages.desk import render

router = APIRouter(include_in_schema=False)


@router.get("/statistics")
async def statistics(request: Request) -> HTMLResponse:
    """Service and control matters, what was solved, and the ranking with what is behind it."""
    return render(request, "statistics")
