"""``/api/notices``: what became of the matters for which the caller took the first call."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from console.api.body import read_body, read_json
from console.api.parameters import Limit
from console.api.scoped import scoped
from gis import queries
from gis.errors import InvalidInput

router = APIRouter(prefix="/api/notices", tags=["notices"])
_LIMIT_BYTES = 1_000
_LARGEST = 2**63 - 1


@router.get("")
async def notices(request: Request, limit: Limit = 50, everything: bool = False) -> dict[str, Any]:
    """What the caller has not read yet, newest first; with `everything`, all."""
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("notices"), {"all": everything, "limit": limit})
        rows = await cursor.fetchall()
    return {"notices": [row[0] for row in rows]}


@router.post("/read")
async def read(request: Request) -> dict[str, int]:
    """Mark as read: `{up_to}`, the highest number read."""
    sent = read_json(request, await read_body(request, _LIMIT_BYTES))
    up_to = sent.get("up_to") if isinstance(sent, dict) else None
    if not isinstance(up_to, int) or isinstance(up_to, bool) or not 0 <= up_to <= _LARGEST:
        raise InvalidInput("the number of a notice is needed", "up_to")
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("read_notices"), {"up_to": up_to})
        (count,) = await cursor.fetchone()
    return {"read": count}
