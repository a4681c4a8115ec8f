"""Statistics of a period: service and control matters, by class, tier, month and area.

Everything is a sum of kept counts (see `gis.models.assessment`): no matter is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from gis import queries
from gis.assessment import Span
from gis.clocks import OnTime
from gis.errors import NotFound
from gis.scoring import percent

COUNTS = ("reported", "open", "overdue", "solved", "rejected", "on_time", "late", "in_grid",
          "in_community", "in_street", "reopened")
WHOLE = {"identity_id": 0, "code": None, "name": None, "level": "whole", "path": []}
Row = Mapping[str, Any]


async def statistics(connection: AsyncConnection, span: Span, scheme: str = "base",
                     area: str | None = None) -> dict[str, Any]:
    """The tables of an area and a period.

    Parameters
    ----------
    connection
        Inside a transaction that has entered.
    span
        From `gis.assessment.span_of`.
    scheme, area
        The area by its code; without one the caller's own, or all there is.

    Returns
    -------
    dict: area, total, kinds (service, control), classes, tiers, months, areas; rows as from
    `figures`, with ``share_percent`` of the total.

    Raises
    ------
    NotFound
        No such area, or not for the caller.
    """
    here = await _area(connection, scheme, area)
    spans = span.grains
    rows = await _all(connection, "statistics_by_class", subject=here["level"],
                      key_id=here["identity_id"], **spans)
    classes = await _all(connection, "statistics_classes")
    total = figures(rows)
    return {
        "area": {name: here[name] for name in ("code", "name", "level", "path")},
        "total": total,
        "kinds": [{"kind": kind} | _shared(_where(rows, service=service), total)
                  for kind, service in (("service", True), ("control", False))],
        "classes": [each | _split(_where(rows, class_rank=each["class_rank"]), total)
                    for each in classes],
        "tiers": tiers(rows),
        "months": [{"month": f"{month:%Y-%m}"} | _shared(_where(rows, month=month), total)
                   for month in sorted({row["month"] for row in rows})],
        "areas": await _areas(connection, scheme, here, spans, total),
    }


def figures(rows: Iterable[Row]) -> dict[str, Any]:
    """Sums of counts, and the rates that follow.

    `count` is what was to be handled: reported without those turned down. `solved_percent` is
    100 · solved / count, two decimals: 4,193 of 4,205 is 99.71; `on_time_percent` is of the
    solved and the open and overdue (`gis.clocks.OnTime`). None of nothing.
    """
    sums = dict.fromkeys(COUNTS, 0)
    for row in rows:
        for name in COUNTS:
            sums[name] += row[name]
    count = sums["reported"] - sums["rejected"]
    rate = OnTime(sums["on_time"], sums["late"], sums["overdue"]).rate
    return {"count": count, "solved": sums["solved"], "open": sums["open"],
            "overdue": sums["overdue"], "rejected": sums["rejected"],
            "reopened": sums["reopened"], "on_time": sums["on_time"], "late": sums["late"],
            "solved_percent": percent(sums["solved"], count),
            "on_time_percent": None if rate is None else round(100 * rate, 2)}


def tiers(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """In which tier the solved ones were solved, with the share of the solved; `up_to_percent`
    adds the tiers below: 98 and 1 of 100 solved by grid and community are 98.0 and 99.0.
    """
    told = list(rows)
    solved = sum(row["solved"] for row in told)
    counts = {tier: sum(row[f"in_{tier}"] for row in told)
              for tier in ("grid", "community", "street")}
    counts["district"] = solved - sum(counts.values())
    found, below = [], 0
    for tier, count in counts.items():
        below += count
        found.append({"tier": tier, "solved": count, "share_percent": percent(count, solved),
                      "up_to_percent": percent(below, solved)})
    return found


def _shared(rows: Iterable[Row], total: Row) -> dict[str, Any]:
    made = figures(rows)
    return made | {"share_percent": percent(made["count"], total["count"])}


def _split(rows: list[Row], total: Row) -> dict[str, Any]:
    """As `_shared`, with how many of the matters are of either kind."""
    return _shared(rows, total) | {
        kind: figures(_where(rows, service=service))["count"]
        for kind, service in (("service", True), ("control", False))}


def _where(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


async def _area(connection: AsyncConnection, scheme: str, area: str | None) -> dict[str, Any]:
    found = await _all(connection, "statistics_area", scheme=scheme, area=area)
    if found:
        return found[0]
    if area is not None:
        raise NotFound(f"there is no area {area!r:.40} here")
    return WHOLE


async def _areas(connection: AsyncConnection, scheme: str, here: Row, spans: dict[str, Any],
                 total: Row) -> list[dict[str, Any]]:
    children = await _all(connection, "statistics_children", scheme=scheme,
                          identity_id=here["identity_id"])
    counted = {row["key_id"]: row for row in await _all(
        connection, "statistics_by_area", ids=[child["identity_id"] for child in children],
        subjects=sorted({child["level"] for child in children}), **spans)}
    return [{"code": child["code"], "name": child["name"], "level": child["level"]}
            | _shared([counted[child["identity_id"]]] if child["identity_id"] in counted else [],
                      total)
            for child in children]


async def _all(connection: AsyncConnection, query: str, **values: Any) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchall()
