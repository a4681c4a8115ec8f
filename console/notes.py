"""Notes that this installation writes to itself and that others carry: sealed, and dated."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken


class Notes:
    """Seals and opens.

    Parameters
    ----------
    secret
        The installation's own; what was sealed with another does not open.
    """

    def __init__(self, secret: str) -> None:
        digest = hashlib.sha256(b"gridwall notes\0" + secret.encode()).digest()
        self._key = Fernet(base64.urlsafe_b64encode(digest))

    def seal(self, value: Any) -> str:
        """A value of JSON's kinds as text that says nothing to others."""
        return self._key.encrypt(orjson.dumps(value)).decode()

    def open(self, sealed: str, most_s: int | None = None) -> Any:
        """What was sealed, at most so many seconds ago; None where it does not open."""
        try:
            return orjson.loads(self._key.decrypt(sealed.encode(errors="replace"), ttl=most_s))
        except (InvalidToken, orjson.JSONDecodeError):
            return None
