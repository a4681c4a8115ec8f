"""Proposals on small grounds whose answer is plain, and on a street of the synthetic district."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import psycopg
import pytest
import shapely

from gis.errors import InvalidInput
from gis.inequality import gini
from gis.proposals import Ground, PresentGrid, Task, blocks_of, draw
from gis.proposals.reading import read_ground
from gis.proposals.search import connected_sets
from gis.proposals.task import resident_weights, within

STEP = 0.002
COMMUNITY = "330104001002"


def box(column, row, wide=1, high=1):
    west, south = 120 + column * STEP, 30 + row * STEP
    return shapely.set_precision(
        shapely.box(west, south, west + wide * STEP, south + high * STEP), 1e-9)


def town(people, streets=True, **options):
    """A square of 4 × 4 blocks in two halves; `people` is how many homes each block has."""
    people = np.asarray(people)
    homes = [(120 + (column + 0.5) * STEP, 30 + (row + 0.5) * STEP)
             for row in range(4) for column in range(4) for _ in range(people[row][column])]
    lines = [shapely.LineString([(120 + n * STEP, 30), (120 + n * STEP, 30 + 4 * STEP)])
             for n in range(1, 4)]
    lines += [shapely.LineString([(120, 30 + n * STEP), (120 + 4 * STEP, 30 + n * STEP)])
              for n in range(1, 4)]
    lines = np.array(lines if streets else [], dtype=object)
    # Outlines have a vertex wherever a street meets them, as neighbours do.
    grids = tuple(PresentGrid(f"{COMMUNITY}00{n + 1}", f"网格{n + 1}", COMMUNITY,
                              shapely.segmentize(box(2 * n, 0, 2, 4), STEP * 1.0001))
                  for n in range(2))
    return Ground("grid", grids, lines, np.full(len(lines), 6.0),
                  np.array(homes, dtype=float).reshape(-1, 2), **options)


def covered(ground, made):
    """The whole cut after a proposal."""
    after = {grid.code: grid.geom for grid in ground.grids} | dict(made.faces)
    return {key: shape for key, shape in after.items() if key not in made.ended}


def test_an_uneven_town_is_cut_evenly():
    ground = town([[9, 9, 1, 1], [9, 9, 1, 1], [9, 9, 1, 1], [9, 9, 1, 1]])
    made = draw(ground, Task(), seed=0)
    assert made.present.gini == pytest.approx(gini([72, 8]))
    assert made.score.gini < 0.06
    assert made.score.outside == 0
    after = covered(ground, made)
    assert shapely.coverage_is_valid(list(after.values()))
    assert all(len(shapely.get_parts(shape)) == 1 for shape in after.values())
    # The town ends without streets: four fifths of all boundary.
    assert 0.15 < made.score.along_streets < 0.25
    # Whom it says to have moved are those whose key differs.
    own = within([grid.geom for grid in ground.grids], ground.homes)
    now = within(list(after.values()), ground.homes)
    keys = list(after)
    assert made.score.moved == sum(
        keys[new] != ground.grids[old].code for old, new in zip(own, now, strict=True))


def test_a_seed_gives_the_same_again():
    ground = town([[5, 1, 4, 2], [3, 3, 1, 6], [2, 8, 2, 2], [1, 1, 7, 3]])
    first, again = (draw(ground, Task(target=13), seed=1) for _ in range(2))
    assert {k: shape.wkb for k, shape in first.faces.items()} == {
        k: shape.wkb for k, shape in again.faces.items()}
    assert first.score == again.score


def test_a_locked_grid_stays_and_the_rest_is_cut_without_it():
    ground = town([[9, 9, 8, 8], [9, 9, 8, 8], [1, 1, 8, 8], [1, 1, 8, 8]])
    grids = (replace(ground.grids[0], frozen=True), ground.grids[1])
    made = draw(replace(ground, grids=grids), Task(target=32), seed=0)
    assert ground.grids[0].code not in made.faces
    assert ground.grids[0].code not in made.ended
    assert made.score.grids == 3
    assert shapely.coverage_is_valid(list(covered(ground, made).values()))
    with pytest.raises(InvalidInput, match="no grid that may be redrawn"):
        draw(replace(ground, grids=tuple(replace(grid, frozen=True) for grid in grids)), Task(), 0)


def test_where_blocks_do_not_allow_it_the_figure_says_so():
    ground = town([[90, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]])
    made = draw(ground, Task(target=20), seed=0)
    told, = made.communities
    assert told.outside >= 1
    assert told.allowed is False
    assert told.largest_block == pytest.approx(90 / 20)
    assert told.worst == pytest.approx(made.score.worst) == pytest.approx(3.5, abs=0.2)


def test_an_impossible_sum_is_proven_though_no_block_is_too_large():
    # Six blocks of 10 about a target of 15: each grid has 10 or 20.
    ground = town([[10, 0, 0, 10], [0, 0, 0, 0], [10, 0, 0, 10], [0, 0, 0, 0]])
    told, = draw(ground, Task(target=15), seed=0).communities
    assert told.largest_block < 1
    assert (told.outside > 0, told.allowed) == (True, False)


def test_load_may_be_balanced_instead_of_people():
    busy = np.tile([[120 + 0.5 * STEP, 30 + 0.5 * STEP], [120 + 1.5 * STEP, 30 + 0.5 * STEP]],
                   (50, 1))
    ground = town([[1] * 4] * 4, incidents=busy)
    made = draw(ground, Task(weigh_by="incidents"), seed=0)
    assert made.present.gini == pytest.approx(0.5)
    assert made.score.gini == pytest.approx(0.0)
    with pytest.raises(InvalidInput, match="nothing to balance"):
        draw(replace(ground, incidents=np.empty((0, 2))), Task(weigh_by="incidents"), seed=0)


def test_without_streets_ground_is_divided_between_buildings():
    points = [(120 + (column + 0.5) * STEP, 30 + (row + 0.5) * STEP)
              for row in range(4) for column in range(4)]
    buildings = np.array([shapely.box(x - 3e-4, y - 3e-4, x + 3e-4, y + 3e-4)
                          for x, y in points])
    ground = town([[9, 9, 1, 1]] * 4, streets=False, buildings=buildings)
    blocks = blocks_of(ground, COMMUNITY, resident_weights(ground), ground.homes,
                       resident_weights(ground))[0]
    assert len(blocks.polygons) > 2
    made = draw(ground, Task(), seed=0)
    after = list(covered(ground, made).values())
    assert shapely.coverage_is_valid(after)
    assert made.score.gini < made.present.gini
    boundaries = shapely.union_all(shapely.boundary(after))
    assert not shapely.crosses(buildings, boundaries).any()
    assert not shapely.intersects(shapely.buffer(buildings, -1e-6), boundaries).any()


def test_streets_that_meet_an_outline_between_vertices_leave_it_as_it_is():
    ground = town([[4] * 4] * 4)
    bare = tuple(replace(grid, geom=shapely.remove_repeated_points(box(2 * n, 0, 2, 4)))
                 for n, grid in enumerate(ground.grids))
    tilted = np.array([shapely.LineString([(119.99, 30.001), (120.01, 30.0013)]),
                       shapely.LineString([(119.99, 30.0051), (120.01, 30.0047)])])
    ground = replace(ground, grids=bare, streets=tilted, street_width_m=np.array([6.0, 6.0]))
    weight = resident_weights(ground)
    blocks, = blocks_of(ground, COMMUNITY, weight, ground.homes, weight)
    outline = shapely.coverage_union_all([grid.geom for grid in bare])
    assert shapely.coverage_union_all(blocks.polygons).normalize().equals_exact(
        outline.normalize(), 0)


def test_residents_told_of_a_grid_are_shared_out_over_its_homes():
    ground = town([[1, 1, 3, 3], [1, 1, 3, 3], [0] * 4, [0] * 4])
    grids = (replace(ground.grids[0], residents=40.0), ground.grids[1])
    weight = resident_weights(replace(ground, grids=grids))
    # Ten in each home of the one; the other, of which nothing is told, is taken to be alike.
    assert set(weight.tolist()) == {10.0}


def test_connected_sets_are_those_that_all_subsets_tell():
    random = np.random.default_rng(7)
    for _ in range(20):
        count = 7
        weight = random.integers(1, 9, count).astype(float).tolist()
        joined = random.random((count, count)) < 0.3
        links = [sum(1 << b for b in range(count) if b != a and (joined[a, b] or joined[b, a]))
                 for a in range(count)]

        def whole(members, links=links, count=count):
            reached = members & -members
            while True:
                more = reached
                for node in range(count):
                    if reached >> node & 1:
                        more |= links[node] & members
                if more == reached:
                    return reached == members
                reached = more

        plain = {one for one in range(1, 1 << count) if whole(one) and 8 <= sum(
            weight[node] for node in range(count) if one >> node & 1) <= 14}
        assert set(connected_sets(weight, links, 8, 14, 10_000)) == plain
    assert connected_sets([1.0] * 12, [(1 << 12) - 1] * 12, 0, 99, 100) is None


@pytest.mark.long
def test_a_street_of_the_district_is_cut_fairer_within_a_minute(loaded_district):
    with psycopg.connect(loaded_district.admin_url) as connection:
        ground = read_ground(connection, "base", "330191001")
        outlines = dict(connection.execute(
            "SELECT code, ST_AsBinary(geom) FROM area WHERE scheme = 'base'"
            " AND level = 'community' AND upper_inf(period)"))
    made = draw(ground, Task(), seed=0, seconds=50)
    assert made.seconds < 60
    assert made.score.gini < made.present.gini / 2
    after = covered(ground, made)
    assert shapely.coverage_is_valid(list(after.values()))
    parents = {grid.code: grid.parent_code for grid in ground.grids} | dict(made.parents)
    for key, shape in after.items():
        assert len(shapely.get_parts(shape)) == 1
        outline = shapely.from_wkb(outlines[parents[key]])
        assert shape.difference(outline).area == 0
    for one in made.communities:
        # Further from the target only where it is proven that blocks leave no choice, or where
        # nothing better was found, which is said.
        assert one.outside == 0 or one.allowed is not True
