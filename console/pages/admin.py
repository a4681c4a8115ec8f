"""The pages under ``/admin``: categories, and what else the loop goes by."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse

from console.access import HOME
from console.pages.desk import render
from gis.accounts import BOUND_ROLES

router = APIRouter(include_in_schema=False)


@router.get("/admin")
async def admin() -> RedirectResponse:
    """The first of them."""
    return RedirectResponse("/admin/categories")


@router.get("/admin/categories")
async def categories(request: Request) -> HTMLResponse:
    """The table of categories, and the one that is being edited."""
    return render(request, "admin_categories", ("admin.",))


@router.get("/admin/loop")
async def loop(request: Request) -> HTMLResponse:
    """Limits, authority, allowances, working hours and the calendar."""
    return render(request, "admin_loop", ("admin.",))


@router.get("/admin/accounts")
async def accounts(request: Request) -> HTMLResponse:
    """Who may come in and as what, and what the identity provider's groups stand for."""
    return render(request, "admin_accounts", ("admin.", "role.", "account."),
                  roles=list(HOME), bound=[role.value for role in BOUND_ROLES])


@router.get("/admin/audit")
async def audit(request: Request) -> HTMLResponse:
    """The log of who did what, searched and exported."""
    return render(request, "admin_audit", ("admin.", "audit.", "action.", "role.", "export."))
