"""What a distorted address truly means, computed from the synthetic data and not by a search.

The noiser tells which elements remain and how each is typed. From that alone:

- *meant*: every house that has all remaining elements as they were before they were mistyped. One
  house when enough remains; several when, say, the unit was dropped from a building of three units.
- *better* and *equal*: houses with the same numbers whose names differ from what was typed by
  fewer characters than the meant ones do (insertions, deletions, replacements, transpositions), or
  by as many. A slip that turns a road's name into another road's name, where that road has the same
  number, building and room, and nothing that remains speaks against it, makes a text that says
  another house as plainly as a text can. No reader could tell, so either answer is true: a *better*
  reading as it is, an *equal* one only when it is told as one of several. A slip onto another name
  excuses nothing as long as one remaining word still speaks for the house that was meant.

Numbers must be equal always. The method is exhaustive: every site (a compound, or a building with a
name of its own) is compared with the text's elements, then the houses of those that qualify.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from fixtures.noise import Noisy

NAMES = ("street", "community", "road", "compound")
NUMBERS = ("building", "unit", "room")
SHARED = {"compound": ("compound",), "road_number": ("road", "road_number"), "road": ("road",),
          "community": ("community",), "street": ("street",)}


@dataclass(frozen=True)
class Houses:
    """A set of houses: their codes, those of their buildings, the finest level all share."""

    houses: frozenset[str] = frozenset()
    buildings: frozenset[str] = frozenset()
    level: str | None = None


@dataclass(frozen=True)
class Truth:
    """What a text means. ``has_room`` tells whether a room remains in it."""

    meant: Houses
    better: Houses
    equal: Houses
    has_room: bool


@dataclass(frozen=True)
class Verdict:
    """How an answer fares: is its first match true, is a true one among five, is it a wrong claim?

    ``strictly`` leaves out what only another reading of the text makes true.
    """

    first: bool
    among_five: bool
    claims_wrong: bool
    strictly: bool


@dataclass(frozen=True)
class Answered:
    """The part of a match that is judged."""

    house_code: str | None
    building_code: str | None
    score: float
    ambiguous: bool
    tied: bool
    told: str = field(default="", compare=False)


class Oracle:
    """Answers from the table of `fixtures.standard.elements_of`."""

    def __init__(self, elements: pd.DataFrame) -> None:
        where = [*NAMES, "road_number"]
        self._site = elements.groupby(where, sort=False).ngroup().to_numpy()
        self._sites = elements[where].drop_duplicates()
        self._names = {level: self._sites[level].to_numpy(object) for level in NAMES}
        self._known = {level: np.unique(names, return_inverse=True)
                       for level, names in self._names.items()}
        self._road_number = self._sites["road_number"].to_numpy(object)
        self._number = {level: elements[level].to_numpy(object) for level in NUMBERS}
        self._house = elements["house_code"].to_numpy(object)
        self._building = elements["building_code"].to_numpy(object)
        order = np.argsort(self._site, kind="stable")
        ends = np.searchsorted(self._site[order], np.arange(len(self._sites) + 1))
        self._rows = [order[a:b] for a, b in pairwise(ends)]
        self._row = {code: row for row, code in enumerate(self._house)}
        self._unlike = lru_cache(maxsize=4096)(self._distance)

    def _distance(self, level: str, typed: str) -> np.ndarray:
        """Characters by which every site's name of a level differs from what is typed."""
        known, index = self._known[level]
        return cdist([typed], known.tolist(), scorer=OSA.distance)[0][index]

    def truth(self, noisy: Noisy) -> Truth:
        """What a distorted address means."""
        remaining, row = noisy.remaining, self._row[noisy.address.house_code]
        site = self._site[row]
        like, unlike = np.ones(len(self._sites), bool), np.zeros(len(self._sites), int)
        for level in NAMES:
            if level in remaining:
                like &= self._names[level] == self._names[level][site]
                unlike = unlike + self._unlike(level, remaining[level])
        if "road_number" in remaining:
            fits = self._road_number == remaining["road_number"]
            like &= fits
        else:
            fits = np.ones(len(self._sites), bool)
        fits &= ~like
        return Truth(
            self._houses(like, remaining),
            self._houses(fits & (unlike < unlike[site]), remaining),
            self._houses(fits & (unlike == unlike[site]), remaining),
            "room" in remaining,
        )

    def _houses(self, sites: np.ndarray, remaining: dict[str, str]) -> Houses:
        chosen = np.flatnonzero(sites)
        if not len(chosen):
            return Houses()
        rows = np.concatenate([self._rows[site] for site in chosen])
        for level in NUMBERS:
            if level in remaining:
                rows = rows[self._number[level][rows] == remaining[level]]
        houses, buildings = frozenset(self._house[rows]), frozenset(self._building[rows])
        if len(houses) == 1:
            return Houses(houses, buildings, "house")
        return Houses(houses, buildings, "building" if len(buildings) == 1 else
                      self._shared(np.unique(self._site[rows])))

    def _shared(self, sites: np.ndarray) -> str:
        """The finest level above buildings on which some sites agree."""
        for level, columns in SHARED.items():
            if len(self._sites.iloc[sites][list(columns)].drop_duplicates()) == 1:
                return level
        return "district"


def is_one_of(answer: Answered, wanted: Houses, has_room: bool) -> bool:
    """Whether an answer is one of some houses, at the level that the words determine.

    With a room, or where there is but one house, it is the house. Otherwise the building: also
    where a room is told and several units of one building have it.
    """
    if answer.house_code is not None:
        return (has_room or len(wanted.houses) == 1) and answer.house_code in wanted.houses
    if has_room and (len(wanted.houses) == 1 or len(wanted.buildings) > 1):
        return False
    return answer.building_code in wanted.buildings


def places(wanted: Houses, has_room: bool) -> int:
    """How many answers are equally true; several rooms of one building make one: the building."""
    if len(wanted.buildings) <= 1:
        return len(wanted.buildings)
    return len(wanted.houses) if has_room else len(wanted.buildings)


def judge(truth: Truth, answers: Iterable[Answered], sure: float) -> Verdict:
    """Judge the matches for a text, best first; ``sure`` is the score from which they claim."""
    answers = list(answers)[:5]
    if not answers:
        return Verdict(False, False, False, False)
    first, room = answers[0], truth.has_room
    one = places(truth.meant, room) == 1 and (
        first.house_code is None or len(truth.meant.houses) == 1)
    # As tied may be named only what is as true.
    tied = first.tied and all(is_one_of(answer, truth.meant, room)
                              or is_one_of(answer, truth.equal, room)
                              for answer in answers if answer.tied)
    meant = is_one_of(first, truth.meant, room) and (one or tied)
    right = (meant or is_one_of(first, truth.better, room)
             or (tied and is_one_of(first, truth.equal, room)))
    five = right or any(is_one_of(answer, houses, room) for answer in answers
                        for houses in (truth.meant, truth.better))
    return Verdict(right, five, not right and not first.ambiguous and first.score >= sure, meant)
