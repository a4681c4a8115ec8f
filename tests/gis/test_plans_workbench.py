"""Laws of a draft in memory: undo, redo, trials, and what another process makes of the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gis.boundaries import Refused
from gis.errors import GridwallError, InvalidInput, NotFound
from gis.plans.reading import Face, as_multi
from gis.plans.rebasing import rebase
from gis.plans.redrawing import redraw_of
from tests.gis.benches import base_areas, bench, bytes_of, draft, parents
from tests.gis.builders import at, rectangle
from tests.gis.planning import COMMUNITIES, grid

KEYS = [*base_areas(), "+1", "+2", "+3"]
WEST, EAST = grid(0, 1), grid(0, 2)
MOVE = {"op": "move_vertex", "at": at(10, 10), "to": at(9, 11)}
SPLIT = {"op": "split", "code": WEST, "line": [at(-1, 5), at(11, 5)]}

# A failing draft is short as it is: making it shorter takes minutes.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
_units = st.integers(0, 80).map(lambda half: half / 2)
_places = st.tuples(_units, st.integers(0, 40).map(lambda half: half / 2)).map(
    lambda place: list(at(*place)))
_corners = st.tuples(st.sampled_from([0, 10, 20, 30, 40]), st.sampled_from([0, 10, 20])).map(
    lambda place: list(at(*place)))
_operations = st.one_of(
    st.fixed_dictionaries({"op": st.just("move_vertex"), "at": _corners, "to": _places}),
    st.fixed_dictionaries({"op": st.just("split"), "code": st.sampled_from(KEYS),
                           "line": st.lists(_places, min_size=2, max_size=3)}),
    st.fixed_dictionaries({"op": st.just("merge"), "codes": st.lists(
        st.sampled_from(KEYS), min_size=2, max_size=2, unique=True)}).map(
            lambda one: one | {"into": one["codes"][0]}),
    st.fixed_dictionaries({"op": st.just("rename"), "code": st.sampled_from(KEYS),
                           "name": st.text("网格东西", min_size=1, max_size=5)}),
    st.fixed_dictionaries({"op": st.just("freeze"), "frozen": st.booleans(),
                           "codes": st.lists(st.sampled_from(KEYS), min_size=1, max_size=2)}))


def _judged(one) -> tuple:
    return (one.judge.figures, one.judge.totals(), sorted(one.frozen), {
        (each.rule, each.keys, each.figure, each.subject) for each in one.violations})


def _law(operations, walk) -> None:
    one = bench()
    start = bytes_of(one)
    states, judged = [start], [_judged(one)]
    for operation in operations:
        try:
            one.keep(one.perform(operation), one.version + 1)
        except (GridwallError, Refused):
            assert bytes_of(one) == states[-1]
            continue
        states.append(bytes_of(one))
        judged.append(_judged(one))
        assert shapely.coverage_is_valid([face.geom for face in one.faces.values()])
    for by in [*([-1] * (len(states) - 1)), *walk]:
        if one.may_move(by):
            one.move(by, one.version + 1)
            assert bytes_of(one) == states[one.cursor]
            assert _judged(one) == judged[one.cursor]
    other = bench(one.made, one.operations, one.cursor)
    assert bytes_of(other) == states[one.cursor]
    assert _judged(other) == judged[one.cursor]
    assert one.coverage.faces().keys() == one.faces.keys()
    for key, shape in one.coverage.faces().items():
        assert shapely.equals_exact(as_multi(shape), one.faces[key].geom, 0, normalize=True)


@settings(max_examples=25, deadline=None, phases=QUICK,
          suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_operations, min_size=1, max_size=8),
       st.lists(st.sampled_from([-1, 1, 1]), max_size=8))
def test_undo_and_redo_give_back_the_very_same_bytes(operations, walk):
    _law(operations, walk)


@pytest.mark.long
@settings(max_examples=1_000, deadline=None, phases=QUICK,
          suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_operations, min_size=1, max_size=12),
       st.lists(st.sampled_from([-1, 1, 1]), max_size=20))
def test_a_thousand_drafts_undone_and_redone(operations, walk):
    _law(operations, walk)


def test_what_was_tried_or_lost_the_race_is_not_there():
    one = bench()
    before, judged = bytes_of(one), _judged(one)
    for operation in (MOVE, SPLIT, {"op": "merge", "codes": [WEST, EAST], "into": EAST},
                      {"op": "rename", "code": WEST, "name": "新名"},
                      {"op": "freeze", "codes": [WEST], "frozen": True}):
        made = one.perform(operation)
        assert one.unsettled
        one.take_back(made)
        assert not one.unsettled
        assert (bytes_of(one), _judged(one), one.cursor) == (before, judged, 0)
    one.keep(one.perform(MOVE), 2)


def test_a_whole_replacement_that_is_taken_back():
    one = bench()
    before = bytes_of(one)
    faces = {WEST: Face(WEST, "甲", COMMUNITIES[0], shapely.MultiPolygon([
        rectangle(0, 0, 20, 10)])), EAST: None}
    one.take_back(one.replace_all(faces, "import"))
    assert bytes_of(one) == before
    one.keep(one.replace_all(faces, "import"), 2)
    assert EAST not in one.faces
    one.keep(one.perform({**MOVE, "to": at(10, 9)}), 3)
    one.move(-1, 4)
    one.move(-1, 5)
    assert bytes_of(one) == before
    one.keep(one.perform(MOVE), 6)


@pytest.mark.parametrize("operation, error", [
    (None, InvalidInput), ([], InvalidInput), ({}, InvalidInput),
    ({"op": "explode"}, InvalidInput), ({"op": "freeze", "codes": ["no"]}, InvalidInput),
    ({"op": "freeze", "codes": ["no"], "frozen": True}, NotFound),
    ({"op": "freeze", "codes": [], "frozen": True}, InvalidInput),
    ({"op": "rename", "code": "no", "name": "x"}, NotFound),
    ({"op": "rename", "code": WEST, "name": "x" * 81}, InvalidInput),
    ({"op": "rename", "code": WEST, "name": "\x00"}, InvalidInput),
    (SPLIT | {"new_key": "330104001001009"}, InvalidInput),
    (SPLIT | {"new_key": EAST}, InvalidInput),
    (SPLIT | {"names": {"+1": " "}}, InvalidInput),
])
def test_operations_that_make_no_sense(operation, error):
    one = bench()
    before = bytes_of(one)
    with pytest.raises(error):
        one.perform(operation)
    assert (bytes_of(one), one.unsettled) == (before, False)


def _republished(*changed: tuple[str, shapely.Polygon | None]) -> dict:
    base = base_areas()
    for key, shape in changed:
        if shape is None:
            del base[key]
        else:
            base[key] = replace(base[key], geom=shapely.MultiPolygon([shape]))
    return base


def test_a_draft_elsewhere_than_the_change_keeps_all_its_operations():
    one = bench()
    one.keep(one.perform(SPLIT), 2)
    one.keep(one.perform({"op": "rename", "code": "+1", "name": "新"}), 3)
    one.move(-1, 4)
    base = _republished((grid(1, 3), rectangle(20, 10, 29, 20)),
                        (grid(1, 4), rectangle(29, 10, 40, 20)))
    made = rebase(one, base, parents())
    assert (made.kept, made.conflicts) == (None, ())
    assert made.bench.may_move(1)
    assert made.bench.faces[grid(1, 4)].geom.equals(rectangle(29, 10, 40, 20))
    assert made.bench.faces["+1"].geom.equals(one.faces["+1"].geom)


def test_operations_are_carried_out_again_where_the_ground_has_changed():
    one = bench()
    one.keep(one.perform(SPLIT), 2)
    base = _republished((WEST, rectangle(0, 0, 12, 10)), (EAST, rectangle(12, 0, 20, 10)))
    # The line of the split ends short of the area's new edge: told where, and nothing is lost.
    made = rebase(one, base, parents())
    assert [(each.number, each.operation["op"]) for each in made.conflicts] == [(1, "split")]
    assert not made.conflicts[0].refusals[0].place.is_empty
    assert made.kept == []
    wide = bench()
    wide.keep(wide.perform(SPLIT | {"line": [at(-1, 5), at(13, 5)]}), 2)
    made = rebase(wide, base, parents())
    assert made.conflicts == ()
    assert [each["number"] for each in made.kept] == [1]
    whole = made.bench.faces[WEST].geom.union(made.bench.faces["+1"].geom)
    assert whole.equals(rectangle(0, 0, 12, 10))
    redraw = redraw_of(draft(), base, made.bench.faces)
    assert {area.key: area.from_codes for area in redraw.after} == {
        WEST: (WEST,), "+1": (WEST,)}


def test_what_is_gone_is_a_conflict_in_its_place_and_the_rest_goes_on():
    one = bench()
    one.keep(one.perform({"op": "rename", "code": EAST, "name": "东"}), 2)
    one.keep(one.perform({"op": "rename", "code": WEST, "name": "西"}), 3)
    one.keep(one.perform({"op": "freeze", "codes": [EAST], "frozen": True}), 4)
    base = _republished((WEST, rectangle(0, 0, 20, 10)), (EAST, None))
    made = rebase(one, base, parents())
    assert [each.number for each in made.conflicts] == [1, 3]
    assert made.conflicts[0].refusals[0].place.equals(rectangle(10, 0, 20, 10))
    assert [each["number"] for each in made.kept] == [2]
    assert made.bench.faces[WEST].name == "西"
    assert made.bench.faces[WEST].geom.equals(rectangle(0, 0, 20, 10))
