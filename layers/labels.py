"""Names on a still picture: each where it covers no other, or not at all."""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# West, north, east, south in pixels.
Box = tuple[float, float, float, float]
LINE_HEIGHT = 1.25
_CELL = 64
# Parts of a size: a Chinese character fills its square, a Latin letter some half of it.
_WIDE, _BROAD, _CAPITAL, _NARROW = 1.0, 0.93, 0.72, 0.6


@dataclass(frozen=True)
class Label:
    """A name that would be written.

    Attributes
    ----------
    text, size
        What, and how large in pixels.
    x, y
        The middle of the place.
    kind
        By which a style is chosen.
    weight
        The heavier goes first.
    angle
        Degrees clockwise, for a name along a line; None for one that stands level, which may be
        moved a little to find room.
    """

    text: str
    size: float
    x: float
    y: float
    kind: str
    weight: float
    angle: float | None = None


def text_width(text: str, size: float) -> float:
    """How wide a text is at most, in the unit of its size.

    >>> text_width("望江区", 10), round(text_width("A3", 10), 1)
    (30.0, 13.2)
    """
    return size * sum(
        _WIDE if unicodedata.east_asian_width(character) in "WFA" else
        _BROAD if character in "MWmw%@—…" else _CAPITAL if character.isupper() else _NARROW
        for character in text)


def boxes_of(label: Label) -> list[Box]:
    """What a label covers: one box, or some along a slope."""
    wide, high = text_width(label.text, label.size), label.size * LINE_HEIGHT
    if label.angle is None or abs(label.angle) < 1:
        return [_around(label.x, label.y, wide, high)]
    turn, steps = math.radians(label.angle), max(1, math.ceil(wide / high))
    side = high * (abs(math.cos(turn)) + abs(math.sin(turn)))
    return [_around(label.x + math.cos(turn) * along, label.y + math.sin(turn) * along, side, side)
            for along in ((step + 0.5) / steps * wide - wide / 2 for step in range(steps))]


class Room:
    """What of a picture is taken.

    Parameters
    ----------
    width, height
        Of the picture: nothing is written over its edge.
    """

    def __init__(self, width: float, height: float) -> None:
        self._size = width, height
        self._taken: dict[tuple[int, int], list[Box]] = defaultdict(list)

    def take(self, boxes: Iterable[Box]) -> None:
        """Nothing else goes there."""
        for box in boxes:
            for cell in _cells(box):
                self._taken[cell].append(box)

    def is_free(self, boxes: Iterable[Box]) -> bool:
        """Whether all lie within the picture and on nothing that is taken."""
        width, height = self._size
        return all(box[0] >= 2 and box[1] >= 2 and box[2] <= width - 2 and box[3] <= height - 2
                   and not any(_meet(box, other)
                               for cell in _cells(box) for other in self._taken.get(cell, ()))
                   for box in boxes)

    def place(self, labels: Iterable[Label]) -> list[Label]:
        """Those labels for which there is room, where there is: the heaviest first."""
        placed = []
        for label in sorted(labels, key=lambda one: (-one.weight, one.text, one.x, one.y)):
            for moved in _places(label):
                boxes = boxes_of(moved)
                if self.is_free(boxes):
                    self.take(boxes)
                    placed.append(moved)
                    break
        return placed


def _places(label: Label) -> Iterator[Label]:
    yield label
    if label.angle is not None:
        return
    high, wide = label.size * 1.3, text_width(label.text, label.size) * 0.6
    for across, down in ((0, -high), (0, high), (wide, 0), (-wide, 0)):
        yield Label(label.text, label.size, label.x + across, label.y + down, label.kind,
                    label.weight)


def _around(x: float, y: float, wide: float, high: float) -> Box:
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    for column in range(math.floor(box[0] / _CELL), math.floor(box[2] / _CELL) + 1):
        for row in range(math.floor(box[1] / _CELL), math.floor(box[3] / _CELL) + 1):
            yield column, row


def _meet(one: Box, other: Box) -> bool:
    return (one[0] < other[2] and other[0] < one[2]
            and one[1] < other[3] and other[1] < one[3])
