"""Passwords: what is taken for one, and the proof of it, of which no more than a hash is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
from functools import cache

from argon2.low_level import Type, hash_secret_raw

from gis.errors import BadPassword

SHORTEST, LONGEST = 8, 1_000
# What people here put before a few digits.
_STEMS = ("gridwall", "wangge", "shequ", "jiedao", "admin", "password", "mima", "woaini", "woaiwo",
          "iloveyou", "qwerty", "asdfgh", "qazwsx", "zhongguo", "hangzhou", "beijing", "shanghai")
_STEM = re.compile(rf"(?:{'|'.join(_STEMS)})[\W_]*\d{{0,8}}[\W_]*")
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm",
         "1qaz2wsx3edc4rfv5tgb6yhn")


def check_password(password: str, name: str) -> None:
    """Refuse a password that is guessed early (NIST SP 800-63B); nothing is asked of its signs.

    Parameters
    ----------
    password
        As typed.
    name
        Of the account, which must not stand in it.

    Raises
    ------
    BadPassword
        When it is short, common, a row of keys, one bit repeated, or holds the name.
    """
    lowered = password.lower()
    if len(password) < SHORTEST:
        raise BadPassword("short", f"the password is too short: at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise BadPassword("long", f"the password is too long: at most {LONGEST} characters")
    if len(name) >= 3 and name.lower() in lowered:
        raise BadPassword("name", "the password has the account's name in it")
    if _is_simple(lowered):
        raise BadPassword("simple", "the password is a row of keys, a date, or one bit repeated")
    if lowered in _common() or _STEM.fullmatch(lowered):
        raise BadPassword("common", "the password is one that many people use")


def proof(password: str, salt: bytes) -> bytes:
    """What shows that somebody knows a password: argon2id of it.

    Parameters
    ----------
    password
        As typed.
    salt
        16 bytes, from `sign_in_salt`.

    Returns
    -------
    bytes
        32 bytes. The database compares sha256 of them with what it keeps, so that neither its
        tables nor the server's role alone are enough to sign in. Parameters after RFC 9106,
        the second recommended option.
    """
    return hash_secret_raw(
        password.encode(errors="surrogatepass"), salt, time_cost=3, memory_cost=65536,
        parallelism=4, hash_len=32, type=Type.ID,
    )


def verifier(password: str, salt: bytes) -> bytes:
    """What the database keeps of a password."""
    return hashlib.sha256(proof(password, salt)).digest()


def invented_password() -> str:
    """A password for somebody else, to be told once: 96 bits in groups that can be read out."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def _is_simple(lowered: str) -> bool:
    if _DAY.fullmatch(lowered) or len(set(lowered)) <= 2:
        return True
    if any(lowered in row or lowered in row[::-1] for row in _ROWS):
        return True
    # A bit of up to four signs, again and again; the last time perhaps not whole.
    return any(lowered == (lowered[:size] * len(lowered))[:len(lowered)] for size in (1, 2, 3, 4))


@cache
def _common() -> frozenset[str]:
    # Read when the first password is set: it is some megabytes.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(one for one in FREQUENCY_LISTS["passwords"] if len(one) >= SHORTEST)
