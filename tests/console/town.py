"""The application served for real, over a small town: two streets' worth of four grids."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest
import uvicorn

from console.cli.up import KEEP_ALIVE_S
from console.server import create_app
from gis.accounts import create_account, issue_token
from gis.settings import Settings
from tests.conftest import Database, cloned

PASSWORD = "correct horse"
WEST, SOUTH, STEP = 120.0, 30.0, 0.01
DISTRICT, STREETS = "330104", ("330104001", "330104002")


@dataclass
class Town:
    """What a test talks to."""

    url: str
    admin_url: str
    app: object
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, token: str = "", **headers: str) -> httpx.AsyncClient:
        """A client that acts for a token, or for nobody."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        made = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20,
                                 limits=httpx.Limits(keepalive_expiry=2))
        self.clients.append(made)
        return made

    def token(self, role: str, area: str | None = None) -> str:
        """A token of a new account."""
        return issue_token(self.admin_url, role, area)


def square(column: int, row: int, wide: int = 1) -> str:
    """The outline of a grid as WKT; neighbours share their corners exactly."""
    west, south = round(WEST + column * STEP, 9), round(SOUTH + row * STEP, 9)
    east, north = round(west + wide * STEP, 9), round(south + STEP, 9)
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return f"MULTIPOLYGON((({', '.join(f'{x} {y}' for x, y in ring)})))"


def build_town(admin_url: str) -> None:
    """A district of two streets, one community each, two grids each; an officer in each grid."""
    areas = [("district", DISTRICT, None, square(0, 0, 4))]
    for number, street in enumerate(STREETS):
        community = street + "001"
        areas.append(("street", street, DISTRICT, square(2 * number, 0, 2)))
        areas.append(("community", community, street, square(2 * number, 0, 2)))
        areas += [("grid", f"{community}00{serial + 1}", community,
                   square(2 * number + serial, 0)) for serial in range(2)]
    with psycopg.connect(admin_url) as connection:
        for level, code, parent, outline in areas:
            connection.execute(
                "WITH made AS (INSERT INTO area_identity (scheme, level, code)"
                " VALUES ('base', %(level)s, %(code)s) RETURNING id)"
                " INSERT INTO area (identity_id, scheme, level, code, name, parent_id, geom)"
                " SELECT id, 'base', %(level)s, %(code)s, %(name)s,"
                " (SELECT id FROM area_identity WHERE code = %(parent)s),"
                " ST_GeomFromText(%(outline)s, 4490) FROM made",
                {"level": level, "code": code, "name": f"{level} {code[-3:]}",
                 "parent": parent, "outline": outline})
        connection.execute("SELECT settle_areas('base')")
        connection.execute(
            "WITH made AS (INSERT INTO officer (officer_code, name)"
            " SELECT 'O' || i.code, '王' || right(i.code, 3) FROM area_identity AS i"
            " WHERE i.level = 'grid' RETURNING id, officer_code)"
            " INSERT INTO duty (officer_id, area_identity_id, role)"
            " SELECT m.id, i.id, 'full_time' FROM made AS m"
            " JOIN area_identity AS i ON 'O' || i.code = m.officer_code")
        connection.execute("SELECT settle_places()")
    create_account(admin_url, "wang", "hall", PASSWORD)


@contextlib.asynccontextmanager
async def serving(app: object) -> AsyncIterator[str]:
    """The application behind a real server on a free port; its address."""
    # Named as TCP, or asyncio leaves Nagle on: each answer would wait for the other side, 40 ms.
    with socket.socket(proto=socket.IPPROTO_TCP) as door:
        door.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="on",
            timeout_graceful_shutdown=3, timeout_keep_alive=KEEP_ALIVE_S))
        task = asyncio.create_task(server._serve([door]))
        try:
            async with asyncio.timeout(20):
                while not server.started:
                    await asyncio.sleep(0)
                    if task.done():
                        break
            assert server.started
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            app.begin_stop()
            server.should_exit = True
            await task


@contextlib.asynccontextmanager
async def served_town(database, home: Path, **settings: object) -> AsyncIterator[Town]:
    """A database with the town in it, served; with further settings."""
    app = create_app(Settings(
        home=home, database_url=database.server_url, admin_database_url=database.admin_url,
        secret="a secret of this test alone, long enough", **settings))
    async with serving(app) as url:
        town = Town(url, database.admin_url, app)
        yield town
        for client in town.clients:
            await client.aclose()


@pytest.fixture
def town_database(cluster, town_template) -> Iterator[Database]:
    """A database of this test's own with the town in it."""
    with cloned(cluster, town_template) as own:
        yield own


@pytest.fixture
async def town(town_database, tmp_path: Path) -> AsyncIterator[Town]:
    """A town of this test's own."""
    async with served_town(town_database, tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
async def shared_town(cluster, town_template, tmp_path_factory) -> AsyncIterator[Town]:
    """A town for tests that change nothing in it."""
    with cloned(cluster, town_template) as database:
        async with served_town(database, tmp_path_factory.mktemp("home")) as served:
            yield served


def report(**changes: object) -> dict[str, object]:
    """A good report in the middle of the first grid, with changes; None takes a field out."""
    made = {"text": "路面塌陷", "category": "urban", "lon": WEST + STEP / 2,
            "lat": SOUTH + STEP / 2, "channel": "resident", **changes}
    return {name: value for name, value in made.items() if value is not None}
