"""The nodes and edges of a coverage: lines between two faces, and the points where they meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.grid import Half, Ring, Vertex, from_grid

if TYPE_CHECKING:
    from gis.boundaries.coverage import Coverage

Sides = tuple[str | None, str | None]


@dataclass(frozen=True)
class Edge:
    """A line between two nodes with one face on each side; None where the coverage ends."""

    line: BaseGeometry
    left: str | None
    right: str | None


def sided_halves(coverage: Coverage, keys: Iterable[str]) -> dict[Half, Sides]:
    """Each segment of some faces once, with the faces left and right of it."""
    asked = list(keys)
    around = set(asked)
    for key in asked:
        around.update(coverage.near(coverage.face(key).bounds))
    owners = coverage.owners(sorted(around))
    found: dict[Half, Sides] = {}
    for key in asked:
        for a, b in coverage.halves(key):
            if (b, a) not in found:
                found[a, b] = (key, owners.get((b, a)))
    return found


def node_vertices(sided: dict[Half, Sides]) -> set[Vertex]:
    """Vertices in which other than two segments meet, or two with different faces beside them."""
    met: dict[Vertex, list[frozenset[str | None]]] = {}
    for half, sides in sided.items():
        for vertex in half:
            met.setdefault(vertex, []).append(frozenset(sides))
    return {vertex for vertex, beside in met.items()
            if len(beside) != 2 or beside[0] != beside[1]}


def nodes(coverage: Coverage, keys: Iterable[str]) -> list[tuple[float, float]]:
    """Nodes of some faces, in degrees, in order."""
    return [tuple(from_grid(vertex).tolist())
            for vertex in sorted(node_vertices(sided_halves(coverage, keys)))]


def chains(sided: dict[Half, Sides]) -> Iterator[tuple[Ring, str | None, str | None]]:
    """Segments joined from node to node (or around), with the faces left and right."""
    ends = node_vertices(sided)
    onward = {}
    for (a, b), (left, right) in sided.items():
        onward.setdefault((a, left, right), []).append(b)
        onward.setdefault((b, right, left), []).append(a)
    left_over = set(sided)
    starts = [half for half in sided if half[0] in ends or half[1] in ends]
    for half in (*starts, *sided):
        if half not in left_over:
            continue
        left, right = sided[half]
        if half[0] not in ends and half[1] in ends:
            half, left, right = (half[1], half[0]), right, left
        chain = [half[0], half[1]]
        _leave(left_over, half)
        while chain[-1] not in ends and chain[-1] != chain[0]:
            following = [v for v in onward.get((chain[-1], left, right), []) if v != chain[-2]]
            if not following:
                break
            _leave(left_over, (chain[-1], following[0]))
            chain.append(following[0])
        yield chain, left, right


def _leave(left_over: set[Half], half: Half) -> None:
    left_over.discard(half)
    left_over.discard((half[1], half[0]))


def edges(coverage: Coverage, keys: Iterable[str]) -> Iterator[Edge]:
    """Edges of some faces, in degrees."""
    for chain, left, right in chains(sided_halves(coverage, keys)):
        yield Edge(shapely.LineString(from_grid(chain)), left, right)
