"""A drawn line laid into a face so that both have common vertices wherever they meet."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import shapely

from gis.boundaries.grid import Half, Ring, Vertex, crossing, distance, point, side, vertex_on
from gis.boundaries.refusals import Refusal, RefusalKind, Refused

# A line that passes so near to a vertex or an edge (1e-7°, some 1 cm) is meant to go through it.
REACH = 100.0
_MOST_ROUNDS = 25


class Linework:
    """The edges of a face, and a line that is being laid into them.

    Parameters
    ----------
    halves
        The face's half-edges.
    path
        Vertices of the line; the first again at the end where it is a ring.
    """

    def __init__(self, halves: Iterable[Half], path: Ring) -> None:
        self._parts: dict[Half, list[Vertex]] = {half: list(half) for half in halves}
        self._whole: dict[Half, Half] = {half: half for half in self._parts}
        self.path = path
        self._set_tree()
        for _ in range(_MOST_ROUNDS):
            if not (self._onto_edges() | self._through_vertices() | self._across_edges()):
                break
        else:
            raise Refused(Refusal(RefusalKind.INVALID, point(path[0]), detail="line_too_tangled"))

    @property
    def inserted(self) -> dict[Half, list[Vertex]]:
        """Vertices set on half-edges of the face, and on their twins."""
        found = {}
        for (a, b), parts in self._parts.items():
            if len(parts) > 2:
                found[a, b] = parts[1:-1]
                found[b, a] = parts[-2:0:-1]
        return found

    def halves(self) -> list[Half]:
        """The face's half-edges with what was inserted."""
        return [half for parts in self._parts.values()
                for half in itertools.pairwise(parts)]

    def _set_tree(self) -> None:
        self._segments = self.halves()
        self._origin = next(iter(self._parts), ((0, 0), (0, 0)))[0]
        self._vertices = sorted({half[0] for half in self._segments})
        self._tree = shapely.STRtree(self._shapes(self._segments))
        self._points = shapely.STRtree(shapely.points(
            (np.array(self._vertices, dtype=np.int64).reshape(-1, 2) - self._origin).astype(float)))

    def _shapes(self, segments: list[Half]) -> np.ndarray:
        ends = np.array(segments, dtype=np.int64).reshape(-1, 2, 2) - self._origin
        return shapely.linestrings(ends.astype(float))

    def _insert(self, segment: Half, vertex: Vertex) -> None:
        if vertex in segment:
            return
        half = self._whole.pop(segment)
        parts = self._parts[half]
        parts.insert(parts.index(segment[0]) + 1, vertex)
        self._whole[segment[0], vertex] = self._whole[vertex, segment[1]] = half

    def _onto_edges(self) -> bool:
        """Vertices of the line that are next to a vertex or an edge come onto it."""
        known, changed = set(self._vertices), False
        for at, vertex in enumerate(self.path):
            if vertex in known:
                continue
            place = shapely.Point(vertex[0] - self._origin[0], vertex[1] - self._origin[1])
            near = [self._vertices[i] for i in
                    self._points.query(place, predicate="dwithin", distance=REACH).tolist()]
            if near:
                self.path[at] = min(near, key=lambda one: _apart(one, vertex))
                changed = True
                continue
            beside = [self._segments[i] for i in
                      self._tree.query(place, predicate="dwithin", distance=REACH).tolist()]
            if beside:
                segment = min(beside, key=lambda half: distance(*half, vertex)[0])
                self.path[at] = vertex_on(*segment, distance(*segment, vertex)[1])
                self._insert(segment, self.path[at])
                self._set_tree()
                known, changed = set(self._vertices), True
        self._tidy()
        return changed

    def _through_vertices(self) -> bool:
        """The line goes through vertices of the face that it passes within reach."""
        segments = self._path_segments()
        if not segments:
            return False
        passed: dict[int, set[Vertex]] = {}
        found = self._points.query(self._shapes(segments), predicate="dwithin", distance=REACH)
        for at, which in found.T.tolist():
            vertex = self._vertices[which]
            if _passes(segments[at], vertex):
                passed.setdefault(at, set()).add(vertex)
        return self._thread(segments, passed)

    def _across_edges(self) -> bool:
        """Line and edges get a common vertex where they cross."""
        segments = self._path_segments()
        if not segments:
            return False
        passed: dict[int, set[Vertex]] = {}
        found = self._tree.query(self._shapes(segments), predicate="intersects")
        cut: set[Half] = set()
        for at, which in found.T.tolist():
            segment, edge = segments[at], self._segments[which]
            # One crossing of an edge in a round: the next round sees the edge as it then is.
            if edge in cut or not crossing(*segment, *edge):
                continue
            first, second = side(*segment, edge[0]), side(*segment, edge[1])
            vertex = vertex_on(*edge, first / (first - second))
            self._insert(edge, vertex)
            cut.add(edge)
            passed.setdefault(at, set()).add(vertex)
        if cut:
            self._set_tree()
        return self._thread(segments, passed)

    def _thread(self, segments: list[Half], passed: dict[int, set[Vertex]]) -> bool:
        if not passed:
            return False
        path = [self.path[0]]
        for at, segment in enumerate(segments):
            path += sorted(passed.get(at, ()), key=lambda v: distance(*segment, v)[1])
            path.append(segment[1])
        self.path = path
        self._tidy()
        return True

    def _path_segments(self) -> list[Half]:
        return list(zip(self.path, self.path[1:], strict=False))

    def _tidy(self) -> None:
        self.path = [vertex for at, vertex in enumerate(self.path)
                     if at == 0 or vertex != self.path[at - 1]]

    def pieces(self) -> list[Half]:
        """Segments of the line inside the face that are no edge of it, each once."""
        edges = set(self.halves())
        found: dict[Half, None] = {}
        for a, b in self._path_segments():
            twin = (b, a)
            if (a, b) not in edges and twin not in edges and twin not in found \
                    and _inside(edges, a, b):
                found[a, b] = None
        return _without_loose_ends(list(found), {half[0] for half in edges})


def _passes(segment: Half, vertex: Vertex) -> bool:
    """Whether a segment comes within reach of a vertex on its way.

    Going through it makes two shorter ones: among vertices that are all within reach of each other
    it would otherwise go back and forth, three times as often each round.
    """
    longest = max(_apart(segment[0], vertex), _apart(vertex, segment[1]))
    return longest < _apart(*segment) and distance(*segment, vertex)[0] <= REACH


def _apart(one: Vertex, other: Vertex) -> int:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def _inside(edges: Iterable[Half], a: Vertex, b: Vertex) -> bool:
    """Whether the middle of a–b, which no edge crosses, is inside. Exact, in half units."""
    x, y = a[0] + b[0], a[1] + b[1]
    inside = False
    for (px, py), (qx, qy) in edges:
        if (2 * py > y) != (2 * qy > y):
            turn = side((2 * px, 2 * py), (2 * qx, 2 * qy), (x, y))
            if (turn > 0) == (qy > py):
                inside = not inside
    return inside


def _without_loose_ends(pieces: list[Half], fixed: set[Vertex]) -> list[Half]:
    """Pieces that lead from edge to edge or around; those that end inside are left out."""
    while True:
        met: dict[Vertex, int] = {}
        for piece in pieces:
            for vertex in piece:
                met[vertex] = met.get(vertex, 0) + 1
        kept = [piece for piece in pieces
                if all(vertex in fixed or met[vertex] > 1 for vertex in piece)]
        if len(kept) == len(pieces):
            return kept
        pieces = kept
