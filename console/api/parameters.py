"""Query parameters that several calls share."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator

from gis.errors import InvalidInput
from gis.reports import check_words

Scheme = Annotated[str, Query(pattern=r"^[a-z0-9_-]{1,40}$")]
Limit = Annotated[int, Query(ge=1, le=500)]
LONGEST_CODE = 100
_LIKE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def _written(value: object) -> object:
    """Only what is written as a time: a bare number would be taken for seconds since 1970."""
    if isinstance(value, str) and not _LIKE_TIME.match(value):
        raise ValueError("write it as 2026-11-22T08:30:00%2B08:00")
    return value


Moment = Annotated[datetime | None, BeforeValidator(_written), Query()]


def moment(value: datetime | None, field: str) -> datetime | None:
    """A time with its offset.

    Raises
    ------
    InvalidInput
        When the offset is missing.
    """
    if value is not None and value.tzinfo is None:
        raise InvalidInput("its offset is missing: write it as 2026-11-22T08:30:00%2B08:00",
                           field)
    return value


def words(value: str | None, field: str, longest: int = LONGEST_CODE) -> str | None:
    """Text that the database can take.

    Raises
    ------
    InvalidInput
        When it is empty, too long, or holds what can't be stored.
    """
    if value is None:
        return None
    try:
        return check_words(value, longest).strip()
    except InvalidInput as fault:
        raise InvalidInput(fault.message, field) from None
