"""The city's identity provider: OpenID Connect, code flow with PKCE, through Authlib.

Nothing that a request says decides whom the server asks: the issuer is a setting, and what its
discovery document names must lie on its host or on one that a setting names.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from gis.provider_settings import origin, provider_origins, provider_secret
from gis.settings import Settings

log = logging.getLogger("gridwall.oidc")
# Signatures by a key that the provider alone has: never `none`, never a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
PATIENCE_S = 5.0
MOST_BYTES = 512 * 1024
# The document is read anew after so long; keys also when a signature does not fit them.
DOCUMENT_S, KEYS_S = 3600.0, 5.0
_DISCOVERY = "/.well-known/openid-configuration"


class ProviderAway(Exception):
    """The provider can't be reached, or has no answer: another time."""


class ProviderFault(Exception):
    """What came back is not what was asked for: a forgery, a stale page, or a wrong setting."""


class ProviderRefusal(Exception):
    """The provider let nobody in: they turned back, or it does not want them."""


@dataclass(frozen=True)
class Asked:
    """What a sign-in that is under way must remember, in its own browser."""

    state: str
    nonce: str
    verifier: str
    redirect: str
    wanted: str


@dataclass(frozen=True)
class Known:
    """Whom the provider means: its claims, and the signed token that said so."""

    claims: Mapping[str, Any]
    id_token: str


class Provider:
    """One identity provider, asked only when somebody signs in or out through it.

    Parameters
    ----------
    settings
        Those named `oidc_…`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._secret = provider_secret(settings) if settings.oidc_issuer else ""
        self._origins = provider_origins(settings) if settings.oidc_issuer else frozenset()
        self._document: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._lock = asyncio.Lock()

    @property
    def configured(self) -> bool:
        """Whether there is one."""
        return bool(self._settings.oidc_issuer)

    async def ask(self, redirect: str, wanted: str) -> tuple[str, Asked]:
        """Where to send somebody to sign in, and what to remember of it.

        Raises
        ------
        ProviderAway, ProviderFault
            When the provider can't be asked, or its document is not one.
        """
        document = await self.document()
        asked = Asked(secrets.token_urlsafe(24), secrets.token_urlsafe(24),
                      secrets.token_urlsafe(48), redirect, wanted)
        async with self._client(redirect) as client:
            address, _ = client.create_authorization_url(
                document["authorization_endpoint"], state=asked.state, nonce=asked.nonce,
                code_verifier=asked.verifier)
        return address, asked

    async def answer(self, given: Mapping[str, str], asked: Asked) -> Known:
        """Whom the provider means, of what its answer to `asked` brought back.

        Raises
        ------
        ProviderRefusal
            When it says that it lets nobody in.
        ProviderFault
            When the state, the code, the token's signature or one of its claims does not fit.
        ProviderAway
            When it can't be asked for the token or its keys.
        """
        if not secrets.compare_digest(given.get("state", "").encode(), asked.state.encode()):
            raise ProviderFault("the state is another one's")
        issuer = given.get("iss", self._settings.oidc_issuer)
        if issuer != self._settings.oidc_issuer:
            raise ProviderFault("the answer is of another issuer")
        if "error" in given:
            raise ProviderRefusal(given["error"][:60])
        document = await self.document()
        async with self._client(asked.redirect) as client:
            token = await _asking(client.fetch_token(
                document["token_endpoint"], grant_type="authorization_code",
                code=given.get("code", ""), code_verifier=asked.verifier))
            signed = token.get("id_token")
            if not isinstance(signed, str):
                raise ProviderFault("there is no id_token")
            claims = await self._verified(signed, asked.nonce, token.get("access_token"))
            if self.claim(claims, self._settings.oidc_groups_claim) is None:
                claims = await self._more(client, document, claims)
        return Known(claims, signed)

    async def farewell(self, id_token: str, back: str) -> str | None:
        """Where to send somebody to sign out there too; None where the provider has no place."""
        document = await self.document()
        if "end_session_endpoint" not in document:
            return None
        return document["end_session_endpoint"] + "?" + urlencode({
            "id_token_hint": id_token, "client_id": self._settings.oidc_client_id,
            "post_logout_redirect_uri": back})

    def farewell_origin(self) -> str:
        """Of where that is, as far as it is known: what a page must let its forms lead to."""
        known = self._document[1].get("end_session_endpoint", "") if self._document else ""
        parts = urlsplit(known or self._settings.oidc_issuer)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @staticmethod
    def claim(claims: Mapping[str, Any], path: str) -> Any:
        """A claim; dots lead into objects where no claim has the whole name."""
        if not path or path in claims:
            return claims.get(path)
        found: Any = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    async def document(self) -> dict[str, Any]:
        """The provider's discovery document, not older than `DOCUMENT_S`."""
        async with self._lock:
            if self._document and time.monotonic() - self._document[0] < DOCUMENT_S:
                return self._document[1]
            issuer = self._settings.oidc_issuer
            found = await self._read(issuer.rstrip("/") + _DISCOVERY)
            if not isinstance(found, dict) or found.get("issuer") != issuer:
                raise ProviderFault(f"the document is not of {issuer}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(found.get(name), str):
                    raise ProviderFault(f"the document has no {name}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri",
                         "userinfo_endpoint", "end_session_endpoint"):
                if name in found and _origin(found[name]) not in self._origins:
                    raise ProviderFault(f"the {name} lies on a host that GRIDWALL_OIDC_HOSTS"
                                        " does not name")
            self._document = (time.monotonic(), found)
            return found

    async def _verified(self, signed: str, nonce: str, access_token: str | None,
                        ) -> dict[str, Any]:
        try:
            token = await self._decoded(signed)
            claims = CodeIDToken(
                token.claims, token.header,
                {"iss": {"essential": True, "value": self._settings.oidc_issuer},
                 "aud": {"essential": True, "value": self._settings.oidc_client_id},
                 "nonce": {"essential": True, "value": nonce}},
                {"nonce": nonce, "client_id": self._settings.oidc_client_id,
                 "access_token": access_token})
            claims.validate(leeway=int(self._settings.oidc_skew_s))
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as problem:
            raise ProviderFault(f"the id_token does not hold: {type(problem).__name__}"
                                f" {getattr(problem, 'claim', '')}".rstrip()) from None
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise ProviderFault("the id_token names no subject")
        return dict(claims)

    async def _decoded(self, signed: str) -> jwt.Token:
        """The token, by the keys that are known, or else by those that hold now."""
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        for newest in (False, True):
            keys = await self._key_set(newest)
            try:
                return jwt.decode(signed, keys, registry=registry)
            except (InvalidKeyIdError, BadSignatureError):
                if newest:
                    raise
        raise AssertionError

    async def _key_set(self, newest: bool) -> KeySet:
        document = await self.document()
        async with self._lock:
            age_s = time.monotonic() - self._keys[0] if self._keys else DOCUMENT_S
            if self._keys is None or age_s >= (KEYS_S if newest else DOCUMENT_S):
                self._keys = (time.monotonic(),
                              KeySet.import_key_set(await self._read(document["jwks_uri"])))
            return self._keys[1]

    async def _more(self, client: AsyncOAuth2Client, document: dict[str, Any],
                    claims: dict[str, Any]) -> dict[str, Any]:
        """What the provider tells only when asked; of the same subject, or not at all."""
        if "userinfo_endpoint" not in document:
            return claims
        answer = await _asking(client.get(document["userinfo_endpoint"]))
        more = _json(answer)
        if not isinstance(more, dict) or more.get("sub") != claims["sub"]:
            raise ProviderFault("the user's information is of somebody else")
        return more | claims

    async def _read(self, address: str) -> Any:
        async with self._client() as client:
            return _json(await _asking(client.request("GET", address, withhold_token=True)))

    def _client(self, redirect: str | None = None) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self._settings.oidc_client_id, self._secret or None, redirect_uri=redirect,
            scope=self._settings.oidc_scope, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            timeout=PATIENCE_S, follow_redirects=False, trust_env=False,
            transport=_Guarded(self._origins))


class _Guarded(httpx2.AsyncHTTPTransport):
    """Asks the provider's hosts alone, and reads no more than it should have to say."""

    def __init__(self, origins: frozenset[str]) -> None:
        # The system's certificates; SSL_CERT_FILE names those of a city's own authority.
        super().__init__(verify=ssl.create_default_context())
        self._origins = origins

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it, where it may go."""
        if _origin(str(request.url)) not in self._origins:
            raise ProviderFault("an address lies on a host that is not the provider's")
        answer = await super().handle_async_request(request)
        return httpx2.Response(answer.status_code, headers=answer.headers,
                               stream=_Bounded(answer.stream), extensions=answer.extensions)


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends in a fault when it goes on for too long."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MOST_BYTES:
                raise ProviderFault("an answer is too long")
            yield chunk

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._stream.aclose()


async def _asking(question: Any) -> Any:
    """The answer; whatever keeps it away in this module's words."""
    try:
        async with asyncio.timeout(2 * PATIENCE_S):
            answer = await question
    except AuthlibBaseError as problem:
        raise ProviderFault(f"the provider says {str(problem.error)[:60]}") from None
    except (httpx2.HTTPError, TimeoutError, OSError) as problem:
        raise ProviderAway(type(problem).__name__) from None
    except (ValueError, TypeError, KeyError):
        raise ProviderFault("an answer can't be read") from None
    if isinstance(answer, httpx2.Response) and answer.status_code != 200:
        if answer.status_code >= 500:
            raise ProviderAway(f"status {answer.status_code}")
        raise ProviderFault(f"status {answer.status_code} of {answer.request.url.path[:80]}")
    return answer


def _json(answer: httpx2.Response) -> Any:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        raise ProviderFault("an answer is no JSON") from None


def _origin(address: str) -> str:
    try:
        return origin(address)
    except ValueError:
        return ""
