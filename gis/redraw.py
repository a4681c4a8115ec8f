"""A redraw as others see it: which areas change, what they were, and what they are to be.

The table draws it, rules are held to it, the rehearsal replays against it and the publication puts
it in force. It holds only areas that change, begin or end; all others stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class RedrawnArea:
    """One area as it is to be.

    Attributes
    ----------
    key
        Its code where it lives on; ``+1``, ``+2``, … where a code is still to be minted.
    level
        Of the scheme; usually that of the leaves.
    parent_code
        The area of the next level above in which it lies; None in a scheme without parents.
    geom
        Polygon or multipolygon, EPSG:4490, on the grid of 1e-9°.
    from_codes
        The present areas from which it takes ground, itself included where it lives on.
    """

    key: str
    level: str
    name: str
    parent_code: str | None
    geom: BaseGeometry
    from_codes: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Whether its code is still to be minted."""
        return self.key.startswith("+")


@dataclass(frozen=True)
class Redraw:
    """Everything that changes in one scheme, on top of its areas as of `base_at`.

    Attributes
    ----------
    before
        By code, the present shape of each area that changes or ends.
    after
        Each area that changes or begins.
    """

    scheme: str
    base_at: datetime
    before: Mapping[str, BaseGeometry]
    after: tuple[RedrawnArea, ...]

    @property
    def ended(self) -> tuple[str, ...]:
        """Codes of areas that are no more, in order."""
        return tuple(sorted(set(self.before) - {area.key for area in self.after}))
