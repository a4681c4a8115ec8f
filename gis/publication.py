"""Publication: a redraw put in force, for every scheme and level, in one transaction.

What it does and why in this order is told in docs/decisions/083-publication.md; the statements
stand in gis/sql/functions/072_publication.sql.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import shapely
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from shapely.geometry.base import BaseGeometry

from gis import queries
from gis.errors import Conflict, InvalidInput, NotFound
from gis.publication_areas import (
    Fault,
    Piece,
    StandingArea,
    changed_ground,
    faults_of,
    pieces_of,
    same_shape,
)
from gis.publication_codes import minted
from gis.publication_duties import ROLES, Decisions, Posting, Postings, carried_over
from gis.redraw import Redraw, RedrawnArea

__all__ = ["DutiesUndecided", "Outlook", "Publication", "RedrawRefused", "outlook", "publications",
           "publish", "undo"]


class RedrawRefused(Conflict):
    """The redraw would leave ground to nobody or to two; `faults` has every place."""

    title = "Redraw refused"

    def __init__(self, faults: Sequence[Fault]) -> None:
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        super().__init__("; ".join(map(str, faults[:3])) + more)
        self.faults = tuple(faults)


class DutiesUndecided(Conflict):
    """Postings of areas that end, which somebody must decide on; `undecided` has them."""

    title = "Duties to decide"

    def __init__(self, undecided: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("tell who takes the postings of " + "; ".join(
            f"{one['area']} ({one['why']})" for one in undecided))
        self.undecided = tuple(undecided)


@dataclass(frozen=True)
class Publication:
    """A publication in force since `at`; `detail` has codes by what became of them, and counts."""

    id: int
    at: datetime
    scheme: str
    detail: Mapping[str, Any]

    @property
    def minted(self) -> Mapping[str, str]:
        """Codes by the keys of the redraw (``+1``, …)."""
        return self.detail["minted"]


@dataclass(frozen=True)
class Outlook:
    """What publishing a redraw would do, and what stands against it.

    Attributes
    ----------
    codes
        Code by key.
    ground
        All that changes hands, EPSG:4490.
    counts
        Open matters, buildings and addresses in that ground.
    """

    pieces: tuple[Piece, ...]
    codes: Mapping[str, str]
    postings: Postings
    faults: tuple[Fault, ...]
    ground: BaseGeometry
    counts: Mapping[str, int]


async def publish(connection: AsyncConnection, redraw: Redraw, *, name: str = "",
                  duties: Mapping[str, Any] | None = None,
                  draft: tuple[int, int | None] | None = None, undoes: int | None = None,
                  may_leave: bool = False) -> Publication:
    """Put a redraw in force, whole or not at all.

    Commit at once: from the last statement until then no report is taken in. Within a transaction
    of the caller's this is theirs to do.

    Parameters
    ----------
    connection
        As the owner, or entered as a planner or an admin; isolation level read committed.
    redraw
        Its `before` must be the shapes in force, to the last vertex.
    duties
        Decisions on postings by key: of an area that is to be in force the whole list, each
        ``{"officer": CODE, "role": ROLE, "line": …, "shift": …}``; of one that ends, or by the
        number of one of its duties, the key of the area that takes them, None to let them end.
    draft
        Number of the draft that this is, and the version of it that was read: it is published
        with it.
    undoes
        The publication that this one takes back.
    may_leave
        Whether ground may be given up.

    Raises
    ------
    Conflict
        Areas have been changed since, or too much is being loaded at the moment.
    RedrawRefused, DutiesUndecided
        Both are conflicts; nothing is written.
    InvalidInput
        A shape, key, parent or decision can't be used.
    NotAllowed
        Not a planner, or not all areas are theirs (as psycopg's InsufficientPrivilege here).
    """
    try:
        async with connection.transaction():
            cursor = await connection.execute(queries.get("begin_publication"), {
                "scheme": redraw.scheme, "base_at": redraw.base_at, "name": name,
                "draft_id": draft and draft[0], "version": draft and draft[1],
                "undoes": undoes})
            number = (await cursor.fetchone())[0]
            plan = await _planned(connection, redraw, duties or {}, may_leave)
            if plan.faults:
                raise RedrawRefused(plan.faults)
            if plan.postings.undecided:
                raise DutiesUndecided(plan.postings.undecided)
            await _stage(connection, number, plan)
            cursor = await connection.execute(queries.get("put_in_force"), {
                "id": number, "postings": Jsonb(_postings_told(plan))})
            told = (await cursor.fetchone())[0]
    except psycopg.errors.LockNotAvailable as problem:
        raise Conflict(f"not now: {problem.diag.message_primary}") from problem
    except psycopg.errors.ForeignKeyViolation as problem:
        raise InvalidInput(f"there is no scheme {redraw.scheme!r:.40}", field="scheme") from problem
    return Publication(told["id"], datetime.fromisoformat(told["at"]), told["scheme"], told)


async def outlook(connection: AsyncConnection, redraw: Redraw, *,
                  duties: Mapping[str, Any] | None = None) -> Outlook:
    """What publishing would do; nothing is written and nobody is held up. Raises as `publish`."""
    plan = await _planned(connection, redraw, duties or {}, may_leave=False)
    cursor = await connection.execute(queries.get("publication_outlook"),
                                      {"strip": _wkb(plan.ground)})
    return Outlook(plan.pieces, plan.codes, plan.postings, plan.faults, plan.ground,
                   (await cursor.fetchone())[0])


async def undo(connection: AsyncConnection, publication_id: int, *, name: str = "") -> Publication:
    """Take a publication back by another one: shapes, names, codes and postings of before.

    Raises
    ------
    NotFound
        There is none of that number, or not for the caller to see.
    Conflict
        An area of it has been changed again since: that must be undone first.
    """
    known = await publications(connection, publication_id=publication_id)
    if not known:
        raise NotFound(f"no publication {publication_id}, or not for you to see")
    cursor = await connection.execute(queries.get("publication_before"), {"id": publication_id})
    rows = await cursor.fetchall()
    fallen = [row[0] for row in rows if not row[-1]]
    if fallen:
        raise Conflict(f"area {fallen[0]} has been changed again since publication"
                       f" {publication_id}: undo that first")
    before = {code: shapely.from_wkb(since) for code, *_, since, _ in rows if since}
    after = tuple(
        RedrawnArea(code, level, named, parent, shapely.from_wkb(was), ())
        for code, _, level, named, parent, was, _, _ in rows if was)
    redraw = Redraw(known[0]["scheme"], datetime.fromisoformat(known[0]["at"]), before, after)
    return await publish(
        connection, redraw, name=name, undoes=publication_id, may_leave=True,
        duties=await _postings_before(connection, publication_id, redraw))


async def publications(connection: AsyncConnection, *, publication_id: int | None = None,
                       scheme: str | None = None, most: int = 100) -> list[dict[str, Any]]:
    """Publications that the caller may see, newest first."""
    cursor = await connection.execute(queries.get("publications"), {
        "id": publication_id, "scheme": scheme, "most": most})
    return [row[0] for row in await cursor.fetchall()]


async def _planned(connection: AsyncConnection, redraw: Redraw, duties: Mapping[str, Any],
                   may_leave: bool) -> Outlook:
    standing = await _standing(connection, redraw)
    pieces = await asyncio.to_thread(pieces_of, redraw, standing)
    pieces = [piece for piece in pieces if not _as_it_is(piece, standing)]
    if not pieces:
        raise InvalidInput("the redraw changes nothing", field="after")
    given = {level: await _codes_given(connection, redraw.scheme, level, pieces)
             for level in {piece.level for piece in pieces if piece.key.startswith("+")}}
    identities = [piece.standing.identity_id for piece in pieces if piece.standing]
    running = defaultdict(list)
    cursor = await connection.execute(queries.get("publication_postings"),
                                      {"identities": identities})
    for identity, number, officer, code, named, role, line, shift in await cursor.fetchall():
        running[identity].append(Posting(officer, code, role, line, shift, number, named))
    decisions = await _decisions(connection, duties)
    places = {(area.level, area.code): area.identity_id for area in standing}

    def laid_out() -> Outlook:
        return Outlook(
            tuple(pieces), minted(pieces, given), carried_over(pieces, running, decisions),
            tuple(faults_of(pieces, standing, may_leave)), changed_ground(pieces, places), {})

    return await asyncio.to_thread(laid_out)


def _as_it_is(piece: Piece, standing: Sequence[StandingArea]) -> bool:
    if piece.standing is None or piece.geom is None:
        return False
    above = next((area.identity_id for area in standing
                  if piece.parent == (area.level, area.code)), None)
    return (piece.name == piece.standing.name and same_shape(piece.geom, piece.standing.geom)
            and above == piece.standing.parent_id and (piece.parent is None) == (above is None))


async def _standing(connection: AsyncConnection, redraw: Redraw) -> list[StandingArea]:
    shapes = [*redraw.before.values(), *(area.geom for area in redraw.after)]
    if not shapes:
        raise InvalidInput("the redraw changes nothing", field="after")
    west, south, east, north = shapely.total_bounds(shapes)
    codes = {*redraw.before, *(area.key for area in redraw.after),
             *(area.parent_code for area in redraw.after if area.parent_code)}
    cursor = await connection.execute(queries.get("publication_standing_areas"), {
        "scheme": redraw.scheme, "codes": sorted(codes), "west": west, "south": south,
        "east": east, "north": north})
    return [StandingArea(*row[:-1], shapely.from_wkb(row[-1])) for row in await cursor.fetchall()]


async def _codes_given(connection: AsyncConnection, scheme: str, level: str,
                       pieces: Sequence[Piece]) -> list[str]:
    parents = {piece.parent[1] if piece.parent else "" for piece in pieces
               if piece.key.startswith("+") and piece.level == level}
    stem = parents.pop() if len(parents) == 1 else ""
    codes = await connection.execute(queries.get("area_codes_given"), {
        "scheme": scheme, "level": level, "stem": "" if stem.startswith("+") else stem})
    found = [code for code, in await codes.fetchall()]
    if found or not stem:
        return found
    codes = await connection.execute(queries.get("area_codes_given"), {
        "scheme": scheme, "level": level, "stem": ""})
    return [code for code, in await codes.fetchall()]


async def _decisions(connection: AsyncConnection, duties: Mapping[str, Any]) -> Decisions:
    """Decisions as told, with officers known; those that are postings already are left alone."""
    told = [posting for decided in duties.values() if isinstance(decided, list | tuple)
            for posting in decided if isinstance(posting, Mapping)]
    codes = sorted({str(posting.get("officer")) for posting in told})
    cursor = await connection.execute(queries.get("publication_officers"), {"codes": codes})
    known = dict(await cursor.fetchall())

    def read(posting: Any) -> Posting:
        if isinstance(posting, Posting):
            return posting
        if not isinstance(posting, Mapping) or posting.get("officer") not in known:
            raise InvalidInput(f"{posting!r:.80}: a posting names an officer that is known",
                               field="duties")
        if posting.get("role") not in ROLES:
            raise InvalidInput(f"{posting.get('role')!r:.40} is no role: {', '.join(ROLES)}",
                               field="duties")
        return Posting(known[posting["officer"]], posting["officer"], posting["role"],
                       posting.get("line"), posting.get("shift"))

    decisions: dict[str, Sequence[Posting] | str | None] = {}
    for key, decided in duties.items():
        if decided is None or isinstance(decided, str):
            decisions[key] = decided
        elif isinstance(decided, list | tuple):
            decisions[key] = [read(posting) for posting in decided]
        else:
            raise InvalidInput(f"{key}: a list of postings, a key, or null", field="duties")
    return decisions


async def _postings_before(connection: AsyncConnection, publication_id: int, redraw: Redraw
                           ) -> dict[str, Any]:
    """The postings to which an undoing goes back, where the publication changed any."""
    cursor = await connection.execute(queries.get("publication_duties"), {"id": publication_id})
    rows = await cursor.fetchall()
    standing = await _standing(connection, redraw)
    places = {area.code: area.identity_id for area in standing if area.code in redraw.before}
    cursor = await connection.execute(queries.get("publication_postings"),
                                      {"identities": list(places.values())})
    running: dict[int, list[Posting]] = defaultdict(list)
    for identity, number, officer, code, named, role, line, shift in await cursor.fetchall():
        running[identity].append(Posting(officer, code, role, line, shift, number, named))
    opened = {row[3] for row in rows if row[1]}
    wanted: dict[str, Any] = {
        area.key: [posting for posting in running[places.get(area.key, -1)]
                   if posting.id not in opened]
        for area in redraw.after}
    for code, was_opened, _, _, *posting in rows:
        if not was_opened and code in wanted:
            wanted[code].append(Posting(*posting))
    for code in redraw.ended:
        if all(posting.id in opened for posting in running[places[code]]):
            wanted[code] = None
    return wanted


async def _stage(connection: AsyncConnection, number: int, plan: Outlook) -> None:
    areas = [{
        "key": piece.key, "code": plan.codes[piece.key], "level": piece.level,
        "name": piece.name, "kind": piece.kind,
        "parent_level": piece.parent and piece.parent[0],
        "parent_code": piece.parent and plan.codes.get(piece.parent[1], piece.parent[1]),
        "before_id": piece.standing and piece.standing.id} for piece in plan.pieces]
    await connection.execute(queries.get("stage_publication"), {
        "id": number, "areas": Jsonb(areas), "strip": _wkb(plan.ground),
        "shapes": [None if piece.geom is None else shapely.to_wkb(piece.geom)
                   for piece in plan.pieces]})


def _wkb(ground: BaseGeometry) -> bytes:
    return shapely.to_wkb(ground)


def _postings_told(plan: Outlook) -> dict[str, Any]:
    return {
        "close": [str(posting.id) for posting in plan.postings.close],
        "open": [{"level": piece.level, "code": plan.codes[piece.key],
                  "officer_id": posting.officer_id, "role": posting.role,
                  "line": posting.line, "shift": posting.shift}
                 for piece, posting in plan.postings.open],
        "heirs": [{"level": level, "code": code, "heir": plan.codes[heir]}
                  for (level, code), heir in plan.postings.heirs.items()]}
