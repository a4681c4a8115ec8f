"""The desk's lists: which matters, in which order, page by page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from fastapi import Query
from psycopg import AsyncConnection

from gis import queries
from gis.errors import InvalidInput
from gis.incident_rules import OPEN_STATES, State

ROWS_A_PAGE = 100
# Where filters leave few of what an index gives, no more than so many are looked at for a page.
LOOKED_AT = 5_000
LARGEST_ID = 2**63 - 1
DUE_SOON = timedelta(hours=24)
OPEN = [state.value for state in OPEN_STATES]
ENDED = [state.value for state in State if state not in OPEN_STATES]
STEPS = {
    "verify": [State.REPORTED.value], "dispatch": [State.VERIFIED.value],
    "work": [State.DISPATCHED.value, State.HANDLING.value], "check": [State.HANDLED.value],
    "close": [State.CHECKED.value]}

Lane = Literal["open", "verify", "dispatch", "work", "check", "close", "late", "soon",
               "suspended", "emergency", "unlocated", "finished"]
Sort = Literal["work", "at"]


@dataclass(frozen=True)
class Place:
    """Where a desk stands: rows of the area, building, house, and the caller's unit."""

    here: dict[str, Any] | None
    building: dict[str, Any] | None
    house: dict[str, Any] | None
    unit: dict[str, Any] | None

    @property
    def identity_id(self) -> int | None:
        """The area's."""
        return self.here["identity_id"] if self.here else None

    @property
    def place_id(self) -> int:
        """What lists are kept by: the area, or 0 for the whole, where also belongs what lies
        nowhere yet; a unit lists what it sees of the whole."""
        if self.here is None or (self.here["whole"] and len(self.here["ancestor_ids"]) == 1):
            return 0
        return self.here["identity_id"]

    @property
    def subject(self) -> tuple[str, int]:
        """By what its counts are kept."""
        if self.unit:
            return "unit", self.unit["id"]
        return (self.here["level"], self.place_id) if self.here and self.place_id else ("whole", 0)

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
        self, lane: Lane = "open", sort: Sort = "work",
        class_rank: Annotated[int | None, Query(alias="class", ge=0, le=99)] = None,
        urgency: Annotated[int | None, Query(ge=0, le=3)] = None,
        officer: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
        unit: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
        q: Annotated[str | None, Query(max_length=100)] = None,
        days: Annotated[int, Query(ge=1, le=3660)] = 30,
    ) -> None:
        if q and "\0" in q:
            raise InvalidInput("it holds what can't be stored", "q")
        self.lane, self.sort, self.days = lane, sort, days
        self.narrow = {"class": class_rank, "urgency": urgency, "officer_id": officer,
                       "unit_id": unit, "words": (q or "").strip() or None}

    @property
    def states(self) -> list[str]:
        """The states that the lane shows."""
        return ENDED if self.lane == "finished" else STEPS.get(self.lane, OPEN)


@dataclass(frozen=True)
class Page:
    """The numbers of a page of matters, and how to go on."""

    ids: list[int] = field(default_factory=list)
    next: str | None = None
    looked_back_to: datetime | None = None


async def page_of(connection: AsyncConnection, place: Place, filters: Filters,
                  cursor: str | None, now: datetime, most: int = ROWS_A_PAGE) -> Page:
    """A page of what the filters say; its cost goes neither by history nor by what is open.

    Parameters
    ----------
    now
        By the database's clock, by which deadlines are told.

    Raises
    ------
    InvalidInput
        When the cursor is none that was given.
    """
    values = filters.narrow | _box(place) | {
        "place_id": place.place_id, "states": filters.states, "most": most + 1}
    narrowed = any(value is not None for value in (filters.narrow | _box(place)).values())
    values["most_each"] = max(LOOKED_AT, most + 1) if narrowed else most + 1
    if filters.lane == "finished" or (filters.sort == "at" and filters.lane in ("open", *STEPS)):
        return await _received_page(connection, values, filters, cursor, now, most)
    if filters.lane in ("emergency", "unlocated") or filters.narrow["officer_id"] is not None:
        return await _short_list(connection, values, filters, now)
    return await _open_page(connection, values, filters, cursor, now, most)


async def _short_list(connection: AsyncConnection, values: dict[str, Any],
                      filters: Filters, now: datetime) -> Page:
    """All of what is never much: emergencies, what has no place yet, one officer's work."""
    query = {"emergency": "street_emergencies", "unlocated": "street_unplaced"}.get(
        filters.lane, "street_of_officer")
    before = now if filters.lane == "late" else None
    found = await connection.execute(queries.get(query), values | {"due_before": before})
    return Page([row[0] for row in await found.fetchall()])


async def _open_page(connection: AsyncConnection, values: dict[str, Any], filters: Filters,
                     cursor: str | None, now: datetime, most: int) -> Page:
    """Emergencies, then by deadline; what is late has the earliest, what stands has none."""
    since, until = {"late": ("-infinity", now), "soon": (now, now + DUE_SOON),
                    "suspended": ("infinity", "infinity")}.get(
                        filters.lane, ("-infinity", "infinity"))
    still = filters.lane not in ("late", "soon")
    after, after_id = _read(cursor)
    pinned = filters.lane in ("open", *STEPS)
    if cursor is not None:
        since = after or "infinity"
    first = []
    if pinned and cursor is None:
        found = await connection.execute(queries.get("street_emergencies"), values)
        first = [row[0] for row in await found.fetchall()]
    found = await connection.execute(queries.get("street_open"), values | {
        "since": str(since), "since_id": -1 if after_id is None else after_id,
        "until": str(until), "still": still, "below": 3 if pinned else 99,
        "still_id": after_id if cursor is not None and after is None else -1})
    rows = await found.fetchall()
    horizon = rows.pop() if rows and rows[-1][2] else None
    last = rows[most - 1] if len(rows) > most else horizon
    following = _write(last[0] and last[0].isoformat(), last[1]) if last else None
    return Page(first + [row[1] for row in rows[:most]], following)


async def _received_page(connection: AsyncConnection, values: dict[str, Any], filters: Filters,
                         cursor: str | None, now: datetime, most: int) -> Page:
    before, before_id = _read(cursor)
    ended = filters.lane == "finished"
    found = await connection.execute(queries.get("street_received"), values | {
        "open": not ended, "before": before or now,
        "before_id": LARGEST_ID if before_id is None else before_id,
        "since": str(now - timedelta(days=filters.days)) if ended else "-infinity"})
    rows = await found.fetchall()
    horizon = rows.pop() if rows and rows[-1][2] else None
    last = rows[most - 1] if len(rows) > most else horizon
    following = _write(last[0].isoformat(), last[1]) if last else None
    return Page([row[1] for row in rows[:most]], following, last[0] if last and ended else None)


async def rows_of(connection: AsyncConnection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """What a list shows of matters, in the order of their numbers."""
    cursor = await connection.execute(queries.get("street_rows"), {"ids": list(ids)})
    return [row[0] for row in await cursor.fetchall()]


def lanes_of(numbers: dict[str, Any]) -> dict[str, dict[str, int]]:
    """The counts of the tabs, from those by state."""
    states = numbers.pop("states")

    def total(names: Sequence[str], key: str) -> int:
        return sum(states[name][key] for name in names if name in states)

    lanes = {lane: {"open": total(names, "open"), "late": total(names, "late")}
             for lane, names in {"open": OPEN, **STEPS}.items()}
    kinds = {"late": "late", "soon": "soon", "suspended": "still"}
    return lanes | {lane: {"open": total(OPEN, key)} for lane, key in kinds.items()} | {
        lane: numbers.pop(lane) for lane in ("emergency", "unlocated")}


def _box(place: Place) -> dict[str, float | None]:
    return {side: place.building[side] if place.building else None
            for side in ("west", "south", "east", "north")}


def _write(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _read(cursor: str | None) -> tuple[datetime | None, int | None]:
    if cursor is None:
        return None, None
    try:
        padded = cursor[:300] + "=" * (-len(cursor) % 4)
        at, number = orjson.loads(base64.urlsafe_b64decode(padded.encode()))
        moment = None if at is None else datetime.fromisoformat(at)
        if not 0 <= int(number) <= LARGEST_ID or (moment and moment.tzinfo is None):
            raise ValueError
        return moment, int(number)
    except (ValueError, TypeError, binascii.Error, UnicodeError):
        raise InvalidInput("it is none that this call gave", "cursor") from None
