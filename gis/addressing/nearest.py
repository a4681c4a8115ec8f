"""Coordinates → the nearest building and its address."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from gis import queries
from gis.addressing.matches import Findings, Match
from gis.crs import to_cgcs2000

WITHIN_M = 1_000.0


async def nearest(connection: psycopg.AsyncConnection, lon: float, lat: float,
                  datum: str = "wgs84", *, limit: int = 5,
                  within_m: float = WITHIN_M) -> Findings:
    """The buildings nearest to a place, among what the connection's caller may see.

    Parameters
    ----------
    connection
        A transaction that has entered, or one of the owner's.
    lon, lat
        Degrees in `datum`.
    limit
        Buildings at most.
    within_m
        How far, in metres to the footprint; inside it the distance is 0.

    Raises
    ------
    UnknownDatum
        For a datum that is none.
    """
    x, y, _ = to_cgcs2000(lon, lat, datum)
    cursor = await connection.execute(queries.get("nearest_buildings"), {
        "lon": float(x), "lat": float(y), "within_m": within_m, "limit": limit})
    rows = await cursor.fetchall()
    cursor = await connection.execute(
        queries.get("buildings_told"), {"building_ids": [row[0] for row in rows]})
    told = {row[0]: row for row in await cursor.fetchall()}
    matches = []
    for number, distance_m in rows:
        _, code, text, at_lon, at_lat = told[number]
        matches.append(Match(
            None, code, None, number, text or "", at_lon, at_lat,
            round(1 / (1 + distance_m / 50), 3), "nearest",
            (("inside" if distance_m == 0 else "distance", f"{distance_m:.1f}"),), "building",
            distance_m=distance_m))
    first = matches[0].distance_m if matches else None
    matches = [replace(match, tied=len(matches) > 1 and match.distance_m == first
                       and matches[1].distance_m == first) for match in matches]
    return Findings(matches, bool(matches) and matches[0].tied,
                    "building" if matches else None)
