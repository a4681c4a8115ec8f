"""``/api/incidents/{id}/duplicates`` and ``/api/reports/{id}``: one matter, told more than once."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from console.api.scoped import scoped
from console.api.shares import check_id
from gis import queries
from gis.errors import NotFound

router = APIRouter(prefix="/api", tags=["incidents"])


@router.get("/incidents/{incident_id}/duplicates")
async def duplicates(request: Request, incident_id: int) -> dict[str, Any]:
    """Open matters that may be the same, likeliest first, and what is merged already.

    Merge by the step `merge` with `to` incident:N; `split` takes it out again.
    """
    values = {"id": check_id(incident_id)}
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("incident_merged"), values)
        row = await cursor.fetchone()
        if row is None:
            raise NotFound(f"no incident {incident_id}, or not for you to see")
        cursor = await connection.execute(queries.get("incident_duplicates"), values)
        found = await cursor.fetchall()
    merged_into, merged = row
    return {"incident": incident_id, "merged_into": merged_into, "merged": merged,
            "duplicates": [one for (one,) in found]}


@router.get("/reports/{report_id}")
async def report(request: Request, report_id: int) -> dict[str, Any]:
    """What became of a report, in whichever matter it ended up: also for whoever filed it."""
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("report_state"), {"id": check_id(report_id)})
        row = await cursor.fetchone()
    if row is None or row[0] is None:
        raise NotFound(f"no report {report_id}, or not for you to see")
    return row[0]
