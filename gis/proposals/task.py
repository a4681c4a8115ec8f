"""What a proposal is asked for, and the ground it is drawn on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs import metres_per_degree
from gis.residents import share_out

TOLERANCE = 0.10
MOST_SEEDS = 8
MIN_WIDTH_M = 10.0


@dataclass(frozen=True)
class PresentGrid:
    """A grid as it stands, its shape in EPSG:4490; a `frozen` one (锁定) must not move."""

    code: str
    name: str
    parent_code: str
    geom: BaseGeometry
    residents: float | None = None
    frozen: bool = False


@dataclass(frozen=True)
class Ground:
    """The ground of a proposal.

    Attributes
    ----------
    level
        That of the grids.
    grids
        All grids of the area, in the order of their codes; those of one parent cover it.
    streets
        Their lines (EPSG:4490); reaching beyond the area does no harm.
    street_width_m
        Of each line.
    homes
        Longitude and latitude of each address, ``(n, 2)``.
    incidents
        Longitude and latitude of each incident of the last year, ``(m, 2)``.
    buildings
        Outlines; asked for where there are no streets, so that no building is cut.
    residents
        Actual residents at each of `homes`, where they are known one by one.
    """

    level: str
    grids: tuple[PresentGrid, ...]
    streets: np.ndarray
    street_width_m: np.ndarray
    homes: np.ndarray
    incidents: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    buildings: np.ndarray = field(default_factory=lambda: np.empty(0, object))
    residents: np.ndarray | None = None

    @cached_property
    def metres(self) -> tuple[float, float]:
        """Metres per degree eastwards and northwards at the area's middle."""
        bounds = shapely.total_bounds([grid.geom for grid in self.grids])
        kx, ky = metres_per_degree((bounds[1] + bounds[3]) / 2)
        return float(kx), float(ky)

    def in_metres(self, shapes: np.ndarray | BaseGeometry) -> np.ndarray:
        """Shapes in the local plane; for lengths and areas, never to be stored."""
        return shapely.transform(shapes, lambda xy: xy * self.metres)


@dataclass(frozen=True)
class Task:
    """What is asked for.

    Attributes
    ----------
    weigh_by
        ``residents`` (actual ones) or ``incidents`` (of the last year).
    target
        Of one grid; None for what a grid has now on average, locked ones left out.
    tolerance
        How far from the target a grid may be, as a share of it.
    min_width_m
        No grid has a neck or tail narrower than this that was not there before.
    """

    weigh_by: str = "residents"
    target: float | None = None
    tolerance: float = TOLERANCE
    min_width_m: float = MIN_WIDTH_M


def resident_weights(ground: Ground) -> np.ndarray:
    """Actual residents at each home, ``(n,)``.

    A grid has as many as it is told to have (`gis.residents.share_out`). Where nobody tells, and no
    dwelling either, a home counts as many as one does elsewhere in the area; 1 where no number is
    known.
    """
    own = grid_of(ground, ground.homes)
    told = np.array([np.nan if grid.residents is None else grid.residents
                     for grid in ground.grids], dtype=float)
    if ground.residents is not None:
        return share_out(told, own, ground.residents, np.ones(len(own)))
    counts = np.bincount(own[own >= 0], minlength=len(ground.grids)).astype(float)
    known = ~np.isnan(told) & (counts > 0)
    usual = told[known].sum() / counts[known].sum() if known.any() else 1.0
    each = np.where(known, np.divide(told, counts, where=counts > 0,
                                     out=np.full(len(counts), usual)), usual)
    return np.where(own >= 0, each[own], 0.0)


def grid_of(ground: Ground, points: np.ndarray) -> np.ndarray:
    """Index of the grid in which each point lies, the lowest code on a border; −1 outside."""
    return within([grid.geom for grid in ground.grids], points)


def within(shapes, points: np.ndarray) -> np.ndarray:
    """Index of the first shape that each point, ``(n, 2)``, meets; −1 where none."""
    found = np.full(len(points), len(shapes))
    at, of = shapely.STRtree(shapes).query(shapely.points(points), predicate="intersects")
    np.minimum.at(found, at, of)
    return np.where(found < len(shapes), found, -1)
