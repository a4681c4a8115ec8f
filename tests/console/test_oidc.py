"""Signing in through the city's identity provider: a real one, with real browsers' detours."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from urllib.parse import parse_qs, quote, urljoin, urlsplit

import httpx
import psycopg
import pytest

from console.cookies import NAME
from gis.accounts import set_provider_key
from tests.conftest import cloned
from tests.console.city_provider import CLIENT, PASSWORD, SECRET, CityProvider, city_provider
from tests.console.conftest import PASSWORD as LOCAL_PASSWORD
from tests.console.conftest import STREETS, served_town

pytestmark = pytest.mark.anyio
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def provider() -> Iterator[CityProvider]:
    with pytest.MonkeyPatch.context() as patch:
        # The provider speaks plain http here, on loopback.
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        with city_provider() as running:
            yield running


@pytest.fixture(scope="module")
async def city(cluster, town_template, tmp_path_factory,
               provider) -> AsyncIterator[SimpleNamespace]:
    """A town that knows the provider, and a mapping of some groups."""
    with cloned(cluster, town_template) as database:
        async with served_town(
                database, tmp_path_factory.mktemp("home"), oidc_issuer=provider.url,
                oidc_client_id=CLIENT, oidc_client_secret=SECRET, oidc_name="市统一身份平台",
        ) as town:
            provider.client(town.url)
            set_provider_key(town.admin_url, town.app.inner.state.settings.secret)
            for group, role, area, rank in (
                    ("一街", "street", STREETS[0], 5), ("二街", "street", STREETS[1], 5),
                    ("大厅", "hall", None, 1)):
                owner(town, "SELECT add_mapping(%s, %s, %s, NULL, %s::smallint)",
                      group, role, area, rank)
            yield SimpleNamespace(town=town, provider=provider)


def owner(town, query: str, *values: object) -> object:
    with psycopg.connect(town.admin_url) as connection:
        row = connection.execute(query, values).fetchone()
        return row[0] if row else None


async def at_provider(address: str, name: str) -> str:
    """Sign in at the provider by its own forms; where it sends the browser back to."""
    async with httpx.AsyncClient(timeout=20) as browser:
        answer = await browser.get(address)
        for _ in range(12):
            if answer.is_redirect:
                there = urljoin(str(answer.url), answer.headers["location"])
                if urlsplit(there).path == "/login/provider/back":
                    return there
                answer = await browser.get(there)
            else:
                answer = await browser.post(str(answer.url), data=filled(answer.text, name))
    raise AssertionError(answer.text[:2000])


def filled(page: str, name: str) -> dict[str, str]:
    """The page's form, filled in."""
    tags = re.findall(r"<(?:input|button)\b[^>]*>", page)
    fields = {}
    for tag in tags:
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in found and found["name"] not in fields:
            fields[found["name"]] = found.get("value", "")
    return fields | {"login": name, "password": PASSWORD}


async def begin(city, wanted: str = "/street") -> tuple[httpx.AsyncClient, str]:
    client = city.town.client(**PAGE)
    answer = await client.get(f"/login/provider?next={quote(wanted, safe='')}")
    assert answer.status_code == 303, answer.text
    return client, answer.headers["location"]


async def sign_in(city, name: str, wanted: str = "/street") -> httpx.Response:
    client, there = await begin(city, wanted)
    answer = await client.get(await at_provider(there, name))
    answer.extensions["client"] = client
    return answer


async def account(answer: httpx.Response) -> dict:
    client = answer.extensions["client"]
    return (await client.get("/api/account", headers={"Accept": "application/json"})).json()


async def test_the_form_offers_the_provider_and_the_way_to_it_is_guarded(city):
    shown = await city.town.client(**PAGE).get("/login?next=%2Fwall%3Flang%3Den")
    assert 'href="/login/provider?next=%2Fwall%3Flang%3Den"' in shown.text
    assert "市统一身份平台" in shown.text
    client, there = await begin(city)
    asked = {name: one for name, (one,) in parse_qs(urlsplit(there).query).items()}
    assert there.startswith(city.provider.url)
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == (
        "code", "S256", CLIENT)
    assert asked["redirect_uri"] == f"{city.town.url}/login/provider/back"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 32
    [cookie] = client.cookies.jar
    assert cookie.name.startswith("gridwall_provider_")
    assert cookie.path == "/login/provider"
    assert cookie.has_nonstandard_attr("HttpOnly")
    # Sealed: neither the verifier nor the nonce can be read in the browser.
    assert asked["nonce"] not in cookie.value


async def test_a_first_sign_in_makes_the_account_that_a_mapping_says(city):
    city.provider.person("chen", ("一街", "不相干"))
    answer = await sign_in(city, "chen", "/street?lang=en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/street?lang=en"), answer.text
    cookie = next(one for one in answer.headers.get_list("set-cookie") if NAME in one)
    assert "HttpOnly" in cookie
    own = await account(answer)
    assert (own["name"], own["role"], own["display_name"], own["password"]) == (
        "chen", "street", "王小", False)
    assert [area["code"] for area in own["areas"]] == [STREETS[0]]
    assert [one["provider"] for one in own["credentials"]] == [True]
    assert owner(city.town, "SELECT detail ->> 'issuer' FROM audit"
                 " WHERE action = 'account_made' AND subject = 'account:chen'") == city.provider.url


async def test_role_and_areas_follow_the_groups_at_each_sign_in(city):
    city.provider.person("zhao", ("一街", "二街"))
    first = await sign_in(city, "zhao")
    assert {area["code"] for area in (await account(first))["areas"]} == set(STREETS)
    city.provider.person("zhao", ("二街", "大厅"))
    second = await sign_in(city, "zhao")
    own = await account(second)
    # The lowest rank decides; the session that was open before follows at once.
    assert (own["role"], own["whole"], own["areas"]) == ("hall", True, [])
    assert (await account(first))["role"] == "hall"
    changes = owner(city.town, "SELECT detail FROM audit WHERE action = 'account_remapped'"
                    " AND subject = 'account:zhao'")
    assert (changes["before"]["role"], changes["after"]["role"]) == ("street", "hall")


async def test_whom_no_mapping_names_is_not_let_in_and_no_account_is_made(city):
    city.provider.person("sun", ("不相干",))
    answer = await sign_in(city, "sun")
    assert answer.status_code == 403
    assert NAME not in answer.headers.get("set-cookie", "")
    assert owner(city.town, "SELECT count(*) FROM account WHERE name = 'sun'") == 0
    assert 'action="/login"' in answer.text


async def test_who_leaves_the_last_mapped_group_is_out_at_the_next_sign_in(city):
    city.provider.person("qian", ("一街",))
    before = await sign_in(city, "qian")
    city.provider.person("qian", ())
    assert (await sign_in(city, "qian")).status_code == 403
    assert (await before.extensions["client"].get(
        "/api/account", headers={"Accept": "application/json"})).status_code == 401


async def test_a_local_account_of_the_same_name_is_somebody_else(city):
    """Linked by issuer and subject: neither name nor mail make two people one."""
    city.provider.person("wang", ("一街",), email="wang@city.test")
    own = await account(await sign_in(city, "wang"))
    assert (own["name"], own["role"]) == ("wang-2", "street")
    local = city.town.client()
    await local.post("/login", data={"name": "wang", "password": LOCAL_PASSWORD})
    assert (await local.get("/api/account")).json()["role"] == "hall"
    again = await account(await sign_in(city, "wang"))
    assert again["name"] == "wang-2"


async def test_a_closed_account_stays_closed(city):
    city.provider.person("zhou", ("一街",))
    await sign_in(city, "zhou")
    owner(city.town, "SELECT change_account('zhou', NULL, true)")
    assert (await sign_in(city, "zhou")).status_code == 403


async def test_keys_that_were_changed_are_read_anew(city):
    city.provider.person("feng", ("一街",))
    assert (await sign_in(city, "feng")).status_code == 303
    kept = city.town.app.inner.state.provider
    kept._keys = (kept._keys[0] - 10, kept._keys[1])
    city.provider.change_keys()
    assert (await sign_in(city, "feng")).status_code == 303


async def test_an_answer_holds_once_and_in_its_own_browser(city):
    city.provider.person("chu", ("一街",))
    client, there = await begin(city)
    back = await at_provider(there, "chu")
    # Another browser brings it: a link that somebody was sent.
    other = await city.town.client(**PAGE).get(back)
    assert other.status_code == 400
    assert NAME not in other.headers.get("set-cookie", "")
    kept = dict(client.cookies)
    assert (await client.get(back)).status_code == 303
    again = await city.town.client(
        **PAGE, Cookie="; ".join(f"{name}={value}" for name, value in kept.items())).get(back)
    assert again.status_code == 502
    forged = await begin(city)
    swapped = re.sub(r"state=[^&]*", "state=" + "x" * 32, back)
    assert (await forged[0].get(swapped)).status_code == 400


async def test_who_turns_back_at_the_provider_finds_the_form(city):
    client, there = await begin(city)
    (state,) = parse_qs(urlsplit(there).query)["state"]
    answer = await client.get(
        f"/login/provider/back?error=access_denied&state={quote(state, safe='')}"
        "&error_description=%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status_code == 401
    assert "script>" not in answer.text
    assert 'action="/login"' in answer.text


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_nobody_is_sent_elsewhere(city, wanted):
    city.provider.person("wei", ("一街",))
    assert (await sign_in(city, "wei", wanted)).headers["location"] == "/"


async def test_signing_out_leads_to_the_provider_with_the_token_as_a_hint(city):
    city.provider.person("jiang", ("一街",))
    client = (await sign_in(city, "jiang")).extensions["client"]
    asks = await client.get("/logout")
    assert f"form-action 'self' {city.provider.url}" in asks.headers["content-security-policy"]
    answer = await client.post("/logout")
    there = answer.headers["location"]
    assert there.startswith(city.provider.url + "/oauth/end_session?")
    asked = parse_qs(urlsplit(there).query)
    assert asked["post_logout_redirect_uri"] == [f"{city.town.url}/login"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert (await client.get("/api/account", headers={"Accept": "application/json"})
            ).status_code == 401
    # The database keeps the hint sealed.
    assert asked["id_token_hint"][0] not in owner(
        city.town, "SELECT string_agg(logout_hint, ' ') FROM credential")


async def test_the_servers_role_alone_vouches_for_nobody(city):
    """Whoever has the server's connection, and not its secret, is nobody's provider."""
    words = json.dumps({"issuer": city.provider.url, "subject": "x", "name": "x",
                        "groups": ["大厅"], "at": 0, "id": "x", "display_name": "x",
                        "officer": None})
    state = city.town.app.inner.state
    async with state.database.plain() as connection:
        cursor = await connection.execute(
            "SELECT outcome FROM sign_in_by_provider(%s, %s, '1 hour', NULL, NULL, NULL)",
            (words, b"0" * 32))
        assert await cursor.fetchone() == ("unvouched",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("SELECT key FROM provider_key")


async def test_without_the_provider_the_page_says_so_and_local_sign_in_works(
        town_database, tmp_path):
    async with served_town(town_database, tmp_path, oidc_issuer="http://127.0.0.1:9/") as town:
        client = town.client(**PAGE)
        answer = await client.get("/login/provider?next=/wall")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "10"
        assert 'action="/login"' in answer.text
        entered = await client.post("/login", data={"name": "wang", "password": LOCAL_PASSWORD})
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
