"""Accounts, sign-in and tokens. The owner makes them; the server only proves and enters."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import psycopg
from psycopg import errors as database_errors

from gis import queries
from gis.database import Database
from gis.errors import Conflict, InvalidInput, NotFound
from gis.passwords import proof
from gis.types import Role

DEMO_PASSWORD = "gridwall"
# Marks the accounts that have the known password: no other account has this salt.
DEMO_SALT = hashlib.sha256(b"gridwall demo accounts").digest()[:16]
SHORTEST_PASSWORD = 8
ACCOUNT_ROLES = tuple(role for role in Role if role is not Role.SYSTEM)
# Without an area these see the whole city; the others see nothing.
WHOLE_ROLES = (Role.HALL, Role.PLANNER, Role.ADMIN)
BOUND_ROLES = (Role.STREET, Role.COMMUNITY, Role.OFFICER)


@dataclass(frozen=True)
class Caller:
    """Who is asking. `scope_key` is equal for all who may see the same."""

    account_id: int
    name: str
    role: str
    whole: bool
    area_codes: tuple[str, ...]
    officer_id: int | None
    unit_id: int | None
    scope_key: str


class SignIn(NamedTuple):
    """A demo account; the password only where it was set just now or is the known one."""

    name: str
    role: str
    password: str | None


async def identify(database: Database, secret: str) -> Caller:
    """Who a session's or token's secret stands for.

    Raises
    ------
    NotSignedIn
        When it stands for nobody, or has ended.
    """
    async with database.plain() as connection:
        cursor = await connection.execute(queries.get("identify"), {"secret": secret})
        row = await cursor.fetchone()
    account_id, name, role, whole, codes, officer_id, unit_id, digest = row
    return Caller(account_id, name, role, whole, tuple(codes), officer_id, unit_id, digest)


async def sign_in(database: Database, name: str, password: str, hours: int) -> str | None:
    """A new session's secret; None where name and password do not fit.

    The proof is computed for unknown names too, so that they take as long.
    """
    async with database.plain() as connection:
        cursor = await connection.execute(queries.get("sign_in_salt"), {"name": name})
        salt = (await cursor.fetchone())[0]
    proven = await asyncio.to_thread(proof, password, salt)
    async with database.plain() as connection:
        cursor = await connection.execute(
            queries.get("sign_in"),
            {"name": name, "proof": proven, "lifetime": timedelta(hours=hours)})
        return (await cursor.fetchone())[0]


async def sign_out(database: Database, secret: str) -> None:
    """End a session now."""
    async with database.plain() as connection:
        await connection.execute(queries.get("sign_out"), {"secret": secret})


async def renew_session(database: Database, secret: str, hours: int) -> bool:
    """Let a living session go on for so many hours from now; False where it has ended."""
    async with database.plain() as connection:
        cursor = await connection.execute(
            queries.get("renew_session"), {"secret": secret, "lifetime": timedelta(hours=hours)})
        return (await cursor.fetchone())[0]


def create_account(admin_url: str, name: str, role: str, password: str | None = None,
                   area_code: str | None = None, officer_id: int | None = None,
                   unit_id: int | None = None) -> int:
    """Make an account; its id. Without a password only tokens can act for it.

    Raises
    ------
    InvalidInput
        Unknown role, short password, or a role that needs an area and has none.
    NotFound
        No area has the code.
    Conflict
        The name is taken.
    """
    _check_role(role, area_code)
    salt = secrets.token_bytes(16)
    verifier = _verifier(password, salt) if password is not None else None
    with psycopg.connect(admin_url) as connection:
        area_id = _area_identity(connection, area_code) if area_code else None
        return _insert(connection, name, role, verifier and salt, verifier, area_id, officer_id,
                       unit_id)


def set_password(admin_url: str, name: str, password: str) -> None:
    """Give an account a new password; its sessions end.

    Raises
    ------
    NotFound
        There is no such account.
    """
    salt = secrets.token_bytes(16)
    with psycopg.connect(admin_url) as connection:
        _replace_password(connection, name, salt, _verifier(password, salt))


def issue_token(admin_url: str, role: str, area_code: str | None = None) -> str:
    """An account of its own for a program, and its token, which does not end by itself.

    Raises
    ------
    InvalidInput, NotFound
        As `create_account`.
    """
    name = f"token-{role}-{secrets.token_hex(4)}"
    account_id = create_account(admin_url, name, role, area_code=area_code)
    with psycopg.connect(admin_url) as connection:
        return connection.execute(queries.get("open_token"), {"account": account_id}).fetchone()[0]


def ensure_demo_accounts(admin_url: str, loopback: bool) -> list[SignIn]:
    """One account for each role, where there is none of that name.

    On a loopback address they have the known password. Elsewhere they get random ones, also
    those that had the known one before, and their sessions end.

    Returns
    -------
    list of SignIn
        Those whose password can be told now.
    """
    known = _verifier(DEMO_PASSWORD, DEMO_SALT) if loopback else None
    told: list[SignIn] = []
    with psycopg.connect(admin_url) as connection:
        connection.execute(queries.get("lock_demo_accounts"))
        for role in ACCOUNT_ROLES:
            row = connection.execute(queries.get("account_salt"), {"name": role}).fetchone()
            if row and row[0] != DEMO_SALT:
                continue
            password = DEMO_PASSWORD if loopback else secrets.token_urlsafe(12)
            salt = DEMO_SALT if loopback else secrets.token_bytes(16)
            verifier = known or _verifier(password, salt)
            if row is None:
                _insert_demo(connection, role, salt, verifier)
            elif not loopback:
                _replace_password(connection, role, salt, verifier)
            told.append(SignIn(role.value, role.value, password))
    return told


def retire_demo_accounts(admin_url: str) -> None:
    """Take the known password from the demo accounts that have it; their sessions end."""
    with psycopg.connect(admin_url) as connection:
        connection.execute(queries.get("lock_demo_accounts"))
        for role in ACCOUNT_ROLES:
            row = connection.execute(queries.get("account_salt"), {"name": role}).fetchone()
            if row and row[0] == DEMO_SALT:
                salt = secrets.token_bytes(16)
                _replace_password(connection, role, salt, _verifier(secrets.token_urlsafe(), salt))


def _insert_demo(connection: psycopg.Connection, role: Role, salt: bytes,
                 verifier: bytes) -> None:
    place = connection.execute(queries.get("demo_place"), {"role": role.value}).fetchone()
    area_id, officer_id, unit_id = place or (None, None, None)
    _insert(connection, role.value, role.value, salt, verifier, area_id, officer_id, unit_id)


def _insert(connection: psycopg.Connection, name: str, role: str, salt: bytes | None,
            verifier: bytes | None, area_id: int | None, officer_id: int | None,
            unit_id: int | None) -> int:
    whole = role in WHOLE_ROLES and area_id is None
    try:
        account_id = connection.execute(queries.get("insert_account"), {
            "name": name, "role": role, "whole": whole, "salt": salt, "verifier": verifier,
            "officer_id": officer_id, "unit_id": unit_id}).fetchone()[0]
    except database_errors.UniqueViolation:
        raise Conflict(f"there is an account {name!r} already") from None
    if area_id is not None:
        connection.execute(
            queries.get("insert_account_area"), {"account": account_id, "area": area_id})
    return account_id


def _replace_password(connection: psycopg.Connection, name: str, salt: bytes,
                      verifier: bytes) -> None:
    changed = connection.execute(
        queries.get("replace_password"), {"name": name, "salt": salt, "verifier": verifier})
    if changed.rowcount == 0:
        raise NotFound(f"there is no account {name!r}")
    connection.execute(queries.get("revoke_sessions"), {"name": name})


def _area_identity(connection: psycopg.Connection, code: str) -> int:
    row = connection.execute(queries.get("area_identity_of_code"), {"code": code}).fetchone()
    if row is None:
        raise NotFound(f"no area has the code {code!r:.60}; load areas first, or correct it")
    return row[0]


def _check_role(role: str, area_code: str | None) -> None:
    if role not in ACCOUNT_ROLES:
        raise InvalidInput(
            f"{role!r:.40} is no role: use one of {', '.join(ACCOUNT_ROLES)}", field="role")
    if role in BOUND_ROLES and not area_code:
        raise InvalidInput(f"a {role} account needs an area: give its code", field="area")


def _verifier(password: str, salt: bytes) -> bytes:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(
            f"the password is too short: at least {SHORTEST_PASSWORD} characters",
            field="password")
    return hashlib.sha256(proof(password, salt)).digest()
