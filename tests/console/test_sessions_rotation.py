"""A session in use changes its secret: a wall goes on for ever, and a copied cookie does not."""

from __future__ import annotations

import time

import httpx
import psycopg
import pytest
from itsdangerous import TimestampSigner
from starlette.requests import Request

from console.api.scoped import scoped
from console.cookies import NAME
from console.exports import held
from gis.errors import NotSignedIn
from tests.console.conftest import PASSWORD

pytestmark = pytest.mark.anyio
SESSIONS = "/api/account"


def signed_ago(town, secret: str, minutes: float) -> str:
    """A cookie as it was signed so many minutes ago."""
    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() - minutes * 60)
    signer = Earlier(town.app.inner.state.settings.secret, salt="gridwall.session")
    return signer.sign(secret).decode()


async def session_of(town) -> str:
    client = town.client()
    answer = await client.post("/login", data={"name": "wang", "password": PASSWORD})
    assert answer.status_code == 303
    return town.app.inner.state.cookie.read(f"{NAME}={client.cookies[NAME]}").secret


async def ask(town, secret: str, minutes: float = 20, path: str = SESSIONS) -> httpx.Response:
    """With a cookie so many minutes old; what was remembered of the secret is asked anew."""
    town.app.inner.state.callers.forget(secret)
    async with httpx.AsyncClient(base_url=town.url, timeout=20) as client:
        return await client.get(
            path, headers={"Cookie": f"{NAME}={signed_ago(town, secret, minutes)}"})


async def test_a_long_export_outlives_the_secret_that_it_began_with(town):
    """It holds one of its own meanwhile, and leaves none behind; a session that ends, ends it."""
    secret = await session_of(town)
    state = {"secret": secret, "caller": await town.app.inner.state.callers.identify(secret)}
    request = Request({"type": "http", "app": town.app.inner, "state": state})
    async with held(request):
        owner(town, "UPDATE credential SET dies_at = now() - interval '1 minute'")
        async with scoped(request) as connection:
            (name,) = await (await connection.execute("SELECT name FROM account")).fetchone()
        assert name == "wang"
        owner(town, "UPDATE credential SET revoked_at = now()")
        with pytest.raises(NotSignedIn):
            async with scoped(request):
                pass
    assert owner(town, "SELECT count(*) FROM session_secret") == 0


def brought(town, answer: httpx.Response) -> str | None:
    """The secret that an answer's cookie brings."""
    given = [one for one in answer.headers.get_list("set-cookie") if one.startswith(NAME)]
    return town.app.inner.state.cookie.read(given[0].split(";")[0]).secret if given else None


def owner(town, query: str, *values: object) -> object:
    with psycopg.connect(town.admin_url) as connection:
        cursor = connection.execute(query.encode(), values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def later(town, interval: str) -> None:
    """As if so much time had gone since secrets were issued and began to die."""
    owner(town, "UPDATE credential SET dies_at = dies_at - %s::interval,"
                " last_used_at = last_used_at - %s::interval", interval, interval)
    owner(town, "UPDATE session_secret SET dies_at = dies_at - %s::interval,"
                " issued_at = issued_at - %s::interval", interval, interval)


async def test_after_a_while_an_answer_brings_another_secret(town):
    first = await session_of(town)
    owner(town, "UPDATE credential SET expires_at = clock_timestamp() + interval '5 hours'")
    answer = await ask(town, first)
    second = brought(town, answer)
    assert answer.status_code == 200
    assert second not in (None, first)
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert (await ask(town, second, 0)).status_code == 200
    hours = owner(town, "SELECT extract(epoch FROM max(expires_at) - clock_timestamp())::float"
                        " / 3600 FROM credential WHERE kind = 'session'")
    assert hours == pytest.approx(12, abs=0.1)
    assert owner(town, "SELECT count(*) FROM session_secret"
                       " WHERE secret_hash = convert_to(%s, 'UTF8')", second) == 0


async def test_a_young_cookie_stays(town):
    answer = await ask(town, await session_of(town), 5)
    assert answer.status_code == 200
    assert brought(town, answer) is None


async def test_of_requests_that_come_together_one_brings_it_and_all_are_served(town):
    first = await session_of(town)
    answers = [await ask(town, first) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [brought(town, answer) is not None for answer in answers] == [True, False, False, False]
    # Those that were under way when the new one came are served as well.
    await ask(town, brought(town, answers[0]), 0)
    assert (await ask(town, first)).status_code == 200


async def test_an_answer_that_is_lost_signs_nobody_out(town):
    """The old secret lives until the new one has come back, however long that takes."""
    first = await session_of(town)
    lost = brought(town, await ask(town, first))
    later(town, "5 hours")
    again = await ask(town, first)
    assert again.status_code == 200
    assert brought(town, again) not in (None, first, lost)


async def test_a_secret_dies_two_minutes_after_the_next_was_used(town):
    first = await session_of(town)
    second = brought(town, await ask(town, first))
    await ask(town, second, 0)
    later(town, "1 minute")
    assert (await ask(town, first)).status_code == 200
    later(town, "61 seconds")
    answer = await ask(town, first)
    assert answer.status_code == 401
    assert brought(town, answer) is None


async def test_a_copied_cookie_ends_the_session_for_both(town):
    first = await session_of(town)
    second = brought(town, await ask(town, first))
    await ask(town, second, 0)
    later(town, "3 minutes")
    assert (await ask(town, second, 0)).status_code == 200
    assert (await ask(town, first)).status_code == 401
    assert (await ask(town, second, 0)).status_code == 401
    assert owner(town, "SELECT count(*) FROM audit WHERE action = 'session_copied'"
                       " AND origin = '127.0.0.1'") in (0, 1)
    assert owner(town, "SELECT count(*) FROM audit WHERE action = 'session_copied'") == 1


async def test_a_thief_who_renews_first_is_found_out_by_the_owner(town):
    first = await session_of(town)
    thief = brought(town, await ask(town, first))
    await ask(town, thief, 0)
    later(town, "3 minutes")
    assert (await ask(town, first)).status_code == 401
    assert (await ask(town, thief, 0)).status_code == 401


async def test_an_ended_session_is_not_renewed(town):
    first = await session_of(town)
    second = brought(town, await ask(town, first))
    for change in ("revoked_at = clock_timestamp()",
                   "revoked_at = NULL, expires_at = clock_timestamp() - interval '1 second'"):
        owner(town, f"UPDATE credential SET {change}")
        for secret in (first, second):
            answer = await ask(town, secret)
            assert answer.status_code == 401
            assert brought(town, answer) is None


async def test_signing_out_ends_every_secret_of_a_session(town):
    first = await session_of(town)
    second = brought(town, await ask(town, first))
    async with town.client() as client:
        answer = await client.post(
            "/logout", headers={"Cookie": f"{NAME}={signed_ago(town, first, 20)}"})
    assert all(f'{NAME}=""' in one for one in answer.headers.get_list("set-cookie"))
    for secret in (first, second):
        assert (await ask(town, secret, 0)).status_code == 401


async def test_signing_in_again_ends_the_session_before(town):
    client = town.client()
    await client.post("/login", data={"name": "wang", "password": PASSWORD})
    before = town.app.inner.state.cookie.read(f"{NAME}={client.cookies[NAME]}").secret
    await client.post("/login", data={"name": "wang", "password": PASSWORD})
    after = town.app.inner.state.cookie.read(f"{NAME}={client.cookies[NAME]}").secret
    assert after != before
    assert (await ask(town, before, 0)).status_code == 401
    assert (await ask(town, after, 0)).status_code == 200


async def test_an_open_stream_stays_while_the_secret_changes(town):
    """A wall's stream is held by a secret that never leaves the server."""
    first = await session_of(town)
    state = town.app.inner.state
    caller = await state.callers.identify(first)
    held = await state.callers.hold(caller, first)
    assert held != first
    second = brought(town, await ask(town, first))
    await ask(town, second, 0)
    later(town, "3 minutes")
    state.callers.forget(held)
    assert (await state.callers.identify(held)).scope_key == caller.scope_key
    # It is not one that renews, and it ends with the session.
    assert await state.callers.rotate(held, 12) is None
    owner(town, "UPDATE credential SET revoked_at = clock_timestamp()")
    assert (await ask(town, held, 0)).status_code == 401
    await state.callers.release(first, held)
    assert owner(town, "SELECT count(*) FROM session_secret WHERE generation IS NULL") == 0


async def test_a_database_that_only_reads_still_knows_its_callers(town):
    first = await session_of(town)
    owner(town, "UPDATE credential SET last_used_at = NULL")
    with psycopg.connect(town.admin_url, autocommit=True) as connection:
        name = connection.execute("SELECT current_database()").fetchone()[0]
        connection.execute(psycopg.sql.SQL(
            "ALTER DATABASE {} SET default_transaction_read_only = on").format(
            psycopg.sql.Identifier(name)))
    await town.app.inner.state.pool.drain()
    answer = await ask(town, first)
    assert answer.status_code == 200
    assert brought(town, answer) is None


async def test_one_sees_ones_sessions_and_ends_them(town):
    phones = []
    for agent in ("Phone", "Tablet", "Desk"):
        client = town.client(**{"User-Agent": agent})
        await client.post("/login", data={"name": "wang", "password": PASSWORD})
        phones.append(client)
    own = (await phones[2].get(SESSIONS)).json()
    told = {one["device"]: one for one in own["credentials"]}
    assert set(told) == {"Phone", "Tablet", "Desk"}
    assert told["Desk"]["this"]
    assert told["Phone"]["address"] == "127.0.0.1"
    ended = await phones[2].post(f"{SESSIONS}/sessions/end", json={"id": told["Phone"]["id"]})
    assert ended.json()["ended"] == 1
    town.app.inner.state.callers._known.clear()
    assert (await phones[0].get(SESSIONS)).status_code == 401
    assert (await phones[2].post(f"{SESSIONS}/sessions/end", json={})).json()["ended"] == 1
    town.app.inner.state.callers._known.clear()
    assert (await phones[1].get(SESSIONS)).status_code == 401
    assert (await phones[2].get(SESSIONS)).status_code == 200
    again = await phones[2].post(f"{SESSIONS}/sessions/end", json={"id": told["Phone"]["id"]})
    assert again.status_code == 404
