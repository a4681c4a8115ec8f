"""``/login/provider``: to the city's identity provider, and back from it."""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from console.oidc import Asked, Known, Provider, ProviderAway, ProviderFault, ProviderRefusal
from console.pages.login import device_of, let_in, sign_in_page, way_back
from console.public_address import public_address
from gis import sessions
from gis.accounts import provider_key
from gis.errors import DatabaseAway, Overloaded
from gis.sessions import Vouched
from gis.settings import Settings

router = APIRouter(include_in_schema=False)
log = logging.getLogger("gridwall.oidc")
BACK = "/login/provider/back"
_COOKIE = "gridwall_provider_"
_MOST_S = 600
# More than these groups no city gives anybody; a claim of any length is not stored.
_MOST_GROUPS, _LONGEST_GROUP = 500, 200


@router.get("/login/provider")
async def to_provider(request: Request) -> Response:
    """Send somebody to the identity provider."""
    state = request.app.state
    wanted = way_back(request.query_params.get("next", ""))
    if not state.provider.configured:
        return sign_in_page(request, wanted, "provider_none", 404)
    try:
        address, asked = await state.provider.ask(public_address(request) + BACK, wanted)
    except (ProviderAway, ProviderFault) as problem:
        return _failed(request, problem, wanted)
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    # One a sign-in, so that two of a browser do not disturb each other.
    response.set_cookie(
        _COOKIE + asked.state[:8], state.notes.seal(asdict(asked)), max_age=_MOST_S,
        path="/login/provider", secure=request.url.scheme == "https", httponly=True,
        samesite="lax")
    return response


@router.get(BACK)
async def from_provider(request: Request) -> Response:
    """Let in whom the provider means, or say why not; the form stands beside it."""
    state, given = request.app.state, request.query_params
    name = _COOKIE + given.get("state", "")[:8]
    kept = state.notes.open(request.cookies.get(name, ""), _MOST_S)
    if kept is None:
        return sign_in_page(request, "/", "provider_stale", 400)
    asked = Asked(**kept)
    try:
        known = await state.provider.answer(given, asked)
        secret, outcome = await sessions.sign_in_by_provider(
            state.database, vouched(known, state.provider, state.settings, state.database.now()),
            provider_key(state.settings.secret), state.settings.session_hours,
            device_of(request), state.notes.seal(known.id_token))
    except (DatabaseAway, Overloaded):
        return sign_in_page(request, asked.wanted, "away", 503)
    except (ProviderAway, ProviderFault, ProviderRefusal) as problem:
        response = _failed(request, problem, asked.wanted)
    else:
        if secret is None and outcome == "unvouched":
            log.warning("the database does not know this server's key: run gridwall db migrate")
        response = (sign_in_page(request, asked.wanted, "provider_unknown", 403)
                    if secret is None else await let_in(request, secret, asked.wanted))
    response.delete_cookie(name, path="/login/provider", httponly=True, samesite="lax")
    return response


def vouched(known: Known, provider: Provider, settings: Settings, now: datetime) -> Vouched:
    """What this server vouches for, of what the provider has signed.

    Groups are a list, or one text; what is neither is no group. A name is for people to read:
    whom it means is decided by issuer and subject alone.
    """
    claims = known.claims
    groups = provider.claim(claims, settings.oidc_groups_claim)
    groups = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    subject = claims["sub"]
    name = _text(claims.get("preferred_username"), 90) or _text(subject, 90) or "account"
    return Vouched(
        issuer=settings.oidc_issuer, subject=subject.replace("\0", "�"), name=name,
        display_name=_text(claims.get("name"), 100) or name,
        groups=[_text(one, _LONGEST_GROUP) for one in groups[:_MOST_GROUPS]
                if isinstance(one, str)],
        officer=_text(provider.claim(claims, settings.oidc_officer_claim), 100) or None,
        at=now.timestamp(), id=secrets.token_urlsafe(16))


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(sign for sign in value if sign.isprintable()).strip()[:longest].strip()


def _failed(request: Request, problem: Exception, wanted: str) -> Response:
    if isinstance(problem, ProviderRefusal):
        return sign_in_page(request, wanted, "provider_refused", 401)
    log.warning("signing in through the provider failed: %s", problem)
    if isinstance(problem, ProviderAway):
        return sign_in_page(request, wanted, "provider_away", 503, 10)
    return sign_in_page(request, wanted, "provider_fault", 502)
