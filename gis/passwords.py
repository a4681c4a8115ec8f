"""The proof of a password, of which the database keeps no more than a hash."""

from __future__ import annotations

from argon2.low_level import Type, hash_secret_raw


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
        password.encode(), salt, time_cost=3, memory_cost=65536, parallelism=4, hash_len=32,
        type=Type.ID,
    )
