"""What each operation does, and what each refusal says."""

from __future__ import annotations

import pytest
import shapely

from gis.boundaries import (
    Coverage,
    Ground,
    Merge,
    MoveBlock,
    MoveEdge,
    MoveVertex,
    NotACoverage,
    Refused,
    Rename,
    Replace,
    Reroute,
    Simplify,
    Snap,
    Split,
    operation_from_json,
    operation_to_json,
)
from gis.errors import Conflict, InvalidInput

W, S, D = 120.1, 30.2, 0.004


def at(x: float, y: float) -> tuple[float, float]:
    """A place in units of a cell, from the south-western corner."""
    return round(W + x * D, 9), round(S + y * D, 9)


def line(*places: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return tuple(at(*place) for place in places)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.Polygon(line((west, south), (east, south), (east, north), (west, north)))


def town(columns: int = 3, rows: int = 2) -> dict[str, shapely.Polygon]:
    """Square cells of some 400 m, called by column and row: a0, b0, …"""
    return {f"{'abcdef'[x]}{y}": box(x, y, x + 1, y + 1)
            for x in range(columns) for y in range(rows)}


@pytest.fixture
def coverage() -> Coverage:
    return Coverage.build(town())


def refusals(coverage: Coverage, operation, ground: Ground | None = None):
    """What an operation is refused for; nothing has changed."""
    before = coverage.faces()
    with pytest.raises(Refused) as told:
        coverage.apply(operation, ground)
    assert all(coverage.faces()[key] is shape for key, shape in before.items())
    assert len(coverage) == len(before)
    return told.value.refusals


def refusal(coverage: Coverage, operation, ground: Ground | None = None):
    (only,) = refusals(coverage, operation, ground)
    return only


def same(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return shapely.symmetric_difference(one, other).area < 1e-13


# Moving


def test_a_vertex_takes_all_its_faces_along(coverage):
    change = coverage.apply(MoveVertex(at(1, 1), at(1.2, 1.1)))
    assert change.changed_keys == change.moved_keys == ("a0", "a1", "b0", "b1")
    assert same(coverage.face("a0"), shapely.Polygon(line((0, 0), (1, 0), (1.2, 1.1), (0, 1))))
    change.undo()
    assert coverage.face("a0").equals_exact(box(0, 0, 1, 1))


def test_a_vertex_on_the_outline_stays(coverage):
    inwards = refusal(coverage, MoveVertex(at(1, 0), at(1, 0.1)))
    assert inwards.kind == "gap"
    assert inwards.figure == pytest.approx(0.1 * D * D * 96_500 * 110_850, rel=0.01)
    assert (inwards.limit, inwards.unit) == (0.0, "m2")
    outwards = refusal(coverage, MoveVertex(at(1, 0), at(1, -0.1)))
    assert outwards.kind == "outside_parent"
    assert same(outwards.place, shapely.Polygon(line((0, 0), (1, -0.1), (2, 0))))


def test_a_vertex_may_slide_on_a_straight_outline(coverage):
    coverage.apply(MoveVertex(at(1, 0), at(1.25, 0)))
    assert coverage.face("a0").covers(shapely.Point(at(1.1, 0.05)))


def test_edges_may_not_cross(coverage):
    told = refusals(coverage, MoveVertex(at(1, 1), at(2.5, 1.5)))
    assert {one.kind for one in told} == {"overlap"}
    assert all(not one.place.is_empty for one in told)


def test_an_edge_gets_and_loses_vertices(coverage):
    coverage.apply(MoveEdge(line((1, 0), (1, 1)), line((1, 0), (1.2, 0.5), (1, 1))))
    assert shapely.get_num_coordinates(coverage.face("a0")) == 6
    assert not coverage.face("b0").covers(shapely.Point(at(1.1, 0.5)))
    coverage.apply(MoveEdge(line((1, 1), (1.2, 0.5), (1, 0)), line((1, 1), (1, 0))))
    assert same(coverage.face("a0"), box(0, 0, 1, 1))


def test_an_edge_is_dragged_with_its_nodes(coverage):
    coverage.apply(MoveEdge(line((1, 1), (2, 1)), line((1, 1.2), (2, 1.2))))
    assert coverage.face("b0").covers(shapely.Point(at(1.5, 1.15)))


def test_only_edges_that_are_there_can_be_moved(coverage):
    assert refusal(coverage, MoveEdge(line((0, 0), (1, 1)), line((0, 0), (1, 1)))).detail == "edge"
    far = refusal(coverage, MoveVertex(at(0.5, 0.5), at(0.6, 0.5)))
    assert (far.kind, far.detail) == ("not_found", "vertex")
    bent = refusal(coverage, MoveEdge(line((1, 0), (1, 1)), line((1, 0.1), (1.1, 0.5), (1, 1))))
    assert bent.kind == "not_found"
    around = MoveEdge(line((1, 0), (1, 1), (1, 2)), line((1, 0), (1, 2)))
    assert refusal(coverage, around).detail == "not_one_edge"


# Rerouting


def test_an_edge_is_led_along_a_line(coverage):
    coverage.apply(Reroute(at(1, 0.2), at(1, 0.8), line((1.3, 0.2), (1.3, 0.8))))
    assert coverage.face("a0").covers(box(1.0, 0.3, 1.2, 0.7))
    # Told from the other end it is the same.
    other = Coverage.build(town())
    other.apply(Reroute(at(1, 0.8), at(1, 0.2), line((1.3, 0.2), (1.3, 0.8))))
    assert same(coverage.face("a0"), other.face("a0"))


def test_a_way_through_a_third_face_is_refused(coverage):
    told = refusals(coverage, Reroute(at(1, 0.2), at(1, 0.8), line((1.5, 0.2), (1.5, 1.5))))
    assert "overlap" in {one.kind for one in told}


def test_a_way_must_be_on_one_edge(coverage):
    assert refusal(coverage, Reroute(at(1, 0.5), at(1, 1.5), line((1.2, 1),))).detail \
        == "not_one_edge"
    assert refusal(coverage, Reroute(at(0.5, 0.5), at(1, 1))).detail == "edge"


def test_an_edge_finds_its_way_along_streets(coverage):
    street = shapely.LineString(line((1, -0.2), (1.1, 0.2), (1.15, 0.5), (1.1, 0.8), (1, 1.2)))
    side = shapely.LineString(line((1.15, 0.5), (1.8, 0.5)))
    ground = Ground(streets=[street, side])
    coverage.apply(Reroute(at(1, 0), at(1, 1), radius_m=100), ground)
    assert coverage.face("a0").covers(shapely.Point(at(1.1, 0.5)))
    assert not coverage.face("a0").covers(shapely.Point(at(1.2, 0.5)))
    coverage = Coverage.build(town())
    coverage.apply(Reroute(at(1, 0.3), at(1, 0.7), radius_m=100), ground)
    assert coverage.face("a0").covers(shapely.Point(at(1.1, 0.5)))
    assert not coverage.face("a0").covers(shapely.Point(at(1.05, 0.1)))
    none = refusal(Coverage.build(town()), Reroute(at(2, 0), at(2, 1), radius_m=20), ground)
    assert (none.kind, none.detail, none.limit) == ("not_found", "street", 20)


# Splitting and moving blocks


def test_a_line_splits_a_face_and_the_larger_part_keeps_the_key(coverage):
    change = coverage.apply(Split("b0", line((1.3, -0.1), (1.3, 1.1)), "+1"))
    assert same(coverage.face("+1"), box(1, 0, 1.3, 1))
    assert same(coverage.face("b0"), box(1.3, 0, 2, 1))
    assert set(change.moved_keys) == {"b0", "+1"}
    # The neighbour has the new vertex on its edge, and its ground has not changed.
    assert change.changed_keys == ("+1", "b0", "b1")
    change.undo()
    assert "+1" not in coverage


def test_a_line_from_edge_to_edge_is_enough(coverage):
    coverage.apply(Split("b0", line((1, 0.5), (2, 0.5)), "+1"))
    assert same(shapely.union(coverage.face("+1"), coverage.face("b0")), box(1, 0, 2, 1))
    assert set(coverage.neighbours("+1")) in ({"a0", "b0", "c0"}, {"a0", "b0", "b1", "c0"})


@pytest.mark.parametrize("given,detail", [
    (line((1.5, -0.1), (1.5, 0.5)), "line_ends_inside"),
    (line((5, 5), (6, 6)), "line_misses"),
    (line((1.2, -0.1), (1.8, 0.9), (1.2, 0.9), (1.8, -0.1)), "line_crosses_itself"),
])
def test_a_line_that_does_not_split_is_refused(coverage, given, detail):
    told = refusal(coverage, Split("b0", given, "+1"))
    assert (told.kind, told.detail, told.keys) == ("invalid", detail, ("b0",))


def test_a_line_that_leaves_and_comes_back_cuts_too_much(coverage):
    zigzag = line((1.2, -0.1), (1.2, 1.1), (1.8, 1.1), (1.8, -0.1))
    told = refusal(coverage, Split("b0", zigzag, "+1"))
    assert (told.kind, told.figure, told.limit) == ("disconnected", 3, 2)


def test_keys_must_be_right(coverage):
    assert refusal(coverage, Split("x", line((0, 0), (1, 1)), "+1")).detail == "face"
    assert refusal(coverage, Split("a0", line((0, 0), (1, 1)), "b0")).detail == "key_is_taken"
    assert refusal(coverage, Rename("x", "y")).kind == "not_found"


def test_a_face_is_split_along_a_street(coverage):
    street = shapely.LineString(line((1.4, -0.3), (1.45, 0.5), (1.4, 1.3)))
    coverage.apply(Split("b0", line((1.5, -0.1), (1.5, 1.1)), "+1", along_street=True,
                         radius_m=60), Ground(streets=[street]))
    assert coverage.face("+1").covers(shapely.Point(at(1.43, 0.5)))
    assert not coverage.face("+1").covers(shapely.Point(at(1.46, 0.5)))


def test_a_block_goes_to_the_neighbour(coverage):
    coverage.apply(MoveBlock("a0", "b0", box(0.8, 0.2, 1.2, 0.6)))
    assert same(coverage.face("b0"), shapely.union(box(1, 0, 2, 1), box(0.8, 0.2, 1, 0.6)))
    assert same(coverage.face("a0"), box(0, 0, 1, 1).difference(box(0.8, 0.2, 1, 0.6)))


def test_a_block_that_does_not_touch_the_taker_is_refused(coverage):
    told = refusals(coverage, MoveBlock("a0", "b0", box(0.3, 0.3, 0.6, 0.6)))
    assert {one.kind for one in told} == {"hole", "disconnected"}
    assert refusal(coverage, MoveBlock("a0", "b0", box(-1, -1, 2, 2))).detail == "block_takes_all"
    assert refusal(coverage, MoveBlock("a0", "b0", box(7, 7, 8, 8))).detail == "block_misses"


# Merging and replacing


def test_faces_merge(coverage):
    change = coverage.apply(Merge(("a0", "a1", "b0"), "a1"))
    assert change.removed_keys == ("a0", "b0")
    assert same(coverage.face("a1"), shapely.union_all([box(0, 0, 2, 1), box(0, 1, 1, 2)]))
    change.undo()
    assert len(coverage) == 6


def test_faces_that_only_touch_in_a_corner_do_not_merge(coverage):
    told = refusal(coverage, Merge(("a0", "b1"), "a0"))
    assert (told.kind, told.figure, told.limit) == ("disconnected", 2, 1)
    assert refusal(coverage, Merge(("a0", "a1"), "b0")).kind == "invalid"


def test_merging_around_a_face_makes_a_hole():
    faces = town(3, 3)
    ring = tuple(key for key in faces if key != "b1")
    coverage = Coverage.build(faces)
    told = refusal(coverage, Merge(ring, "a0"))
    assert told.kind == "hole"
    assert same(told.place, box(1, 1, 2, 2))
    coverage.apply(Merge(ring, "a0"), Ground(holes_allowed=True))
    assert coverage.neighbours("b1") == ["a0"]


def test_whole_faces_are_replaced(coverage):
    change = coverage.apply(Replace({"a0": box(0, 0, 0.5, 1), "b0": box(0.5, 0, 2, 1)}))
    assert change.moved_keys == ("a0", "b0")
    # a1 and b1 got a vertex; nothing else changed.
    assert change.changed_keys == ("a0", "a1", "b0")
    assert coverage.apply(Replace({"c0": coverage.face("c0")})).changed_keys == ()
    coverage.apply(Replace({"c0": None, "+1": box(2, 0, 3, 1)}))
    assert "c0" not in coverage


def test_what_does_not_fit_is_not_replaced(coverage):
    gap = refusal(coverage, Replace({"a0": box(0, 0, 0.5, 1)}))
    assert gap.kind == "gap"
    assert same(gap.place, box(0.5, 0, 1, 1))
    over = refusals(coverage, Replace({"a0": box(0, 0, 1.5, 1)}))
    assert over[0].kind == "overlap"
    assert over[0].keys == ("a0", "b0")
    assert same(over[0].place, box(1, 0, 1.5, 1))
    assert refusal(coverage, Replace({"c1": None})).kind == "gap"
    # Also where all around it stays.
    inner = Coverage.build(town(3, 3))
    assert same(refusal(inner, Replace({"b1": None})).place, box(1, 1, 2, 2))
    # And where what comes to be the outline has the very vertices of what was.
    pillar = Coverage.build(town(1, 3))
    assert same(refusal(pillar, Replace({"a1": None})).place, box(0, 1, 1, 2))


# Laws of the ground


def test_children_stay_in_their_parents():
    parents = {key: "west" if key[0] == "a" else "east" for key in town()}
    coverage = Coverage.build(town(), parents)
    told = refusals(coverage, MoveVertex(at(1, 1), at(1.2, 1)))
    assert {one.kind for one in told} == {"outside_parent"}
    assert any(one.keys == ("a0", "a1") for one in told)
    assert {one.kind for one in refusals(coverage, Merge(("a0", "b0"), "a0"))} \
        == {"outside_parent"}
    block = MoveBlock("a0", "b0", box(0.8, 0.2, 1.2, 0.6))
    assert {one.kind for one in refusals(coverage, block)} == {"outside_parent"}
    coverage.apply(MoveVertex(at(1, 1), at(1, 1.1)))
    coverage.apply(Split("b0", line((1.3, -0.1), (1.3, 1.2)), "+1"))
    assert coverage.parents["+1"] == "east"


def test_frozen_faces_stay_but_may_get_vertices(coverage):
    ground = Ground(frozen=frozenset({"a0"}))
    told = refusal(coverage, MoveVertex(at(1, 1), at(1.1, 1)), ground)
    assert (told.kind, told.keys) == ("frozen", ("a0",))
    assert told.place.area > 0
    change = coverage.apply(Split("b0", line((0.9, 0.5), (2.1, 0.5)), "+1"), ground)
    assert "a0" in change.changed_keys
    assert "a0" not in change.moved_keys
    assert same(coverage.face("a0"), box(0, 0, 1, 1))


def test_buildings_are_not_cut(coverage):
    house = box(1.4, 0.4, 1.6, 0.6)
    cut = Split("b0", line((1.5, -0.1), (1.5, 1.1)), "+1")
    told = refusal(coverage, cut, Ground(buildings=[house]))
    assert told.kind == "building_cut"
    assert told.place.equals(house)
    assert told.figure == pytest.approx(0.5 * house.area * 96_500 * 110_850, rel=0.01)
    coverage.apply(Split("b0", line((1.4, -0.1), (1.4, 1.1)), "+1"), Ground(buildings=[house]))
    coverage.apply(cut.__class__("b0", cut.line, "+2"),
                   Ground(buildings=[house], cut_buildings_allowed=True))
    # One that is cut already may stay so.
    coverage.apply(MoveEdge(line((1.5, 0), (1.5, 1)), line((1.5, 0), (1.5, 0.2), (1.5, 1))),
                   Ground(buildings=[house]))


def test_slivers_and_necks_are_refused(coverage):
    thin = Split("b0", line((1.005, -0.1), (1.005, 1.1)), "+1")
    small = refusal(coverage, thin, Ground(min_area_m2=5_000))
    assert (small.kind, small.limit) == ("sliver", 5_000)
    assert small.figure == pytest.approx(0.005 * D * D * 96_500 * 110_850, rel=0.01)
    narrow = refusal(coverage, thin, Ground(min_width_m=4))
    assert narrow.kind == "too_narrow"
    assert narrow.figure == pytest.approx(0.005 * D * 96_500, rel=0.1)
    neck = refusal(coverage, MoveEdge(line((1, 0), (1, 1)), line((1, 0), (1.995, 0.5), (1, 1))),
                   Ground(min_width_m=10))
    assert (neck.kind, neck.keys) == ("too_narrow", ("b0",))
    assert neck.place.distance(shapely.Point(at(1.995, 0.5))) < 1e-6


def test_what_was_narrow_before_may_stay_so(coverage):
    coverage.apply(Split("b0", line((1.005, -0.1), (1.005, 1.1)), "+1"))
    coverage.apply(MoveVertex(at(2, 1), at(2.1, 1)), Ground(min_width_m=10, min_area_m2=5_000))


# Whole coverages


def test_edges_are_laid_onto_streets(coverage):
    coverage.apply(MoveEdge(line((1, 0), (1, 1)), line((1, 0), (1.02, 0.5), (1, 1))))
    street = shapely.LineString(line((1.03, -0.3), (1.04, 0.5), (1.05, 0.75), (1.03, 2.3)))
    change = coverage.apply(Snap(("a0",), 25), Ground(streets=[street]))
    assert "a0" in change.moved_keys
    assert coverage.face("a0").covers(shapely.Point(at(1.035, 0.6)))
    before = coverage.faces()
    change.undo()
    change.redo()
    assert all(coverage.face(key) is shape for key, shape in before.items())


def test_nothing_to_snap_to_is_told(coverage):
    assert refusal(coverage, Snap(("a0",), 25)).detail == "street"


def test_snapping_tells_what_was_left():
    coverage = Coverage.build(town())
    coverage.apply(MoveEdge(line((1, 0), (1, 1)), line((1, 0), (1.02, 0.5), (1, 1))))
    coverage.apply(MoveEdge(line((1, 1), (1, 2)), line((1, 1), (1.02, 1.5), (1, 2))))
    street = shapely.LineString(line((1.04, 0.1), (1.04, 0.9)))
    other = shapely.LineString(line((1.04, 1.1), (1.04, 1.9)))
    house = box(1.025, 1.35, 1.06, 1.65)
    ground = Ground(streets=[street, other], buildings=[house], building_tolerance_m2=0.1)
    change = coverage.apply(Snap(("a0", "a1"), 10), ground)
    assert {one.kind for one in change.left} == {"building_cut"}
    assert coverage.face("a0").covers(shapely.Point(at(1.035, 0.5)))


def test_simplifying_keeps_outlines():
    coverage = Coverage.build(town(), {key: "w" if key[0] < "c" else "e" for key in town()})
    wiggle = line((1, 0), (1.001, 0.3), (0.999, 0.6), (1, 1))
    coverage.apply(MoveEdge(line((1, 0), (1, 1)), wiggle))
    outline = line((2, 0), (2.0, 0.5), (2, 1))
    coverage.apply(MoveEdge(line((2, 0), (2, 1)), outline))
    change = coverage.apply(Simplify(20.0))
    assert change.moved_keys == ("a0", "b0")
    assert same(coverage.face("a0"), box(0, 0, 1, 1))
    assert shapely.get_num_coordinates(coverage.face("c0")) == 6
    assert coverage.apply(Simplify(20.0)).changed_keys == ()


# Building and looking


def test_a_vertex_that_only_the_neighbour_has_is_set():
    coverage = Coverage.build({"a": box(0, 0, 1, 2), "b": box(1, 0, 2, 1), "c": box(1, 1, 2, 2)})
    assert coverage.noded == 1
    assert shapely.get_num_coordinates(coverage.face("a")) == 6
    assert coverage.neighbours("a") == ["b", "c"]


def test_what_is_no_coverage_is_told_with_places():
    with pytest.raises(NotACoverage) as told:
        Coverage.build({"a": box(0, 0, 1.5, 1), "b": box(1, 0, 2, 1)})
    (overlap,) = [one for one in told.value.defects if one.kind == "overlap"]
    assert overlap.keys == ("a", "b")
    assert same(overlap.place, box(1, 0, 1.5, 1))
    with pytest.raises(NotACoverage):
        Coverage.build(town(), dict.fromkeys(town(), "p"), {"p": box(0, 0, 2, 2)})
    assert len(Coverage.build({})) == 0


def test_edges_and_nodes_of_a_neighbourhood(coverage):
    edges = list(coverage.edges())
    assert len(edges) == 17 - 4
    inner = [edge for edge in edges if edge.left and edge.right]
    assert len(inner) == 7
    assert at(1, 1) in coverage.nodes()
    assert at(0, 0) not in coverage.nodes()
    assert coverage.near((*at(0.4, 0.4), *at(0.6, 0.6))) == ["a0"]
    near = list(coverage.edges((*at(0.4, 0.4), *at(0.6, 0.6))))
    assert len(near) == 3
    assert all("a0" in (edge.left, edge.right) for edge in near)


def test_changes_are_undone_last_first(coverage):
    first = coverage.apply(MoveVertex(at(1, 1), at(1.1, 1)))
    second = coverage.apply(MoveVertex(at(1.1, 1), at(1.2, 1)))
    with pytest.raises(Conflict):
        first.undo()
    second.undo()
    first.undo()
    with pytest.raises(Conflict):
        first.undo()


# As JSON


@pytest.mark.parametrize("given", [
    {"op": "move_vertex", "at": [1, 2], "to": [1, 3]},
    {"op": "move_edge", "edge": [[1, 2], [1, 3]], "to": [[1, 2], [2, 2], [1, 3]]},
    {"op": "reroute", "from": [1, 2], "to": [1, 3], "along": [[2, 2]]},
    {"op": "reroute", "from": [1, 2], "to": [1, 3], "radius_m": 20},
    {"op": "split", "code": "a", "line": [[1, 2], [1, 3]], "new_key": "+1",
     "names": {"+1": "第一"}},
    {"op": "split", "code": "a", "line": [[1, 2], [1, 3]], "new_key": "+1",
     "along_street": True},
    {"op": "merge", "codes": ["a", "b"], "into": "a"},
    {"op": "move_block", "from": "a", "to": "b", "ring": [[0, 0], [1, 0], [1, 1]]},
    {"op": "snap", "codes": ["a"], "radius_m": 15},
    {"op": "simplify", "tolerance_m": 2},
    {"op": "rename", "code": "a", "name": "新"},
    {"op": "replace", "faces": {"a": None, "b": {
        "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
     "parents": {"b": "p"}},
])
def test_operations_travel_as_json(given):
    operation = operation_from_json(given)
    told = operation_to_json(operation)
    assert operation_from_json(told) == operation
    assert told["op"] == given["op"]
    assert {name: told[name] for name in given if name not in ("ring",)} == {
        name: value for name, value in given.items() if name != "ring"}


@pytest.mark.parametrize("given,field", [
    ([], "op"), ({}, "op"), ({"op": "fly"}, "op"), ({"op": ["split"]}, "op"),
    ({"op": "move_vertex", "at": [1, 2]}, "to"),
    ({"op": "move_vertex", "at": [1, float("nan")], "to": [1, 2]}, "at"),
    ({"op": "move_vertex", "at": [1, 95], "to": [1, 2]}, "at"),
    ({"op": "move_vertex", "at": "12", "to": [1, 2]}, "at"),
    ({"op": "split", "code": "a", "line": [[1, 2]], "new_key": "+1"}, "line"),
    ({"op": "split", "code": 5, "line": [[1, 2], [2, 3]], "new_key": "+1"}, "code"),
    ({"op": "merge", "codes": ["a"], "into": "a"}, "codes"),
    ({"op": "snap", "codes": ["a"], "radius_m": -1}, "radius_m"),
    ({"op": "simplify", "tolerance_m": True}, "tolerance_m"),
    ({"op": "move_block", "from": "a", "to": "b", "block": {"type": "Point"}}, "block"),
    ({"op": "move_block", "from": "a", "to": "b", "block": 7}, "block"),
    ({"op": "replace", "faces": {}}, "faces"),
    ({"op": "replace", "faces": {"a": {"type": "Polygon", "coordinates": [[["x"]]]}}}, "faces"),
])
def test_what_is_no_operation_is_refused_by_its_field(given, field):
    with pytest.raises(InvalidInput) as told:
        operation_from_json(given)
    assert told.value.field == field


@pytest.mark.parametrize("given,field", [
    ({"op": "simplify", "tolerance_m": 10**400}, "tolerance_m"),
    ({"op": "snap", "codes": ["a"], "radius_m": 1e308}, "radius_m"),
    ({"op": "move_vertex", "at": [10**400, 1], "to": [1, 2]}, "at"),
    ({"op": "move_vertex", "at": [float("nan"), 1], "to": [1, 2]}, "at"),
    ({"op": "split", "code": "a", "new_key": "+1", "line": [[0, 0]] * 1_001}, "line"),
    ({"op": "split", "code": "a", "new_key": "+1", "line": [[0, 0]] * 201,
      "along_street": True}, "line"),
    ({"op": "split", "code": "a", "new_key": "+1", "line": [[0, 0], [1, 1]],
      "names": {"+1": "a\0b"}}, "names"),
    ({"op": "move_block", "from": "a", "to": "b", "ring": [[0, 0]] * 1_001}, "ring"),
    ({"op": "move_block", "from": "a", "to": "b", "block": shapely.geometry.mapping(
        shapely.Point(0, 0).buffer(1, quad_segs=400))}, "block"),
])
def test_numbers_and_lines_that_nobody_draws_are_told_by_field(given, field):
    with pytest.raises(InvalidInput) as told:
        operation_from_json(given)
    assert told.value.field == field
