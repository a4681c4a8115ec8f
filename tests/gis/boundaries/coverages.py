"""Random coverages and random operations upon them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import shapely

from gis.boundaries import (
    Coverage,
    Merge,
    MoveBlock,
    MoveEdge,
    MoveVertex,
    Operation,
    Replace,
    Reroute,
    Simplify,
    Snap,
    Split,
)
from gis.crs import snap

WEST, SOUTH, CELL = 120.1, 30.2, 0.004

Faces = dict[str, shapely.Geometry]


def lattice(columns: int, rows: int, seed: int, *, bends: int = 2, lakes: int = 0,
            islands: bool = False) -> Faces:
    """Cells of a crooked lattice of some 400 m, edges bent alike on both sides.

    Parameters
    ----------
    bends
        Vertices within each edge.
    lakes
        Cells left out, wherever they are.
    islands
        Whether two cells far apart are one face.
    """
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    nodes = np.stack([x, y], axis=-1) + random.uniform(-0.25, 0.25, (rows + 1, columns + 1, 2))
    across = random.normal(0, 0.04, (2, rows + 1, columns + 1, bends))

    def edge(row: int, column: int, upward: bool) -> np.ndarray:
        start = nodes[row, column]
        way = nodes[row + upward, column + (not upward)] - start
        share = (np.arange(1, bends + 1) / (bends + 1))[:, None]
        off = across[int(upward), row, column][:, None] * np.array([-way[1], way[0]])
        return np.concatenate([[start], start + share * way + off])

    def cell(row: int, column: int) -> shapely.Polygon:
        east, north = edge(row, column, False), edge(row, column + 1, True)
        west, south = edge(row + 1, column, False), edge(row, column, True)
        corner = nodes[row + 1, column + 1]
        ring = [*east, *north, corner, *west[:0:-1], nodes[row + 1, column], *south[:0:-1]]
        return shapely.Polygon(snap(np.array(ring) * CELL + [WEST, SOUTH]))

    cells = {f"{row:02}{column:02}": cell(row, column)
             for row in range(rows) for column in range(columns)}
    for key in random.permutation(sorted(cells))[:lakes].tolist():
        del cells[key]
    if islands and len(cells) > 3:
        first, *_, last = sorted(cells)
        if not cells[first].intersects(cells[last]):
            cells[first] = shapely.MultiPolygon([cells[first], cells.pop(last)])
    return cells


def halves_of_town(faces: Faces) -> dict[str, str]:
    """Western and eastern cells as children of two parents."""
    middle = np.median([shape.centroid.x for shape in faces.values()])
    return {key: "west" if shape.centroid.x < middle else "east"
            for key, shape in faces.items()}


class Hand:
    """A planner who does anything, sensible or not.

    Parameters
    ----------
    keys
        Faces to work on; all by default.
    """

    def __init__(self, coverage: Coverage, random: Random, keys: list[str] | None = None) -> None:
        self.coverage, self.random, self.keys, self.made = coverage, random, keys, 0

    def operation(self) -> Operation:
        """The next one."""
        ways: list[Callable[[], Operation]] = [
            self.move_vertex, self.move_vertex, self.drag, self.bend, self.reroute, self.split,
            self.split, self.merge, self.move_block, self.snap, self.simplify, self.replace,
        ]
        return self.random.choice(ways)()

    def _key(self) -> str:
        if self.keys is None:
            return self.random.choice(self.coverage.keys())
        return self.random.choice([key for key in self.keys if key in self.coverage])

    def _chain(self, key: str, length: int) -> list[tuple[float, float]]:
        corners = shapely.get_coordinates(
            self.random.choice(shapely.get_parts(self.coverage.face(key)).tolist()).exterior)[:-1]
        start = self.random.randrange(len(corners))
        return [tuple(corners[(start + at) % len(corners)].tolist()) for at in range(length)]

    def _near(self, place: tuple[float, float]) -> tuple[float, float]:
        reach = CELL * 10.0 ** -self.random.randint(0, 6)
        return (place[0] + reach * self.random.uniform(-1, 1),
                place[1] + reach * self.random.uniform(-1, 1))

    def _neighbour(self, key: str) -> str:
        return self.random.choice(self.coverage.neighbours(key) or [key])

    def move_vertex(self) -> Operation:
        at = self._chain(self._key(), 1)[0]
        to = self._near(at) if self.random.random() < 0.9 else self._chain(self._key(), 1)[0]
        return MoveVertex(at, to)

    def drag(self) -> Operation:
        chain = self._chain(self._key(), self.random.randint(2, 4))
        return MoveEdge(tuple(chain), tuple(map(self._near, chain)))

    def bend(self) -> Operation:
        chain = self._chain(self._key(), self.random.randint(2, 4))
        inner = [self._near(chain[1]) for _ in range(self.random.randint(0, 3))]
        return MoveEdge(tuple(chain), (chain[0], *inner, chain[-1]))

    def reroute(self) -> Operation:
        chain = self._chain(self._key(), self.random.randint(2, 4))
        start = self._near(chain[0]) if self.random.random() < 0.3 else chain[0]
        along = [self._near(chain[-1]) for _ in range(self.random.randint(0, 2))]
        return Reroute(start, chain[-1], tuple(along))

    def split(self) -> Operation:
        self.made += 1
        key = self._key()
        west, south, east, north = self.coverage.face(key).bounds
        at = west + (east - west) * self.random.uniform(0.1, 0.9)
        inner = [(self.random.uniform(west, east), self.random.uniform(south, north))
                 for _ in range(self.random.randint(0, 2))]
        line = [(at, south - 1e-4), *inner, (at, north + 1e-4)]
        if self.random.random() < 0.4:
            line[0], line[-1] = self._chain(key, 1)[0], self._chain(key, 1)[0]
        return Split(key, tuple(line), f"+{self.made}", self.random.random() < 0.1)

    def merge(self) -> Operation:
        key = self._key()
        other = self._neighbour(key) if self.random.random() < 0.9 else self._key()
        return Merge((key, other), key)

    def move_block(self) -> Operation:
        key = self._key()
        x, y = self._chain(key, 1)[0]
        reach = CELL * self.random.choice([0.1, 0.5, 2.0])
        west, south, east, north = (reach * self.random.random() for _ in range(4))
        block = shapely.box(x - west, y - south, x + east, y + north)
        if self.random.random() < 0.2 and west > 1e-5 and south > 1e-5:
            block = block.difference(shapely.box(x - west / 2, y - south / 2, x, y))
        return MoveBlock(key, self._neighbour(key), block)

    def snap(self) -> Operation:
        return Snap((self._key(),), self.random.choice([10.0, 60.0]))

    def simplify(self) -> Operation:
        codes = () if self.keys is None and self.random.random() < 0.5 else (
            self._key(), self._key())
        return Simplify(self.random.choice([0.1, 5.0, 60.0]), codes)

    def replace(self) -> Operation:
        key = self._key()
        other = self._neighbour(key)
        one, two = self.coverage.face(key), self.coverage.face(other)
        way = self.random.randint(0, 3)
        if way == 0:
            return Replace({key: two, other: one})
        if way == 1 and key != other:
            return Replace({key: shapely.union(one, two), other: None})
        if way == 2:
            return Replace({key: None})
        return Replace({key: shapely.affinity.translate(one, 10.0 ** -self.random.randint(3, 10))})


def streets(seed: int) -> list[shapely.LineString]:
    """Crooked streets across the first cells, near the lattice's own lines."""
    random = np.random.default_rng(seed)
    lines = []
    for at in range(6):
        wave = random.normal(0, 0.05, 9) + at
        run = np.linspace(-0.5, 6.5, 9)
        lines += [shapely.LineString(np.stack([run, wave], axis=1) * CELL + [WEST, SOUTH]),
                  shapely.LineString(np.stack([wave, run], axis=1) * CELL + [WEST, SOUTH])]
    return lines


def houses(seed: int, count: int = 40) -> list[shapely.Polygon]:
    """Small boxes anywhere in the first cells."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 5, (2, count)) * CELL
    return [shapely.box(WEST + a, SOUTH + b, WEST + a + 0.0002, SOUTH + b + 0.0002)
            for a, b in zip(x, y, strict=True)]
