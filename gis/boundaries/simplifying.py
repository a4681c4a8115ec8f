"""Fewer vertices all over a coverage, with the outlines of parents and of the whole kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.boundaries import finding, laws
from gis.boundaries.ground import Ground
from gis.boundaries.noding import snapped
from gis.boundaries.operations import Simplify
from gis.boundaries.proposal import Proposal
from gis.boundaries.refusals import Refusal, Refused
from gis.boundaries.rings import polygons_of, shape_of
from gis.crs import metres_per_degree

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage


def simplify(coverage: Coverage, operation: Simplify, ground: Ground) -> Proposal:
    """Each parent's children by themselves, so that what bounds them together stays as it is.

    Frozen faces are left out, and so are their edges. Groups in which a law would be broken stay
    as they were and are told in `Proposal.left`; when that is all of them, it is refused.
    """
    finding.require_keys(coverage, operation.codes)
    wanted = set(operation.codes or coverage.keys())
    groups: dict[str | None, list[str]] = {}
    for key in coverage:
        if key in wanted and key not in ground.frozen:
            groups.setdefault(coverage.parents.get(key), []).append(key)
    after: dict[str, shapely.Geometry | None] = {}
    left: list[Refusal] = []
    for keys in groups.values():
        simpler = _simpler(coverage, keys, operation.tolerance_m)
        refusals = laws.examine(coverage, Proposal(dict(simpler), set(simpler)), ground)
        if refusals:
            left += refusals
        else:
            after.update(simpler)
    if left and not after:
        raise Refused(*left)
    return Proposal(after, set(after), left=tuple(left))


def _simpler(coverage: Coverage, keys: list[str],
             tolerance_m: float) -> dict[str, shapely.Geometry]:
    """Those of some faces that lose vertices, without them."""
    shapes = np.array([coverage.face(key) for key in keys], dtype=object)
    middle = (shapely.bounds(shapes)[:, 1].min() + shapely.bounds(shapes)[:, 3].max()) / 2
    scale = np.array([float(one) for one in metres_per_degree(middle)])
    plane = shapely.transform(shapes, lambda xy: xy * scale)
    simple = shapely.coverage_simplify(plane, tolerance_m, simplify_boundary=False)
    found = {}
    for key, old, new in zip(keys, shapes, simple, strict=True):
        if shapely.get_num_coordinates(new) < shapely.get_num_coordinates(old):
            back = snapped(shapely.transform(new, lambda xy: xy / scale))
            found[key] = shape_of(polygons_of(back))
    return found
