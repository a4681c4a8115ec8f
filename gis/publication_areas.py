"""What a redraw does to the areas that stand: each area that changes, ends or begins; and faults.

Pure: shapely and numpy only. Shapes are EPSG:4490 on the grid of 1e-9°; areas are compared in
square degrees, with a tolerance of twice that grid along all edges, and told in square metres.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs import metres_per_degree
from gis.errors import Conflict, InvalidInput
from gis.redraw import Redraw, RedrawnArea

LEVELS = ("city", "district", "street", "community", "grid")
_TOLERANCE_DEGREES = 2e-9
_EMPTY = shapely.Polygon()


@dataclass(frozen=True)
class StandingArea:
    """A version in force. `id` is the version's, `identity_id` and `parent_id` are identities'."""

    id: int
    identity_id: int
    level: str
    code: str
    name: str
    parent_id: int | None
    leaf: bool
    geom: BaseGeometry


@dataclass(frozen=True)
class Piece:
    """One area of a redraw: what it was and what it is to be.

    Attributes
    ----------
    key
        Code, or ``+1``, … where one is to be minted.
    parent
        Level and key of the area above; None without one.
    geom
        None where it ends.
    standing
        None where it begins, or is in force again.
    """

    key: str
    level: str
    name: str
    parent: tuple[str, str] | None
    geom: BaseGeometry | None
    standing: StandingArea | None

    @property
    def kind(self) -> str:
        """``opened``, ``changed`` or ``closed``, as in `publication_area`."""
        if self.geom is None:
            return "closed"
        return "opened" if self.standing is None else "changed"

    @property
    def before(self) -> BaseGeometry:
        """What it was; empty where it was not."""
        return _EMPTY if self.standing is None else self.standing.geom

    @property
    def after(self) -> BaseGeometry:
        """What it is to be; empty where it ends."""
        return _EMPTY if self.geom is None else self.geom


@dataclass(frozen=True)
class Fault:
    """Why a redraw can't be published, and where: ``gap``, ``overlap``, ``outside_parent``,
    ``uncovered_parent`` or ``orphan``."""

    kind: str
    keys: tuple[str, ...]
    place: BaseGeometry
    area_m2: float

    def __str__(self) -> str:
        west, south, east, north = self.place.bounds
        return (f"{self.kind} of {self.area_m2:,.1f} m² at {(west + east) / 2:.6f},"
                f"{(south + north) / 2:.6f} ({', '.join(self.keys)})")


def pieces_of(redraw: Redraw, standing: Sequence[StandingArea]) -> list[Piece]:
    """The areas of a redraw, each with what stands in its place now.

    Parameters
    ----------
    standing
        The scheme's areas in force, at least those named by the redraw and their parents.

    Raises
    ------
    Conflict
        An area is not any more what the redraw took it for.
    InvalidInput
        A shape, a key or a parent can't be used.
    """
    by_key = {(area.level, area.code): area for area in standing}
    after = {area.key: area for area in redraw.after}
    if len(after) != len(redraw.after):
        raise InvalidInput("a key stands twice in the redraw", field="after")
    bases = {code: _base(code, shape, after.get(code), standing)
             for code, shape in redraw.before.items()}
    pieces = []
    for area in redraw.after:
        base = bases.get(area.key)
        if base is None and (area.level, area.key) in by_key:
            raise Conflict(f"area {area.key} is in force, and was not when the redraw was drawn")
        if area.level not in LEVELS or not area.name.strip():
            raise InvalidInput(f"area {area.key} needs a name and a level", field="after")
        pieces.append(Piece(area.key, area.level, area.name, _parent(area, after, by_key),
                            _usable(area), base))
    for code in redraw.ended:
        base = bases[code]
        pieces.append(Piece(code, base.level, base.name, None, None, base))
    return pieces


def _base(code: str, shape: BaseGeometry, to_be: RedrawnArea | None,
          standing: Sequence[StandingArea]) -> StandingArea:
    found = [area for area in standing if area.code == code
             and (to_be is None or area.level == to_be.level)]
    same = [area for area in found if same_shape(area.geom, shape)]
    if not same:
        raise Conflict(f"area {code} has been changed since the redraw was drawn" if found
                       else f"area {code} is not in force any more")
    return max(same, key=lambda area: LEVELS.index(area.level))


def same_shape(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether two shapes have the same vertices, wherever their rings and parts begin."""
    parts = [shapely.normalize(shapely.multipolygons(shapely.get_parts(shape)))
             for shape in (one, other)]
    return bool(shapely.equals_exact(*parts, tolerance=0))


def _usable(area: RedrawnArea) -> BaseGeometry:
    snapped = shapely.transform(shapely.force_2d(area.geom),
                                lambda points: np.rint(points * 1e9) / 1e9)
    if snapped.geom_type not in ("Polygon", "MultiPolygon") or snapped.is_empty:
        raise InvalidInput(f"area {area.key} is no polygon", field="after")
    if not snapped.is_valid:
        raise InvalidInput(f"area {area.key} is not valid: {shapely.is_valid_reason(snapped)}",
                           field="after")
    return snapped


def _parent(area: RedrawnArea, after: Mapping[str, RedrawnArea],
            by_key: Mapping[tuple[str, str], StandingArea]) -> tuple[str, str] | None:
    if area.parent_code is None:
        return None
    above = LEVELS[:LEVELS.index(area.level)]
    drawn = after.get(area.parent_code)
    if drawn is not None and drawn.level in above:
        return drawn.level, drawn.key
    for level in reversed(above):
        if (level, area.parent_code) in by_key:
            return level, area.parent_code
    raise InvalidInput(f"area {area.key}: no area {area.parent_code} is above it", field="after")


def changed_ground(pieces: Iterable[Piece], identities: Mapping[tuple[str, str], int]
                   ) -> BaseGeometry:
    """All ground that comes under another area, at any level, or under other ancestors.

    Parameters
    ----------
    identities
        Identity by level and code of the areas in force: what is put under another parent
        changes hands wholly.
    """
    strips = []
    for piece in pieces:
        moved = piece.standing is not None and piece.geom is not None and (
            piece.standing.parent_id != identities.get(piece.parent, -1)
            if piece.parent else piece.standing.parent_id is not None)
        strips.append(shapely.union(piece.before, piece.after) if moved
                      else shapely.symmetric_difference(piece.before, piece.after))
    ground = shapely.union_all([strip for strip in strips if not strip.is_empty])
    polygons = [part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"]
    return shapely.multipolygons(polygons) if polygons else shapely.MultiPolygon()


def faults_of(pieces: Sequence[Piece], standing: Sequence[StandingArea],
              may_leave: bool = False) -> list[Fault]:
    """What of a redraw would leave ground to nobody or to two, or a child outside its parent.

    What was so before is no fault of the redraw.

    Parameters
    ----------
    standing
        The areas in force around the pieces, of every level.
    may_leave
        Whether ground may be given up: where what once took it in is undone.
    """
    faults = []
    touched = {piece.standing.id for piece in pieces if piece.standing}
    others = [area for area in standing if area.id not in touched]
    for level in LEVELS:
        own = [piece for piece in pieces if piece.level == level]
        if own:
            faults += _seams(own, [area for area in others if area.level == level], may_leave)
    return faults + _nesting(pieces, others)


def _tolerance(shapes: Iterable[BaseGeometry]) -> float:
    return _TOLERANCE_DEGREES * sum(shape.length for shape in shapes)


def _fault(kind: str, keys: Iterable[str], place: BaseGeometry) -> Fault:
    kx, ky = metres_per_degree(place.centroid.y)
    return Fault(kind, tuple(keys), place, place.area * float(kx) * float(ky))


def _seams(own: Sequence[Piece], neighbours: Sequence[StandingArea], may_leave: bool
           ) -> list[Fault]:
    before = shapely.union_all([piece.before for piece in own])
    drawn = [piece for piece in own if piece.geom is not None]
    shapes = np.array([piece.geom for piece in drawn], dtype=object)
    after = shapely.union_all(shapes)
    slack = _tolerance([before, after, *shapes])
    faults = []
    lost = shapely.difference(before, after)
    if lost.area > slack and not may_leave:
        faults.append(_fault("gap", _meeting(own, lost), lost))
    tree = shapely.STRtree(shapes)
    for one, other in tree.query(shapes, predicate="intersects").T:
        if one < other:
            common = shapely.intersection(shapes[one], shapes[other])
            if common.area > slack and common.area > _common_before(drawn[one], drawn[other]):
                faults.append(_fault("overlap", (drawn[one].key, drawn[other].key), common))
    gained = shapely.difference(after, before)
    for area in neighbours if gained.area > slack else ():
        common = shapely.intersection(gained, area.geom)
        if common.area > slack:
            faults.append(_fault("overlap", (area.code, *_meeting(drawn, common)), common))
    return faults


def _common_before(one: Piece, other: Piece) -> float:
    return shapely.intersection(one.before, other.before).area * (1 + 1e-9)


def _meeting(pieces: Iterable[Piece], place: BaseGeometry) -> list[str]:
    return [piece.key for piece in pieces
            if shapely.intersects(piece.before, place) or shapely.intersects(piece.after, place)]


def _nesting(pieces: Sequence[Piece], others: Sequence[StandingArea]) -> list[Fault]:
    """Children against their parents, as they stand and as they are to be."""
    by_identity = {area.identity_id: area for area in others}
    by_identity |= {piece.standing.identity_id: piece.standing
                    for piece in pieces if piece.standing}
    redrawn = {(piece.level, piece.key): piece for piece in pieces}
    codes = {(area.level, area.code): area for area in by_identity.values()}
    outside, was_outside = [], 0.0
    families: dict[tuple[str, str], list[BaseGeometry]] = defaultdict(list)
    old_families: dict[int, list[BaseGeometry]] = defaultdict(list)
    slack = _tolerance([piece.after for piece in pieces])
    faults = []
    for piece in pieces:
        old_parent = piece.standing and by_identity.get(piece.standing.parent_id)
        if old_parent is not None:
            was_outside += shapely.difference(piece.before, old_parent.geom).area
            old_families[old_parent.identity_id].append(piece.before)
        if piece.geom is not None and piece.parent is not None:
            parent = redrawn.get(piece.parent)
            roof = parent.after if parent else codes[piece.parent].geom
            outside.append((piece.key, shapely.difference(piece.geom, roof)))
            families[piece.parent].append(piece.geom)
    for area in others:
        above = by_identity.get(area.parent_id)
        parent = above and redrawn.get((above.level, above.code))
        if parent is None:
            continue
        if parent.geom is None:
            faults.append(_fault("orphan", (area.code, parent.key), area.geom))
            continue
        was_outside += shapely.difference(area.geom, parent.before).area
        outside.append((area.code, shapely.difference(area.geom, parent.geom)))
        families[parent.level, parent.key].append(area.geom)
        old_families[above.identity_id].append(area.geom)
    if sum(place.area for _, place in outside) > was_outside * (1 + 1e-9) + slack:
        faults += [_fault("outside_parent", (key,), place) for key, place in outside
                   if place.area > slack]
    return faults + _uncovered(pieces, families, old_families)


def _uncovered(pieces: Sequence[Piece], families: Mapping[tuple[str, str], list[BaseGeometry]],
               old_families: Mapping[int, list[BaseGeometry]]) -> list[Fault]:
    """Ground of a redrawn parent that none of its children covers any more."""
    faults = []
    for piece in pieces:
        children = families.get((piece.level, piece.key))
        if piece.geom is None or not children:
            continue
        bare = shapely.difference(piece.geom, shapely.union_all(children))
        was_bare = 0.0
        if piece.standing is not None:
            old = old_families.get(piece.standing.identity_id, [])
            was_bare = shapely.difference(piece.before, shapely.union_all(old)).area if old else 0.0
        if bare.area > was_bare * (1 + 1e-9) + _tolerance([piece.geom, *children]):
            faults.append(_fault("uncovered_parent", (piece.key,), bare))
    return faults
