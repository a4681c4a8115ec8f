"""The search: blocks into grids, window by window, each window solved outright.

A window is a few neighbouring grids. All connected sets of its blocks of a fitting weight are
listed, and CP-SAT (OR-Tools) chooses those which cover the window once at the least cost: a
set-partitioning model after Garfinkel & Nemhauser (1970). Large windows are made small by
joining blocks at random within their grids; a whole community of few sets is one window. With
one worker and a bound in the solver's own units of work, a seed gives the same plan every time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gis.proposals.blocks import Blocks

WINDOW_BLOCKS = 13
MOST_SETS = 2_500
MOST_SETS_WHOLE = 3_000
MOST_SETS_PROOF = 60_000
LIGHTEST, HEAVIEST = 0.4, 1.6
WINDOW_WORK, WHOLE_WORK, PROOF_WORK = 0.3, 1.5, 8.0
# Costs of a grid: out of tolerance before all else, then balance, shape, streets, moving.
OUT_COST, DEVIATION_COST = 1000.0, 100.0
BAN_COST, MOST_BANS, MOST_MENDS = 5000.0, 8, 6
UNIT = 100


@dataclass(frozen=True)
class Leaning:
    """What a proposal cares for beside balance, in the cost of one deviation by a whole target."""

    shape: float = 12.0
    bare: float = 15.0
    moved: float = 12.0


class Search:
    """One plan for the blocks of one piece of ground.

    Parameters
    ----------
    blocks
        At least one.
    target
        Weight of one grid, above 0.
    tolerance
        Share of the target.
    leaning
        What else counts.
    random
        Draws windows; equal states give equal plans.
    """

    def __init__(self, blocks: Blocks, target: float, tolerance: float, leaning: Leaning,
                 random: np.random.Generator) -> None:
        self.blocks, self.target, self.tolerance = blocks, target, tolerance
        self.leaning, self.random = leaning, random
        self.cut_short = False
        self._banned: set[frozenset[int]] = set()
        self.shared = {(int(a), int(b)): (float(length), float(bare)) for (a, b), length, bare
                       in zip(blocks.pairs, blocks.shared_m, blocks.bare_m, strict=True)}
        self.beside: list[set[int]] = [set() for _ in blocks.weight]
        self.linked: list[set[int]] = [set() for _ in blocks.weight]
        for (a, b), joins in zip(self.shared, blocks.joins.tolist(), strict=True):
            for one, other in ((a, b), (b, a)):
                self.beside[one].add(other)
                if joins:
                    self.linked[one].add(other)

    def plan(self, rounds: int, stop: Callable[[], bool] = lambda: False,
             fits: Callable[[np.ndarray], bool] = lambda members: True) -> np.ndarray:
        """Number of the grid of each block.

        Parameters
        ----------
        rounds
            Windows to try without gain before it is left at that.
        stop
            Asked before each window.
        fits
            Whether blocks make a grid that the laws of boundaries allow: without a hole or neck.
            What does not is banned, and the search goes on.
        """
        label = self._improved(self._start(), rounds, stop)
        for _ in range(MOST_BANS):
            grids = [np.flatnonzero(label == one) for one in np.unique(label)]
            amiss = [members for members in grids if not fits(members)]
            if not amiss:
                break
            self._banned |= {frozenset(members.tolist()) for members in amiss}
            for members in amiss:
                label = self._mended(label, int(members[0]))
        return self._tidy(label)

    def _mended(self, label: np.ndarray, block: int) -> np.ndarray:
        """The grid of a block cut anew with some neighbours, at a cost that bans it as it is."""
        cost = self.cost(label)
        for _ in range(MOST_MENDS):
            better = self._resolve(label, self._window(label, int(label[block])), MOST_SETS,
                                   WINDOW_WORK)
            if better is not None and self.cost(better) < cost:
                return better
        return label

    def _improved(self, label: np.ndarray, rounds: int, stop: Callable[[], bool]) -> np.ndarray:
        exact = self._resolve(label, np.arange(len(label)), MOST_SETS_WHOLE, WHOLE_WORK)
        if exact is not None:
            return exact
        cost, vain = self.cost(label), 0
        while vain < rounds:
            if stop():
                self.cut_short = True
                break
            window = self._window(label)
            better = self._resolve(label, window, MOST_SETS, WINDOW_WORK)
            found = self.cost(better) if better is not None else cost
            vain = 0 if found < cost - 1e-6 else vain + 1
            if better is not None and found <= cost:
                label, cost = better, found
        return label

    def cost(self, label: np.ndarray) -> float:
        """Of a whole plan."""
        return sum(self._cost(np.flatnonzero(label == one)) for one in np.unique(label))

    def _cost(self, members: np.ndarray) -> float:
        """Of one grid: how far from the target, how ragged, how far from streets, who moves."""
        blocks, inside = self.blocks, set(members.tolist())
        off = abs(blocks.weight[members].sum() / self.target - 1)
        around, bare = float(blocks.around_m[members].sum()), 0.0
        for one in inside:
            for other in self.beside[one]:
                length, without = self.shared[min(one, other), max(one, other)]
                if other in inside:
                    around -= length
                else:
                    bare += without
        ragged = around**2 / (4 * np.pi * blocks.area_m2[members].sum()) - 1
        people = blocks.residents[members]
        stay = np.bincount(blocks.present[members], people).max()
        banned = BAN_COST if frozenset(inside) in self._banned else 0.0
        return (banned + OUT_COST * max(0.0, off - self.tolerance) + DEVIATION_COST * off
                + self.leaning.shape * min(ragged, 4.0) / 2 + self.leaning.bare * bare / around
                + self.leaning.moved * (people.sum() - stay) / max(blocks.residents.sum(), 1.0))

    def _start(self) -> np.ndarray:
        """Grids grown from blocks far apart, always the lightest next."""
        weight = self.blocks.weight
        count = int(min(max(1, round(weight.sum() / self.target)), len(weight)))
        label = np.full(len(weight), -1)
        steps = np.full(len(weight), np.inf)
        for number in range(count):
            free = np.flatnonzero(label < 0)
            odds = np.where(np.isinf(steps[free]), 1.0, steps[free]**2) * (weight[free] + 1e-9)
            chosen = int(self.random.choice(free, p=odds / odds.sum()))
            label[chosen] = number
            steps = np.minimum(steps, self._steps_from(chosen))
        load = np.bincount(label[label >= 0], weight[label >= 0], count)
        while (label < 0).any():
            for number in np.argsort(load, kind="stable"):
                edge = sorted({other for one in np.flatnonzero(label == number)
                               for other in self.linked[one] if label[other] < 0})
                if edge:
                    near = [sum(self.shared[min(one, other), max(one, other)][0]
                                for other in self.beside[one] if label[other] == number)
                            / self.blocks.around_m[one] for one in edge]
                    taken = edge[int(np.argmax(near))]
                    label[taken] = number
                    load[number] += weight[taken]
                    break
        return label

    def _steps_from(self, start: int) -> np.ndarray:
        """How many blocks away each block is."""
        steps = np.full(len(self.beside), np.inf)
        steps[start], ring, far = 0, [start], 0
        while ring:
            far += 1
            ring = sorted({other for one in ring for other in self.linked[one]
                           if np.isinf(steps[other])})
            steps[ring] = far
        return steps

    def _window(self, label: np.ndarray, around: int | None = None) -> np.ndarray:
        """The blocks of a grid and some neighbours; grids that are off are likelier."""
        chosen = [around] if around is not None else [self._off(label)]
        for _ in range(int(self.random.integers(1, 4))):
            beside = sorted({int(label[other]) for one in np.flatnonzero(np.isin(label, chosen))
                             for other in self.beside[one]} - set(chosen))
            if not beside:
                break
            chosen.append(int(self.random.choice(beside)))
        return np.flatnonzero(np.isin(label, chosen))

    def _off(self, label: np.ndarray) -> int:
        """A grid drawn at random, one far from the target more likely."""
        load, used = np.bincount(label, self.blocks.weight), np.unique(label)
        odds = np.abs(load[used] / self.target - 1) + 0.05
        return int(self.random.choice(used, p=odds / odds.sum()))

    def _resolve(self, label: np.ndarray, window: np.ndarray, most: int,
                 work: float) -> np.ndarray | None:
        """The window cut anew at the least cost; None where there are too many ways to list."""
        whole = len(window) == len(label) and len(window) > WINDOW_BLOCKS
        groups = [[int(one)] for one in window] if whole else self._joined(label, window)
        sets = connected_sets(
            [sum(self.blocks.weight[one] for one in group) for group in groups],
            self._links(groups), LIGHTEST * self.target, HEAVIEST * self.target, most)
        if sets is None:
            return None
        present = [sum(1 << number for number, group in enumerate(groups)
                       if label[group[0]] == one) for one in np.unique(label[window])]
        sets = sorted(set(sets) | set(present))
        members = [np.array([one for number, group in enumerate(groups) if chosen >> number & 1
                             for one in group]) for chosen in sets]
        picked = cover(sets, len(groups), [self._cost(one) for one in members], present, work)
        if picked is None:
            return None
        made, free = label.copy(), label.max() + 1
        for number, index in enumerate(picked):
            made[members[index]] = free + number
        return np.unique(made, return_inverse=True)[1]

    def _joined(self, label: np.ndarray, window: np.ndarray) -> list[list[int]]:
        """Neighbours within a grid joined at random until the window is small enough."""
        groups = {int(one): [int(one)] for one in window}
        of = {int(one): int(one) for one in window}
        inside = [pair for pair in self.shared if pair[0] in of and pair[1] in of
                  and pair[1] in self.linked[pair[0]] and label[pair[0]] == label[pair[1]]]
        for index in self.random.permutation(len(inside)):
            if len(groups) <= WINDOW_BLOCKS:
                break
            one, other = (of[end] for end in inside[index])
            if one != other:
                groups[one] += groups.pop(other)
                of |= dict.fromkeys(groups[one], one)
        return list(groups.values())

    def _links(self, groups: list[list[int]]) -> list[int]:
        """For each group, its neighbours as bits."""
        of = {one: number for number, group in enumerate(groups) for one in group}
        links = [0] * len(groups)
        for number, group in enumerate(groups):
            for one in group:
                for other in self.linked[one]:
                    if of.get(other, number) != number:
                        links[number] |= 1 << of[other]
        return links

    def _tidy(self, label: np.ndarray) -> np.ndarray:
        """Numbered in the order of their first blocks."""
        _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[inverse]

    def allowed(self, seconds: float) -> bool | None:
        """Whether any cut along these blocks has all grids within the tolerance.

        False is proven: no choice of connected sets of fitting weight covers the ground. None
        where there are too many sets to list, or the proof would take longer than `seconds`.
        """
        low, high = ((1 + sign * self.tolerance) * self.target for sign in (-1, 1))
        if (self.blocks.weight > high).any():
            return False
        if seconds <= 0:
            return None
        sets = connected_sets(self.blocks.weight.tolist(), self._links(
            [[one] for one in range(len(self.beside))]), low, high, MOST_SETS_PROOF)
        return None if sets is None else coverable(sets, len(self.beside), PROOF_WORK, seconds)


def connected_sets(weight: list[float], links: list[int], low: float, high: float,
                   most: int) -> list[int] | None:
    """All connected sets of nodes that weigh from `low` to `high`, as bits.

    What is heavier than `high` by itself stands alone, and with up to an eighth of it more.

    Returns
    -------
    list of int, or None
        None where there are more than `most`, or listing them takes fifty times as many steps.
    """
    found: list[int] = []
    steps = 0
    for start in range(len(weight)):
        limit = high if weight[start] <= high else weight[start] * 1.125
        below = (1 << start + 1) - 1
        waiting = [(1 << start, weight[start], links[start] & ~below, below)]
        while waiting:
            members, load, edge, closed = waiting.pop()
            steps += 1
            if load >= low:
                found.append(members)
            if len(found) > most or steps > 50 * most:
                return None
            while edge:
                bit = edge & -edge
                edge ^= bit
                closed |= bit
                node = bit.bit_length() - 1
                if load + weight[node] <= limit:
                    waiting.append((members | bit, load + weight[node],
                                    (edge | links[node]) & ~closed & ~members, closed))
    return found


def _model(sets: list[int], count: int):
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in sets]
    holding: list[list] = [[] for _ in range(count)]
    for chosen, one in zip(taken, sets, strict=True):
        while one:
            holding[(one & -one).bit_length() - 1].append(chosen)
            one &= one - 1
    for row in holding:
        model.add_exactly_one(row) if row else model.add_bool_or([])
    return model, taken


def _solved(model, work: float, seconds: float | None = None):
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = work
    if seconds is not None:
        solver.parameters.max_time_in_seconds = seconds
    return solver, solver.solve(model), cp_model


def cover(sets: list[int], count: int, cost: list[float], present: list[int],
          work: float) -> list[int] | None:
    """Indices of the sets that cover `count` nodes once each at the least cost.

    `present` is a cover that is known; `work` bounds the search, in the solver's own units.
    """
    model, taken = _model(sets, count)
    model.minimize(sum(round(UNIT * one) * chosen
                       for one, chosen in zip(cost, taken, strict=True)))
    known = set(present)
    for chosen, one in zip(taken, sets, strict=True):
        model.add_hint(chosen, one in known)
    solver, status, cp_model = _solved(model, work)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [index for index, chosen in enumerate(taken) if solver.value(chosen)]


def coverable(sets: list[int], count: int, work: float, seconds: float) -> bool | None:
    """Whether some of the sets cover `count` nodes once each; None where it was not found out."""
    if not sets:
        return False
    model, _ = _model(sets, count)
    _, status, cp_model = _solved(model, work, seconds)
    return {cp_model.OPTIMAL: True, cp_model.FEASIBLE: True,
            cp_model.INFEASIBLE: False}.get(status)
