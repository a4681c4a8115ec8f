"""The session cookie: the session's secret, signed, out of reach of scripts."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from itsdangerous import BadSignature, TimestampSigner
from starlette.responses import Response

NAME = "gridwall_session"


class SessionCookie:
    """Writes and reads the signed cookie.

    Parameters
    ----------
    secret
        The installation's own; a cookie signed with another is no cookie.
    hours
        How long a session lasts.
    """

    def __init__(self, secret: str, hours: int) -> None:
        self._signer = TimestampSigner(secret, salt="gridwall.session")
        self._seconds = hours * 3600

    def read(self, header: str) -> str | None:
        """The session's secret from a Cookie header; None where absent, forged or too old."""
        value = cookies(header).get(NAME)
        if not value:
            return None
        try:
            return self._signer.unsign(value, max_age=self._seconds).decode()
        except (BadSignature, UnicodeDecodeError):
            return None

    def write(self, response: Response, session_secret: str, secure: bool) -> None:
        """Set the cookie; `secure` where the page came over TLS."""
        response.set_cookie(
            NAME, self._signer.sign(session_secret).decode(), max_age=self._seconds, path="/",
            secure=secure, httponly=True, samesite="lax",
        )

    def clear(self, response: Response) -> None:
        """Take the cookie back."""
        response.delete_cookie(NAME, path="/", httponly=True, samesite="lax")


def cookies(header: str) -> dict[str, str]:
    """The cookies of a Cookie header by name; a header that can't be read has none."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
