"""A draft in memory: its coverage, what it counts and what it breaks, while edges move.

Not safe for several threads at once. What it holds is a cache: the database has every operation
with what it made, and decides which version is the present one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries import (
    Change,
    Coverage,
    Defect,
    Ground,
    NotACoverage,
    Refused,
    Rename,
    Replace,
    check,
    operation_from_json,
    operation_to_json,
)
from gis.errors import Conflict, InvalidInput, NotFound
from gis.plan_rules import Rules, Violation
from gis.plans.ground import DraftGround
from gis.plans.judging import Judge, frozen_refusals
from gis.plans.making import (
    MOST_CODES,
    MOST_NAME,
    MOST_NEW,
    Made,
    Shown,
    check_name,
    is_new,
    same_shape,
)
from gis.plans.reading import BaseArea, Draft, Face, Parent, as_multi, faces_at


class Workbench:
    """A draft at one version.

    Parameters
    ----------
    made
        All that operations made, those that are undone too.
    operations
        All of them by number, from 1.
    """

    def __init__(self, draft: Draft, base: Mapping[str, BaseArea], parents: Mapping[str, Parent],
                 made: list[tuple[int, Face]], operations: Sequence[Mapping[str, Any]],
                 ground: DraftGround, rules: Rules) -> None:
        self.draft, self.version, self.cursor = draft, draft.version, draft.cursor
        self.parents, self.ground, self.rules = parents, ground, rules
        self.made = list(made)
        self.operations = [dict(one) for one in operations]
        self._done: dict[int, Change] = {}
        # Whether something was begun that is neither kept nor taken back.
        self.unsettled = False
        self.defects: tuple[Defect, ...] = ()
        self.coverage: Coverage | None = None
        self.told_base = base
        # Vertices that a neighbour lacked are set in the base, so that each later state has them.
        self.faces: dict[str, Face] = dict(base)
        self._build()
        self.base = dict(self.faces)
        if self.cursor:
            self.faces = faces_at(self.base, self.made, self.cursor)
            self._build()
        self.judge = Judge(ground, rules, base, parents)
        self.judge.begin(self.faces)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def frozen(self) -> set[str]:
        """Keys of areas that may not change."""
        held: set[str] = set()
        for operation in self.operations[:self.cursor]:
            if operation["op"] == "freeze":
                (held.update if operation["frozen"] else held.difference_update)(
                    operation["codes"])
        return held & self.faces.keys()

    @property
    def violations(self) -> list[Violation]:
        """All that is broken now."""
        return self.judge.violations()

    def outlines(self) -> dict[str, BaseGeometry]:
        """The shapes of the areas above, by code."""
        return {code: parent.geom for code, parent in self.parents.items()}

    def parent_of(self) -> dict[str, str]:
        """The area above of each, by key."""
        return {key: face.parent_code for key, face in self.faces.items() if face.parent_code}

    def next_key(self) -> str:
        """A key that no area of the draft ever had."""
        used = {int(face.key[1:]) for _, face in self.made if face.key.startswith("+")}
        number = max(used, default=0) + 1
        if number > MOST_NEW:
            number = next(free for free in itertools.count(1) if free not in used)
        return f"+{number}"

    # -- what may be done to it ----------------------------------------------------------------

    def perform(self, given: Mapping[str, Any]) -> Made:
        """Carry an operation out, so far only here; `keep` or `take_back` comes after.

        Raises
        ------
        InvalidInput, Refused, NotACoverage
            Where it can't be; nothing has changed.
        """
        return self._begun(self._perform, given)

    def _begun(self, work: Callable[..., Made], *arguments: Any) -> Made:
        self.unsettled = True
        try:
            return work(*arguments)
        except (InvalidInput, NotFound):
            self.unsettled = False
            raise

    def _perform(self, given: Mapping[str, Any]) -> Made:
        if not isinstance(given, Mapping):
            raise InvalidInput("an operation is an object such as {\"op\": \"split\", …}",
                               "operation")
        if given.get("op") == "freeze":
            return self._freeze(given)
        if given.get("op") == "split" and not given.get("new_key"):
            given = {**given, "new_key": self.next_key()}
        operation = operation_from_json(given)
        self._check_new_keys(operation)
        if isinstance(operation, Rename):
            return self._rename(operation)
        if self.coverage is None:
            raise NotACoverage(self.defects)
        change = self.coverage.apply(operation, self.ground.held_to(self.rules, self.frozen))
        stored = {"op": "replace", "codes": sorted(change.after)} \
            if isinstance(operation, Replace) else operation_to_json(operation)
        return self._shown(Made(stored, self._faces_of(change, operation), change, change.left))

    def replace_all(self, faces: Mapping[str, Face | None], what: str) -> Made:
        """Set whole areas, as an import or a repair makes them; the whole is built anew.

        Raises
        ------
        NotACoverage
            Where they do not fit; nothing has changed.
        """
        return self._begun(self._replace_all, faces, what)

    def _replace_all(self, faces: Mapping[str, Face | None], what: str) -> Made:
        self._check_frozen(faces)
        now = dict(self.faces) | {
            key: face for key, face in faces.items() if face is not None}
        for key in [key for key, face in faces.items() if face is None]:
            now.pop(key, None)
        coverage = self._coverage_of(now)
        noded = coverage.faces()
        now = {key: replace(face, geom=same_shape(face.geom, noded[key]))
               for key, face in now.items()}
        changed = [face for key, face in sorted(now.items()) if is_new(self.faces.get(key), face)]
        ended = [replace(face, geom=None) for key, face in self.faces.items() if key not in now]
        made = [*changed, *ended]
        before, self.coverage, self.defects = self.coverage, coverage, ()
        self._done.clear()
        return self._shown(Made(
            {"op": "replace", "by": what, "codes": [face.key for face in made][:MOST_CODES]},
            made, before=before))

    def keep(self, made: Made, version: int) -> Shown:
        """The operation is stored: what it made is the draft."""
        del self.operations[self.cursor:]
        self.made = [(number, face) for number, face in self.made if number <= self.cursor]
        self._done = {number: change for number, change in self._done.items()
                      if number <= self.cursor}
        self.cursor += 1
        self.version = version
        self.operations.append(made.operation)
        self.made += [(self.cursor, face) for face in made.faces]
        if made.change is not None:
            self._done[self.cursor] = made.change
        self.unsettled = False
        return self.shown(made.faces)

    def take_back(self, made: Made) -> None:
        """The operation was only tried, or could not be stored."""
        if made.change is not None:
            made.change.undo()
        self._set([self._face_at(face.key, self.cursor) for face in made.faces])
        if made.operation["op"] == "replace" and made.change is None:
            self.coverage = made.before
            if self.coverage is None:
                self._build()
        self.unsettled = False

    def move(self, by: int, version: int) -> Shown:
        """Undo (-1) or redo (1), which the database has done before."""
        self.unsettled = True
        number = self.cursor if by < 0 else self.cursor + 1
        keys = sorted({face.key for made_by, face in self.made if made_by == number})
        self.cursor += by
        self.version = version
        faces = [self._face_at(key, self.cursor) for key in keys]
        followed = self._follow(number, by, faces)
        self._set(faces)
        if not followed:
            self._build()
        self.unsettled = False
        return self.shown(faces)

    def may_move(self, by: int) -> bool:
        """Whether there is something to undo or redo."""
        return self.cursor > 0 if by < 0 else self.cursor < len(self.operations)

    # -- inside --------------------------------------------------------------------------------

    def _build(self) -> None:
        try:
            self.coverage, self.defects = self._coverage_of(self.faces), ()
        except NotACoverage as problem:
            self.coverage, self.defects = None, problem.defects
            return
        noded = self.coverage.faces()
        self.faces = {key: replace(face, geom=same_shape(face.geom, noded[key]))
                      for key, face in self.faces.items()}
        # Ground that nobody has hinders no operation, but it is to be seen.
        self.defects = tuple(one for one in check(
            noded, self.parent_of() or None, self.outlines() or None) if one.kind == "gap")

    def _coverage_of(self, faces: Mapping[str, Face]) -> Coverage:
        parents = {key: face.parent_code for key, face in faces.items() if face.parent_code}
        return Coverage.build({key: face.geom for key, face in faces.items()}, parents or None,
                              self.outlines() or None)

    def _follow(self, number: int, by: int, faces: list[Face]) -> bool:
        """Bring the coverage to what the draft is after an undo or redo; False where it can't."""
        if not faces:
            return True
        if self.coverage is None:
            return False
        change = self._done.get(number)
        try:
            if change is not None:
                (change.undo if by < 0 else change.redo)()
            else:
                self.coverage.apply(Replace(
                    {face.key: face.geom for face in faces}, {},
                    {face.key: face.parent_code for face in faces
                     if face.geom is not None and face.parent_code}),
                    Ground(holes_allowed=True, cut_buildings_allowed=True))
        except (Conflict, Refused):
            self._done.clear()
            return False
        return True

    def _face_at(self, key: str, cursor: int) -> Face:
        """An area after an operation; without a shape where it is none then."""
        for number, face in reversed(self.made):
            if face.key == key and number <= cursor:
                return face
        return self.base.get(key) or Face(key, "", None, None)

    def _faces_of(self, change: Change, operation: Any) -> list[Face]:
        names = getattr(operation, "names", None) or {}
        told = getattr(operation, "parents", None) or {}
        made = []
        for key, geom in sorted(change.after.items()):
            was = self.faces.get(key)
            if geom is None:
                made.append(replace(was, geom=None) if was else Face(key, "", None, None))
                continue
            name = names.get(key) or (was.name if was else "")
            parent = told.get(key) or self.coverage.parents.get(key) or (
                was.parent_code if was else None)
            made.append(Face(key, check_name(name) if name else self._new_name(change, key),
                             parent, as_multi(geom)))
        return made

    def _new_name(self, change: Change, key: str) -> str:
        """A new area is called after the one it was cut from, until somebody names it."""
        was = next((self.faces[other].name for other in change.before if other in self.faces), "")
        return f"{was} {key}".strip()[:MOST_NAME]

    def _freeze(self, given: Mapping[str, Any]) -> Made:
        codes, frozen = given.get("codes"), given.get("frozen")
        if not isinstance(codes, list) or not codes or len(codes) > MOST_CODES or not all(
                isinstance(code, str) for code in codes):
            raise InvalidInput("a list of the areas' keys", "codes")
        if not isinstance(frozen, bool):
            raise InvalidInput("true or false", "frozen")
        unknown = [code for code in codes if code not in self.faces]
        if unknown:
            raise NotFound(f"no area {unknown[0]!r:.60} in this draft")
        return Made({"op": "freeze", "codes": sorted(set(codes)), "frozen": frozen}, [])

    def _rename(self, operation: Rename) -> Made:
        face = self.faces.get(operation.code)
        if face is None:
            raise NotFound(f"no area {operation.code!r:.60} in this draft")
        named = Face(face.key, check_name(operation.name), face.parent_code, face.geom)
        return self._shown(Made({"op": "rename", "code": face.key, "name": named.name}, [named]))

    def _check_new_keys(self, operation: Any) -> None:
        """A new area is called +1, +2, …, and by none that was there before."""
        fresh = [getattr(operation, "new_key", None)] if hasattr(operation, "new_key") else [
            key for key, geom in getattr(operation, "faces", {}).items()
            if geom is not None and key not in self.faces and key not in self.base]
        for key in fresh:
            if not (key.startswith("+") and key.isascii() and key[1:].isdecimal()
                    and len(key) <= 6):
                raise InvalidInput(f"a new area is called {self.next_key()} or the like, not"
                                   f" {key!r:.60}", "new_key")
            if key in self.faces:
                raise InvalidInput(f"{key} is there already: {self.next_key()} is free", "new_key")

    def _check_frozen(self, faces: Mapping[str, Face | None]) -> None:
        for key in sorted(self.frozen & faces.keys()):
            face = faces[key]
            if face is None or not shapely.equals(face.geom, self.faces[key].geom):
                raise Refused(*frozen_refusals([key], self.faces))

    def _shown(self, made: Made) -> Made:
        self._set(made.faces)
        return made

    def _set(self, faces: Iterable[Face]) -> None:
        changed = list(faces)
        for face in changed:
            if face.geom is None:
                self.faces.pop(face.key, None)
            else:
                self.faces[face.key] = face
        self.judge.change(changed)

    def shown(self, faces: Iterable[Face]) -> Shown:
        """What a page has to draw anew when these areas changed."""
        told = list(faces)
        return Shown(tuple(face.key for face in told if face.geom is not None),
                     tuple(face.key for face in told if face.geom is None))
