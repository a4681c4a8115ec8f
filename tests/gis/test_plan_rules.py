"""Rules as data: read, merged, refused; and what breaks them, with place, number and limit."""

from __future__ import annotations

import math

import pytest
import shapely

from gis.errors import InvalidFields
from gis.plan_rules import (
    DEFAULTS,
    UNITS,
    Compound,
    Facts,
    compound_violation,
    parse_rules,
    rules_to_json,
    violations,
)

BOX = shapely.box(0, 0, 1, 1)


def _facts(**figures) -> Facts:
    streets, outside = figures.pop("streets", None), figures.pop("outside", None)
    return Facts("g", BOX, figures, streets, outside)


def test_what_nobody_set_is_as_usual():
    rules = parse_rules()
    assert set(rules.rules) == set(DEFAULTS) == set(UNITS)
    assert (rules.get("households").least, rules.get("households").most) == (50, 500)


def test_a_draft_s_own_word_goes_before_the_city_s():
    rules = parse_rules({"households": {"min": 10}, "compactness": {"on": False}},
                        {"households": {"min": 20, "max": 30, "blocks": True}})
    assert rules.get("households").least == 20
    assert rules.get("households").blocks is True
    assert rules.get("compactness") is None
    assert rules.get("area_m2") is not None


def test_what_is_told_is_read_back():
    rules = parse_rules({"one_street_side": {"max": 5, "classes": ["local"]},
                         "topology": {"min_width_m": 3, "holes": True}})
    assert parse_rules(rules_to_json(rules)) == rules
    assert rules.topology["min_area_m2"] == 500.0


@pytest.mark.parametrize("given, field", [
    ({"houses": {}}, "houses"),
    ({"households": None}, "households"),
    ({"households": {"min": -1}}, "households.min"),
    ({"households": {"min": "5"}}, "households.min"),
    ({"households": {"min": math.inf}}, "households.min"),
    ({"households": {"min": 10**400}}, "households.min"),
    ({"households": {"min": True}}, "households.min"),
    ({"households": {"min": 5, "max": 4}}, "households"),
    ({"households": {"min": 5, "target": 4}}, "households"),
    ({"households": {"most": 4}}, "households.most"),
    ({"households": {"blocks": 1}}, "households.blocks"),
    ({"one_street_side": {"classes": ["lane"]}}, "one_street_side.classes"),
    ({"topology": {"width": 4}}, "topology.width"),
    ({"topology": {"holes": 4}}, "topology.holes"),
    ({"topology": 4}, "topology"),
])
def test_what_can_t_be_used_is_named(given, field):
    with pytest.raises(InvalidFields) as refused:
        parse_rules(given)
    assert [one.field for one in refused.value.problems] == [field]


@pytest.mark.parametrize("name, figure, side", [
    ("households", 49, "min"), ("households", 50, None), ("households", 500, None),
    ("households", 501, "max"), ("actual_residents", 2001, "max"), ("area_m2", 9_999, "min"),
    ("compactness", 0.1, "min"), ("duty_officers", 0, "min"), ("duty_officers", 1, None),
])
def test_figures_against_their_limits(name, figure, side):
    found = list(violations(parse_rules(), _facts(**{name: figure})))
    assert [(one.rule, one.side, one.figure, one.keys) for one in found] == (
        [(name, side, figure, ("g",))] if side else [])
    assert all(one.place is BOX and one.unit == UNITS[name] for one in found)


def test_streets_and_ground_outside_are_in_their_own_place():
    line = shapely.LineString([(0, 0), (1, 1)])
    (street,) = violations(parse_rules(), _facts(streets=(line, 100.5)))
    assert (street.rule, street.place, street.figure, street.limit) == (
        "one_street_side", line, 100.5, 100)
    (outside,) = violations(parse_rules(), _facts(outside=(BOX, 1.5)))
    assert (outside.rule, outside.blocks) == ("inside_parent", True)
    assert list(violations(parse_rules(), _facts(streets=(line, 99.0)))) == []


def test_a_compound_cut_in_two():
    points = shapely.MultiPoint([(0, 0), (1, 1)])
    found = compound_violation(parse_rules(), Compound("春江苑", points, ("a", "b")))
    assert (found.subject, found.figure, found.limit, found.keys, found.place) == (
        "春江苑", 2, 1, ("a", "b"), points)
    assert compound_violation(parse_rules(), Compound("春江苑", points, ("a",))) is None
    assert compound_violation(parse_rules({"whole_compounds": {"on": False}}),
                              Compound("春江苑", points, ("a", "b"))) is None
