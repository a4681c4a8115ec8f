"""The desk's lists: which matters, in which order, page by page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from fastapi import Query
from psycopg import AsyncConnection

from gis import queries
from gis.errors import InvalidInput

ROWS_A_PAGE = 100
# Of finished work at most so many rows are looked at for one page, however few of them fit.
LOOKED_AT = 5_000
LARGEST_ID = 2**63 - 1

Lane = Literal["open", "verify", "dispatch", "work", "check", "close", "late", "soon",
               "suspended", "emergency", "unlocated", "finished", "closed", "assessed",
               "rejected", "all"]
FINISHED: frozenset[str] = frozenset({"finished", "closed", "assessed", "rejected", "all"})
Sort = Literal["work", "at", "deadline", "class", "state", "area", "officer", "id"]


@dataclass(frozen=True)
class Place:
    """Where a desk stands: rows of the area, building, house, and the caller's unit."""

    here: dict[str, Any] | None
    building: dict[str, Any] | None
    house: dict[str, Any] | None
    unit: dict[str, Any] | None
    asked: bool = False

    @property
    def identity_id(self) -> int | None:
        """The area's."""
        return self.here["identity_id"] if self.here else None

    @property
    def within(self) -> int | None:
        """The area that matters have to lie in; None at the top of a whole scope, where those
        that lie nowhere yet belong too."""
        if self.here and self.here["whole"] and len(self.here["ancestor_ids"]) == 1:
            return None
        return self.identity_id

    @property
    def drawn(self) -> int | None:
        """The area of which a map is drawn: a unit's is where it works."""
        return self.unit["area_identity_id"] if self.unit else self.identity_id

    @property
    def ancestor_ids(self) -> list[int]:
        """From the top down to the area itself."""
        return self.here["ancestor_ids"] if self.here else []

    @property
    def leaf(self) -> bool:
        """Whether nothing lies under the area but buildings."""
        return bool(self.here and self.here["leaf"])

    def told(self) -> dict[str, Any]:
        """What a page is told of it."""
        shown = {"building": ("code", "name", "kind", "floors"), "house": ("code", "text")}
        told: dict[str, Any] = {
            name: {key: row[key] for key in keys} if (row := getattr(self, name)) else None
            for name, keys in shown.items()}
        return told | {
            "code": self.here["code"] if self.here else None,
            "name": self.here["name"] if self.here else (self.unit or {}).get("name"),
            "level": self.here["level"] if self.here else None, "leaf": self.leaf}


class Filters:
    """What a list is narrowed to and ordered by, as the address says."""

    def __init__(
        self, lane: Lane = "open", sort: Sort = "work", down: bool = False,
        class_rank: Annotated[int | None, Query(alias="class", ge=0, le=99)] = None,
        urgency: Annotated[int | None, Query(ge=0, le=3)] = None,
        officer: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
        unit: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
        q: Annotated[str | None, Query(max_length=100)] = None,
        days: Annotated[int, Query(ge=1, le=3660)] = 30,
    ) -> None:
        if q and "\0" in q:
            raise InvalidInput("it holds what can't be stored", "q")
        self.lane, self.sort, self.down, self.days = lane, sort, down, days
        self.narrow = {"lane": lane, "class": class_rank, "urgency": urgency,
                       "officer_id": officer, "unit_id": unit, "words": (q or "").strip() or None}


@dataclass(frozen=True)
class Page:
    """The numbers of a page of matters, and how to go on."""

    ids: list[int] = field(default_factory=list)
    total: int | None = None
    next: str | None = None
    looked_back_to: datetime | None = None


async def page_of(connection: AsyncConnection, place: Place, filters: Filters,
                  cursor: str | None, most: int = ROWS_A_PAGE) -> Page:
    """A page of what the filters say.

    Raises
    ------
    InvalidInput
        When the cursor is none that was given.
    """
    if filters.lane in FINISHED:
        return await _finished_page(connection, place, filters, cursor, most)
    return await open_page(connection, place, filters, cursor, most)


async def open_page(connection: AsyncConnection, place: Place, filters: Filters,
                    cursor: str | None, most: int = ROWS_A_PAGE) -> Page:
    """A page of open work; the cost goes by what is open, not by history."""
    rank, last_id = _read(cursor, float, None)
    found = await connection.execute(queries.get("street_open"), filters.narrow | _box(place) | {
        "identity_id": place.within, "now": datetime.now(UTC), "sort": filters.sort,
        "down": filters.down, "after_rank": rank, "after_id": last_id, "most": most + 1})
    rows = await found.fetchall()
    following = _write(*rows[most - 1][:2]) if len(rows) > most else None
    return Page([row[1] for row in rows[:most]], rows[0][2] if rows else 0, following)


async def _finished_page(connection: AsyncConnection, place: Place, filters: Filters,
                         cursor: str | None, most: int) -> Page:
    now = datetime.now(UTC)
    before, before_id = _read(cursor, datetime.fromisoformat, now)
    grids = None
    if place.within is not None:
        found = await connection.execute(
            queries.get("street_grids"), {"identity_id": place.within})
        grids = (await found.fetchone())[0]
    # A few more than a page from a single grid, few from each of a hundred.
    each = LOOKED_AT if grids is None else max(40, LOOKED_AT // max(len(grids), 1))
    found = await connection.execute(
        queries.get("street_finished"), filters.narrow | _box(place) | {
            "grid_ids": grids, "most_each": each, "most": most + 1, "before": before,
            "before_id": LARGEST_ID if before_id is None else before_id,
            "since": now - timedelta(days=filters.days)})
    rows = await found.fetchall()
    horizon = rows.pop() if rows and rows[-1][2] else None
    last = rows[most - 1] if len(rows) > most else horizon
    following = _write(last[0].isoformat(), last[1]) if last else None
    return Page([row[1] for row in rows[:most]], None, following, last[0] if last else None)


async def rows_of(connection: AsyncConnection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """What a list shows of matters, in the order of their numbers."""
    cursor = await connection.execute(queries.get("street_rows"), {"ids": list(ids)})
    return [row[1] for row in await cursor.fetchall()]


def _box(place: Place) -> dict[str, float | None]:
    return {side: place.building[side] if place.building else None
            for side in ("west", "south", "east", "north")}


def _write(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _read(cursor: str | None, kind: Any, otherwise: Any) -> tuple[Any, int | None]:
    if cursor is None:
        return otherwise, None
    try:
        padded = cursor[:300] + "=" * (-len(cursor) % 4)
        rank, number = orjson.loads(base64.urlsafe_b64decode(padded.encode()))
        number = int(number)
        if not 0 <= number <= LARGEST_ID:
            raise ValueError
        value = kind(rank)
        if isinstance(value, datetime) and value.tzinfo is None:
            raise ValueError
        return value, number
    except (ValueError, TypeError, binascii.Error, UnicodeError):
        raise InvalidInput("it is none that this call gave", "cursor") from None
