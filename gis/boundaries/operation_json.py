"""Operations written as JSON objects, and read from what a client sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.operations import (
    MOST_DRAWN,
    MOST_GUIDING,
    MOST_M,
    MOST_POINTS,
    Line,
    Merge,
    MoveBlock,
    MoveEdge,
    MoveVertex,
    Operation,
    Point,
    Rename,
    Replace,
    Reroute,
    Simplify,
    Snap,
    Split,
)
from gis.errors import InvalidInput

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
        if not good or not 0 < value <= MOST_M:
            raise self._fault(name, f"metres, more than 0 and at most {MOST_M:,}")
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
                        for one in value[:2])
                and -180 <= value[0] <= 180 and -90 <= value[1] <= 90)
        if not good:
            raise self._fault(name, "points are [lon, lat] in degrees")
        return float(value[0]), float(value[1])

    def line(self, name: str, least: int = 2, most: int = MOST_POINTS) -> Line:
        value = self.given.get(name, [])
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise self._fault(name, f"{least} to {most:,} points")
        return tuple(self._point(name, one) for one in value)

    def words(self, name: str) -> dict[str, str]:
        value = self.given.get(name) or {}
        if not isinstance(value, Mapping) or not all(
                isinstance(one, str) and len(one) <= 200 and one.isprintable()
                for pair in value.items() for one in pair):
            raise self._fault(name, "an object of texts of up to 200 characters")
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


def _split(read: _Reader) -> Split:
    along_street = read.flag("along_street")
    most = MOST_GUIDING if along_street else MOST_DRAWN
    return Split(read.text("code"), read.line("line", most=most), read.text("new_key"),
                 along_street, read.number("radius_m", 50.0), read.words("names"))


def _block(read: _Reader) -> MoveBlock:
    if "block" in read.given:
        block = read.polygon("block", read.given["block"])
    else:
        block = shapely.Polygon(read.line("ring", 3, MOST_DRAWN))
    if shapely.get_num_coordinates(block) > MOST_DRAWN + 1:
        raise InvalidInput(f"a block has at most {MOST_DRAWN:,} points", field="block")
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
    "reroute": lambda read: Reroute(read.point("from"), read.point("to"),
                                    read.line("along", 0, MOST_DRAWN),
                                    read.number("radius_m", 50.0)),
    "split": _split,
    "merge": lambda read: Merge(read.texts("codes", 2), read.text("into")),
    "move_block": _block,
    "snap": lambda read: Snap(read.texts("codes", 1), read.number("radius_m")),
    "simplify": lambda read: Simplify(read.number("tolerance_m"), read.texts("codes")),
    "rename": lambda read: Rename(read.text("code"), read.text("name")),
    "replace": _replace,
}
