"""Laws that hold for any sequence of operations over any coverage."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gis.boundaries import Coverage, Ground, Refused, operation_from_json, operation_to_json
from tests.gis.boundaries.coverages import Hand, halves_of_town, houses, lattice, streets

PRECISION = 1e-9
_QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


class World:
    """A coverage with what it was in the beginning."""

    def __init__(self, coverage: Coverage, seed: int) -> None:
        self.coverage = coverage
        self.union = shapely.union_all(self.shapes())
        self.parents = self.grounds()
        random = np.random.default_rng(seed)
        west, south, east, north = self.union.bounds
        sample = shapely.points(random.uniform(west, east, 60), random.uniform(south, north, 60))
        self.sample = sample[shapely.contains(self.union.buffer(-1e-8), sample)]

    def shapes(self) -> np.ndarray:
        return np.array(list(self.coverage.faces().values()), dtype=object)

    def bytes(self) -> dict[str, bytes]:
        return {key: shapely.to_wkb(shape) for key, shape in self.coverage.faces().items()}

    def grounds(self) -> dict[str | None, shapely.Geometry]:
        children: dict[str | None, list] = {}
        for key, shape in self.coverage.faces().items():
            children.setdefault(self.coverage.parents.get(key), []).append(shape)
        return {parent: shapely.union_all(shapes) for parent, shapes in children.items()}

    def hold_to_the_laws(self) -> None:
        """Seamless, the same ground as ever, and each place in one face."""
        shapes = self.shapes()
        assert shapely.coverage_is_valid(shapes)
        union = shapely.union_all(shapes)
        assert abs(shapely.area(shapes).sum() - union.area) <= 1e-9 * union.area
        moved = shapely.symmetric_difference(union, self.union).area
        assert moved <= PRECISION * self.union.length
        for parent, ground in self.grounds().items():
            was = self.parents[parent]
            assert shapely.symmetric_difference(ground, was).area <= PRECISION * was.length
        near_edge = shapely.dwithin(shapely.union_all(shapely.boundary(shapes)), self.sample, 1e-8)
        for point in self.sample[~near_edge]:
            assert shapely.contains(shapes, point).sum() == 1


def _ground(random: Random, coverage: Coverage, seed: int) -> Ground:
    frozen = frozenset(random.sample(coverage.keys(), 1)) if random.random() < 0.3 else frozenset()
    return Ground(
        streets=streets(seed) if random.random() < 0.7 else (),
        buildings=houses(seed) if random.random() < 0.3 else (), frozen=frozen,
        min_width_m=random.choice([0.0, 4.0]), min_area_m2=random.choice([0.0, 500.0]),
        holes_allowed=random.random() < 0.5)


def run_sequence(columns: int, rows: int, seed: int, bends: int, random: Random,
                 length: int) -> tuple[int, int]:
    """One sequence, held to the laws after each operation; how many were done and refused."""
    faces = lattice(columns, rows, seed, bends=bends, lakes=random.choice([0, 0, 1, 2]),
                    islands=random.random() < 0.2)
    parents = halves_of_town(faces) if random.random() < 0.5 else None
    coverage = Coverage.build(faces, parents)
    world, hand = World(coverage, seed), Hand(coverage, random)
    ground = _ground(random, coverage, seed)
    frozen = {key: coverage.face(key) for key in ground.frozen}
    history, refused = [], 0
    for _ in range(length):
        operation = hand.operation()
        assert operation_from_json(operation_to_json(operation)) == operation
        before = world.bytes()
        try:
            change = coverage.apply(operation, ground)
        except Refused:
            refused += 1
            assert world.bytes() == before
            continue
        world.hold_to_the_laws()
        history.append((before, change))
    for key, shape in frozen.items():
        assert shapely.symmetric_difference(coverage.face(key), shape).area \
            <= PRECISION * shape.length
    last = world.bytes()
    for before, change in reversed(history):
        change.undo()
        assert world.bytes() == before
    for _, change in history:
        change.redo()
    assert world.bytes() == last
    return len(history), refused


_SEQUENCES = {
    "columns": st.integers(2, 4), "rows": st.integers(2, 3), "seed": st.integers(0, 10**6),
    "bends": st.integers(0, 4),
    # The first shrinks to the plainest case, the second goes about more widely.
    "random": st.randoms(use_true_random=False) | st.integers(0, 2**32).map(Random),
    "length": st.integers(1, 8),
}


# A line among vertices within a centimetre of each other went back and forth without an end.
@example(columns=2, rows=3, seed=938550, bends=3, random=Random(3512820987), length=7)
@given(**_SEQUENCES)
@settings(max_examples=200, **_QUIET)
def test_any_sequence_keeps_the_coverage_seamless(columns, rows, seed, bends, random, length):
    run_sequence(columns, rows, seed, bends, random, length)


@pytest.mark.long
@pytest.mark.timeout(7200)
@given(**_SEQUENCES)
@settings(max_examples=5_000, **_QUIET)
def test_five_thousand_sequences_keep_the_coverage_seamless(columns, rows, seed, bends, random,
                                                            length):
    run_sequence(columns, rows, seed, bends, random, length)


def test_a_good_part_of_what_the_hand_does_is_carried_out():
    done = refused = 0
    for seed in range(12):
        one = run_sequence(4, 3, seed, 2, Random(seed), 10)
        done, refused = done + one[0], refused + one[1]
    assert done > 30
    assert refused > 20
