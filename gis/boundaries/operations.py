"""What a planner may do to a coverage: values that travel as JSON and are kept in a draft.

Points are ``[lon, lat]`` in degrees of EPSG:4490. A point that names a vertex is matched to the
nearest one within `MATCH_DEGREES`; a point that names a place on an edge to the nearest edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from shapely.geometry.base import BaseGeometry

MATCH_DEGREES = 1e-7
MOST_POINTS = 20_000
# What is drawn is laid into edges at a cost that grows with the square of its points; a line that
# only tells which streets to follow, faster still.
MOST_DRAWN = 1_000
MOST_GUIDING = 200
MOST_M = 10_000

Point = tuple[float, float]
Line = tuple[Point, ...]


@dataclass(frozen=True)
class MoveVertex:
    """Drag a vertex with all edges that meet in it.

    ``{"op": "move_vertex", "at": [lon, lat], "to": [lon, lat]}``
    """

    op: ClassVar[str] = "move_vertex"
    at: Point
    to: Point


@dataclass(frozen=True)
class MoveEdge:
    """Replace a chain of vertices of one edge by another: drag, insert or remove vertices.

    ``{"op": "move_edge", "edge": [[lon, lat], …], "to": [[lon, lat], …]}``. `edge` names
    consecutive vertices. Of equal length, each vertex goes where its fellow is, nodes included;
    otherwise the first and last must stay: insert by ``[a, b]`` → ``[a, new, b]``, remove by
    ``[a, v, b]`` → ``[a, b]``.
    """

    op: ClassVar[str] = "move_edge"
    edge: Line
    to: Line


@dataclass(frozen=True)
class Reroute:
    """Lead the edge between two of its points along another line.

    ``{"op": "reroute", "from": [lon, lat], "to": [lon, lat], "along": [[lon, lat], …]}``.
    Without ``along`` the way is sought along the ground's streets, at most ``radius_m`` away.
    """

    op: ClassVar[str] = "reroute"
    start: Point
    end: Point
    along: Line = ()
    radius_m: float = 50.0


@dataclass(frozen=True)
class Split:
    """Cut a face in two by a line; the larger part keeps the key.

    ``{"op": "split", "code": key, "line": [[lon, lat], …], "new_key": "+1", "names": {…}?}``.
    With ``"along_street": true`` the cut follows the streets nearest to the line, at most
    ``radius_m`` away from it.
    """

    op: ClassVar[str] = "split"
    code: str
    line: Line
    new_key: str
    along_street: bool = False
    radius_m: float = 50.0
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Merge:
    """Join faces that touch along an edge into one of them.

    ``{"op": "merge", "codes": [key, …], "into": key}``
    """

    op: ClassVar[str] = "merge"
    codes: tuple[str, ...]
    into: str


@dataclass(frozen=True)
class MoveBlock:
    """Give the part of one face that lies in a block to another face.

    ``{"op": "move_block", "from": key, "to": key, "ring": [[lon, lat], …]}`` or, in place of the
    ring, ``"block": GeoJSON polygon``.
    """

    op: ClassVar[str] = "move_block"
    giver: str
    taker: str
    block: BaseGeometry


@dataclass(frozen=True)
class Snap:
    """Lay the edges of faces onto streets that run within a radius.

    ``{"op": "snap", "codes": [key, …], "radius_m": 15}``
    """

    op: ClassVar[str] = "snap"
    codes: tuple[str, ...]
    radius_m: float


@dataclass(frozen=True)
class Simplify:
    """Leave out vertices all over the coverage; outlines of parents and of the whole stay.

    Visvalingam–Whyatt: a vertex goes when its triangle with its neighbours is smaller than the
    square of the tolerance.

    ``{"op": "simplify", "tolerance_m": 2, "codes": [key, …]?}``
    """

    op: ClassVar[str] = "simplify"
    tolerance_m: float
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rename:
    """Give a face another name; the ground stays. Names are kept by drafts, not by a coverage.

    ``{"op": "rename", "code": key, "name": "…"}``
    """

    op: ClassVar[str] = "rename"
    code: str
    name: str


@dataclass(frozen=True)
class Replace:
    """Set whole faces at once, or take them away: for imports and proposals.

    ``{"op": "replace", "faces": {key: GeoJSON geometry | null}, "names": {…}?, "parents": {…}?}``.
    The ground of all faces given, new ones included, must be what it was before.
    """

    op: ClassVar[str] = "replace"
    faces: Mapping[str, BaseGeometry | None]
    names: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)


Operation = (MoveVertex | MoveEdge | Reroute | Split | Merge | MoveBlock | Snap | Simplify
             | Rename | Replace)
