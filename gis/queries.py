"""Named queries: `-- name: x` heads each in gis/sql/queries/*.sql."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_HEAD = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def get(name: str) -> bytes:
    """The text of a query, as psycopg takes it.

    Raises
    ------
    KeyError
        When no file has it.
    """
    return _queries()[name]


@cache
def _queries() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for file in (files("gis") / "sql" / "queries").iterdir():
        if file.name.endswith(".sql"):
            _, *parts = _HEAD.split(file.read_text("utf-8"))
            for name, text in zip(parts[::2], parts[1::2], strict=True):
                if name in found:
                    raise ValueError(f"the query {name} stands twice, again in {file.name}")
                found[name] = text.strip().encode()
    return found
