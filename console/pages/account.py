"""The page at ``/account``: one's own password, sessions and tokens."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from console.pages.desk import render
from gis.accounts import WHOLE_ROLES
from gis.passwords import SHORTEST

router = APIRouter(include_in_schema=False)
# Whose tokens may be narrowed to an area of theirs.
_GROUNDED = (*(role.value for role in WHOLE_ROLES), "street", "community", "officer")


@router.get("/account")
async def account(request: Request) -> HTMLResponse:
    """For everybody who has come in, whatever their role."""
    caller = request.state.caller
    return render(request, "account", ("role.",), shortest=SHORTEST,
                  grounded=caller.role in _GROUNDED, may_file=caller.role != "hall")
