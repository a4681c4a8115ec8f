"""`gridwall shots`: pictures of the pages."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path

import click
import psycopg
import uvicorn
from starlette.responses import Response

from console.appearance import APPEARANCES
from console.cli.context import Session, pass_session
from console.cli.up import Server, listening, prepare
from console.cookies import NAME, SessionCookie
from console.shots import PAGES, Picture, take
from gis import queries
from gis.errors import NotFound, SetupError
from gis.settings import Settings


class Size(click.ParamType):
    """``1920x1080``."""

    name = "WIDTHxHEIGHT"

    def convert(self, value, parameter, context):
        """Width and height as numbers."""
        found = re.fullmatch(r"(\d{3,5})x(\d{3,5})", value)
        if not found:
            self.fail(f"{value!r} is no size: write it as 1920x1080", parameter, context)
        return int(found[1]), int(found[2])


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("pages", nargs=-1, metavar="[PAGE …]", type=click.Choice(list(PAGES)))
@click.option("--size", type=Size(), help="In CSS pixels, such as 1920x1080; else each page's own.")
@click.option("--style", "styles", type=click.Choice(APPEARANCES), multiple=True,
              help="dark or light, or both if given twice; else each page as it is by itself.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language (zh).")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder for the pictures.")
@pass_session
def shots(
    session: Session, pages: tuple[str, ...], size: tuple[int, int] | None,
    styles: tuple[str, ...], lang: str, out: Path,
) -> None:
    """Take pictures of PAGEs (all of them by default) as the demo accounts see them."""
    prepare(session)
    cookie = SessionCookie(session.settings.secret, 1)
    pages = pages or tuple(PAGES)
    code = _building(session.admin_url()) if "building" in pages else ""
    with sessions(session.admin_url()) as secret_of, served(session.settings) as address:
        take(address, lambda role: signed(cookie, secret_of(role)), pages, out,
             Picture(size, lang, styles), code, told=lambda path: click.echo(str(path)))


def _building(admin_url: str) -> str:
    with psycopg.connect(admin_url) as connection:
        row = connection.execute(queries.get("shots_building")).fetchone()
    if row is None:
        raise NotFound("there is no building of 9 to 18 floors with houses to take a picture of")
    return row[0]


def signed(cookie: SessionCookie, secret: str) -> dict[str, str]:
    """Name and value of the cookie that a browser shows for a session."""
    answer = Response()
    cookie.write(answer, secret, secure=False)
    return {"name": NAME, "value": SimpleCookie(answer.headers["set-cookie"])[NAME].value}


@contextmanager
def sessions(admin_url: str) -> Iterator:
    """Gives a session's secret for a role; all of them end with the block."""
    opened: dict[str, str] = {}
    with psycopg.connect(admin_url, autocommit=True) as connection:
        def secret_of(role: str) -> str:
            if role not in opened:
                row = connection.execute(queries.get("shots_session"), {"role": role}).fetchone()
                if row is None:
                    raise NotFound(f"there is no account of the role {role} to look through;"
                                   f" make one: gridwall user add NAME --role {role}")
                opened[role] = row[0]
            return opened[role]

        try:
            yield secret_of
        finally:
            for secret in opened.values():
                connection.execute(queries.get("end_session"), {"secret": secret})


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    """A server of our own on a free port for as long as the block; its address."""
    from console.server import create_app

    ready = threading.Event()
    with listening("127.0.0.1", 0) as door:
        config = uvicorn.Config(create_app(settings), log_level="error", access_log=False,
                                timeout_graceful_shutdown=2)
        server = Server(config, ready.set)
        # Not the main thread: signals stay with the command line.
        server.capture_signals = _no_signals
        door.listen(config.backlog)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([door])), daemon=True)
        thread.start()
        try:
            while not ready.wait(0.2):
                if not thread.is_alive():
                    raise SetupError("the server could not start")
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.end()
            thread.join()


@contextmanager
def _no_signals() -> Iterator[None]:
    yield
