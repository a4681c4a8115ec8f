"""A session in use goes on: a wall that nobody touches is never asked to sign in again."""

from __future__ import annotations

import time

import psycopg
import pytest
from itsdangerous import TimestampSigner

from console.cookies import NAME
from tests.console.conftest import PASSWORD

pytestmark = pytest.mark.anyio
HOUR_S = 3600


def signed_ago(town, secret: str, hours: float) -> str:
    """A cookie as it was signed so many hours ago."""
    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() - hours * HOUR_S)
    signer = Earlier(town.app.inner.state.settings.secret, salt="gridwall.session")
    return signer.sign(secret).decode()


async def session_of(town) -> str:
    client = town.client()
    answer = await client.post("/login", data={"name": "wang", "password": PASSWORD})
    assert answer.status_code == 303
    return town.app.inner.state.cookie.read(f"{NAME}={client.cookies[NAME]}").secret


def hours_left(town) -> float:
    with psycopg.connect(town.admin_url) as connection:
        return connection.execute(
            "SELECT extract(epoch FROM max(expires_at) - clock_timestamp())::float / 3600"
            " FROM credential WHERE kind = 'session'").fetchone()[0]


async def test_half_way_through_an_answer_brings_a_new_cookie(town):
    secret = await session_of(town)
    with psycopg.connect(town.admin_url) as connection:
        connection.execute(
            "UPDATE credential SET expires_at = clock_timestamp() + interval '5 hours'")
    async with town.client() as client:
        old = signed_ago(town, secret, 7)
        answer = await client.get("/api/incidents", headers={"Cookie": f"{NAME}={old}"})
    assert answer.status_code == 200
    fresh = town.app.inner.state.cookie.read(answer.headers["set-cookie"].split(";")[0])
    assert fresh == (secret, False)
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert hours_left(town) == pytest.approx(12, abs=0.1)


async def test_a_young_cookie_stays(town):
    secret = await session_of(town)
    async with town.client() as client:
        young = signed_ago(town, secret, 5)
        answer = await client.get("/api/incidents", headers={"Cookie": f"{NAME}={young}"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("change", [
    "revoked_at = clock_timestamp()", "expires_at = clock_timestamp() - interval '1 second'"])
async def test_an_ended_session_is_not_renewed(town, change):
    secret = await session_of(town)
    with psycopg.connect(town.admin_url) as connection:
        connection.execute(f"UPDATE credential SET {change}".encode())
    town.app.inner.state.callers.forget(secret)
    async with town.client() as client:
        old = signed_ago(town, secret, 7)
        answer = await client.get("/api/incidents", headers={"Cookie": f"{NAME}={old}"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


async def test_signing_out_stays_signed_out(town):
    secret = await session_of(town)
    async with town.client() as client:
        old = signed_ago(town, secret, 7)
        answer = await client.post("/logout", headers={"Cookie": f"{NAME}={old}"})
    assert all(f'{NAME}=""' in one for one in answer.headers.get_list("set-cookie"))
