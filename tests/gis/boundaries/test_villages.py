"""7,701 real villages in three nested levels: every defect, a repair, and edits upon it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pytest
import shapely

from gis.boundaries import (
    Coverage,
    Defect,
    Ground,
    NotACoverage,
    Refused,
    Repair,
    check,
    repair,
)
from gis.loading.outlines import Outlines, read_outlines
from tests.gis.boundaries.coverages import Hand

PRECISION = 1e-9
# The seven shapes that cross or touch themselves in the file.
INVALID = {"10002110007", "10013170006", "10013170007", "63000080037", "64000020025",
           "67000020010", "68000130008"}


@dataclass(frozen=True)
class Land:
    """The file, what is wrong with it, and what its levels are repaired to, from the top."""

    villages: Outlines
    towns: Outlines
    counties: Outlines
    defects: list[Defect]
    repaired_towns: Repair
    repaired: Repair


@pytest.fixture(scope="module")
def land(test_data: Path) -> Land:
    file = test_data / "village_polygons" / "villages.topojson"
    villages = read_outlines(file, "VILLCODE", "TOWNCODE", layer="villages")
    towns = read_outlines(file, "id", "COUNTYCODE", layer="towns")
    counties = read_outlines(file, "id", layer="counties")
    defects = check(villages.faces, villages.parents, towns.faces)
    repaired_towns = repair(towns.faces, towns.parents, counties.faces)
    repaired = repair(villages.faces, villages.parents, repaired_towns.faces)
    return Land(villages, towns, counties, defects, repaired_towns, repaired)


def valid(faces: dict[str, shapely.Geometry]) -> bool:
    return bool(shapely.coverage_is_valid(np.array(list(faces.values()), dtype=object)))


def test_every_defect_is_listed_with_its_place(land):
    assert len(land.villages.faces) == 7_701
    assert {one.keys[0] for one in land.defects if one.kind == "invalid"} == INVALID
    assert all(not one.place.is_empty and one.keys for one in land.defects)
    assert all(one.area_m2 > 0 and one.width_m > 0 for one in land.defects
               if one.kind in ("gap", "overlap", "outside_parent"))
    counts = Counter(one.kind for one in land.defects)
    assert counts == {"invalid": 7, "overlap": 3, "edge": 3, "gap": 60, "outside_parent": 86}
    with pytest.raises(NotACoverage) as told:
        Coverage.build({key: land.villages.faces[key] for key in INVALID})
    assert {one.keys[0] for one in told.value.defects if one.kind == "invalid"} == INVALID


def assert_nested(faces, parents, outlines) -> None:
    children = np.array(list(faces.values()), dtype=object)
    around = np.array([outlines[parents[key]] for key in faces], dtype=object)
    for child, outline in zip(children, around, strict=True):
        shapely.prepare(outline)
        if not outline.covers(child):
            assert shapely.difference(child, outline).area <= 1.5 * PRECISION * child.length


def test_what_is_repaired_is_valid_and_nested_in_three_levels(land):
    for proposal in (land.repaired_towns, land.repaired):
        assert valid(proposal.faces)
        assert valid(proposal.outlines)
        assert {one.kind for one in proposal.left} <= {"gap"}
    assert len(land.repaired.faces) == 7_701
    assert_nested(land.repaired.faces, land.villages.parents, land.repaired.outlines)
    # Towns, where villages made them grow, are still within counties.
    assert_nested(land.repaired.outlines, land.towns.parents, land.repaired_towns.outlines)


def test_the_area_moved_is_reported_and_crosses_no_outline(land):
    repaired, villages = land.repaired, land.villages
    assert 0 < len(repaired.moved) < 120
    assert sum(repaired.moved.values()) >= repaired.moved_m2 > 0
    # Nothing but what had a defect is another object, or another shape.
    for key, shape in repaired.faces.items():
        was = villages.faces[key]
        if key not in repaired.moved and was.is_valid:
            assert shapely.symmetric_difference(shape, was).area <= PRECISION * shape.length
    for step in repaired.steps:
        if step.kind == "outside_parent" and step.to is not None:
            outline = land.repaired.outlines[villages.parents[step.to]]
            assert shapely.difference(step.place, outline).area <= PRECISION * step.place.length


def run_edits(land: Land, count: int, look: int) -> int:
    """Random edits all over; how many were carried out."""
    coverage = Coverage.build(land.repaired.faces, land.villages.parents)
    union = shapely.coverage_union_all(np.array(list(coverage.faces().values()), dtype=object))
    random = Random(count)
    first = {key: shapely.to_wkb(shape) for key, shape in coverage.faces().items()}
    everybody = coverage.keys()
    changes, tried = [], 0
    while len(changes) < count:
        hand = Hand(coverage, random, random.sample(everybody, 3))
        hand.made = tried = tried + 1
        try:
            changes.append(coverage.apply(hand.operation(), Ground(holes_allowed=True)))
        except (Refused, IndexError):
            continue
        if len(changes) % look == 0:
            assert valid(coverage.faces())
    now = shapely.coverage_union_all(np.array(list(coverage.faces().values()), dtype=object))
    assert shapely.symmetric_difference(now, union).area <= PRECISION * union.length
    areas = sum(shape.area for shape in coverage.faces().values())
    assert abs(areas - now.area) <= 1e-9 * now.area
    for change in reversed(changes):
        change.undo()
    assert {key: shapely.to_wkb(shape) for key, shape in coverage.faces().items()} == first
    return tried


def test_random_edits_keep_it_valid(land):
    run_edits(land, 50, 50)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_random_edits_keep_it_valid(land):
    run_edits(land, 1_000, 25)
