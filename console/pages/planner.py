"""The page at ``/planner``."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from console.components.bundled import bundle_address
from console.pages.desk import render

router = APIRouter(include_in_schema=False)


@router.get("/planner")
async def planner(request: Request) -> HTMLResponse:
    """The table: the boundaries in force, drafts of them, and what each would make of the load."""
    return render(request, "planner", editor=bundle_address("editor.js"))
