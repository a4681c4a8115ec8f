"""One ASGI application: API, streams, tiles and pages behind one gate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from tornado.web import HTTPError as PanelError

from console import draft_problems
from console.api import (
    account,
    accounts,
    addresses,
    areas,
    audit,
    codes,
    drafts,
    drafts_files,
    drafts_rules,
    duplicates,
    health,
    incidents,
    library,
    live,
    locate,
    maps,
    notices,
    persons,
    plates,
    printouts,
    proposals,
    publications,
    ranking,
    rasters,
    rehearsal,
    reports,
    rules,
    shares,
    statistics,
    tiles,
    tracks,
    wall,
)
from console.api.body import BadBody
from console.callers import Callers
from console.categories import Categories
from console.compression import Compression
from console.cookies import SessionCookie
from console.drafts import Drafts
from console.folding import Folding
from console.following import Following
from console.gate import Gate
from console.gathering import Gatherer
from console.headers import PAGE_POLICY, SecurityHeaders, WallPolicy, inline_hashes
from console.keeper import Keeper
from console.limits import Limits
from console.live import Live
from console.metrics import Counting, Metrics
from console.notes import Notes
from console.oidc import Provider
from console.openapi import document, methods_of
from console.overload import Admission, Load
from console.pages import add_pages, login, provider
from console.pages.notice import missing_page
from console.printing.press import Press
from console.problems import (
    PROBLEM_DOCS,
    ProblemResponse,
    plain,
    respond,
    respond_http,
    respond_validation,
)
from console.proposing import Proposing
from console.rehearsing import Rehearsals
from console.static import BuiltFiles
from console.wall_sessions import WallSessions
from gis.database import Database, make_pool
from gis.errors import GridwallError
from gis.loop_data import LoopData
from gis.personal_data import KeyFile
from gis.settings import Settings
from tiles.cache import Cache
from tiles.disk import Disk
from tiles.raster_pool import RasterPool
from tiles.store import TileStore

log = logging.getLogger("gridwall.server")
STATIC = Path(__file__).parent / "static"
# Printouts stand before incidents, whose numbers their addresses would be taken for.
ROUTERS = (health, reports, plates, printouts, locate, notices, addresses, areas, incidents,
           duplicates, shares, ranking, statistics, live, wall, tracks, tiles, rasters, maps, login,
           provider, account, accounts,
           codes, library, persons, rules, drafts, drafts_files, drafts_rules, rehearsal,
           proposals, publications, audit)


class Application:
    """The application inside its gate and middleware; what uvicorn serves.

    Attributes
    ----------
    inner
        The FastAPI application, whose `state` has what requests share.
    """

    def __init__(self, inner: FastAPI) -> None:
        self.inner = inner
        state = inner.state
        settings = state.settings
        gated = Gate(WallSessions(inner, settings.secret), state.callers, state.cookie)
        limited = Limits(gated, settings.rate_per_token, settings.rate_per_address,
                         settings.rate_free.split())
        outer: ASGIApp = SecurityHeaders(Compression(WallPolicy(Admission(limited, state.load))))
        self._outer = Counting(outer, state.metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self._outer(scope, receive, send)

    def begin_stop(self) -> None:
        """Called when the server is about to stop: streams end, so that it need not wait."""
        self.inner.state.live.end_streams()


def create_app(settings: Settings, is_short: Callable[[], bool] = lambda: False) -> Application:
    """Everything the server serves; nothing is opened before it starts.

    Parameters
    ----------
    settings
        With `database_url` and `secret` set.
    is_short
        Whether the database's disk has too little room for anything new.
    """
    pool = make_pool(settings.database_url, settings.pool_size)
    database = Database(pool, is_short)
    app = FastAPI(
        title="Gridwall", version="1", lifespan=_lifespan, openapi_url="/api/openapi.json",
        docs_url=None, redoc_url=None, swagger_ui_oauth2_redirect_url=None,
        responses=PROBLEM_DOCS)
    state = app.state
    state.settings, state.database, state.pool = settings, database, pool
    state.metrics = Metrics()
    state.callers = Callers(database)
    state.categories = Categories(database)
    state.loop_data = LoopData()
    state.gatherer = Gatherer(partial(reports.store, database))
    state.cookie = SessionCookie(settings.secret, settings.session_hours,
                                 settings.session_rotate_minutes, database.now)
    state.proving = asyncio.Semaphore(2)
    state.notes = Notes(settings.secret)
    state.provider = Provider(settings)
    state.personal_data = KeyFile(settings.home)
    state.press = Press()
    state.rasters, state.raster_cache = RasterPool(), Cache()
    state.drafts = Drafts(database)
    state.proposing, state.rehearsals = Proposing(), Rehearsals(database)
    # Half of the time allowed, so that a look and its work fit into it.
    state.live = Live(database, state.callers, settings.live_poll_ms / 2000)
    database.pulse.on_change(state.live.tell_trouble)
    state.load = Load(settings.intake_waiting, state.live.set_pace)
    state.tiles = TileStore(Disk(settings.home / "tiles", settings.tiles_disk_mb * 1_000_000))
    state.following = Following(database, state.callers, state.tiles,
                                state.live.tell_tiles)
    state.live.follow = state.following.follow
    state.keeper = Keeper(database, settings.tick_s)
    state.folding = Folding(database)
    _add_errors(app)
    for module in ROUTERS:
        app.include_router(module.router)
    _add_docs(app)
    app.mount("/static/built", BuiltFiles(STATIC / "built"), name="built")
    app.get("/static/panel/{version}/dist/{path:path}", include_in_schema=False)(_panel_file)
    add_pages(app, settings, database)
    app.openapi = partial(document, app)
    return Application(app)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    # The database may be away at the start as at any other time.
    await state.pool.open(wait=False)
    state.database.pulse.start()
    state.load.start()
    state.live.start()
    state.folding.start()
    state.keeper.start()
    try:
        yield
    finally:
        await state.keeper.close()
        await state.live.close()
        await state.following.close()
        await state.folding.close()
        await state.load.close()
        await state.database.pulse.close()
        await state.proposing.close()
        await state.rehearsals.close()
        state.drafts.close()
        await state.rasters.close()
        await state.pool.close(timeout=2)


def _no_such_method(request: Request) -> Response:
    """405, with all methods that there are: the framework names those of one route."""
    methods = ", ".join(methods_of(request.app.openapi(), request.url.path))
    return ProblemResponse(plain(405, f"use {methods}"), {"Allow": methods})


async def _panel_file(version: str, path: str) -> RedirectResponse:
    """What Panel would ask another host for, from our own copy."""
    return RedirectResponse(f"/static/extensions/panel/{quote(path)}", 308)


def _add_docs(app: FastAPI) -> None:
    app.mount("/static/docs", StaticFiles(directory=str(files("fastapi_swagger") / "resources")),
              name="docs")

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/api/openapi.json", title="Gridwall API",
            swagger_js_url="/static/docs/swagger-ui-bundle.js",
            swagger_css_url="/static/docs/swagger-ui.css",
            swagger_favicon_url="/static/docs/favicon-32x32.png")
        own = " ".join(inline_hashes(page.body))
        page.headers["content-security-policy"] = PAGE_POLICY.replace(
            "script-src 'self'", f"script-src 'self' {own}")
        return page


def _add_errors(app: FastAPI) -> None:
    async def on_ours(request: Request, error: GridwallError) -> Response:
        return respond(error)

    async def on_http(request: Request, error: HTTPException) -> Response:
        page = "text/html" in request.headers.get("accept", "")
        if error.status_code == 404 and page and not request.url.path.startswith("/api/"):
            return missing_page(request)
        if error.status_code == 405 and methods_of(app.openapi(), request.url.path):
            return _no_such_method(request)
        return respond_http(error)

    async def on_validation(request: Request, error: RequestValidationError) -> Response:
        # `/drafts/defaults` is also what `/drafts/{id}` would be asked for with another method.
        if request.method not in (methods_of(app.openapi(), request.url.path) or request.method):
            return _no_such_method(request)
        return respond_validation(error)

    async def on_body(request: Request, error: BadBody) -> Response:
        return ProblemResponse(error.problem)

    async def on_panel(request: Request, error: PanelError) -> Response:
        # Panel's own routes speak of faults in its web server's words.
        return ProblemResponse(plain(error.status_code, error.log_message or str(error)))

    async def on_any(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return ProblemResponse(plain(500, "this went wrong here; it has been logged"))

    app.add_exception_handler(GridwallError, on_ours)
    for kind, handler in draft_problems.HANDLERS.items():
        app.add_exception_handler(kind, handler)
    for error, answer in publications.HANDLERS.items():
        app.add_exception_handler(error, answer)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(PanelError, on_panel)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(BadBody, on_body)
    app.add_exception_handler(psycopg.DataError, reports.on_data_error)
    app.add_exception_handler(psycopg.IntegrityError, reports.on_data_error)
    app.add_exception_handler(Exception, on_any)
