"""Merging two matters into one: two steps, one on each, stored as one act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from console.matters import Matter, as_json
from gis import queries
from gis.incident_rules import Action
from gis.types import Target, TargetKind


async def store_merge(connection: AsyncConnection, secret: str, merged: Matter, into: Matter,
                      at: datetime, lang: str, note: str | None = None) -> None:
    """Merge a matter into another; both must be open, and the caller's to merge.

    Raises
    ------
    NotLawful
        Where either may not.
    Conflict
        Where either has moved on.
    """
    one, two = merged.incident.id, into.incident.id
    merge = merged.take(Action.MERGE, at, lang, note=note,
                        target=str(Target(TargetKind.INCIDENT, two)))
    absorb = into.take(Action.ABSORB, at, lang, note=note,
                       target=str(Target(TargetKind.INCIDENT, one)))
    values: dict[str, Any] = {
        "secret": secret, "merged": one, "merged_count": merged.incident.step_count,
        "merge_step": as_json(merge), "merge_cache": as_json(merged.after(merge)),
        "absorbing": two, "absorbing_count": into.incident.step_count,
        "absorb_step": as_json(absorb), "absorb_cache": as_json(into.after(absorb))}
    await connection.execute(queries.get("append_pair"), values)
