"""Areas by the code, scheme and level that a row tells."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from gis import queries
from gis.errors import InvalidInput


class AreaCodes:
    """The current areas, looked up once."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._areas: dict[tuple[str, str], dict[str, int]] = {}
        for identity, scheme, level, code in connection.execute(queries.get("areas_by_code")):
            self._areas.setdefault((scheme, code), {})[level] = identity

    def find(self, told: Mapping[str, str | None]) -> int:
        """The identity of the area that `area_code`, `scheme` (else base) and `level` tell.

        Raises
        ------
        InvalidInput
            ``area_missing`` where there is none, ``area_ambiguous`` where `level` must tell.
        """
        scheme, code = told["scheme"] or "base", told["area_code"]
        levels = self._areas.get((scheme, code), {})
        if told["level"]:
            levels = {level: area for level, area in levels.items() if level == told["level"]}
        if not levels:
            raise InvalidInput(f"there is no area {code} in scheme {scheme}"
                               + (f" at level {told['level']}" if told["level"] else "")
                               + ": load areas first", field="area_missing")
        if len(levels) > 1:
            raise InvalidInput(f"area {code} stands at the levels {', '.join(levels)}: a column"
                               " level must tell which is meant", field="area_ambiguous")
        return next(iter(levels.values()))
