"""What operations make of a draft's areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries import Change, Coverage
from gis.errors import InvalidInput
from gis.plans.reading import Face, as_multi

MOST_CODES = 5_000
MOST_NAME = 80
# New areas are called +1 to this.
MOST_NEW = 99_999


@dataclass
class Made:
    """What an operation made, not yet stored.

    Attributes
    ----------
    operation
        As it is stored: keys of new areas filled in, shapes left out.
    faces
        Each area that changed, began or (without a shape) ended.
    left
        Parts that were not carried out, with reasons.
    before
        The coverage that was, where the whole was built anew.
    """

    operation: dict[str, Any]
    faces: list[Face]
    change: Change | None = None
    left: tuple[Any, ...] = ()
    before: Coverage | None = None


@dataclass(frozen=True)
class Shown:
    """What a page has to draw anew: keys of areas that changed, and of those that are no more."""

    changed: tuple[str, ...]
    removed: tuple[str, ...]


def check_name(name: object) -> str:
    """A name that people can read.

    Raises
    ------
    InvalidInput
        Field ``name``: empty, too long, or with characters that are not to be seen.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > MOST_NAME \
            or not name.isprintable():
        raise InvalidInput(f"a name of 1 to {MOST_NAME} characters", "name")
    return name.strip()


def same_shape(known: BaseGeometry, noded: BaseGeometry) -> BaseGeometry:
    """The shape as it is stored where the coverage has set no vertex on it."""
    found = as_multi(noded)
    return known if shapely.equals_exact(known, found, 0, normalize=True) else found


def is_new(was: Face | None, face: Face) -> bool:
    """Whether an area is another than it was: in name, parent, or a single vertex."""
    return was is None or (was.name, was.parent_code) != (face.name, face.parent_code) \
        or not shapely.equals_exact(was.geom, face.geom, 0, normalize=True)
