"""The session cookie: the session's secret, signed, out of reach of scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

from itsdangerous import BadSignature, TimestampSigner
from starlette.responses import Response

NAME = "gridwall_session"


class Signed(NamedTuple):
    """What a cookie holds; `aging` once its secret should be renewed."""

    secret: str
    aging: bool


class _Signer(TimestampSigner):
    """Signs with the time of a clock that it is given."""

    now: Callable[[], datetime]

    def get_timestamp(self) -> int:
        """Seconds since 1970."""
        return int(self.now().timestamp())


class SessionCookie:
    """Writes and reads the signed cookie.

    Parameters
    ----------
    secret
        The installation's own; a cookie signed with another is no cookie.
    hours
        How long a session lasts that nobody uses.
    rotate_minutes
        After which a session in use gets another secret.
    now
        The clock: the database's, so that all servers agree, whatever theirs are set to.
    """

    def __init__(self, secret: str, hours: int, rotate_minutes: float = 15,
                 now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._signer = _Signer(secret, salt="gridwall.session")
        self._signer.now = self._now = now
        self.hours = hours
        self._seconds = hours * 3600
        self._rotate_s = min(rotate_minutes * 60, self._seconds / 2)

    def read(self, header: str) -> Signed | None:
        """The session in a Cookie header; None where absent, forged or too old."""
        value = cookies(header).get(NAME)
        if not value:
            return None
        try:
            secret, signed_at = self._signer.unsign(value, return_timestamp=True)
            # Two servers may be a second apart: what was signed ahead is as good as new.
            age_s = (self._now() - signed_at).total_seconds()
            if age_s > self._seconds:
                return None
            return Signed(secret.decode(), abs(age_s) > self._rotate_s)
        except (BadSignature, UnicodeDecodeError, OverflowError):
            return None

    def write(self, response: Response, session_secret: str, secure: bool) -> None:
        """Set the cookie; `secure` where the page came over TLS."""
        response.set_cookie(
            NAME, self._signer.sign(session_secret).decode(), max_age=self._seconds, path="/",
            secure=secure, httponly=True, samesite="lax",
        )

    def header(self, session_secret: str, secure: bool) -> tuple[bytes, bytes]:
        """The same as a header of an answer that has begun."""
        response = Response()
        self.write(response, session_secret, secure)
        return next(pair for pair in response.raw_headers if pair[0] == b"set-cookie")

    def clear(self, response: Response) -> None:
        """Take the cookie back."""
        response.delete_cookie(NAME, path="/", httponly=True, samesite="lax")


def cookies(header: str) -> dict[str, str]:
    """The cookies of a Cookie header by name; a header that can't be read has none."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
