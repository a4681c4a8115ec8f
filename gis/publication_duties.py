"""Postings in a redraw: those that are carried over, those decided, and those to be asked for.

Pure. An area that lives on keeps its postings. One that begins gets those of the area from which
it takes most ground. Those of one that ends go to the area that takes most of its ground, where
that is more than half; otherwise somebody must decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import shapely

from gis.errors import InvalidInput
from gis.publication_areas import Piece

ROLES = ("head", "full_time", "part_time", "adviser", "assistant")


@dataclass(frozen=True)
class Posting:
    """An officer posted to an area; `id` is that of the duty, None where it is yet to begin."""

    officer_id: int
    officer_code: str
    role: str
    line: str | None = None
    shift: str | None = None
    id: int | None = None
    officer_name: str = ""

    @property
    def what(self) -> tuple[Any, ...]:
        """What makes two postings the same, but for where."""
        return self.officer_id, self.role, self.line, self.shift


@dataclass
class Postings:
    """What a publication does to postings.

    Attributes
    ----------
    close
        Duties that end.
    open
        By key of the area, those that begin there.
    heirs
        By level and code of an area that ends, the key of the one that takes most of its ground.
    undecided
        Areas whose postings somebody must decide on, each with why.
    """

    close: list[Posting] = field(default_factory=list)
    open: list[tuple[Piece, Posting]] = field(default_factory=list)
    heirs: dict[tuple[str, str], str] = field(default_factory=dict)
    undecided: list[dict[str, Any]] = field(default_factory=list)


# By key of an area: its postings as they are to be; of one that ends, or by the number of one of
# its postings: the key of an heir, or None to let them end.
Decisions = Mapping[str, Sequence[Posting] | str | None]


def carried_over(pieces: Sequence[Piece], running: Mapping[int, Sequence[Posting]],
                 decisions: Decisions) -> Postings:
    """What becomes of the postings.

    Parameters
    ----------
    running
        Postings in force by identity of the area.
    decisions
        What somebody has decided; it goes before all rules.

    Raises
    ------
    InvalidInput
        A decision names no area of the redraw, or an heir that is none.
    """
    result = Postings()
    standing = {piece.key: list(running.get(piece.standing.identity_id, ()))
                for piece in pieces if piece.standing}
    known = {piece.key for piece in pieces} | {
        str(posting.id) for piece in pieces if piece.geom is None
        for posting in standing[piece.key]}
    strange = sorted(set(decisions) - known)
    if strange:
        raise InvalidInput(f"{strange[0]!r:.60} is no area of this redraw, nor a posting to one"
                           " that ends", field="duties")
    to_be = {piece.key: _beginning(piece, pieces, standing, decisions)
             for piece in pieces if piece.geom is not None}
    for piece in pieces:
        if piece.geom is None:
            _end(piece, pieces, standing, decisions, to_be, result)
    for piece in pieces:
        if piece.geom is not None:
            had = {posting.what for posting in standing.get(piece.key, ())}
            kept = {posting.what for posting in to_be[piece.key]}
            result.open += [(piece, posting) for posting in to_be[piece.key]
                            if posting.what not in had]
            result.close += [posting for posting in standing.get(piece.key, ())
                             if posting.what not in kept]
    return result


def _beginning(piece: Piece, pieces: Iterable[Piece], standing: Mapping[str, Sequence[Posting]],
               decisions: Decisions) -> list[Posting]:
    decided = decisions.get(piece.key)
    if piece.key in decisions:
        if decided is None or isinstance(decided, str):
            raise InvalidInput(f"{piece.key} lives on: tell its postings as a list", field="duties")
        return list(decided)
    if piece.standing is not None:
        return list(standing[piece.key])
    source = _most(piece.geom, [p for p in pieces if p.standing and p.level == piece.level],
                   before=True)
    return [replace(posting, id=None) for posting in standing[source[0].key]] if source else []


def _end(piece: Piece, pieces: Sequence[Piece], standing: Mapping[str, Sequence[Posting]],
         decisions: Decisions, to_be: dict[str, list[Posting]], result: Postings) -> None:
    ending = standing[piece.key]
    result.close += ending
    heirs = [p for p in pieces if p.geom is not None and p.level == piece.level]
    most = _most(piece.before, heirs, before=False)
    if most:
        result.heirs[piece.level, piece.key] = most[0].key
    if isinstance(decisions.get(piece.key), str):
        result.heirs[piece.level, piece.key] = decisions[piece.key]
    proposed = most[0].key if most and most[1] > 0.5 else None
    asked = []
    for posting in ending:
        told = next((key for key in (str(posting.id), piece.key) if key in decisions), None)
        heir = proposed if told is None else decisions[told]
        if told is None and heir is None:
            asked.append(posting)
        elif told is not None and heir is not None and heir not in {p.key for p in heirs}:
            raise InvalidInput(f"{piece.key} ends: name an area that takes its postings, or null",
                               field="duties")
        elif heir is not None and heir not in decisions:
            _inherit(to_be[heir], [posting])
    if asked:
        result.undecided.append({
            "area": piece.key, "why": "no area takes more than half of its ground",
            "postings": asked, "proposed": most and most[0].key,
            "heirs": [p.key for p in heirs]})


def _inherit(there: list[Posting], coming: Iterable[Posting]) -> None:
    """Two heads of one area there are not: the one who comes is full-time there."""
    for posting in coming:
        led = any(p.role == "head" and p.line == posting.line for p in there)
        role = "full_time" if posting.role == "head" and led else posting.role
        if not any(p.officer_id == posting.officer_id and p.line == posting.line for p in there):
            there.append(replace(posting, role=role, id=None))


def _most(ground: shapely.Geometry, among: Sequence[Piece], before: bool
          ) -> tuple[Piece, float] | None:
    """The area with most of some ground, and its share of that; None where none has any."""
    shares = [(shapely.intersection(ground, p.before if before else p.after).area, p)
              for p in among]
    area, piece = max(shares, key=lambda share: (share[0], share[1].key), default=(0.0, None))
    return (piece, area / ground.area) if area > 0 else None
