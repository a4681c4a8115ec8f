"""Cursors of pages: what the last row was, as opaque text."""

from __future__ import annotations

import base64
import binascii

from gis.errors import InvalidInput


def write_cursor(*parts: str) -> str:
    """A cursor that says where a page ended."""
    return base64.urlsafe_b64encode("|".join(parts).encode()).decode().rstrip("=")


def read_cursor(cursor: str, count: int = 2) -> list[str]:
    """The parts of a cursor.

    Raises
    ------
    InvalidInput
        When it is none that `write_cursor` made of as many parts.
    """
    try:
        padded = cursor[:400] + "=" * (-len(cursor) % 4)
        parts = base64.urlsafe_b64decode(padded.encode()).decode().split("|")
    except (ValueError, binascii.Error):
        parts = []
    if len(parts) != count or any("\0" in part for part in parts):
        raise InvalidInput("it is none that this call gave", "cursor")
    return parts
