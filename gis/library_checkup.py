"""What is wrong in the address library as a whole: codes against ground, doubles, orphans."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
import shapely

from gis import queries

# A clerk works through hundreds; the count tells of the rest.
MOST_TOLD = 500


@dataclass(frozen=True)
class Finding:
    """One thing to look at, and where (CGCS2000 degrees).

    Attributes
    ----------
    code
        The house, building or grid concerned; '' where it has none.
    text
        Its name or address.
    told
        Particulars by name, such as the community that the code names and the one it lies in.
    """

    code: str
    text: str
    lon: float
    lat: float
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lint:
    """All findings of one kind: `count` of them, the first `MOST_TOLD` in `findings`."""

    kind: str
    count: int
    findings: list[Finding]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"count": self.count, "findings": [asdict(finding) for finding in self.findings]}


def examine_library(connection: psycopg.Connection) -> list[Lint]:
    """Examine all that the connection sees.

    Returns
    -------
    list of Lint
        In this order, empty ones too: ``code_against_ground`` (a building's code names a
        community in which it does not lie), ``same_text`` (one address text for several houses),
        ``without_building`` (houses that lie in no building), ``outside_grids`` (addresses in no
        grid), ``grids_without_address``, ``without_elements`` (only a text, nothing read of it).
    """
    return [
        _lint(connection, "code_against_ground", lambda row: Finding(
            row[0], row[1], row[4], row[5], {"coded": row[2], "lies_in": row[3]})),
        _lint(connection, "same_text", lambda row: Finding(
            row[1][0], row[0], row[2], row[3], {"codes": row[1][:10], "houses": len(row[1])})),
        _lint(connection, "without_building", lambda row: Finding(*row),
              "houses_without_building"),
        _lint(connection, "outside_grids", lambda row: Finding(*row), "addresses_outside"),
        _lint(connection, "grids_without_address", lambda row: Finding(*row)),
        _lint(connection, "without_elements", lambda row: Finding(*row)),
    ]


def grid_outlines(connection: psycopg.Connection) -> list[tuple[str, shapely.Geometry]]:
    """Codes and simplified outlines of the base grids in force, to draw findings on."""
    rows = connection.execute(queries.get("checkup_ground")).fetchall()
    return [(code, shapely.from_wkb(shape)) for code, shape in rows]


def _lint(connection: psycopg.Connection, kind: str, finding: Any, query: str | None = None
          ) -> Lint:
    cursor = connection.execute(queries.get(f"checkup_{query or kind}"))
    told = [finding(row) for row in cursor.fetchmany(MOST_TOLD)]
    return Lint(kind, cursor.rowcount, told)
