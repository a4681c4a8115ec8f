"""A town with buildings and ground, and its two roles' ways in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from gis.accounts import issue_token
from tests.conftest import cloned
from tests.console.conftest import SOUTH, STEP, STREETS, WEST, build_town


@dataclass
class Ground:
    """A database with the town in it, and a token for each who looks."""

    name: str
    admin_url: str
    server_url: str
    hall: str
    street: str

    @contextmanager
    def seen_by(self, token: str) -> Iterator[psycopg.Connection]:
        """A transaction as the server's role that has entered."""
        with psycopg.connect(self.server_url) as connection:
            connection.execute("SELECT * FROM enter(%s)", [token])
            yield connection


def add_buildings(admin_url: str) -> None:
    """Ten square buildings of 22 m and one tall, thin one in each grid; a road and a park."""
    with psycopg.connect(admin_url) as connection:
        connection.execute(
            "INSERT INTO building (building_code, name, kind, floors, height_m, geom)"
            " SELECT format('%%s-%%s', g, n), '楼' || n, 'residential', 6,"
            " CASE WHEN n = 0 THEN 150 ELSE NULL END,"
            " ST_Multi(ST_MakeEnvelope(x, y, x + side, y + side, 4490))"
            " FROM generate_series(0, 3) AS g, generate_series(0, 10) AS n, LATERAL ("
            "   SELECT %(west)s + g * %(step)s + 0.0006 * (n + 1) AS x,"
            "          %(south)s + 0.0003 * (n + 1) AS y,"
            "          CASE WHEN n = 0 THEN 0.00005 ELSE 0.0002 END AS side) AS corner",
            {"west": WEST, "south": SOUTH, "step": STEP})
        connection.execute(
            "INSERT INTO ground (kind, road_class, name, width_m, geom) VALUES"
            " ('road', 'local', '竹里巷', 6, ST_MakeLine("
            "   ST_SetSRID(ST_MakePoint(%(w)s, %(s)s + 0.005), 4490),"
            "   ST_SetSRID(ST_MakePoint(%(w)s + 0.04, %(s)s + 0.005), 4490))),"
            " ('green', NULL, '望湖公园', NULL,"
            "   ST_MakeEnvelope(%(w)s, %(s)s, %(w)s + 0.004, %(s)s + 0.004, 4490))",
            {"w": WEST, "s": SOUTH})


@pytest.fixture(scope="module")
def ground(cluster, template) -> Iterator[Ground]:
    """The town, for tests that change nothing in it."""
    with cloned(cluster, template) as database:
        build_town(database.admin_url)
        add_buildings(database.admin_url)
        yield Ground(
            database.name, database.admin_url, database.server_url,
            issue_token(database.admin_url, "hall"),
            issue_token(database.admin_url, "street", STREETS[0]))
