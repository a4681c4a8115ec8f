"""``/healthz``, ``/readyz``, ``/metrics``."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from console import metrics
from gis import queries
from gis.errors import DatabaseShut, SetupError
from gis.pulse import AWAY
from gis.schema import fit_of

router = APIRouter(tags=["health"])
_FRESH = {"Cache-Control": "no-store"}


@router.get("/healthz", response_class=Response)
async def healthz() -> Response:
    """Whether the process answers; asks nobody else."""
    return Response(orjson.dumps({"status": "ok"}), media_type="application/json", headers=_FRESH)


@router.get("/readyz", response_class=Response)
async def readyz(request: Request) -> Response:
    """Whether it can do its work.

    503 with the reason when the database is away or shut, is older than this program, or was
    migrated by a newer one that this one can't work with: whoever shares out the load then turns
    elsewhere.
    """
    database = request.app.state.database
    async with database.plain() as connection:
        fit = await fit_of(connection)
        if not fit.serves:
            raise SetupError(fit.reason)
        await connection.execute(queries.get("event_head"))
    if database.pulse.trouble is not None and database.pulse.trouble.kind != AWAY:
        raise DatabaseShut(database.pulse.trouble.kind)
    return Response(orjson.dumps({"status": "ready"}), media_type="application/json",
                    headers=_FRESH)


@router.get("/metrics", include_in_schema=False)
async def read_metrics(request: Request) -> Response:
    """Counters for Prometheus."""
    state = request.app.state
    state.metrics.intake.set(state.load.intake)
    state.metrics.overloaded.set(state.load.refused)
    state.metrics.streams.set(state.live.stream_count)
    state.metrics.sequence.set(state.live.head_sequence)
    return Response(state.metrics.text(), media_type=metrics.CONTENT_TYPE)
