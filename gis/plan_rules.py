"""Rules that a redraw is held to, as data: pure, what a city or a draft has set and what breaks it.

A set of rules is an object of rules by name, each with `min`, `target`, `max`, `blocks` (nothing
that breaks it is published) and `on`. A rule that is absent is as the city has it, and then as
`DEFAULTS` has it.

=================  ==========  =========================================================
rule               unit        figure
=================  ==========  =========================================================
households         households  dwellings that do not stand empty
actual_residents   people      who live there, registered or not
area_m2            m2          in the local plane of the area
compactness        (none)      4π · area / perimeter²: 1 for a circle, 0.785 for a square
one_street_side    m           streets of `classes` that run inside, not along its boundary
whole_compounds    areas       areas into which one residential compound is cut
inside_parent      m2          ground outside the area of the level above
duty_officers      officers    officers on duty there
=================  ==========  =========================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry.base import BaseGeometry

from gis.errors import FieldProblem, InvalidFields

UNITS = {
    "households": "households", "actual_residents": "people", "area_m2": "m2", "compactness": "",
    "one_street_side": "m", "whole_compounds": "areas", "inside_parent": "m2",
    "duty_officers": "officers",
}
ROAD_CLASSES = ("expressway", "arterial", "secondary", "local")
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "households": {"min": 50, "target": 180, "max": 500},
    "actual_residents": {"min": 100, "target": 500, "max": 2000},
    "area_m2": {"min": 10_000, "max": 5_000_000},
    "compactness": {"min": 0.15},
    "one_street_side": {"max": 100, "classes": ["expressway", "arterial"]},
    "whole_compounds": {"max": 1},
    "inside_parent": {"max": 1, "blocks": True},
    "duty_officers": {"min": 1},
}
# What operations are held to, in the same object under the name `topology`.
TOPOLOGY: Mapping[str, Any] = {
    "min_width_m": 10.0, "min_area_m2": 500.0, "cut_buildings": False, "holes": False}
_BOUNDS = ("min", "target", "max")
_SWITCHES = {"blocks": False, "on": True}
# Bounds that are told even where they are not set; all for the others.
_TOLD = {"compactness": ("min",), "one_street_side": ("max",), "whole_compounds": ("max",),
         "inside_parent": ("max",), "duty_officers": ("min",), "area_m2": ("min", "max")}


@dataclass(frozen=True)
class Rule:
    """One rule; None where a bound is not set. `blocks`: nothing that breaks it is published."""

    name: str
    least: float | None = None
    target: float | None = None
    most: float | None = None
    blocks: bool = False
    on: bool = True
    classes: tuple[str, ...] = ()

    def broken_by(self, figure: float) -> tuple[str, float] | None:
        """Which bound a figure breaks, and that bound; None where it keeps both."""
        if self.least is not None and figure < self.least:
            return "min", self.least
        if self.most is not None and figure > self.most:
            return "max", self.most
        return None


@dataclass(frozen=True)
class Rules:
    """Rules by name, and the limits of operations."""

    rules: Mapping[str, Rule]
    topology: Mapping[str, Any]

    def get(self, name: str) -> Rule | None:
        """A rule, None where it is off."""
        rule = self.rules[name]
        return rule if rule.on else None


@dataclass(frozen=True)
class Violation:
    """One breach: which rule, whose, where, by how much.

    Attributes
    ----------
    keys
        The areas concerned, in order.
    side, limit
        ``min`` or ``max``, and its value, in the rule's unit.
    subject
        What is concerned where that is no area: a compound's name.
    """

    rule: str
    keys: tuple[str, ...]
    place: BaseGeometry
    figure: float
    limit: float
    side: str
    blocks: bool
    subject: str = ""

    @property
    def unit(self) -> str:
        """Of figure and limit."""
        return UNITS[self.rule]


@dataclass(frozen=True)
class Facts:
    """What the rules look at in one area.

    Attributes
    ----------
    figures
        Of the rules that are plain numbers, by the rule's name.
    streets
        Parts of streets that run inside, and their length in metres.
    outside
        Ground outside the parent, and its area in m²; None where there is none.
    """

    key: str
    geom: BaseGeometry
    figures: Mapping[str, float]
    streets: tuple[BaseGeometry, float] | None = None
    outside: tuple[BaseGeometry, float] | None = None


@dataclass(frozen=True)
class Compound:
    """A residential compound and the areas in which its buildings lie."""

    name: str
    place: BaseGeometry
    keys: tuple[str, ...] = field(default_factory=tuple)


def parse_rules(*told: Mapping[str, Any]) -> Rules:
    """Rules from what was set, the first the weakest: the city's, then a draft's.

    Raises
    ------
    InvalidFields
        With every rule or bound that can't be used.
    """
    problems: list[FieldProblem] = []
    merged: dict[str, Any] = {name: dict(rule) for name, rule in DEFAULTS.items()}
    topology = dict(TOPOLOGY)
    for one in told:
        for name, given in one.items():
            if name == "topology":
                topology |= _topology(given, problems)
            elif name not in DEFAULTS:
                problems.append(FieldProblem(str(name)[:60], f"no such rule: use {_names()}"))
            else:
                merged[name] = given
    rules = {name: _rule(name, given, problems) for name, given in merged.items()}
    if problems:
        raise InvalidFields(problems)
    return Rules(rules, topology)


def rules_to_json(rules: Rules) -> dict[str, Any]:
    """The rules as the object that `parse_rules` takes; bounds that are not set are null."""
    told: dict[str, Any] = {}
    for name, rule in rules.rules.items():
        known = {bound: value for bound, value in zip(
            _BOUNDS, (rule.least, rule.target, rule.most), strict=True)
            if value is not None or bound in _TOLD.get(name, _BOUNDS)}
        told[name] = {"on": rule.on, **known, "blocks": rule.blocks, "unit": UNITS[name]} | (
            {"classes": list(rule.classes)} if rule.classes else {})
    return told | {"topology": dict(rules.topology)}


def violations(rules: Rules, facts: Facts) -> Iterator[Violation]:
    """What one area breaks, in the order of the rules."""
    for name, rule in rules.rules.items():
        if not rule.on:
            continue
        place, figure = facts.geom, facts.figures.get(name)
        if name == "one_street_side":
            place, figure = facts.streets or (place, 0.0)
        elif name == "inside_parent":
            place, figure = facts.outside or (place, 0.0)
        broken = rule.broken_by(figure) if figure is not None else None
        if broken:
            yield Violation(name, (facts.key,), place, figure, broken[1], broken[0], rule.blocks)


def compound_violation(rules: Rules, compound: Compound) -> Violation | None:
    """Whether a compound is cut into more areas than it may."""
    rule = rules.get("whole_compounds")
    broken = rule.broken_by(len(compound.keys)) if rule else None
    if not broken:
        return None
    return Violation("whole_compounds", compound.keys, compound.place, float(len(compound.keys)),
                     broken[1], broken[0], rule.blocks, compound.name)


def _names() -> str:
    return ", ".join((*DEFAULTS, "topology"))


def _rule(name: str, given: Any, problems: list[FieldProblem]) -> Rule:
    if not isinstance(given, Mapping):
        problems.append(FieldProblem(name, "an object with min, target, max, blocks, on"))
        return Rule(name)
    known = {*_BOUNDS, *_SWITCHES, "unit"} | ({"classes"} if name == "one_street_side" else set())
    problems += [FieldProblem(f"{name}.{field}"[:80], f"use {', '.join(sorted(known))}")
                 for field in given if field not in known]
    bounds = [_number(given.get(bound), f"{name}.{bound}", problems) for bound in _BOUNDS]
    told = [bound for bound in bounds if bound is not None]
    if told != sorted(told):
        problems.append(FieldProblem(name, "min, target and max go upwards"))
    switches = {switch: given.get(switch, usual) for switch, usual in _SWITCHES.items()}
    problems += [FieldProblem(f"{name}.{switch}", "true or false")
                 for switch, value in switches.items() if not isinstance(value, bool)]
    return Rule(name, *bounds, blocks=switches["blocks"] is True, on=switches["on"] is True,
                classes=_classes(name, given.get("classes"), problems))


def _classes(name: str, given: Any, problems: list[FieldProblem]) -> tuple[str, ...]:
    if name != "one_street_side":
        return ()
    if given is None:
        return tuple(DEFAULTS[name]["classes"])
    if not isinstance(given, list) or not all(one in ROAD_CLASSES for one in given):
        problems.append(FieldProblem(f"{name}.classes", f"a list of {', '.join(ROAD_CLASSES)}"))
        return ()
    return tuple(given)


def _topology(given: Any, problems: list[FieldProblem]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        problems.append(FieldProblem("topology", f"an object with {', '.join(TOPOLOGY)}"))
        return {}
    read: dict[str, Any] = {}
    for name, value in given.items():
        if name == "on":
            continue
        if name not in TOPOLOGY:
            problems.append(FieldProblem(f"topology.{name}"[:80], f"use {', '.join(TOPOLOGY)}"))
        elif isinstance(TOPOLOGY[name], bool):
            if not isinstance(value, bool):
                problems.append(FieldProblem(f"topology.{name}", "true or false"))
            read[name] = value
        else:
            read[name] = _number(value, f"topology.{name}", problems) or 0.0
    return read


def _number(given: Any, field_name: str, problems: list[FieldProblem]) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) \
            or not 0 <= given <= 1e12:
        problems.append(FieldProblem(field_name, "a number that is not below 0"))
        return None
    return given
