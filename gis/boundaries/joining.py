"""Joining faces, and setting whole faces at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from gis.boundaries import finding
from gis.boundaries.ground import Ground
from gis.boundaries.noding import snapped, with_common_vertices
from gis.boundaries.operations import Merge, Rename, Replace
from gis.boundaries.proposal import Proposal
from gis.boundaries.refusals import Refusal, RefusalKind, Refused
from gis.boundaries.rings import joined, shape_of

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage


def merge(coverage: Coverage, operation: Merge, ground: Ground) -> Proposal:
    """One face out of several that touch along edges, children of one parent."""
    codes = sorted(set(operation.codes))
    finding.require_keys(coverage, codes)
    if operation.into not in codes or len(codes) < 2:
        raise Refused(Refusal(RefusalKind.INVALID, shapely.Point(), tuple(codes),
                              detail="into_is_none_of_them"))
    polygons = joined(half for code in codes for half in coverage.halves(code))
    after: dict[str, shapely.Geometry | None] = dict.fromkeys(codes)
    after[operation.into] = shape_of(polygons)
    return Proposal(after, set(codes), {operation.into: tuple(codes)})


def rename(coverage: Coverage, operation: Rename, ground: Ground) -> Proposal:
    """Nothing moves; the key must be there."""
    finding.require_keys(coverage, [operation.code])
    return Proposal({}, set())


def replace(coverage: Coverage, operation: Replace, ground: Ground) -> Proposal:
    """Whole faces set or taken away; those that stay as they are, are no change."""
    gone = [key for key, shape in operation.faces.items() if shape is None]
    finding.require_keys(coverage, gone)
    given = {key: snapped(shapely.force_2d(shape))
             for key, shape in operation.faces.items() if shape is not None}
    _require_sound(given)
    after: dict[str, shapely.Geometry | None] = dict(given)
    around = {near for shape in given.values() for near in coverage.near(shape.bounds)}
    beside = {key: coverage.face(key) for key in around if key not in operation.faces}
    noded, _ = with_common_vertices({**beside, **given})
    after.update(noded)
    after.update(dict.fromkeys(gone))
    changed = {key: shape for key, shape in after.items()
               if shape is None or key not in coverage or not _same(coverage.face(key), shape)}
    parents = {key: parent for key, parent in operation.parents.items() if key in given}
    sources = {key: tuple(near for near in coverage.near(shape.bounds)
                          if near in operation.faces)
               for key, shape in given.items() if key not in coverage}
    moved = {key for key in changed if key in operation.faces}
    return Proposal(changed, moved, sources, parents)


def _require_sound(given: dict[str, shapely.Geometry]) -> None:
    refusals = [Refusal(RefusalKind.INVALID, shape, (key,), detail="not_a_polygon")
                for key, shape in given.items()
                if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty
                or not shape.is_valid]
    if refusals:
        raise Refused(*refusals)


def _same(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return shapely.equals_exact(shapely.normalize(one), shapely.normalize(other))
