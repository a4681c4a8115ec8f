"""Why an operation was not carried out: what, where, by how much, against which limit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import InvalidInput

if TYPE_CHECKING:
    from gis.boundaries.checking import Defect


class RefusalKind(StrEnum):
    """What an operation would do that may not be, or why it can't be carried out at all.

    ``gap`` ground would belong to nobody; ``overlap`` to two, or edges would cross; ``sliver`` a
    face under the least area; ``disconnected`` a face would fall into parts; ``hole`` one would
    enclose another; ``outside_parent`` ground would cross the outline of a parent or of the whole
    coverage; ``building_cut`` a building would lie in two faces; ``too_narrow`` a face under the
    least width; ``frozen`` a frozen face would change; ``not_found`` no such vertex, edge, face or
    street; ``invalid`` the operation makes no sense as given.
    """

    GAP = "gap"
    OVERLAP = "overlap"
    SLIVER = "sliver"
    DISCONNECTED = "disconnected"
    HOLE = "hole"
    OUTSIDE_PARENT = "outside_parent"
    BUILDING_CUT = "building_cut"
    TOO_NARROW = "too_narrow"
    FROZEN = "frozen"
    NOT_FOUND = "not_found"
    INVALID = "invalid"


@dataclass(frozen=True)
class Refusal:
    """One reason, in its place.

    Attributes
    ----------
    kind
        A `RefusalKind`.
    place
        Point, line or polygon, EPSG:4490: where it is wrong.
    keys
        The faces concerned, in order.
    figure, limit
        What it would be and what is allowed, in `unit` (``m``, ``m2``, ``parts`` or empty);
        None where there is no number.
    detail
        A short word that tells cases of one kind apart, such as ``line_ends_inside``; may be
        empty. For messages: catalogues have a text for each kind, and details where it helps.
    """

    kind: RefusalKind
    place: BaseGeometry
    keys: tuple[str, ...] = ()
    figure: float | None = None
    limit: float | None = None
    unit: str = ""
    detail: str = ""

    def as_json(self) -> dict[str, Any]:
        """For problem+json: place as GeoJSON geometry."""
        return {
            "kind": str(self.kind), "place": shapely.geometry.mapping(self.place),
            "keys": list(self.keys), "figure": self.figure, "limit": self.limit,
            "unit": self.unit, "detail": self.detail,
        }

    def __str__(self) -> str:
        """In English, for logs and the terminal."""
        words = [str(self.kind).replace("_", " ")]
        if self.detail:
            words.append(f"({self.detail.replace('_', ' ')})")
        if self.keys:
            words.append("of " + ", ".join(self.keys))
        if self.figure is not None:
            words.append(f"{self.figure:,.3g} {self.unit}".strip())
        if self.limit is not None:
            words.append(f"against a limit of {self.limit:,.3g} {self.unit}".strip())
        if not self.place.is_empty:
            lon, lat = shapely.get_coordinates(self.place)[0]
            words.append(f"at {lon:.7f}, {lat:.7f}")
        return " ".join(words)


class Refused(InvalidInput):
    """An operation that is not carried out; nothing has changed.

    Attributes
    ----------
    refusals
        At least one, the gravest first.
    """

    title = "Refused"

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__("; ".join(map(str, refusals)), field="operation")
        self.refusals = tuple(refusals)


class NotACoverage(InvalidInput):
    """Polygons that do not fit together; `defects` has each with its place."""

    title = "Not a coverage"

    def __init__(self, defects: tuple[Defect, ...]) -> None:
        shown = "; ".join(map(str, defects[:5]))
        more = f"; and {len(defects) - 5} more" if len(defects) > 5 else ""
        super().__init__(f"these polygons are no coverage: {shown}{more}", field="areas")
        self.defects = defects
