"""``/api/account``: one's own account, sessions, tokens and password."""

from __future__ import annotations

import asyncio
import math
import secrets
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from psycopg import AsyncConnection
from starlette.responses import JSONResponse, Response

from console.api.body import read_body, read_json
from console.api.scoped import scoped
from gis import queries
from gis.accounts import ACCESSES
from gis.errors import FieldProblem, InvalidFields, InvalidInput, TooOften
from gis.origin import ORIGIN
from gis.passwords import LONGEST, check_password, proof, verifier
from gis.reports import check_words
from gis.sessions import network_of

router = APIRouter(prefix="/api/account", tags=["account"])
LIMIT_BYTES = 16_000
MOST_DAYS = 730
_LARGEST = 2**63 - 1


@router.get("")
async def account(request: Request) -> dict[str, Any]:
    """The caller's account, and its sessions and tokens that live; `this` marks the one asking."""
    async with scoped(request) as connection:
        return await _own(connection, request)


@router.post("/password")
async def password(request: Request) -> Response:
    """Another password: `{old, new}`. All other sessions end; this one goes on renewed.

    422 where the old one is wrong or the new one is guessed early, 429 after too many guesses.
    """
    sent = await read_object(request)
    old, new = (_password(sent, name) for name in ("old", "new"))
    check_password(new, request.state.caller.name)
    state, secret = request.app.state, request.state.secret
    async with state.database.plain() as connection:
        cursor = await connection.execute(
            queries.get("sign_in_salt"), {"name": request.state.caller.name})
        (salt,) = await cursor.fetchone()
    fresh = secrets.token_bytes(16)
    async with state.proving:
        old_proof = await asyncio.to_thread(proof, old, salt)
        kept = await asyncio.to_thread(verifier, new, fresh)
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("change_own_password"), {
            "secret": secret, "old": old_proof, "salt": fresh, "verifier": kept,
            "network": network_of(ORIGIN.get())})
        changed, wait_s = await cursor.fetchone()
        told = await _own(connection, request)
    if wait_s > 0:
        raise TooOften("too many guesses", math.ceil(wait_s))
    if not changed:
        raise InvalidInput("that is not the password so far", "old")
    response = JSONResponse(told, headers={"Cache-Control": "no-store"})
    state.callers.forget(secret)
    renewed = await state.callers.rotate(secret, state.cookie.hours)
    if renewed is not None:
        state.cookie.write(response, renewed, secure=request.url.scheme == "https")
    return response


@router.post("/sessions/end")
async def end_sessions(request: Request) -> dict[str, Any]:
    """End one session, `{id}`, or all but the one that asks, `{}`."""
    sent = await read_object(request)
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("end_own_sessions"), {
            "secret": request.state.secret,
            "id": None if sent.get("id") is None else check_number(sent["id"])})
        (ended,) = await cursor.fetchone()
        return {**await _own(connection, request), "ended": ended}


@router.post("/tokens")
async def make_token(request: Request) -> dict[str, Any]:
    """A token of one's own: `{name, days, access?, area?}`. `token` is told this once.

    `access` is `full`, `read` (no changes) or `file` (reports are filed, nothing is seen); an
    `area` of one's own narrows it. It ends after at most 730 days.
    """
    sent = await read_object(request)
    values = read_token(sent)
    if values["lifetime"] is None:
        raise InvalidInput(f"a number of days, 1 to {MOST_DAYS}", "days")
    area = sent.get("area")
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("make_own_token"), {
            **values, "secret": request.state.secret,
            "area": None if area in (None, "") else check_text(area, "area", 100)})
        (token,) = await cursor.fetchone()
        return {**await _own(connection, request), "token": token}


@router.post("/tokens/revoke")
async def revoke_token(request: Request) -> dict[str, Any]:
    """Take a token away: `{id}`; an admin anybody's."""
    sent = await read_object(request)
    async with scoped(request) as connection:
        await connection.execute(queries.get("revoke_token"), {"id": check_number(sent.get("id"))})
        return await _own(connection, request)


async def _own(connection: AsyncConnection, request: Request) -> dict[str, Any]:
    cursor = await connection.execute(
        queries.get("own_account"), {"secret": request.state.secret})
    return (await cursor.fetchone())[0]


async def read_object(request: Request) -> dict[str, Any]:
    """The body, which is a JSON object."""
    sent = read_json(request, await read_body(request, LIMIT_BYTES))
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", "a JSON object is needed")])
    return sent


def read_token(sent: dict[str, Any]) -> dict[str, Any]:
    """What a token is to be: name, access, and lifetime or None where it has no end."""
    access, days = sent.get("access", "full"), sent.get("days")
    if access not in ACCESSES:
        raise InvalidInput(f"one of {', '.join(ACCESSES)}", "access")
    if days is not None and (type(days) is not int or not 1 <= days <= MOST_DAYS):
        raise InvalidInput(f"a number of days, 1 to {MOST_DAYS}", "days")
    return {"name": check_text(sent.get("name"), "name", 80), "access": access,
            "lifetime": timedelta(days=days) if days else None}


def check_text(value: object, field: str, longest: int) -> str:
    """Words that the database can take."""
    try:
        return check_words(value, longest).strip()
    except InvalidInput as fault:
        raise InvalidInput(fault.message, field) from None


def check_number(value: object, field: str = "id") -> int:
    """A number of a row."""
    if type(value) is not int or not 1 <= value <= _LARGEST:
        raise InvalidInput("a number is needed", field)
    return value


def _password(sent: dict[str, Any], field: str) -> str:
    value = sent.get(field)
    if not isinstance(value, str) or not value:
        raise InvalidInput("it is missing", field)
    return value[:LONGEST + 1]
