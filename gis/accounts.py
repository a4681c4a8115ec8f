"""Accounts and tokens as the database's owner makes them, at the command line."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg import errors as database_errors

from gis import queries
from gis.errors import Conflict, InvalidInput, NotFound
from gis.passwords import check_password, verifier
from gis.types import Role

DEMO_PASSWORD = "gridwall"
# Marks the accounts that have the known password: no other account has this salt.
DEMO_SALT = hashlib.sha256(b"gridwall demo accounts").digest()[:16]
ACCOUNT_ROLES = tuple(role for role in Role if role is not Role.SYSTEM)
# Without an area these see the whole city; the others see nothing.
WHOLE_ROLES = (Role.HALL, Role.PLANNER, Role.ADMIN)
BOUND_ROLES = (Role.STREET, Role.COMMUNITY, Role.OFFICER)
# What a token may do: all that its account may, no changes, or nothing but file reports.
ACCESSES = ("full", "read", "file")
LONGEST_NAME = 100
_THINGS = {"revoke_token": "token"}


@dataclass(frozen=True)
class Caller:
    """Who is asking. `scope_key` is equal for all who may see the same.

    `kind` is session or token, `access` one of `ACCESSES`; `must_change` means that the password
    was given by somebody else, and that nothing is open before it is changed. `share` is equal for
    all who see the same tiles, but for what is theirs as an account; `lasts_s` is for how many
    seconds the secret lives at most, as of the look-up.
    """

    account_id: int
    name: str
    role: str
    whole: bool
    area_codes: tuple[str, ...]
    officer_id: int | None
    unit_id: int | None
    scope_key: str
    kind: str = "token"
    access: str = "full"
    must_change: bool = False
    credential_id: int | None = None
    share: str = ""
    lasts_s: float | None = None


class SignIn(NamedTuple):
    """A demo account; the password only where it was set just now or is the known one."""

    name: str
    role: str
    password: str | None


def create_account(admin_url: str, name: str, role: str, password: str | None = None,
                   area_code: str | None = None, officer_id: int | None = None,
                   unit_id: int | None = None) -> int:
    """Make an account; its id. Without a password only tokens can act for it.

    Raises
    ------
    InvalidInput
        Unknown role, a password that is guessed early, or a role that needs an area and has none.
    NotFound
        No area has the code.
    Conflict
        The name is taken.
    """
    check_name(name)
    check_role(role, [area_code] if area_code else [])
    salt = secrets.token_bytes(16)
    if password is not None:
        check_password(password, name)
    kept = verifier(password, salt) if password is not None else None
    with connect(admin_url) as connection:
        area_id = _area_identity(connection, area_code) if area_code else None
        account_id = _insert(connection, name, role, kept and salt, kept, area_id, officer_id,
                             unit_id)
        connection.execute(queries.get("note_account_made"), {"name": name})
        return account_id


def set_password(admin_url: str, name: str, password: str) -> None:
    """Give an account a new password; its sessions end.

    Raises
    ------
    InvalidInput
        When it is guessed early.
    NotFound
        There is no such account.
    """
    check_password(password, name)
    salt = secrets.token_bytes(16)
    with connect(admin_url) as connection:
        _run(connection, "reset_password", name=name, salt=salt,
             verifier=verifier(password, salt), to_change=False)


def issue_token(admin_url: str, role: str, area_code: str | None = None, name: str = "",
                access: str = "full", days: int | None = None) -> str:
    """An account of its own for a program, and its token.

    Parameters
    ----------
    admin_url
        libpq URL of the database's owner.
    role, area_code
        What the program may see and do.
    name
        What it is for, as lists show it.
    access
        One of `ACCESSES`.
    days
        After which it ends; None: not by itself.

    Raises
    ------
    InvalidInput, NotFound
        As `create_account`.
    """
    account = f"token-{role}-{secrets.token_hex(4)}"
    create_account(admin_url, account, role, area_code=area_code)
    with connect(admin_url) as connection:
        return _run(connection, "make_token", name=account, token=name, access=access,
                    lifetime=timedelta(days=days) if days else None)


def list_accounts(admin_url: str) -> list[dict[str, Any]]:
    """All accounts, as `account_told` in the database tells them."""
    with connect(admin_url) as connection:
        return _run(connection, "list_accounts")


def list_tokens(admin_url: str) -> list[dict[str, Any]]:
    """All tokens that live."""
    with connect(admin_url) as connection:
        return _run(connection, "list_credentials", name=None, kind="token")


def revoke_token(admin_url: str, number: int) -> None:
    """Take a token away by its number; `NotFound` where there is none that lives."""
    with connect(admin_url) as connection:
        _run(connection, "revoke_token", id=number)


def disable_account(admin_url: str, name: str, disabled: bool) -> None:
    """Close an account, or open it again; its sessions and tokens rest with it."""
    with connect(admin_url) as connection:
        _run(connection, "change_account", name=name, standing=None, disable=disabled)


def end_sessions(admin_url: str, name: str) -> int:
    """End all sessions of an account; how many there were."""
    with connect(admin_url) as connection:
        return _run(connection, "end_sessions", name=name)


def set_provider_key(admin_url: str, secret: str) -> None:
    """Let servers with this secret vouch for what the identity provider says."""
    with connect(admin_url) as connection:
        connection.execute(queries.get("set_provider_key"), {"key": provider_key(secret)})


def provider_key(secret: str) -> bytes:
    """The key with which a server vouches, from the installation's secret."""
    return hashlib.sha256(b"gridwall identity provider\0" + secret.encode()).digest()


def connect(admin_url: str) -> psycopg.Connection:
    """As the owner; what is changed is noted as done at the command line."""
    connection = psycopg.connect(admin_url)
    connection.execute("SELECT set_config('gridwall.origin', 'command line', false)")
    return connection


def _run(connection: psycopg.Connection, query: str, **values: Any) -> Any:
    try:
        return connection.execute(queries.get(query), {
            name: json.dumps(value) if isinstance(value, dict) else value
            for name, value in values.items()}).fetchone()[0]
    except database_errors.NoDataFound:
        raise NotFound(f"there is no such {_THINGS.get(query, 'account')}") from None
    except database_errors.CheckViolation as refusal:
        raise Conflict(refusal.diag.message_primary) from None


def ensure_demo_accounts(admin_url: str, loopback: bool) -> list[SignIn]:
    """One account for each role, where there is none of that name.

    On a loopback address they have the known password. Elsewhere they get random ones, also
    those that had the known one before, and their sessions end.

    Returns
    -------
    list of SignIn
        Those whose password can be told now.
    """
    known = verifier(DEMO_PASSWORD, DEMO_SALT) if loopback else None
    told: list[SignIn] = []
    with psycopg.connect(admin_url) as connection:
        connection.execute(queries.get("lock_demo_accounts"))
        for role in ACCOUNT_ROLES:
            row = connection.execute(queries.get("account_salt"), {"name": role}).fetchone()
            if row and row[0] != DEMO_SALT:
                continue
            password = DEMO_PASSWORD if loopback else secrets.token_urlsafe(12)
            salt = DEMO_SALT if loopback else secrets.token_bytes(16)
            kept = known or verifier(password, salt)
            if row is None:
                _insert_demo(connection, role, salt, kept)
            elif not loopback:
                _replace_password(connection, role, salt, kept)
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
                _replace_password(connection, role, salt, verifier(secrets.token_urlsafe(), salt))


def _insert_demo(connection: psycopg.Connection, role: Role, salt: bytes, kept: bytes) -> None:
    place = connection.execute(queries.get("demo_place"), {"role": role.value}).fetchone()
    area_id, officer_id, unit_id = place or (None, None, None)
    _insert(connection, role.value, role.value, salt, kept, area_id, officer_id, unit_id)


def _insert(connection: psycopg.Connection, name: str, role: str, salt: bytes | None,
            kept: bytes | None, area_id: int | None, officer_id: int | None,
            unit_id: int | None) -> int:
    whole = role in WHOLE_ROLES and area_id is None
    try:
        account_id = connection.execute(queries.get("insert_account"), {
            "name": name, "role": role, "whole": whole, "salt": salt, "verifier": kept,
            "officer_id": officer_id, "unit_id": unit_id}).fetchone()[0]
    except database_errors.UniqueViolation:
        raise Conflict(f"there is an account {name!r} already") from None
    if area_id is not None:
        connection.execute(
            queries.get("insert_account_area"), {"account": account_id, "area": area_id})
    return account_id


def _replace_password(connection: psycopg.Connection, name: str, salt: bytes,
                      kept: bytes) -> None:
    changed = connection.execute(
        queries.get("replace_password"), {"name": name, "salt": salt, "verifier": kept})
    if changed.rowcount == 0:
        raise NotFound(f"there is no account {name!r}")
    connection.execute(queries.get("revoke_sessions"), {"name": name})


def _area_identity(connection: psycopg.Connection, code: str) -> int:
    row = connection.execute(queries.get("area_identity_of_code"), {"code": code}).fetchone()
    if row is None:
        raise NotFound(f"no area has the code {code!r:.60}; load areas first, or correct it")
    return row[0]


def check_role(role: str, area_codes: list[str]) -> None:
    """Refuse what is no role of accounts, and a role that needs an area and has none."""
    if role not in ACCOUNT_ROLES:
        raise InvalidInput(
            f"{role!r:.40} is no role: use one of {', '.join(ACCOUNT_ROLES)}", field="role")
    if role in BOUND_ROLES and not area_codes:
        raise InvalidInput(f"a {role} account needs an area: give its code", field="area")


def check_name(name: str) -> None:
    """Refuse a name that can't be typed at the sign-in: 1 to 100 printable characters."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise InvalidInput(
            f"a name is 1 to {LONGEST_NAME} printable characters, with no space around it",
            field="name")
