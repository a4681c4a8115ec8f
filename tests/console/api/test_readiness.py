"""`/readyz` during an upgrade: a server beside a schema that is older or newer than it knows."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from gis.schema import newest_revision
from tests.console.conftest import report

pytestmark = pytest.mark.anyio
NOW = newest_revision()


def _say(url: str, revision: str, serves: str) -> None:
    """As if a program of another release had migrated the database under this server."""
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL(
            "CREATE OR REPLACE FUNCTION schema_state(OUT revision text, OUT serves text,"
            " OUT release text, OUT scripts text) LANGUAGE sql IMMUTABLE"
            " SET search_path = public, pg_temp AS {}").format(sql.Literal(
                f"SELECT '{revision}', '{serves}', '1', 'x'")))


async def test_a_server_says_whether_the_schema_is_one_for_it(town):
    client, intake = town.client(), town.client(town.token("intake"))

    async def ready() -> tuple[int, str]:
        answer = await client.get("/readyz")
        return answer.status_code, answer.text

    assert await ready() == (200, '{"status":"ready"}')
    # A newer server has migrated, and its schema serves this one: it works on.
    _say(town.admin_url, "9999", NOW)
    assert (await ready())[0] == 200
    assert (await intake.post("/api/reports", json=report())).status_code == 201
    # Its schema does not: whoever shares out the load is told to turn elsewhere.
    _say(town.admin_url, "9999", "9998")
    status, said = await ready()
    assert status == 503
    assert "serves programs from 9998 on" in said
    assert "put the new release in its place" in said
    # This one is the newer, and the database is not migrated yet.
    _say(town.admin_url, "0001", "0001")
    status, said = await ready()
    assert (status, f"at schema 0001, this program needs {NOW}" in said) == (503, True)
    # So is a release that told nothing of itself.
    with psycopg.connect(town.admin_url) as connection:
        connection.execute("DROP FUNCTION schema_state")
    status, said = await ready()
    assert (status, "without this program's schema" in said) == (503, True)
    _say(town.admin_url, NOW, NOW)
    assert (await ready())[0] == 200
    assert (await client.get("/healthz")).status_code == 200
