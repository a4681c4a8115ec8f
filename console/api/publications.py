"""Publications: what a draft would change, its being put in force, and the way back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from console.api.body import read_body, read_json
from console.api.parameters import Scheme
from console.api.scoped import scoped
from console.draft_json import shape_json, violation_json
from console.drafts import Drafts
from console.problems import ProblemResponse, problem
from console.why import language_of
from gis.errors import Conflict, InvalidInput, NotFound
from gis.plan_rules import Violation
from gis.plans import draft_redraw
from gis.plans.workbench import Workbench
from gis.publication import (
    DutiesUndecided,
    Outlook,
    Publication,
    RedrawRefused,
    outlook,
    publications,
    publish,
    undo,
)
from gis.publication_areas import Fault

router = APIRouter(prefix="/api", tags=["publications"])
LIMIT_BYTES = 1_000_000
MOST_NAME = 200
Limit = Annotated[int, Query(ge=1, le=500)]
Json = dict[str, Any]


class RulesBroken(Conflict):
    """Rules that let nothing be published that breaks them; `violations` as the draft has them."""

    title = "Rules broken"

    def __init__(self, violations: list[Json]) -> None:
        super().__init__("; ".join(one["message"] for one in violations[:3]))
        self.violations = violations


@router.get("/drafts/{draft_id}/publication")
async def planned(request: Request, draft_id: int) -> Json:
    """What publishing a draft will do: codes to mint, postings, what moves, what is in the way.

    `duties` are the postings of areas that end: each has what is proposed, and where nothing is,
    must be decided.
    """
    async with _drafts(request).at(request.state.secret, _number(draft_id)) as bench:
        async with scoped(request) as connection:
            redraw = await draft_redraw(connection, draft_id)
            seen = await outlook(connection, redraw)
        lang = language_of(request)
        told = _outlook_json(seen)
        failed = [violation_json(bench, one, lang) for one in _failed(bench, seen)]
        return told | {"version": bench.version, "violations": failed,
                       "publishable": not seen.faults and not any(
                           one["blocks"] for one in failed)}


@router.post("/drafts/{draft_id}/publish")
async def published(request: Request, draft_id: int) -> Json:
    """Put a draft in force: `{version, duties?, name?}`.

    `duties` decides by the number of a posting, or the code of an area that ends, to which area
    it goes (null: it ends); by the key of one that is to be in force the whole list of
    `{officer, role, line?, shift?}`. 409 where areas have changed, duties must be decided, or
    rules are broken that let nothing be published.
    """
    sent = await _object(request)
    version, duties = sent.get("version"), sent.get("duties", {})
    if not isinstance(version, int) or isinstance(version, bool):
        raise InvalidInput("the version of the draft that you have seen", "version")
    if not isinstance(duties, dict):
        raise InvalidInput("an object: who takes which postings", "duties")
    async with _drafts(request).at(request.state.secret, _number(draft_id), version) as bench:
        lang = language_of(request)
        broken = [violation_json(bench, one, lang) for one in bench.violations if one.blocks]
        if broken:
            raise RulesBroken(broken)
        name = _name(sent, bench.draft.told["name"])
        async with scoped(request) as connection:
            redraw = await draft_redraw(connection, draft_id)
            done = await publish(connection, redraw, name=name, duties=duties,
                                 draft=(draft_id, version))
    return _publication_json(done)


@router.get("/publications")
async def listed(request: Request, scheme: Scheme | None = None, limit: Limit = 100) -> list[Json]:
    """Publications in the caller's scope, the newest first."""
    async with scoped(request) as connection:
        return await publications(connection, scheme=scheme, most=limit)


@router.get("/publications/{publication_id}")
async def one(request: Request, publication_id: int) -> Json:
    """One publication: when, by whom, what it changed, and what undid it."""
    async with scoped(request) as connection:
        found = await publications(connection, publication_id=_number(publication_id))
    if not found:
        raise NotFound(f"no publication {publication_id}, or not for you to see")
    return found[0]


@router.post("/publications/{publication_id}/undo")
async def undone(request: Request, publication_id: int) -> Json:
    """Take a publication back by another one: `{name?}`; 409 where areas have changed since."""
    sent = await _object(request)
    async with scoped(request) as connection:
        done = await undo(connection, _number(publication_id), name=_name(sent, ""))
    return _publication_json(done)


def _outlook_json(seen: Outlook) -> Json:
    kinds: dict[str, list[str]] = {"opened": [], "changed": [], "closed": []}
    for piece in seen.pieces:
        kinds[piece.kind].append(seen.codes[piece.key])
    return {
        "codes": [{"key": key, "code": code} for key, code in sorted(
            seen.codes.items(), key=lambda pair: pair[1]) if key.startswith("+")],
        "opened": sorted(kinds["opened"]), "changed": sorted(kinds["changed"]),
        "ended": sorted(kinds["closed"]),
        "areas": [{"key": piece.key, "code": seen.codes[piece.key], "name": piece.name}
                  for piece in seen.pieces if piece.geom is not None],
        "open_incidents": seen.counts["matters"], "buildings": seen.counts["buildings"],
        "addresses": seen.counts["addresses"],
        "faults": [_fault_json(fault) for fault in seen.faults],
        "duties": _duties_json(seen),
        "postings": [{"area": seen.codes[piece.key], "officer": posting.officer_code,
                      "role": posting.role, "line": posting.line, "shift": posting.shift}
                     for piece, posting in seen.postings.open]}


def _duties_json(seen: Outlook) -> list[Json]:
    """Postings that somebody must decide on, each with the areas that may take it."""
    names = {piece.key: piece.name for piece in seen.pieces}
    return [{"id": str(posting.id), "officer": {"id": posting.officer_code,
                                                "name": posting.officer_name},
             "role": posting.role, "line": posting.line, "shift": posting.shift,
             "area": {"code": asked["area"], "name": names[asked["area"]]},
             "proposed": asked["proposed"],
             "choices": [{"key": key, "name": names[key]} for key in asked["heirs"]]}
            for asked in seen.postings.undecided for posting in asked["postings"]]


def _fault_json(fault: Fault) -> Json:
    return {"kind": fault.kind, "keys": list(fault.keys), "area_m2": round(fault.area_m2, 1),
            "place": shape_json(fault.place), "message": str(fault)}


def _publication_json(done: Publication) -> Json:
    return {"publication": {"id": done.id, "at": done.at.isoformat(), "scheme": done.scheme},
            **{key: done.detail.get(key, []) for key in ("opened", "changed", "closed",
                                                         "followed")},
            "minted": done.minted, **{key: done.detail[key] for key in (
                "matters", "buildings", "addresses", "held_ms")}}


def _failed(bench: Workbench, seen: Outlook) -> list[Violation]:
    """What a draft breaks, but for areas without officers that get some with the publication."""
    posted = {piece.key for piece, _ in seen.postings.open}
    return [one for one in bench.violations
            if one.rule != "duty_officers" or not posted.intersection(one.keys)]


def _drafts(request: Request) -> Drafts:
    return request.app.state.drafts


async def _object(request: Request) -> Json:
    sent = read_json(request, await read_body(request, LIMIT_BYTES))
    if not isinstance(sent, dict):
        raise InvalidInput("a JSON object is needed", "body")
    return sent


def _name(sent: Json, otherwise: str) -> str:
    name = sent.get("name", otherwise)
    if not isinstance(name, str) or len(name) > MOST_NAME or not name.isprintable():
        raise InvalidInput(f"a line of at most {MOST_NAME} characters", "name")
    return name


def _number(given: int) -> int:
    if not 0 < given < 2**63:
        raise InvalidInput("a positive number", "id")
    return given


async def on_faults(request: Request, error: RedrawRefused) -> Response:
    """409 with every place that stands in the way."""
    return ProblemResponse(problem(error) | {"faults": [_fault_json(f) for f in error.faults]})


async def on_undecided(request: Request, error: DutiesUndecided) -> Response:
    """409 with the postings to decide on."""
    return ProblemResponse(problem(error) | {"undecided": [
        {"area": one["area"], "heirs": one["heirs"], "proposed": one["proposed"],
         "postings": [{"id": str(posting.id), "officer": posting.officer_code,
                       "role": posting.role} for posting in one["postings"]]}
        for one in error.undecided]})


async def on_broken(request: Request, error: RulesBroken) -> Response:
    """409 with what is broken."""
    return ProblemResponse(problem(error) | {"violations": error.violations})


HANDLERS = {RedrawRefused: on_faults, DutiesUndecided: on_undecided, RulesBroken: on_broken}
