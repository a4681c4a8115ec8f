"""Drafts in memory for tests: two communities of two by two grids, with houses, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely

from gis.plan_rules import parse_rules
from gis.plans.figures import COUNTED, Points
from gis.plans.ground import DraftGround
from gis.plans.reading import BaseArea, Draft, Face, Parent
from gis.plans.workbench import Workbench
from tests.gis.builders import at, rectangle
from tests.gis.planning import COMMUNITIES, grid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def base_areas() -> dict[str, BaseArea]:
    """Eight grids of ten by ten units."""
    found = {}
    for community in range(2):
        for serial in range(4):
            x, y = 20 * community + 10 * (serial % 2), 10 * (serial // 2)
            key = grid(community, serial + 1)
            found[key] = BaseArea(key, f"网格{serial + 1}", COMMUNITIES[community],
                                  shapely.MultiPolygon([rectangle(x, y, x + 10, y + 10)]),
                                  100, 50, 1)
    return found


def parents() -> dict[str, Parent]:
    """The two communities."""
    return {code: Parent(code, f"name of {code}", shapely.MultiPolygon([
        rectangle(20 * number, 0, 20 * number + 20, 20)]))
        for number, code in enumerate(COMMUNITIES)}


def ground() -> DraftGround:
    """A house every two and a half units, a street through the middle, no buildings to cut."""
    places = np.array([at(x * 2.5 + 1.25, y * 2.5 + 1.25) for x in range(16) for y in range(8)])
    weights = np.tile(np.arange(1, len(COUNTED) + 1, dtype=np.int64), (len(places), 1))
    points = Points(places[:, 0].copy(), places[:, 1].copy(), weights,
                    np.arange(len(places)) % 5 - 1, ("甲苑", "乙苑", "丙苑", "丁苑"))
    street = np.array([shapely.LineString([at(0, 13), at(40, 13)])], dtype=object)
    return DraftGround(points, street, np.array(["arterial"]), np.array([12.0]),
                       np.array([], dtype=object))


def draft(cursor: int = 0, version: int = 1) -> Draft:
    """A draft of the whole."""
    return Draft(1, "a draft", "base", "grid", "open", version, cursor, cursor, EPOCH, EPOCH, {},
                 {})


def bench(made: Sequence[tuple[int, Face]] = (), operations: Sequence[Mapping[str, Any]] = (),
          cursor: int = 0, base: Mapping[str, BaseArea] | None = None) -> Workbench:
    """A workbench, as a process that has never seen the draft makes it."""
    return Workbench(draft(cursor), base or base_areas(), parents(), list(made), operations,
                     ground(), parse_rules({"topology": {"min_width_m": 0, "min_area_m2": 0}}))


def bytes_of(one: Workbench) -> dict[str, tuple[str, bytes]]:
    """Name and shape of every area, byte for byte."""
    return {key: (face.name, shapely.to_wkb(face.geom)) for key, face in one.faces.items()}
