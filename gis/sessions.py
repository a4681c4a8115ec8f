"""Sessions as the server has them: opened, looked at, renewed, held, ended."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from gis import queries
from gis.accounts import Caller
from gis.database import Database
from gis.origin import ORIGIN
from gis.passwords import proof


class Entry(NamedTuple):
    """What came of a sign-in: a secret, or for how long no try is taken (0: it was wrong)."""

    secret: str | None
    wait_s: float = 0.0


class Ended(NamedTuple):
    """A session that was ended: the identity provider that let it in, and its sealed hint."""

    issuer: str | None = None
    logout_hint: str | None = None


@dataclass(frozen=True)
class Vouched:
    """Whom the identity provider means, as it was read from what it signed.

    `at` is seconds since 1970, `id` random: the same is taken once.
    """

    issuer: str
    subject: str
    name: str
    display_name: str
    groups: Sequence[str]
    officer: str | None
    at: float
    id: str


async def identify(database: Database, secret: str) -> Caller:
    """Who a session's or token's secret stands for.

    Raises
    ------
    NotSignedIn
        When it stands for nobody, or has ended.
    """
    async with database.plain() as connection:
        cursor = await connection.execute(queries.get("who_is"), {"secret": secret})
        account_id, name, role, whole, codes, *rest = await cursor.fetchone()
    return Caller(account_id, name, role, whole, tuple(codes), *rest)


async def note_use(database: Database, secret: str, device: str | None) -> None:
    """That a secret is in use, from where and with what; a renewed one takes over by that."""
    await _value(database, "note_use", secret=secret, address=ORIGIN.get(), device=device)


async def sign_in(database: Database, name: str, password: str, hours: int, device: str,
                  proving: asyncio.Semaphore) -> Entry:
    """A session for whoever knows the password.

    The proof is computed for unknown names too, so that they take as long. Whoever has guessed
    too often is told to wait before anything is computed.

    Parameters
    ----------
    database
        The server's.
    name, password
        As typed.
    hours
        How long the session lasts.
    device
        What the browser calls itself.
    proving
        Of which so many proofs are made at a time: each takes 64 MB and some 50 ms on purpose.
    """
    place = {"name": name, "address": ORIGIN.get(), "network": network_of(ORIGIN.get())}
    wait_s = await _value(database, "sign_in_wait", **place)
    if wait_s > 0:
        return Entry(None, wait_s)
    salt = await _value(database, "sign_in_salt", name=name)
    async with proving:
        proven = await asyncio.to_thread(proof, password, salt)
    return Entry(*await _row(database, "sign_in", **place, proof=proven, device=device,
                             lifetime=timedelta(hours=hours)))


async def sign_in_by_provider(database: Database, told: Vouched, key: bytes, hours: int,
                              device: str, hint: str | None) -> tuple[str | None, str]:
    """A session for whom the provider means; else None and why not.

    Parameters
    ----------
    key
        With which this server vouches: `gis.accounts.provider_key` of the installation's secret.
    hint
        Sealed; comes back when the session is ended.
    """
    words = json.dumps(asdict(told), ensure_ascii=False)
    mac = hmac.digest(key, words.encode(), "sha256")
    return await _row(
        database, "sign_in_by_provider", words=words, mac=mac, lifetime=timedelta(hours=hours),
        address=ORIGIN.get(), device=device, hint=hint)


async def rotate(database: Database, secret: str, hours: int) -> str | None:
    """The next secret of a living session, which goes on for so many hours from now.

    None where it has ended, or where the next one was handed out a moment ago.
    """
    return await _value(database, "rotate_session", secret=secret,
                        lifetime=timedelta(hours=hours))


async def end_copied(database: Database, secret: str) -> bool:
    """End the session of which a secret that has died came back: somebody has a copy."""
    return await _value(database, "end_copied_session", secret=secret)


async def hold(database: Database, secret: str) -> str:
    """A secret that stays while the browser's changes; the token's own where it is a token."""
    return await _value(database, "hold_session", secret=secret) or secret


async def release(database: Database, held: str) -> None:
    """Give up a held secret."""
    await _value(database, "release_session", secret=held)


async def end(database: Database, secret: str) -> Ended:
    """End a session now."""
    return Ended(*await _row(database, "end_session", secret=secret) or ())


def network_of(address: str | None) -> str | None:
    """By what guesses are counted: an address, or of IPv6 the network that one house has."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


async def _row(database: Database, query: str, **values: Any) -> Any:
    async with database.plain() as connection:
        cursor = await connection.execute(queries.get(query), values)
        return await cursor.fetchone()


async def _value(database: Database, query: str, **values: Any) -> Any:
    return (await _row(database, query, **values))[0]
