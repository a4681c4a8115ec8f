"""A proposal from its task: every community cut, grids named after those they come from, scored."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries.widths import narrow_place
from gis.errors import InvalidInput
from gis.inequality import gini
from gis.proposals.blocks import Blocks, blocks_of, street_strip
from gis.proposals.search import Leaning, Search
from gis.proposals.task import Ground, Task, grid_of, resident_weights, within

ROUNDS = 20
# Seeds take turns in what they care for beside balance.
LEANINGS = (Leaning(), Leaning(shape=36.0, bare=25.0, moved=3.0),
            Leaning(shape=6.0, bare=10.0, moved=60.0))

Told = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Score:
    """How good a cut is; what is balanced is the task's weight.

    Attributes
    ----------
    gini
        Of the weights of all grids, locked ones too.
    worst
        The largest distance from the target, as a share of it; locked grids left out.
    outside
        How many unlocked grids are further from the target than the tolerance.
    compactness
        Mean of 4πA/P² (Polsby & Popper 1991): 1 is a circle.
    along_streets
        Share of the grids' boundaries that has a street.
    moved
        Actual residents who come to another grid than now; `moved_share` of all.
    """

    grids: int
    gini: float
    worst: float
    outside: int
    compactness: float
    along_streets: float
    moved: float
    moved_share: float


@dataclass(frozen=True)
class Community:
    """How a community could be cut: `allowed` says whether blocks allow all within tolerance."""

    code: str
    weight: float
    targets: float
    grids: int
    outside: int
    worst: float
    largest_block: float
    blocks: int
    allowed: bool | None


@dataclass(frozen=True)
class Proposal:
    """One way of cutting.

    Attributes
    ----------
    faces
        By key (a code that lives on, ``+1``, …): the shape on the grid of 1e-9°; only grids that
        change. With the present shapes of all others they cover what was covered.
    parents, names
        By key.
    ended
        Codes that are no more.
    weights
        By key, of all unlocked grids.
    """

    seed: int
    target: float
    faces: Mapping[str, BaseGeometry]
    parents: Mapping[str, str]
    names: Mapping[str, str]
    ended: tuple[str, ...]
    weights: Mapping[str, float]
    score: Score
    present: Score
    communities: tuple[Community, ...]
    seconds: float
    cut_short: bool = False


def draw(ground: Ground, task: Task, seed: int, told: Told = lambda done, total, what: None,
         seconds: float = 50.0, proofs: bool = True) -> Proposal:
    """Draw one proposal.

    Parameters
    ----------
    ground, task
        What to cut, and how.
    seed
        The same gives the same proposal, unless time ran out.
    told
        Called with communities done, communities in all, and the code of the one at work.
    seconds
        After this, what is found so far is taken (`cut_short`).
    proofs
        Whether to find out if blocks allow the tolerance where it was not reached.

    Raises
    ------
    InvalidInput
        When nothing is to be cut: no grids, all locked, or nobody lives there.
    """
    began = time.monotonic()
    at, weight, residents = weights_of(ground, task)
    target = target_of(ground, task, at, weight)
    parents = sorted({grid.parent_code for grid in ground.grids if not grid.frozen})
    leaning = LEANINGS[seed % len(LEANINGS)]
    cuts, cut_short = [], False
    for number, code in enumerate(parents):
        told(number, len(parents), code)
        # Each community has its share of the time that is left.
        until = time.monotonic() + max(
            0.0, began + seconds - time.monotonic()) / (len(parents) - number)
        found = []
        for index, blocks in enumerate(
                blocks_of(ground, code, weight, at, residents, task.min_width_m)):
            random = np.random.default_rng([seed, number, index])
            search = Search(blocks, target, task.tolerance, leaning, random)
            label = search.plan(ROUNDS, lambda until=until: time.monotonic() > until,
                                _law(ground, blocks, task))
            found.append((blocks, label, search))
            cut_short |= search.cut_short
        cuts.append((code, found))
    told(len(parents), len(parents), "")
    # What time is left is for finding out where blocks allow no better.
    communities = [_judged(code, found, target, task.tolerance,
                           began + seconds - time.monotonic() if proofs else 0.0)
                   for code, found in cuts]
    shapes = _shapes([(blocks, label) for _, found in cuts for blocks, label, _ in found])
    keyed = _keyed(ground, shapes, residents)
    return _proposal(ground, task, seed, target, keyed, (at, weight, residents), communities,
                     time.monotonic() - began, cut_short)


def weights_of(ground: Ground, task: Task) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the weight is, how much, and the residents at each home."""
    residents = resident_weights(ground)
    if task.weigh_by == "incidents":
        return ground.incidents, np.ones(len(ground.incidents)), residents
    return ground.homes, residents, residents


def target_of(ground: Ground, task: Task, at: np.ndarray, weight: np.ndarray) -> float:
    """The weight of one grid."""
    if not ground.grids or all(grid.frozen for grid in ground.grids):
        raise InvalidInput("there is no grid that may be redrawn", "area")
    if task.target is not None:
        return task.target
    own = grid_of(ground, at)
    load = np.bincount(own[own >= 0], weight[own >= 0], len(ground.grids))
    free = np.array([not grid.frozen for grid in ground.grids])
    if load[free].sum() <= 0:
        raise InvalidInput("there is nothing to balance: no residents or incidents", "weigh_by")
    return float(load[free].sum() / free.sum())


def _law(ground: Ground, blocks: Blocks, task: Task) -> Callable[[np.ndarray], bool]:
    """Whether some blocks make a grid in one piece, without a hole or a new neck."""
    def fits(members: np.ndarray) -> bool:
        shape = shapely.coverage_union_all(blocks.polygons[members])
        present = [ground.grids[index].geom for index in np.unique(blocks.present[members])]
        return (shape.geom_type == "Polygon" and not len(shape.interiors)
                and narrow_place(shape, task.min_width_m, present)[0].is_empty)

    return fits


def _judged(code: str, found: list[tuple[Blocks, np.ndarray, Search]], target: float,
            tolerance: float, seconds: float) -> Community:
    loads = np.concatenate([np.bincount(label, blocks.weight) for blocks, label, _ in found])
    off = np.abs(loads / target - 1)
    outside = int((off > tolerance).sum())
    allowed: bool | None = True
    if outside:
        answers = [search.allowed(seconds / len(found)) for *_, search in found]
        allowed = False if False in answers else None
    return Community(
        code, float(loads.sum()), float(loads.sum() / target), len(loads), outside,
        float(off.max()), float(max(blocks.weight.max() for blocks, *_ in found) / target),
        sum(len(blocks.weight) for blocks, *_ in found), allowed)


def _shapes(plans: list[tuple[Blocks, np.ndarray]]) -> list[tuple[str, BaseGeometry]]:
    return [(blocks.parent_code, shapely.coverage_union_all(blocks.polygons[label == one]))
            for blocks, label in plans for one in range(label.max() + 1)]


def _keyed(ground: Ground, shapes: list[tuple[str, BaseGeometry]],
           residents: np.ndarray) -> dict[str, tuple[str, BaseGeometry]]:
    """Each shape under the code with which it has most residents in common, else a new key."""
    now, then = grid_of(ground, ground.homes), within([shape for _, shape in shapes], ground.homes)
    shared = np.zeros((len(shapes), len(ground.grids)))
    both = (now >= 0) & (then >= 0)
    np.add.at(shared, (then[both], now[both]), residents[both])
    for number, (parent, shape) in enumerate(shapes):
        for index, grid in enumerate(ground.grids):
            if grid.frozen or grid.parent_code != parent:
                shared[number, index] = -1
            elif shape.intersects(grid.geom):
                # Where nobody lives, ground decides.
                shared[number, index] += 1e-6 + 1e3 * shape.intersection(grid.geom).area
    keys: dict[int, str] = {}
    for flat in np.argsort(-shared, axis=None, kind="stable"):
        number, index = divmod(int(flat), len(ground.grids))
        if shared[number, index] <= 0:
            break
        code = ground.grids[index].code
        if number not in keys and code not in keys.values():
            keys[number] = code
    fresh = iter(range(1, len(shapes) + 1))
    return {keys.get(number) or f"+{next(fresh)}": shape for number, shape in enumerate(shapes)}


def _proposal(ground: Ground, task: Task, seed: int, target: float,
              keyed: dict[str, tuple[str, BaseGeometry]], amounts, communities, seconds: float,
              cut_short: bool) -> Proposal:
    present = {grid.code: grid for grid in ground.grids}
    locked = {grid.code: grid.geom for grid in ground.grids if grid.frozen}
    faces = {key: shape for key, (_, shape) in keyed.items()
             if key not in present or not shape.equals(present[key].geom)}
    at, weight, _ = amounts
    after = {key: shape for key, (_, shape) in keyed.items()} | locked
    own = within(list(after.values()), at)
    load = np.bincount(own[own >= 0], weight[own >= 0], len(after))
    weights = dict(zip(after, load.tolist(), strict=True))
    before = {grid.code: grid.geom for grid in ground.grids}
    return Proposal(
        seed=seed, target=target, faces=faces,
        parents={key: parent for key, (parent, _) in keyed.items() if key in faces},
        names={key: present[key].name for key in faces if key in present},
        ended=tuple(code for code in present if code not in after),
        weights={key: value for key, value in weights.items() if key not in locked},
        score=score(ground, task, after, target, amounts),
        present=score(ground, task, before, target, amounts),
        communities=tuple(communities), seconds=seconds, cut_short=cut_short)


def score(ground: Ground, task: Task, after: Mapping[str, BaseGeometry], target: float,
          amounts: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Score:
    """The score of a cut of the whole area, by key; keys tell who stays where they are."""
    at, weight, residents = amounts
    shapes, codes = np.array(list(after.values())), list(after)
    own = within(shapes, at)
    load = np.bincount(own[own >= 0], weight[own >= 0], len(shapes))
    locked = {grid.code for grid in ground.grids if grid.frozen}
    off = np.abs(load / target - 1)[[code not in locked for code in codes]]
    flat = ground.in_metres(shapes)
    edges = shapely.union_all(shapely.boundary(flat))
    strip = street_strip(ground, shapely.union_all(shapes))
    now, then = grid_of(ground, ground.homes), within(shapes, ground.homes)
    stays = np.array([codes[new] == ground.grids[old].code if new >= 0 and old >= 0 else True
                      for old, new in zip(now, then, strict=True)], dtype=bool)
    moved = float(residents[~stays].sum())
    return Score(
        len(shapes), gini(load), float(off.max()), int((off > task.tolerance).sum()),
        float((4 * np.pi * shapely.area(flat) / shapely.length(flat)**2).mean()),
        float(edges.intersection(strip).length / edges.length), moved,
        moved / max(float(residents.sum()), 1.0))
