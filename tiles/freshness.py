"""Which tiles a change touches, and when each was touched last.

Nothing is known here of the tiles that are kept: whoever keeps one asks whether anything has
touched it since the number up to which changes were known when it was drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from gis.tile_changes import Box, TileChange

# By how much a tile shows more than itself, in tiles, and a unit for what is rounded into it. Where
# only some buildings are shown (below zoom 14), those of the next sixteenth decide which.
MARGIN, WIDE_MARGIN = 65 / 4096, 257 / 4096
EVERY_BUILDING_ZOOM = 14
DEEPEST = 18
# A box that meets more tiles of a zoom than these counts for all below those of the zoom before.
MOST_TILES = 64
MOST_MARKS = 400_000
_LIMIT = 85.05112878

Tile = tuple[int, int, int]


def tile_range(box: Box, zoom: int) -> tuple[int, int, int, int]:
    """First and last column, first and last row of the tiles of a zoom that show a box.

    Parameters
    ----------
    box
        Degrees.
    zoom
        Of the tiles.
    """
    side = 1 << zoom
    margin = MARGIN if zoom >= EVERY_BUILDING_ZOOM else WIDE_MARGIN
    found = []
    for low, high in ((_across(box.west), _across(box.east)),
                      (_down(box.north), _down(box.south))):
        found += [_within(math.floor(low * side - margin), side),
                  _within(math.floor(high * side + margin), side)]
    return found[0], found[1], found[2], found[3]


def _tiles(box: Box, zoom: int) -> list[Tile] | None:
    """The tiles of a zoom that show a box; None where they are too many to be told."""
    west, east, north, south = tile_range(box, zoom)
    if (east - west + 1) * (south - north + 1) > MOST_TILES:
        return None
    return [(zoom, x, y) for x in range(west, east + 1) for y in range(north, south + 1)]


def _across(lon: float) -> float:
    return (lon + 180) / 360


def _down(lat: float) -> float:
    bound = max(-_LIMIT, min(_LIMIT, lat))
    return (1 - math.asinh(math.tan(math.radians(bound))) / math.pi) / 2


def _within(number: int, side: int) -> int:
    return max(0, min(side - 1, number))


class Touched:
    """The number of the last change that touched each tile of one source.

    Parameters
    ----------
    since
        Changes up to this number are not known: what was drawn before them is not fresh.

    Attributes
    ----------
    floor
        Up to this number all tiles count as touched.
    marks
        Touched tiles by (zoom, column, row).
    below
        Tiles touched with all that lie below them.
    """

    def __init__(self, since: int) -> None:
        self.floor = since
        self.marks: dict[Tile, int] = {}
        self.below: dict[Tile, int] = {}

    def last(self, z: int, x: int, y: int) -> int:
        """The number of the last change that touched a tile; `floor` where none is known."""
        found = max(self.floor, self.marks.get((z, x, y), 0))
        if self.below:
            for up in range(z + 1):
                found = max(found, self.below.get((z - up, x >> up, y >> up), 0))
        return found

    def touch(self, change: TileChange) -> list[Tile]:
        """Note a change; returns the tiles that were marked one by one."""
        sequence = change.sequence
        if change.everywhere or len(self.marks) + len(self.below) > MOST_MARKS:
            self.marks.clear()
            self.below.clear()
            self.floor = max(self.floor, sequence)
            return []
        touched = []
        for z, x, y in change.tiles:
            touched += [(z - up, x >> up, y >> up) for up in range(z + 1)]
            self._raise(self.below, (z, x, y), sequence)
        for box in change.boxes:
            touched += self._touch_box(box, change.zooms, sequence)
        for tile in touched:
            self._raise(self.marks, tile, sequence)
        return touched

    def _touch_box(self, box: Box, zooms: tuple[int, int], sequence: int) -> list[Tile]:
        touched: list[Tile] = []
        for zoom in range(zooms[0], zooms[1] + 1):
            tiles = _tiles(box, zoom) if zoom <= DEEPEST else None
            if tiles is None:
                while tiles is None:
                    zoom -= 1
                    tiles = _tiles(box, zoom)
                for tile in tiles:
                    self._raise(self.below, tile, sequence)
                break
            touched += tiles
        return touched

    def _raise(self, where: dict[Tile, int], tile: Tile, sequence: int) -> None:
        where[tile] = max(sequence, where.get(tile, 0))


class Freshness:
    """What touched which tiles last, by source.

    Parameters
    ----------
    since
        The number from which on changes are told to `touch`.
    """

    def __init__(self, since: int) -> None:
        self.since = since
        self.sequence = since
        self._sources: dict[str, Touched] = {}

    def last(self, sources: tuple[str, ...], z: int, x: int, y: int) -> int:
        """The number of the last change of any of the sources that touched a tile."""
        return max((self._sources[name].last(z, x, y) if name in self._sources else self.since
                    for name in sources), default=self.since)

    def touch(self, change: TileChange) -> list[Tile]:
        """Note a change; returns the tiles that were marked one by one."""
        source = self._sources.setdefault(change.source, Touched(self.since))
        return source.touch(change)

    def told(self) -> dict[str, object]:
        """All of it as plain lists, for a file; see `from_told`."""
        return {"since": self.since, "sequence": self.sequence, "sources": {
            name: [source.floor, list(_rows(source.marks)), list(_rows(source.below))]
            for name, source in self._sources.items()}}

    @classmethod
    def from_told(cls, told: dict) -> Freshness:
        """What `told` gave."""
        made = cls(told["since"])
        made.sequence = told["sequence"]
        for name, (floor, marks, below) in told["sources"].items():
            source = made._sources[name] = Touched(floor)
            source.marks = {(z, x, y): sequence for z, x, y, sequence in marks}
            source.below = {(z, x, y): sequence for z, x, y, sequence in below}
        return made


def _rows(marks: dict[Tile, int]) -> Iterator[tuple[int, int, int, int]]:
    return ((z, x, y, sequence) for (z, x, y), sequence in marks.items())
