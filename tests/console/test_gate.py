"""The gate: nothing without a credential, nothing for the wrong role, nothing for other sites."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
import websockets

from console.cookies import NAME, SessionCookie
from console.pages.login import way_back
from tests.console.conftest import PASSWORD, STREETS, report

pytestmark = pytest.mark.anyio


async def sign_in(town, **headers) -> httpx.AsyncClient:
    client = town.client(**headers)
    answer = await client.post("/login", data={"name": "wang", "password": PASSWORD})
    assert answer.status_code == 303
    return client


@pytest.mark.parametrize("path", [
    "/", "/wall", "/street", "/report", "/api/incidents", "/api/openapi.json", "/api/docs",
    "/live", "/tiles/areas/tilejson.json", "/static/js/bokeh.min.js", "/static/built/x.js",
    "/nothing", "/healthz/", "//healthz", "/login/../api/incidents", "/logout",
])
async def test_everything_is_behind_the_gate(shared_town, path):
    async with shared_town.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="gridwall"'
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_public_is_public(shared_town):
    async with shared_town.client() as client:
        for path in ("/healthz", "/readyz", "/login", "/metrics"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_websockets_meet_the_same_gate(shared_town):
    address = shared_town.url.replace("http", "ws") + "/wall/ws"
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(address)


async def test_a_page_asked_for_by_nobody_leads_to_the_sign_in(shared_town):
    async with shared_town.client(Accept="text/html") as client:
        answer = await client.get("/wall?lang=en")
        home = await client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/login?next=%2Fwall%3Flang%3Den")
    assert home.headers["location"] == "/login"


async def test_signing_in_gives_a_closed_cookie_and_leads_home(town):
    client = town.client()
    answer = await client.post(
        "/login", data={"name": "wang", "password": PASSWORD, "next": "//evil.example/"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert (await client.get("/")).headers["location"] == "/wall"
    assert (await client.get("/api/incidents")).status_code == 200


async def test_the_cookie_is_secure_behind_tls(town):
    client = town.client(**{"X-Forwarded-Proto": "https"})
    answer = await client.post("/login", data={"name": "wang", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]


async def test_wrong_passwords_are_refused_alike_and_slowed_down(town):
    client = town.client()
    known = await client.post("/login", data={"name": "wang", "password": "wrong wrong"})
    unknown = await client.post("/login", data={"name": "nobody", "password": "wrong wrong"})
    empty = await client.post("/login", data={})
    assert known.status_code == unknown.status_code == empty.status_code == 401
    assert known.text == unknown.text
    for _ in range(10):
        last = await client.post("/login", data={"name": "wang", "password": "wrong wrong"})
    assert last.status_code == 429


async def test_signing_out_ends_the_session_for_good(town):
    client = await sign_in(town)
    kept = client.cookies[NAME]
    assert (await client.post("/logout")).status_code == 303
    again = await town.client(Cookie=f"{NAME}={kept}").get("/api/incidents")
    assert again.status_code == 401


async def test_following_a_link_signs_nobody_out(town):
    client = await sign_in(town)
    shown = await client.get("/logout")
    assert (shown.status_code, 'method="post" action="/logout"' in shown.text) == (200, True)
    assert (await client.get("/api/incidents")).status_code == 200


async def test_a_token_is_not_ended_by_whoever_uses_it(town):
    client = town.client(town.token("hall"))
    for method in ("GET", "POST"):
        await client.request(method, "/logout")
    assert (await client.post("/logout")).status_code == 403
    assert (await client.get("/api/incidents")).status_code == 200


async def test_a_forged_cookie_is_none(town):
    client = await sign_in(town)
    secret = client.cookies[NAME].rsplit(".", 2)[0]
    for value in (secret, secret + ".x.y", f'"{secret}', "\udcff".encode("latin-1", "replace")):
        shown = value if isinstance(value, str) else value.decode()
        answer = await town.client(Cookie=f"{NAME}={shown}").get("/api/incidents")
        assert answer.status_code == 401


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
])
async def test_another_site_can_do_nothing_in_ones_name(town, headers):
    client = await sign_in(town)
    answer = await client.post("/api/incidents/1/steps", json={}, headers=headers)
    assert answer.status_code == 403
    into_the_form = await client.post("/login", data={"name": "x"}, headers=headers)
    assert into_the_form.status_code == 403


async def test_roles_open_their_own_pages_and_no_others(shared_town):
    street = shared_town.token("street", STREETS[0])
    intake = shared_town.token("intake")
    async with shared_town.client(street, Accept="text/html") as client:
        refused = await client.get("/planner?lang=en")
        home = await client.get("/")
    assert refused.status_code == 403
    assert 'href="/"' in refused.text
    assert home.headers["location"] == "/street"
    async with shared_town.client(intake) as client:
        for path in ("/live", "/api/ranking", "/tiles/areas/0/0/0.mvt", "/api/admin/rules",
                     "/admin/categories"):
            assert (await client.get(path)).status_code == 403, path
        # Only what is nobody's ground yet would be there.
        assert (await client.get("/api/incidents")).json()["incidents"] == []


async def test_a_revoked_token_is_refused_by_the_next_transaction(town):
    token = town.token("hall")
    client = town.client(token)
    assert (await client.get("/api/incidents")).status_code == 200
    with psycopg.connect(town.admin_url) as connection:
        connection.execute("UPDATE credential SET revoked_at = clock_timestamp()")
    assert (await client.get("/api/incidents")).status_code == 401


async def test_what_others_see_is_as_absent_as_what_is_not_there(town):
    filed = await town.client(town.token("intake")).post("/api/reports", json=report())
    number = filed.json()["incident"]["id"]
    mine = await town.client(town.token("street", STREETS[0])).get(f"/api/incidents/{number}")
    theirs = town.client(town.token("street", STREETS[1]))
    hidden = await theirs.get(f"/api/incidents/{number}")
    absent = await theirs.get("/api/incidents/999999")
    assert mine.status_code == 200
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace(str(number), "N") == absent.text.replace("999999", "N")


def test_a_cookie_ends_and_belongs_to_one_installation():
    from starlette.responses import Response

    response = Response()
    SessionCookie("one", 1).write(response, "s3cret", secure=True)
    header = response.headers["set-cookie"].split(";")[0]
    assert SessionCookie("one", 1).read(header) == ("s3cret", False)
    assert SessionCookie("two", 1).read(header) is None
    assert SessionCookie("one", -1).read(header) is None
    assert SessionCookie("one", 1).read("") is None


@pytest.mark.parametrize("minutes, read", [
    (-2, ("s3cret", False)), (20, ("s3cret", True)), (61, None), (-300, ("s3cret", True))])
def test_a_cookie_goes_by_the_clock_it_is_given(minutes, read):
    """A server whose clock was set back, or is behind another one's, signs nobody out."""
    from starlette.responses import Response

    signed = datetime(2026, 11, 23, 12, tzinfo=UTC)
    response = Response()
    SessionCookie("one", 1, now=lambda: signed).write(response, "s3cret", secure=True)
    header = response.headers["set-cookie"].split(";")[0]
    later = signed + timedelta(minutes=minutes)
    assert SessionCookie("one", 1, now=lambda: later).read(header) == read


@pytest.mark.parametrize("asked", [
    "//evil", "/\\evil", "https://evil.example", "evil", "", "/login", "/logout", "/a\nb",
    "/x\\..\\y"])
def test_the_way_back_stays_in_the_house(asked):
    assert way_back(asked) == "/"


def test_a_page_of_ours_is_a_way_back():
    assert way_back("/wall?lang=en") == "/wall?lang=en"
