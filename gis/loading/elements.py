"""Elements of an address (GA/T 2000.32) that a file does not tell, read from its text."""

from __future__ import annotations

import re
from functools import lru_cache

from gis.addressing import read
from gis.addressing.finding import bare

# Targets of the loaders, and what the reader calls them.
UPPER = {"province": "province", "city": "city", "district": "district", "subdistrict": "street",
         "community": "community"}
LOWER = {"road": "road", "road_number": "road_number", "compound": "compound",
         "building_number": "building", "unit": "unit", "floor": "floor", "room": "room"}

# A room's number at the end: houses of one building differ in nothing else.
_ROOM = re.compile(r"(?P<head>.*\D)(?P<room>[1-9]\d{1,4})室")


def with_elements(told: dict[str, str | None], text: str | None) -> dict[str, str | None]:
    """What a row tells, completed from its text.

    Divisions that the row does not tell are taken from the text; road to room only where the text
    is read as saying what the row tells of these, for what a file has put into columns is not to
    be mixed with a guess.

    Parameters
    ----------
    told
        By target, None where the row tells nothing.
    text
        The address as written.

    Returns
    -------
    dict
        The same targets in the same order.
    """
    wanted = {target: kind for target, kind in UPPER.items()
              if target in told and told[target] is None}
    if not text or not (wanted or any(told.get(target) is None for target in LOWER)):
        return told
    parts = _parts(text)
    if told.get("room") and told["room"] == f"{parts.get('unit')}-{parts.get('room')}":
        parts = parts | {"room": told["room"]}
        del parts["unit"]
    if told.get("road") and "road" not in parts and parts.get("compound") == told["road"]:
        # A road without a road's ending, such as 马家堡.
        parts = parts | {"road": told["road"]}
        del parts["compound"]
    # What the row tells of road to room, the reading must tell too, or it is another reading.
    if all(not told.get(target) or bare(told[target]) == bare(parts.get(kind))
           for target, kind in LOWER.items()):
        wanted |= {target: kind for target, kind in LOWER.items()
                   if target in told and told[target] is None}
    return told | {target: parts[kind] for target, kind in wanted.items() if kind in parts}


def _parts(text: str) -> dict[str, str]:
    """The text's elements; all houses of a building are read as one."""
    found = _ROOM.fullmatch(text)
    if found:
        stand_in = "1".ljust(len(found["room"]), "0")
        parts = _read(f"{found['head']}{stand_in}室")
        if parts.get("room") == stand_in:
            return parts | {"room": found["room"]}
    return _read(text)


@lru_cache(maxsize=20_000)
def _read(text: str) -> dict[str, str]:
    return read(text).parts
