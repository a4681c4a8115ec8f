"""Figures that follow as areas change are those that counting anew gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.plans.figures import COUNTED, Count, Points, measures
from tests.gis.builders import at, rectangle


def _points(count: int = 400) -> Points:
    """Places all over 20 by 10 units, many exactly on the lines along which areas are cut."""
    random = np.random.default_rng(7)
    lon, lat = np.array([at(x, y) for x, y in zip(
        random.integers(0, 41, count) / 2, random.integers(0, 21, count) / 2, strict=True)]).T
    return Points(lon, lat, random.integers(0, 9, (count, len(COUNTED))),
                  np.full(count, -1, dtype=np.int64))


def _faces(cut: int, split: int | None) -> dict[str, shapely.Geometry]:
    faces = {"a": rectangle(0, 0, cut, 10), "b": rectangle(cut, 0, 20, 10)}
    if split is not None:
        faces |= {"b": rectangle(cut, 0, 20, split), "+1": rectangle(cut, split, 20, 10)}
    return faces


def _plain(points: Points, faces: dict[str, shapely.Geometry]) -> dict[str, list[int]]:
    """Each point in the lowest key that it touches, one by one."""
    sums = {key: [0] * len(COUNTED) for key in faces}
    for shape, weights in zip(points.shapes, points.weights.tolist(), strict=True):
        for key in sorted(faces):
            if faces[key].intersects(shape):
                sums[key] = [a + b for a, b in zip(sums[key], weights, strict=True)]
                break
    return sums


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 19), st.none() | st.integers(1, 9)), min_size=1,
                max_size=6))
def test_counting_as_areas_change_is_counting_anew(steps):
    points = _points(120)
    count = Count(points)
    faces = _faces(10, None)
    count.begin(faces)
    for cut, split in steps:
        after = _faces(cut, split)
        count.change(faces.keys() | after.keys(), after)
        faces = after
        told = {key: [row[name] for name in COUNTED] for key, row in count.sums(faces).items()}
        assert told == _plain(points, faces)


def test_only_what_changed_is_told_to_have_moved():
    points = _points()
    count = Count(points)
    count.begin(_faces(10, None))
    assert count.change(["a", "b"], _faces(10, None)).tolist() == []
    moved = count.change(["a", "b"], _faces(12, None))
    west, east = at(10, 0)[0], at(12, 0)[0]
    assert (points.lon[moved] > west).all()
    assert (points.lon[moved] <= east).all()


def test_nobody_lives_in_what_is_not_there():
    count = Count(_points())
    count.begin(_faces(10, None))
    assert count.sums(["nothing"]) == {"nothing": dict.fromkeys(COUNTED, 0)}
    empty = Count(Points(np.zeros(0), np.zeros(0), np.zeros((0, len(COUNTED)), dtype=np.int64),
                         np.zeros(0, dtype=np.int64)))
    empty.begin(_faces(10, None))
    assert empty.sums(["a"])["a"]["households"] == 0


def test_measures_of_plain_shapes():
    square = measures(rectangle(0, 0, 10, 10))
    assert square["area_m2"] == pytest.approx(961.9 * 1108.6, rel=1e-3)
    circle = shapely.Point(*at(0, 0)).buffer(0.001, quad_segs=64)
    wide = shapely.transform(circle, lambda c: (c - at(0, 0)) / (96.19, 110.86) * 100 + at(0, 0))
    assert measures(wide)["compactness"] == pytest.approx(1, abs=2e-3)
    assert measures(rectangle(0, 0, 100, 1))["compactness"] == pytest.approx(
        4 * math.pi * 100 * 0.868 / (2 * (100 * 0.868 + 1)) ** 2, rel=1e-2)
