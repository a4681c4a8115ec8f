"""Codes for the areas that a redraw begins: west→east then north→south, never one given before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from gis.codes import Level, problems
from gis.errors import InvalidCode
from gis.minting import mint_grids
from gis.publication_areas import LEVELS, Piece

_NUMBERED = re.compile(r"(.*?)(\d+)")
_WIDTH = 3


def minted(pieces: Sequence[Piece], given: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Codes by key, for every key that has none yet.

    A grid in a community with a standard code gets the community's next serial. Anywhere else
    codes go on as their siblings' do: the same letters, the next number, the same width.

    Parameters
    ----------
    given
        By level, all codes ever given in the scheme.

    Raises
    ------
    InvalidCode
        A community's serials are used up.
    """
    codes = {piece.key: piece.key for piece in pieces if not piece.key.startswith("+")}
    families: dict[tuple[str, str | None], list[Piece]] = {}
    for piece in pieces:
        if piece.key not in codes:
            family = (piece.level, piece.parent and piece.parent[1])
            families.setdefault(family, []).append(piece)
    for level, parent in sorted(families, key=lambda f: (LEVELS.index(f[0]), f[1] or "")):
        new = families[level, parent]
        stem = parent and codes.get(parent, parent)
        taken = {*given.get(level, ()), *codes.values()}
        centroids = [(piece.geom.centroid.x, piece.geom.centroid.y) for piece in new]
        if level == "grid" and stem and not problems(stem, Level.COMMUNITY):
            fresh = mint_grids(stem, taken, centroids)
        else:
            fresh = _next_of_kind(stem, _siblings(new, pieces), taken, centroids)
        codes |= {piece.key: code for piece, code in zip(new, fresh, strict=True)}
    return codes


def _siblings(new: Sequence[Piece], pieces: Sequence[Piece]) -> list[str]:
    level = new[0].level
    return [piece.key for piece in pieces if piece.level == level and piece.standing]


def _next_of_kind(parent: str | None, siblings: Sequence[str], taken: set[str],
                  centroids: Sequence[tuple[float, float]]) -> list[str]:
    stem, width = _pattern(parent, siblings, taken)
    serials = [int(code[len(stem):]) for code in taken
               if code.startswith(stem) and code[len(stem):].isascii()
               and code[len(stem):].isdigit() and len(code) <= len(stem) + width]
    last = max(serials, default=0)
    order = sorted(range(len(centroids)), key=lambda at: (centroids[at][0], -centroids[at][1], at))
    fresh = [""] * len(centroids)
    for rank, at in enumerate(order, start=1):
        fresh[at] = f"{stem}{last + rank:0{width}d}"
    long = next((code for code in fresh if len(code) > len(stem) + width), None)
    if long is not None:
        raise InvalidCode(f"{long}: the codes that begin with {stem!r} are used up", "serial")
    return fresh


def _pattern(parent: str | None, siblings: Sequence[str], taken: set[str]) -> tuple[str, int]:
    """What siblings begin with, and how many digits follow."""
    under = [code for code in siblings or sorted(taken) if parent and code.startswith(parent)]
    if under:
        tails = Counter(len(code) - len(parent) for code in under
                        if code[len(parent):].isascii() and code[len(parent):].isdigit())
        if tails:
            return parent, tails.most_common(1)[0][0]
    kinds = Counter((found[1], len(found[2])) for code in siblings or sorted(taken)
                    if (found := _NUMBERED.fullmatch(code)))
    if kinds:
        return kinds.most_common(1)[0][0]
    return f"{parent or 'A'}-", _WIDTH
