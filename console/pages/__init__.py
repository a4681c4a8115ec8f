"""The pages: which exist, and where they are mounted."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import FileResponse

from console import language
from gis.database import Database
from gis.settings import Settings


def add_pages(app: FastAPI, settings: Settings, database: Database) -> None:
    """Mount every page on the application; the gate stands in front of it.

    The wall is a Panel application, with a session and a websocket of its own; the desks are
    plain pages over the API.
    """
    from panel.io.fastapi import add_applications

    from console.api import desk as desk_api
    from console.api import street as street_api
    from console.api import street_export
    from console.pages import (
        account,
        admin,
        desk,
        officer,
        place,
        planner,
        rehearsal,
        report,
        statistics,
        street,
        wall,
    )
    from console.static import BuiltFiles

    @app.get("/favicon.ico", include_in_schema=False)
    async def icon() -> FileResponse:
        return FileResponse(desk.STATIC / "icon.svg", media_type="image/svg+xml")

    app.mount("/static/desk", BuiltFiles(desk.STATIC), name="desk")
    for page in (street, statistics, planner, rehearsal, officer, place, report, admin, account):
        app.include_router(page.router)
    for api in (street_api, street_export, desk_api):
        app.include_router(api.router)
    # Bokeh writes into its page, for scripts to read, what it was sent: nothing but the language.
    add_applications({"/wall": wall.wall_page}, app=app, title={"/wall": "Gridwall"},
                     include_cookies=[language.COOKIE], include_headers=[])
