"""Names on still pictures: no two meet, none is wider than it is taken to be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from console.printing.document import font_file
from layers.areas import LOAD_SCALE
from layers.labels import Label, Room, boxes_of, text_width
from layers.load_classes import LoadClasses

NAMES = st.text("望江区第一街道花园Abc m12-", min_size=1, max_size=12)
PLACES = st.floats(-20, 620)
LABELS = st.builds(Label, NAMES, st.floats(9, 20), PLACES, PLACES, st.just("area"),
                   st.floats(0, 9), st.one_of(st.none(), st.floats(-89, 89)))


def meet(one, other) -> bool:
    return (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])


@settings(max_examples=60, deadline=None)
@given(st.lists(LABELS, max_size=40))
def test_no_name_covers_another_or_what_is_taken_or_the_edge(labels):
    room, panel = Room(600, 600), (400.0, 0.0, 600.0, 200.0)
    room.take([panel])
    covered = [boxes_of(label) for label in room.place(labels)]
    for at, boxes in enumerate(covered):
        assert all(box[0] >= 2 and box[3] <= 598 and not meet(box, panel) for box in boxes)
        assert not any(meet(box, other) for later in covered[at + 1:] for other in later
                       for box in boxes)


def test_the_heaviest_is_written_and_others_move_aside():
    same = [Label("望江区", 12, 300, 300, "area", weight) for weight in (1.0, 2.0)]
    placed = Room(600, 600).place(same)
    assert placed[0].weight == 2.0
    assert (placed[0].x, placed[0].y) == (300, 300)
    assert (placed[1].x, placed[1].y) != (300, 300)


@pytest.mark.parametrize("words", ["望江区第一街道", "Wangjiang District", "MMMM", "文三路18号",
                                   "Block 12-3 (north)", "www", "iiii"])
def test_no_text_is_wider_than_its_box(words):
    font = ImageFont.truetype(str(font_file()), 100)
    assert font.getlength(words) <= text_width(words, 100) * 1.02


@pytest.mark.parametrize("loads, breaks", [
    ([], (1, 2, 3, 4, 5)), ([0, 0, 3], (1, 4, 5, 6, 7)),
    (list(range(1, 101)), (1, 40, 70, 85, 95)), ([5] * 20, (1, 6, 7, 8, 9)),
    ([1000, 2000, 3000, 4000], (1, 2000, 3000, 3001, 3002)),
])
def test_classes_of_loads_are_found_as_on_the_wall(loads, breaks):
    """The figures are those of load-scale.js for the same loads."""
    found = LoadClasses.found(LOAD_SCALE, loads)
    assert found.breaks == breaks
    assert [found.place(load) for load in (0, breaks[0], breaks[-1])] == [0, 1, 5]
    assert len(found.legend()) == 6
    assert found.legend()[0][1] == "0"
    assert found.legend()[-1][1] == f"≥ {breaks[-1]}"
