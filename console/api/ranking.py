"""``GET /api/ranking``: who has most to do, and how it goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from console.api.parameters import Limit, Scheme
from console.api.scoped import scoped
from gis import queries

router = APIRouter(prefix="/api", tags=["incidents"])
PERIODS = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30),
           "quarter": timedelta(days=91), "year": timedelta(days=365)}


@router.get("/ranking")
async def ranking(
    request: Request,
    by: Annotated[str, Query(pattern="^(grid|officer|community|street)$")] = "grid",
    period: Annotated[str, Query(pattern="^(day|week|month|quarter|year)$")] = "month",
    scheme: Scheme = "base", limit: Limit = 50,
) -> dict[str, Any]:
    """Reported, open, overdue and closed in the period ending now, most reported first."""
    now = datetime.now(UTC)
    since = now - PERIODS[period]
    query = "ranking_of_officers" if by == "officer" else "ranking_of_areas"
    values = {"since": since, "now": now, "level": by, "scheme": scheme, "limit": limit}
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get(query), values)
        rows = await cursor.fetchall()
    return {"by": by, "since": since, "until": now, "rows": [row[0] for row in rows]}
