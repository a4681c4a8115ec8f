"""Assessment from the database: who did how well in a period, and what is behind the number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from gis import queries, scoring
from gis.database import Database
from gis.errors import NotFound
from gis.periods import Period, read_period
from gis.types import Tier

SUBJECTS = ("grid", "officer", "community", "street", "district")
_COUNTED = ("reported", "open", "overdue", "solved", "rejected", "on_time", "late", "in_grid",
            "in_community", "in_street", "reopened", "returned", "rated", "rating_sum")


@dataclass(frozen=True)
class Span:
    """A period of the city: its days, and the instants at which it begins and ends."""

    period: Period
    since: datetime
    until: datetime

    @property
    def grains(self) -> dict[str, list[date]]:
        """The `days` and whole `months` whose counts make it up."""
        told = list(self.period.grains())
        return {"days": [starts for grain, starts in told if grain == "day"],
                "months": [starts for grain, starts in told if grain == "month"]}


async def settle(database: Database) -> None:
    """Count all that was committed before this call; nothing to do costs next to nothing."""
    async with database.plain() as connection:
        await connection.execute(queries.get("sequence_events"))
        while (await _one(connection, "fold_matters"))["fold_matters"]:
            pass


async def span_of(connection: AsyncConnection, text: str, now: datetime) -> Span:
    """The period that a text stands for, as far as it has come; see `gis.periods`."""
    today = (await _one(connection, "city_today", now=now))["timezone"]
    period = read_period(text, today).until(today)
    edges = await _one(connection, "city_span", first=period.first, last=period.last)
    return Span(period, edges["since"], edges["until"])


async def ranking(connection: AsyncConnection, by: str, span: Span, scheme: str = "base",
                  ) -> list[dict[str, Any]]:
    """Everybody of a kind with counts, parts, score and stars, the best first.

    Parameters
    ----------
    connection
        Inside a transaction that has entered.
    by
        One of `SUBJECTS`.
    span
        From `span_of`.
    scheme
        Whose areas.

    Notes
    -----
    An area whose ground changed since the period began is counted by its ground of today
    (``comparable`` is ``ground``), all others as counted when it happened (``identity``).
    Without a score, last; equal scores by matters solved, then by code.
    """
    rows = await _assessed(connection, by, span, scheme)
    places = scoring.ranks([row["score"] for row in rows])
    for row, place in zip(rows, places, strict=True):
        row["rank"] = place
    return sorted(rows, key=lambda row: (row["rank"] or len(rows) + 1, -row["solved"],
                                         row["code"]))


async def assessment(connection: AsyncConnection, by: str, code: str, span: Span,
                     scheme: str = "base") -> dict[str, Any]:
    """One grid, officer, community or street: as in `ranking`, with days and stage medians.

    Raises
    ------
    NotFound
        No such code, or not for the caller.
    """
    row = next(iter(await _assessed(connection, by, span, scheme, code)), None)
    if row is None:
        raise NotFound(f"there is no {by} {code!r:.40} here")
    days = [date.fromordinal(day) for day in range(
        span.period.first.toordinal(), span.period.last.toordinal() + 1)]
    row["days"] = await _all(connection, "assessed_days", subject=by, key_id=row["key_id"],
                             days=days)
    row["stages"] = await _one(connection, "assessed_stages", **_behind(by, row, span))
    return row


async def matters_behind(connection: AsyncConnection, by: str, row: Mapping[str, Any],
                         span: Span, part: str | None, *, only_cost: bool = False,
                         before: tuple[datetime, int] | None = None, most: int = 50,
                         ) -> list[dict[str, Any]]:
    """The matters that a part of an assessment counted, newest first.

    Parameters
    ----------
    row
        From `assessment`.
    part
        One of `gis.scoring.PARTS`; None for all matters of the period.
    only_cost
        Only those that took points away.
    before
        Time and number of the last matter of the page before.
    """
    kind = ("officer" if by == "officer" else
            "ground" if row["comparable"] == "ground" else "area")
    rank = Tier.GRID.rank if by == "officer" else Tier(by).rank
    at, number = before or (None, None)
    return await _all(
        connection, f"matters_behind_{kind}", **_behind(by, row, span), part=part,
        tier_rank=min(rank, Tier.STREET.rank), only_cost=only_cost, before=at, before_id=number,
        most=most)


def _behind(by: str, row: Mapping[str, Any], span: Span) -> dict[str, Any]:
    return {"key_id": row["key_id"], "since": span.since, "until": span.until,
            "officer": by == "officer", "ground": row["comparable"] == "ground"}


async def _assessed(connection: AsyncConnection, by: str, span: Span, scheme: str,
                    code: str | None = None) -> list[dict[str, Any]]:
    officers = by == "officer"
    names = await _all(connection, "assessed_officers" if officers else "assessed_areas",
                       scheme=scheme, level=by, code=code)
    key_id = names[0]["key_id"] if code is not None and names else None
    counts = await _counts(connection, by, span, key_id)
    ground = set() if officers else await _by_ground(connection, by, span, scheme, names, counts)
    work = await _field_work(connection, officers, span)
    rules, least = await rules_of(connection, by)
    told = []
    for name in names:
        count = counts.get(name["key_id"])
        if count is None and officers and code is None:
            continue  # Nobody is ranked for matters that never were theirs.
        tally = _tally(count, work, name, span.period.days)
        told.append(_row(by, name, tally, rules, least, name["key_id"] in ground))
    return told


async def rules_of(connection: AsyncConnection, by: str,
                   ) -> tuple[dict[str, scoring.Rule], dict[int, float]]:
    """The city's weights and targets for a kind, and the least scores of the stars."""
    rules = {row["part"]: scoring.Rule(row["weight"], row["target"])
             for row in await _all(connection, "score_rules", subject=by)}
    return rules, {row["stars"]: row["least"] for row in await _all(connection, "star_rules")}


async def _counts(connection: AsyncConnection, by: str, span: Span, key_id: int | None,
                  ) -> dict[int, dict[str, Any]]:
    await connection.execute(queries.get("read_by_page"))
    rows = await _all(connection, "assessed_counts", subject=by, key_id=key_id, **span.grains)
    await connection.execute(queries.get("read_as_planned"))
    return {row["key_id"]: row for row in rows}


async def _by_ground(connection: AsyncConnection, by: str, span: Span, scheme: str,
                     names: Iterable[Mapping[str, Any]], counts: dict[int, dict[str, Any]],
                     ) -> set[int]:
    """Count the areas whose ground has changed anew, by today's; which these are."""
    here = {name["key_id"] for name in names}
    changed = {row["identity_id"] for row in await _all(
        connection, "changed_areas", scheme=scheme, level=by, since=span.since)} & here
    if changed:
        found = await _all(connection, "ground_counts", ids=sorted(changed), since=span.since,
                           until=span.until)
        for key_id in changed:
            counts.pop(key_id, None)
        counts |= {row["key_id"]: row for row in found}
    return changed


async def _field_work(connection: AsyncConnection, officers: bool, span: Span,
                      ) -> dict[int, dict[str, Any]]:
    query = "field_work_of_officers" if officers else "field_work_of_areas"
    rows = await _all(connection, query, first=span.period.first, last=span.period.last)
    return {row["key_id"]: row for row in rows}


def _tally(count: Mapping[str, Any] | None, work: Mapping[int, Mapping[str, Any]],
           name: Mapping[str, Any], days: int) -> scoring.Tally:
    told = {} if count is None else {each: count[each] for each in _COUNTED}
    buckets = (count or {}).get("buckets") or {}
    # Where anybody keeps patrols and visits, who has none has done none.
    done = work.get(name["key_id"], {"patrols": 0, "visits": 0}) if work else {}
    return scoring.Tally(
        **told, median_s=scoring.median_of({int(at): n for at, n in buckets.items()}),
        patrols=done.get("patrols"), visits=done.get("visits"),
        grid_days=name["grids"] * days)


def _row(by: str, name: Mapping[str, Any], tally: scoring.Tally,
         rules: Mapping[str, scoring.Rule], least: Mapping[int, float], ground: bool,
         ) -> dict[str, Any]:
    found = scoring.score(by, tally, rules)
    punctual = tally.punctual
    return {
        "key_id": name["key_id"], "code": name["code"], "name": name["name"],
        "reported": tally.reported, "open": tally.open, "overdue": tally.overdue,
        "closed": tally.solved + tally.rejected, "solved": tally.solved,
        "rejected": tally.rejected, "reopened": tally.reopened, "returned": tally.returned,
        "on_time_rate": _rounded(punctual.rate, 4), "on_time": asdict(punctual),
        "median_s": _rounded(tally.median_s, 0), "score": _rounded(found.score, 2),
        "stars": scoring.stars(found.score, least),
        "parts": [{"part": part.name, "value": _rounded(part.value, 4),
                   "score": _rounded(part.score, 2), "weight": part.weight,
                   "target": part.target} for part in found.parts],
        "comparable": "ground" if ground else "identity",
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)


async def _all(connection: AsyncConnection, query: str, **values: Any) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(queries.get(query), values)
        return await cursor.fetchall()


async def _one(connection: AsyncConnection, query: str, **values: Any) -> dict[str, Any]:
    return (await _all(connection, query, **values))[0]
