"""A draft whose base has been overtaken: onto the areas in force, or where it conflicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely

from gis.boundaries import NotACoverage, Refusal, RefusalKind, Refused
from gis.errors import Conflict, InvalidInput, NotFound
from gis.plans.making import Made
from gis.plans.reading import BaseArea, Face, Parent, as_multi
from gis.plans.workbench import Workbench


@dataclass(frozen=True)
class Conflicting:
    """An operation that can't be carried out on the new base, and why and where.

    Attributes
    ----------
    number
        Of the operation, from 1.
    """

    number: int
    operation: Mapping[str, Any]
    refusals: tuple[Refusal, ...]


class RebaseConflict(Conflict):
    """Operations of a draft can't be carried out on the areas in force; `conflicts` has them."""

    title = "Draft conflicts with its new base"

    def __init__(self, conflicts: tuple[Conflicting, ...]) -> None:
        told = ", ".join(f"{one.number} ({one.operation['op']})" for one in conflicts[:20])
        super().__init__(f"operations {told} can't be carried out on the areas in force")
        self.conflicts = conflicts


@dataclass(frozen=True)
class Rebased:
    """What a rebase would make.

    Attributes
    ----------
    bench
        The draft on the new base; not stored yet.
    kept
        The operations with what each makes there, as the database takes them; None where all stay
        as they are, those that are undone too.
    conflicts
        Operations that are left out of `bench` and `kept`.
    """

    bench: Workbench
    kept: list[dict[str, Any]] | None
    conflicts: tuple[Conflicting, ...]


def rebase(bench: Workbench, base: Mapping[str, BaseArea],
           parents: Mapping[str, Parent]) -> Rebased:
    """Carry a draft over to another base.

    Where nothing that the draft touched has changed, its areas are laid over the new base as they
    are. Otherwise each operation is carried out again, in order, on the areas as they are now;
    one that can't be is a conflict, told with its place, and the others go on without it.

    Parameters
    ----------
    base, parents
        The areas in force, and those above them.
    """
    changed = {key for key in base.keys() | bench.told_base.keys()
               if _differs(bench.told_base.get(key), base.get(key))}
    touched = {face.key for _, face in bench.made}
    if not changed & touched:
        fresh = _fresh(bench, base, parents, bench.made, bench.operations, bench.cursor)
        if fresh.coverage is not None:
            return Rebased(fresh, None, ())
    return _again(bench, _fresh(bench, base, parents, [], [], 0))


def _fresh(bench: Workbench, base: Mapping[str, BaseArea], parents: Mapping[str, Parent],
           made: list[tuple[int, Face]], operations: Sequence[Mapping[str, Any]],
           cursor: int) -> Workbench:
    draft = replace(bench.draft, cursor=cursor)
    return Workbench(draft, base, parents, made, operations, bench.ground, bench.rules)


def _again(bench: Workbench, fresh: Workbench) -> Rebased:
    kept: list[dict[str, Any]] = []
    conflicts: list[Conflicting] = []
    for number, operation in enumerate(bench.operations[:bench.cursor], 1):
        try:
            made = _once_more(bench, fresh, number, operation)
        except Refused as refused:
            conflicts.append(Conflicting(number, operation, refused.refusals))
            continue
        except NotACoverage as refused:
            conflicts.append(Conflicting(number, operation, tuple(
                Refusal(_KINDS.get(one.kind, RefusalKind.INVALID), one.place, one.keys)
                for one in refused.defects[:20])))
            continue
        except (InvalidInput, NotFound):
            conflicts.append(Conflicting(number, operation, (_gone(bench, number, operation),)))
            continue
        fresh.keep(made, fresh.version)
        kept.append({"number": number, "operation": made.operation, "faces": [
            {"key": face.key, "name": face.name, "parent_code": face.parent_code,
             "shape": None if face.geom is None else as_multi(face.geom).wkb_hex}
            for face in made.faces]})
    return Rebased(fresh, kept, tuple(conflicts))


_KINDS = {"gap": RefusalKind.GAP, "overlap": RefusalKind.OVERLAP,
          "outside_parent": RefusalKind.OUTSIDE_PARENT}


def _once_more(bench: Workbench, fresh: Workbench, number: int,
               operation: Mapping[str, Any]) -> Made:
    if operation["op"] != "replace":
        return fresh.perform(operation)
    faces = {face.key: None if face.geom is None else face
             for made_by, face in bench.made if made_by == number}
    return fresh.replace_all(faces, operation.get("by", "replace"))


def _gone(bench: Workbench, number: int, operation: Mapping[str, Any]) -> Refusal:
    """That what an operation was about is there no longer, where it was."""
    shapes = [face.geom for made_by, face in bench.made
              if made_by == number and face.geom is not None]
    codes = operation.get("codes") or [operation.get("code")]
    shapes += [bench.told_base[code].geom for code in codes if code in bench.told_base]
    return Refusal(RefusalKind.NOT_FOUND, shapely.union_all(shapes), tuple(
        code for code in codes if isinstance(code, str)))


def _differs(was: Face | None, now: Face | None) -> bool:
    if was is None or now is None:
        return True
    return (was.name, was.parent_code) != (now.name, now.parent_code) or not shapely.equals(
        was.geom, now.geom)
