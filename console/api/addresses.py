"""``GET /api/addresses``: standard addresses that read like what was asked."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from console.api.parameters import words
from console.api.scoped import scoped
from gis import queries

router = APIRouter(prefix="/api", tags=["places"])


@router.get("/addresses")
async def addresses(
    request: Request, q: str, limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[dict[str, Any]]:
    """Ranked matches, best first: `how` is code, exact, prefix or similar, `score` 0 to 1."""
    asked = words(q, "q", 200)
    prefix = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    values = {"asked": asked, "prefix": prefix, "limit": limit}
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("addresses_exact"), values)
        rows = await cursor.fetchall()
        if not rows:
            await connection.execute(queries.get("addresses_threshold"))
            cursor = await connection.execute(queries.get("addresses_similar"), values)
            rows = await cursor.fetchall()
    return [row[0] for row in rows]
