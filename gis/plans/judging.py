"""Figures of a draft's areas and what they break, kept up to date as areas change."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries import Refusal, RefusalKind
from gis.plan_rules import (
    Compound,
    Facts,
    Rules,
    Violation,
    compound_violation,
    violations,
)
from gis.plans.figures import COUNTED, Count, Integers, in_metres, measures, plane_of
from gis.plans.ground import DraftGround
from gis.plans.reading import BaseArea, Face, Parent

Figures = dict[str, float]


class Judge:
    """Counts, measures and judges areas, and only those that changed again.

    Attributes
    ----------
    figures
        By key: addresses, households, actual and registered residents, open incidents, officers
        on duty (of a new area none yet), area_m2, compactness.
    """

    def __init__(self, ground: DraftGround, rules: Rules, base: Mapping[str, BaseArea],
                 parents: Mapping[str, Parent]) -> None:
        self._ground, self._rules, self._base, self._parents = ground, rules, base, parents
        self._count = Count(ground.points)
        self._faces: dict[str, Face] = {}
        self._broken: dict[str, tuple[Violation, ...]] = {}
        self._cut: dict[int, Violation] = {}
        self._compound = ground.points.compound
        self.figures: dict[str, Figures] = {}

    def begin(self, faces: Mapping[str, Face]) -> None:
        """All areas at once."""
        self._faces = dict(faces)
        self._count.begin({key: face.geom for key, face in faces.items()})
        # A compound's name may stand elsewhere too: what lies in one parent is one compound.
        self._compound = self._compounds()
        self._judge(faces)
        self._judge_compounds(np.unique(self._compound))

    def change(self, faces: Iterable[Face]) -> None:
        """Some areas have changed, begun, or ended (those without a shape)."""
        changed = list(faces)
        after = {face.key: face for face in changed if face.geom is not None}
        for face in changed:
            if face.geom is None:
                self._faces.pop(face.key, None)
                self.figures.pop(face.key, None)
                self._broken.pop(face.key, None)
        self._faces |= after
        moved = self._count.change([face.key for face in changed],
                                   {key: face.geom for key, face in after.items()})
        self._judge(after)
        self._judge_compounds(np.unique(self._compound[moved]))

    def figures_of(self, faces: Mapping[str, Face]) -> dict[str, Figures]:
        """The same figures of other areas of this ground, such as those of the base."""
        count = Count(self._ground.points)
        count.begin({key: face.geom for key, face in faces.items()})
        return {key: self._figures(faces[key], counted)
                for key, counted in count.sums(faces).items()}

    def violations(self) -> list[Violation]:
        """All that is broken, area by area, then the compounds."""
        return [one for key in sorted(self._broken) for one in self._broken[key]] + [
            self._cut[number] for number in sorted(self._cut)]

    def violations_of(self, keys: Iterable[str]) -> list[Violation]:
        """What some areas break, or are concerned in."""
        wanted = set(keys)
        return [one for one in self.violations() if wanted & set(one.keys)]

    def totals(self) -> Figures:
        """Sums over all areas."""
        sums = {name: sum(one[name] for one in self.figures.values())
                for name in (*COUNTED, "officers")}
        area_m2 = math.fsum(one["area_m2"] for one in self.figures.values())
        return sums | {"area_m2": round(area_m2, 1), "areas": len(self.figures)}

    def _judge(self, faces: Mapping[str, Face]) -> None:
        for key, counted in self._count.sums(faces).items():
            figures = self.figures[key] = self._figures(faces[key], counted)
            self._broken[key] = tuple(violations(self._rules, self._facts(faces[key], figures)))

    def _figures(self, face: Face, counted: Mapping[str, int]) -> Figures:
        known = self._base.get(face.key)
        return {**counted, "officers": known.officers if known else 0, **measures(face.geom)}

    def _facts(self, face: Face, figures: Figures) -> Facts:
        rule = self._rules.get("one_street_side")
        streets = self._ground.streets_inside(face.geom, rule.classes) if rule else None
        numbers = {name: figures[name] for name in ("area_m2", "compactness")} | {
            "duty_officers": figures["officers"]}
        # Where nothing is known of who lives there, nothing is said of it.
        if len(self._ground.points.lon):
            numbers |= {name: figures[name] for name in ("households", "actual_residents")}
        return Facts(face.key, face.geom, numbers, streets, self._outside(face))

    def _outside(self, face: Face) -> tuple[BaseGeometry, float] | None:
        parent = self._parents.get(face.parent_code or "")
        if parent is None or self._rules.get("inside_parent") is None \
                or parent.geom.covers(face.geom):
            return None
        outside = face.geom.difference(parent.geom)
        area_m2 = in_metres(outside, plane_of(face.geom)).area if not outside.is_empty else 0.0
        return (outside, round(area_m2, 1)) if area_m2 > 0 else None

    def _compounds(self) -> Integers:
        """Numbers of compounds, told apart by the parent in which each building lies at first."""
        points = self._ground.points
        parents = sorted({face.parent_code or "" for face in self._faces.values()})
        number = {code: place for place, code in enumerate(parents)}
        under = np.zeros(len(points.lon), dtype=np.int64)
        for key in self._faces:
            inside = self._count.positions(key)
            under[inside] = number[self._faces[key].parent_code or ""]
        return np.where(points.compound < 0, -1, points.compound * len(parents) + under)

    def _judge_compounds(self, numbers: Integers) -> None:
        if self._rules.get("whole_compounds") is None:
            return
        for number in numbers[numbers >= 0].tolist():
            places = np.flatnonzero(self._compound == number)
            points = self._ground.points
            name = points.compounds[int(points.compound[places[0]])]
            found = compound_violation(self._rules, Compound(
                name, shapely.multipoints(points.shapes[places]),
                tuple(self._count.keys_of(places))))
            if found:
                self._cut[number] = found
            else:
                self._cut.pop(number, None)


def frozen_refusals(keys: Iterable[str], faces: Mapping[str, Face]) -> list[Refusal]:
    """That areas are frozen, each in its place."""
    return [Refusal(RefusalKind.FROZEN, faces[key].geom, (key,)) for key in keys]
