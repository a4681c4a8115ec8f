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
    """Ranked matches, best first, each with how it fits and a score of 0 to 1.

    `how` is code, exact, prefix, contains or similar.
    """
    asked = words(q, "q", 200)
    values = {"asked": asked, "limit": limit}
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("addresses_exact"), values)
        rows = await cursor.fetchall()
        if not rows:
            await connection.execute(queries.get("addresses_threshold"))
            cursor = await connection.execute(queries.get("addresses_similar"), values)
            rows = await cursor.fetchall()
    return [row[0] for row in rows]
