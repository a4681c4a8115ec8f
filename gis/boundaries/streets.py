"""Ways along streets that keep near to a drawn line."""

from __future__ import annotations

import heapq
import itertools

import numpy as np
import shapely

from gis.boundaries.grid import in_degrees, in_metres
from gis.boundaries.ground import Ground
from gis.boundaries.operations import Point
from gis.boundaries.refusals import Refusal, RefusalKind, Refused

Node = tuple[float, float]
Graph = dict[Node, dict[Node, float]]
# A metre of street at the far end of the radius counts as much as five beside the drawn line.
_FAR_COUNTS = 4.0


def follow(ground: Ground, drawn: shapely.LineString, radius_m: float) -> list[Point]:
    """The way along streets from near the line's start to near its end, the two ends included.

    Parameters
    ----------
    drawn
        EPSG:4490. Streets count only within ``radius_m`` of it, and nearer ones count more.

    Raises
    ------
    Refused
        ``not_found`` where no streets lead along there.
    """
    lat = shapely.get_coordinates(drawn)[:, 1].mean()
    near = in_metres(drawn, lat)
    corridor = near.buffer(radius_m)
    graph = _graph(_streets(ground, in_degrees(corridor, lat), lat, corridor), near, radius_m)
    ends = shapely.get_coordinates(near)[[0, -1]]
    way = None
    if graph:
        nodes = np.array(list(graph))
        first, last = (tuple(nodes[np.hypot(*(nodes - end).T).argmin()].tolist())
                       for end in ends)
        reachable = all(np.hypot(*(np.array(node) - end)) <= radius_m
                        for node, end in zip((first, last), ends, strict=True))
        way = _shortest(graph, first, last) if reachable and first != last else None
    if way is None:
        raise Refused(Refusal(RefusalKind.NOT_FOUND, drawn, limit=radius_m, unit="m",
                              detail="street"))
    line = in_degrees(shapely.LineString([ends[0], *way, ends[1]]), lat)
    return [tuple(pair) for pair in shapely.get_coordinates(line).tolist()]


def _streets(ground: Ground, corridor: shapely.Geometry, lat: float,
             corridor_m: shapely.Geometry) -> shapely.Geometry:
    """Streets within the corridor, in metres, with a vertex wherever two meet."""
    found = ground.street_tree.query(corridor, predicate="intersects")
    lines = shapely.intersection(
        [in_metres(ground.street_lines[at], lat) for at in found.tolist()], corridor_m)
    return shapely.union_all(lines, grid_size=0.001) if len(lines) else shapely.LineString()


def _graph(lines: shapely.Geometry, near: shapely.Geometry, radius_m: float) -> Graph:
    """Segments as a graph; the ends of the drawn line get a node at their foot on a street."""
    graph: Graph = {}
    parts = [part for part in shapely.get_parts(lines)
             if part.geom_type == "LineString" and not part.is_empty]
    feet = [shapely.Point(end) for end in shapely.get_coordinates(near)[[0, -1]]]
    closest = [min(parts, key=foot.distance) for foot in feet] if parts else []
    for part in parts:
        cuts = sorted({part.project(foot) for foot, one in zip(feet, closest, strict=True)
                       if one is part})
        corners = [(part.project(shapely.Point(xy)), tuple(xy))
                   for xy in shapely.get_coordinates(part).tolist()]
        corners += [(cut, part.interpolate(cut).coords[0]) for cut in cuts]
        path = [xy for _, xy in sorted(corners)] if cuts else [xy for _, xy in corners]
        for one, other in itertools.pairwise(path):
            if one != other:
                segment = shapely.LineString([one, other])
                away = segment.interpolate(0.5, normalized=True).distance(near)
                cost = segment.length * (1 + _FAR_COUNTS * away / radius_m)
                graph.setdefault(one, {})[other] = cost
                graph.setdefault(other, {})[one] = cost
    return graph


def _shortest(graph: Graph, first: Node, last: Node) -> list[Node] | None:
    cost = {first: 0.0}
    came: dict[Node, Node] = {}
    queue = [(0.0, first)]
    while queue:
        so_far, node = heapq.heappop(queue)
        if node == last:
            way = [last]
            while way[-1] != first:
                way.append(came[way[-1]])
            return way[::-1]
        if so_far > cost[node]:
            continue
        for other, length in graph[node].items():
            if so_far + length < cost.get(other, np.inf):
                cost[other] = so_far + length
                came[other] = node
                heapq.heappush(queue, (cost[other], other))
    return None
