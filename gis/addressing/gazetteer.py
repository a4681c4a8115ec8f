"""The names that a caller may see, kept in memory until they change. Pure but for the clock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any, NamedTuple

from gis.addressing.names import Name, Names, names_of
from gis.addressing.western import WesternNames, is_western

MOST_SCOPES = 64


class Gazetteer(NamedTuple):
    """Names of one scope: in Chinese, in letters, and the areas by their identity."""

    chinese: Names
    western: WesternNames
    areas: dict[int, tuple[str, str]]


def build_gazetteer(rows: Iterable[tuple[Any, ...]],
                    areas: Iterable[tuple[int, str, str, str]]) -> Gazetteer:
    """From rows of (kind, standard, how, said, building_id), and of areas' identities."""
    chinese: list[Name] = []
    western: list[Name] = []
    for kind, standard, how, said, building_id in rows:
        if is_western(said):
            western.append(Name(kind, said, standard or "", how, 1.0, building_id))
        else:
            chinese += names_of(kind, standard or "", how, said, building_id)
    return Gazetteer(Names(chinese), WesternNames(western),
                     {identity: (level, name) for identity, level, name, _ in areas})


class Gazetteers:
    """One gazetteer for each (database, scope); the least used goes when there are many."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, tuple[Any, Gazetteer]] = OrderedDict()
        self._building = Lock()

    def get(self, scope: Any, version: Any) -> Gazetteer | None:
        """What is kept for a scope, if it is of that version."""
        kept = self._kept.get(scope)
        if kept is None or kept[0] != version:
            return None
        self._kept.move_to_end(scope)
        return kept[1]

    def made(self, scope: Any, version: Any, names: Iterable[tuple[Any, ...]],
             areas: Iterable[tuple[int, str, str, str]]) -> Gazetteer:
        """The gazetteer of that version, built once by whoever comes first; in any thread."""
        with self._building:
            kept = self.get(scope, version)
            if kept is None:
                kept = build_gazetteer(names, areas)
                self.put(scope, version, kept)
            return kept

    def put(self, scope: Any, version: Any, gazetteer: Gazetteer) -> None:
        """Keep one; an older version of it goes."""
        self._kept[scope] = (version, gazetteer)
        self._kept.move_to_end(scope)
        while len(self._kept) > MOST_SCOPES:
            self._kept.popitem(last=False)
