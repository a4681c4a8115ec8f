"""What an identity provider, or whoever plays one, may say: only what is signed for us is taken."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from console.oidc import Asked, Known, Provider, ProviderAway, ProviderFault, ProviderRefusal
from console.pages.provider import vouched
from gis.errors import SetupError
from gis.settings import Settings

pytestmark = pytest.mark.anyio
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": "one"}) for _ in range(2))
SUBJECT = "7f3a"


class Liar:
    """A provider that says whatever a test wants."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.document: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.token: dict[str, Any] = {}
        self.about: dict[str, Any] = {"sub": SUBJECT, "groups": ["一街"]}
        self.key, self.header = KEY, {"alg": "RS256", "kid": "one"}
        self.keys_answer: Response | None = None
        self.asked: list[str] = []
        self.nonce = ""

    def app(self) -> Starlette:
        return Starlette(routes=[
            Route("/.well-known/openid-configuration", self._document),
            Route("/token", self._token, methods=["POST"]), Route("/keys", self._keys),
            Route("/about", self._about), Route("/elsewhere", self._keys)])

    def _document(self, request: Request) -> Response:
        return JSONResponse({
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/about",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        } | self.document)

    def _keys(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return self.keys_answer or JSONResponse({"keys": [KEY.as_dict(private=False)]})

    def _about(self, request: Request) -> Response:
        return JSONResponse(self.about)

    def _token(self, request: Request) -> Response:
        now = int(time.time())
        claims = {"iss": self.url, "sub": SUBJECT, "aud": "gridwall", "iat": now, "exp": now + 60,
                  "nonce": self.nonce, "groups": ["一街"]} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "none":
            signed = ".".join([_part(self.header), _part(claims), ""])
        else:
            signed = jwt.encode(self.header, claims, self.key, registry=JWSRegistry(
                algorithms=["RS256", "HS256"], strict_check_header=False))
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": signed}
                            | self.token)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@asynccontextmanager
async def lying() -> AsyncIterator[Liar]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        liar = Liar(f"http://127.0.0.1:{door.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(liar.app(), log_level="error", lifespan="off"))
        task = asyncio.create_task(server._serve([door]))
        while not server.started:
            await asyncio.sleep(0)
        try:
            yield liar
        finally:
            server.should_exit = True
            await task


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    async with lying() as running:
        yield running


def settings(liar: Liar, tmp_path, **more: object) -> Settings:
    return Settings(home=tmp_path, oidc_issuer=liar.url, secret="s" * 40, **more)


async def answer(liar: Liar, given: Settings) -> Known:
    provider = Provider(given)
    _, asked = await provider.ask("http://127.0.0.1/login/provider/back", "/")
    liar.nonce = asked.nonce
    return await provider.answer({"state": asked.state, "code": "c"}, asked)


async def test_what_is_signed_for_us_is_taken(liar, tmp_path):
    known = await answer(liar, settings(liar, tmp_path))
    assert (known.claims["sub"], known.claims["groups"]) == (SUBJECT, ["一街"])
    liar.claims = {"aud": ["another", "gridwall"], "azp": "gridwall"}
    assert await answer(liar, settings(liar, tmp_path))


@pytest.mark.parametrize("claims", [
    {"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"aud": None}, {"aud": []},
    {"aud": ["another"]}, {"iss": "https://evil.example"}, {"iss": None}, {"sub": None},
    {"sub": ""}, {"sub": 7}, {"sub": "x" * 300}, {"exp": None}, {"iat": None},
    {"azp": "another"}, {"aud": ["gridwall", "another"], "azp": "another"},
    {"at_hash": "wrong"}, {"exp": "never"},
], ids=str)
async def test_a_claim_that_does_not_fit(liar, tmp_path, claims):
    liar.claims = claims
    with pytest.raises(ProviderFault):
        await answer(liar, settings(liar, tmp_path))


@pytest.mark.parametrize("claim, off_s", [("exp", -120), ("nbf", 400), ("iat", 400)])
async def test_a_time_that_does_not_fit(liar, tmp_path, claim, off_s):
    liar.claims = {claim: int(time.time()) + off_s}
    with pytest.raises(ProviderFault):
        await answer(liar, settings(liar, tmp_path))


async def test_clocks_may_differ_by_a_little(liar, tmp_path):
    now = int(time.time())
    liar.claims = {"exp": now - 30, "iat": now + 30}
    assert await answer(liar, settings(liar, tmp_path))
    with pytest.raises(ProviderFault):
        await answer(liar, settings(liar, tmp_path, oidc_skew_s=5))


@pytest.mark.parametrize("signed", ["none", "shared secret", "public key as a secret", "other key"])
async def test_a_signature_that_is_not_the_providers(liar, tmp_path, signed):
    if signed == "other key":
        liar.key = OTHER_KEY
    elif signed == "none":
        liar.header = {"alg": "none"}
    else:
        public = KEY.as_pem(private=False).decode()
        liar.key = OctKey.import_key("s" * 40 if signed == "shared secret" else public[27:90])
        liar.header = {"alg": "HS256", "kid": "one"}
    with pytest.raises(ProviderFault):
        await answer(liar, settings(liar, tmp_path))


@pytest.mark.parametrize("token", [
    {"id_token": None}, {"id_token": "a.b.c"}, {"id_token": "x" * 100}, {"id_token": {"a": 1}},
    {"error": "invalid_grant"}], ids=str)
async def test_an_answer_without_a_token(liar, tmp_path, token):
    liar.token = token
    with pytest.raises(ProviderFault):
        await answer(liar, settings(liar, tmp_path))


@pytest.mark.parametrize("document", [
    {"issuer": "https://evil.example"}, {"token_endpoint": None}, {"jwks_uri": 7},
    {"jwks_uri": "http://meta-data.invalid/latest"},
    {"token_endpoint": "http://127.0.0.1:5432/"}, {"userinfo_endpoint": "file:///etc/passwd"},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"end_session_endpoint": "https://evil.example/"},
], ids=str)
async def test_a_document_that_leads_elsewhere(liar, tmp_path, document):
    """No request of the server's goes to a host that neither the issuer nor a setting names."""
    liar.document = document
    with pytest.raises(ProviderFault):
        await answer(liar, settings(liar, tmp_path))
    assert liar.asked == []


async def test_further_hosts_are_named_by_a_setting(liar, tmp_path):
    async with lying() as second:
        liar.document = {"jwks_uri": f"{second.url}/keys"}
        assert await answer(liar, settings(liar, tmp_path, oidc_hosts=second.url))
        assert second.asked == ["/keys"]


@pytest.mark.parametrize("given", [
    RedirectResponse("/elsewhere"), Response(b"x" * 2_000_000), Response(b"[" * 10_000),
    JSONResponse({"keys": [{"kty": "oct", "k": "A" * 60, "kid": "one"}]}), JSONResponse([1]),
    Response(status_code=404)])
async def test_keys_that_are_none(liar, tmp_path, given):
    liar.keys_answer = given
    with pytest.raises(ProviderFault):
        await answer(liar, settings(liar, tmp_path))
    assert "/elsewhere" not in liar.asked


async def test_a_provider_that_is_ill(liar, tmp_path):
    liar.keys_answer = Response(status_code=500)
    with pytest.raises(ProviderAway):
        await answer(liar, settings(liar, tmp_path))


async def test_what_is_told_only_when_asked_must_be_of_the_same_person(liar, tmp_path):
    liar.claims = {"groups": None}
    assert (await answer(liar, settings(liar, tmp_path))).claims["groups"] == ["一街"]
    liar.about["sub"] = "somebody else"
    with pytest.raises(ProviderFault):
        await answer(liar, settings(liar, tmp_path))


async def test_the_state_and_the_issuer_of_an_answer(liar, tmp_path):
    provider = Provider(settings(liar, tmp_path))
    asked = Asked("state", "nonce", "verifier", "http://127.0.0.1/", "/")
    for given in ({"state": "other", "code": "c"}, {"code": "c"},
                  {"state": "state", "code": "c", "iss": "https://evil.example"}):
        with pytest.raises(ProviderFault):
            await provider.answer(given, asked)
    with pytest.raises(ProviderRefusal):
        await provider.answer({"state": "state", "error": "access_denied"}, asked)


@pytest.mark.parametrize("claim, claims, groups", [
    ("groups", {"groups": ["a", 7, None, "b"]}, ["a", "b"]), ("groups", {"groups": "a"}, ["a"]),
    ("groups", {"groups": {"a": 1}}, []), ("groups", {}, []),
    ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, ["a"]),
    ("https://city.example/groups", {"https://city.example/groups": ["a"]}, ["a"]),
])
def test_where_groups_stand(tmp_path, claim, claims, groups):
    given = Settings(home=tmp_path, oidc_issuer="https://id.example", oidc_groups_claim=claim,
                     oidc_officer_claim="number")
    signed = {"sub": "s\0", "preferred_username": " li\0‮ ", "number": "O1"}
    told = vouched(Known(signed | claims, ""), Provider(given), given, datetime.now(UTC))
    assert told.groups == groups
    assert (told.subject, told.name, told.officer) == ("s�", "li", "O1")


@pytest.mark.parametrize("given", [
    {"oidc_issuer": "http://id.example"}, {"oidc_issuer": "https://id.example?x=1"},
    {"oidc_issuer": "https://id.example@id.example"}, {"oidc_issuer": "id.example"},
    {"oidc_issuer": "https://id.example", "oidc_hosts": "http://keys.example"},
    {"oidc_issuer": "https://id.example", "oidc_hosts": "https://keys.example/path"},
    {"oidc_issuer": "https://id.example", "oidc_client_secret": "a",
     "oidc_client_secret_file": "b"},
    {"oidc_issuer": "https://id.example", "oidc_skew_s": 3600.0},
])
def test_settings_by_which_nobody_could_sign_in_safely(tmp_path, given):
    with pytest.raises(SetupError, match="GRIDWALL_OIDC"):
        Settings(home=tmp_path, **given)


def test_the_clients_secret_stands_in_a_file_and_in_no_log(tmp_path):
    (tmp_path / "key").write_text("from the file\n")
    given = Settings(home=tmp_path, oidc_issuer="https://id.example",
                     oidc_client_secret_file=str(tmp_path / "key"), secret="the house's own")
    assert Provider(given)._secret == "from the file"
    shown = repr(Settings(home=tmp_path, oidc_client_secret="told", secret="the house's own"))
    assert "told" not in shown
    assert "the house's own" not in shown
    with pytest.raises(SetupError, match="can't be read"):
        Provider(Settings(home=tmp_path, oidc_issuer="https://id.example",
                          oidc_client_secret_file=str(tmp_path / "none")))
