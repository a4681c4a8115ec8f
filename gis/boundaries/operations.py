"""What a planner may do to a coverage: values that travel as JSON and are kept in a draft.

Points are ``[lon, lat]`` in degrees of EPSG:4490. A point that names a vertex is matched to the
nearest one within `MATCH_DEGREES`; a point that names a place on an edge to the nearest edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import InvalidInput

MATCH_DEGREES = 1e-7
MOST_POINTS = 20_000

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


_RENAMED = {Reroute: {"start": "from", "end": "to"}, MoveBlock: {"giver": "from", "taker": "to"}}


def operation_to_json(operation: Operation) -> dict[str, Any]:
    """An operation as the JSON object that `operation_from_json` reads back equal."""
    told: dict[str, Any] = {"op": operation.op}
    renamed = _RENAMED.get(type(operation), {})
    for one in fields(operation):
        value = getattr(operation, one.name)
        if value != one.default and not (isinstance(value, dict) and not value):
            told[renamed.get(one.name, one.name)] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, BaseGeometry):
        return {"type": value.geom_type, "coordinates": _plain(
            shapely.geometry.mapping(value)["coordinates"])}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value


def operation_from_json(given: Mapping[str, Any]) -> Operation:
    """Read an operation.

    Raises
    ------
    InvalidInput
        With the field that is missing or can't be used.
    """
    op = given.get("op") if isinstance(given, Mapping) else None
    if not isinstance(op, str) or op not in _READERS:
        raise InvalidInput(f"an operation has an op, one of {', '.join(sorted(_READERS))}",
                           field="op")
    return _READERS[op](_Reader(given))


class _Reader:
    """One JSON object, of which fields are taken with care."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    def _fault(self, name: str, wanted: str) -> InvalidInput:
        return InvalidInput(f"{name} is needed: {wanted}", field=name)

    def text(self, name: str) -> str:
        value = self.given.get(name)
        if not isinstance(value, str) or not value or len(value) > 200:
            raise self._fault(name, "a text of up to 200 characters")
        return value

    def texts(self, name: str, least: int = 0) -> tuple[str, ...]:
        value = self.given.get(name, [])
        if (not isinstance(value, list | tuple) or len(value) < least
                or not all(isinstance(one, str) and one for one in value)):
            raise self._fault(name, f"a list of at least {least} codes")
        return tuple(value)

    def number(self, name: str, default: float | None = None) -> float:
        value = self.given.get(name, default)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not math.isfinite(value) or value <= 0:
            raise self._fault(name, "metres, more than 0")
        return float(value)

    def flag(self, name: str) -> bool:
        value = self.given.get(name, False)
        if not isinstance(value, bool):
            raise self._fault(name, "true or false")
        return value

    def point(self, name: str) -> Point:
        return self._point(name, self.given.get(name))

    def _point(self, name: str, value: Any) -> Point:
        good = (isinstance(value, list | tuple) and len(value) >= 2
                and all(isinstance(one, int | float) and not isinstance(one, bool)
                        and math.isfinite(one) for one in value[:2])
                and abs(value[0]) <= 180 and abs(value[1]) <= 90)
        if not good:
            raise self._fault(name, "points are [lon, lat] in degrees")
        return float(value[0]), float(value[1])

    def line(self, name: str, least: int = 2) -> Line:
        value = self.given.get(name, [])
        if not isinstance(value, list | tuple) or not least <= len(value) <= MOST_POINTS:
            raise self._fault(name, f"{least} to {MOST_POINTS:,} points")
        return tuple(self._point(name, one) for one in value)

    def words(self, name: str) -> dict[str, str]:
        value = self.given.get(name) or {}
        if not isinstance(value, Mapping) or not all(
                isinstance(one, str) for pair in value.items() for one in pair):
            raise self._fault(name, "an object of texts")
        return dict(value)

    def polygon(self, name: str, value: Any) -> BaseGeometry:
        try:
            shape = shapely.force_2d(shapely.geometry.shape(value))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError,
                shapely.errors.ShapelyError):
            raise self._fault(name, "a GeoJSON polygon") from None
        corners = shapely.get_coordinates(shape)
        if (shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty
                or not (abs(corners) <= (180, 90)).all()):
            raise self._fault(name, "a GeoJSON polygon in degrees")
        return shape


def _block(read: _Reader) -> MoveBlock:
    if "block" in read.given:
        block = read.polygon("block", read.given["block"])
    else:
        block = shapely.Polygon(read.line("ring", 3))
    return MoveBlock(read.text("from"), read.text("to"), block)


def _replace(read: _Reader) -> Replace:
    faces = read.given.get("faces")
    if not isinstance(faces, Mapping) or not faces:
        raise InvalidInput("faces is needed: an object of GeoJSON polygons, or null, by key",
                           field="faces")
    return Replace(
        {str(key): None if shape is None else read.polygon("faces", shape)
         for key, shape in faces.items()},
        read.words("names"), read.words("parents"),
    )


_READERS: dict[str, Callable[[_Reader], Operation]] = {
    "move_vertex": lambda read: MoveVertex(read.point("at"), read.point("to")),
    "move_edge": lambda read: MoveEdge(read.line("edge"), read.line("to")),
    "reroute": lambda read: Reroute(read.point("from"), read.point("to"), read.line("along", 0),
                                    read.number("radius_m", 50.0)),
    "split": lambda read: Split(read.text("code"), read.line("line"), read.text("new_key"),
                                read.flag("along_street"), read.number("radius_m", 50.0),
                                read.words("names")),
    "merge": lambda read: Merge(read.texts("codes", 2), read.text("into")),
    "move_block": _block,
    "snap": lambda read: Snap(read.texts("codes", 1), read.number("radius_m")),
    "simplify": lambda read: Simplify(read.number("tolerance_m"), read.texts("codes")),
    "rename": lambda read: Rename(read.text("code"), read.text("name")),
    "replace": _replace,
}
