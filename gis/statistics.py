"""What a wall shows, counted in the database: each in one statement over the caller's share."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from gis import queries
from gis.errors import NotFound

RATE_WINDOW = timedelta(days=30)
RECENT_WINDOW = timedelta(hours=24)
# An officer's fix tells where the officer is for so long.
FIX_MINUTES = 120
MOST_ARCS = 2000
# Further back no visit is looked for.
VISIT_DAYS = 400
TILE_PIXELS = 512
# The least that a wall's map is drawn on, without its panels.
MAP_PIXELS = (1100, 800)


@dataclass(frozen=True)
class Moment:
    """A moment in the city, and who is asking.

    Attributes
    ----------
    now
        The moment itself.
    scope
        Equal for all who may see the same; None before anybody has entered.
    today, yesterday
        When these days began in the city's time zone.
    a_day_ago
        The same time on the city's clocks, yesterday.
    hour
        The hour on the city's clocks, 0 to 23.
    zone
        The city's time zone by its IANA name.
    """

    now: datetime
    scope: str | None
    today: datetime
    yesterday: datetime
    a_day_ago: datetime
    hour: int
    zone: str


async def moment(connection: AsyncConnection, now: datetime) -> Moment:
    """The moment `now` (with offset), inside a transaction that has entered."""
    return Moment(now=now, **await _row(connection, "wall_moment", {"now": now}))


async def figures(connection: AsyncConnection, scheme: str, at: Moment) -> bytes:
    """The wall's figures as JSON; areas are those of the scheme.

    `on_time_rate` is over the matters received on the days of `RATE_WINDOW`, today the last of
    them, whose outcome is decided: solved, or past the deadline and still open, which counts as
    late. None of either: null. It is as of the last `gis.assessment.settle`.
    """
    values = asdict(at) | {"scheme": scheme, "month_ago": at.now - RATE_WINDOW}
    return await _body(connection, "wall_figures", values)


async def areas(connection: AsyncConnection, scheme: str, level: str) -> bytes:
    """Areas of a level as JSON: code, name, label point inside (lon, lat), open incidents."""
    return await _body(connection, "wall_areas", {"scheme": scheme, "level": level})


async def incidents(connection: AsyncConnection, since: datetime) -> bytes:
    """Open incidents and those received since then, as JSON columns with epoch and sequence.

    `class` is the rank of the class, 0 to 9. All is of one snapshot, so that ``/live`` read on
    after ``EPOCH-SEQUENCE`` misses nothing; what comes twice is an upsert of the same row.
    """
    return await _body(connection, "wall_incidents", {"since": since})


async def start(connection: AsyncConnection, scheme: str) -> dict[str, Any]:
    """Title, time zone, bounds (west, south, east, north), outline (convex, lon
    and lat), centre, zoom, tour stops, schemes, classes.

    Raises
    ------
    NotFound
        If the scheme has no area that the caller may see.
    """
    row = await _row(connection, "wall_start", {"scheme": scheme})
    if row["bounds"] is None:
        raise NotFound(f"the scheme {scheme!r:.40} has no areas here")
    west, south, east, north = row["bounds"]
    return row | {
        "center": [(west + east) / 2, (south + north) / 2],
        "zoom": fitting_zoom(west, south, east, north),
    }


def fitting_zoom(west: float, south: float, east: float, north: float) -> float:
    """The Web Mercator zoom (512-pixel tiles) at which bounds in degrees just fill a map.

    >>> fitting_zoom(-180, -66, 180, 66)
    1.1
    >>> fitting_zoom(120.0, 30.0, 120.0, 30.0)
    16.0
    """
    def mercator(lat: float) -> float:
        return math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)

    spans = ((east - west) / 360, mercator(north) - mercator(south))
    zooms = [math.log2(pixels / TILE_PIXELS / span)
             for pixels, span in zip(MAP_PIXELS, spans, strict=True) if span > 0]
    return round(min([16.0, *zooms]), 2)


async def dispatches(connection: AsyncConnection, now: datetime) -> bytes:
    """Arcs from officers to the matters they were sent to, the newest `MOST_ARCS`, as columns.

    `origin` is 0 where an arc begins at the officer's last fix before `now`, 1 where it begins in
    the middle of the ground that the officer is posted to; degrees of EPSG:4490.
    """
    return await _body(connection, "wall_dispatches",
                       {"now": now, "minutes": FIX_MINUTES, "most": MOST_ARCS})


async def visits(connection: AsyncConnection, now: datetime) -> bytes:
    """Days before `now` since somebody was last at a building, of those with any record.

    Returns
    -------
    bytes
        Big endian: a count n (uint32), n numbers of buildings (uint32), n days (uint16).
    """
    return bytes((await _row(connection, "wall_visits", {"now": now, "days": VISIT_DAYS}))["body"])


async def _body(connection: AsyncConnection, query: str, values: dict[str, Any]) -> bytes:
    return (await _row(connection, query, values))["body"].encode()


async def _row(connection: AsyncConnection, query: str, values: dict[str, Any]) -> dict[str, Any]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchone()
