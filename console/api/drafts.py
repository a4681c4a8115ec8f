"""``/api/drafts``: redraws that are being thought over, operation by operation."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request
from psycopg.types.json import Jsonb
from starlette.responses import Response

from console.api.body import read_body, read_json
from console.api.scoped import scoped
from console.draft_json import (
    base_json,
    changed_json,
    conflict_json,
    coverage_json,
    defect_json,
    refusal_json,
    shape_json,
    violations_json,
)
from console.drafts import Drafts, read_told_rules
from console.problems import ProblemResponse, problem
from console.why import language_of
from gis import queries
from gis.boundaries import NotACoverage, Refused
from gis.errors import FieldProblem, InvalidFields, InvalidInput, NotAllowed
from gis.plan_rules import DEFAULTS, parse_rules, rules_to_json
from gis.plans import Stale, read_draft
from gis.plans.reading import as_multi, read_base, read_parents
from gis.plans.rebasing import RebaseConflict, rebase
from gis.plans.workbench import Made, Workbench, check_name

router = APIRouter(prefix="/api/drafts", tags=["drafts"])
LIMIT_BYTES = 4_000_000
MOST_FEATURES = 5_000
State = Annotated[Literal["open", "published", "abandoned"] | None, Query()]
_SCHEME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@router.get("")
async def drafts(request: Request, state: State = None) -> list[dict[str, Any]]:
    """Drafts on the caller's ground, the last changed first."""
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("drafts_told"), {"id": None, "state": state})
        return [row[0] for row in await cursor.fetchall()]


@router.post("", status_code=201)
async def opened(request: Request) -> dict[str, Any]:
    """A new draft on the areas in force: `{name, scheme?, area?, level?}`.

    `area` is where it stays, the caller's own where it is absent; `level` is that of the leaves.
    """
    sent = await _object(request)
    values = {"name": check_name(sent.get("name")),
              "scheme": _word(sent.get("scheme") or "base", "scheme"),
              "area": _word(sent["area"], "area") if sent.get("area") else None}
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("draft_level"), values)
        row = await cursor.fetchone()
        if sent.get("level") not in (None, row and row[0]):
            raise InvalidInput(f"drafts redraw the leaves: {row[0] if row else 'there are none'}",
                               "level")
        cursor = await connection.execute(
            queries.get("draft_open"), values | {"level": row[0] if row else "grid"})
        (draft_id,) = await cursor.fetchone()
        return dict((await read_draft(connection, draft_id)).told)


@router.put("/defaults")
async def set_defaults(request: Request) -> dict[str, Any]:
    """What a city holds the drafts of a scheme to: `{scheme, rules}`; for the admin."""
    if request.state.caller.role != "admin":
        raise NotAllowed("an admin sets what the city holds drafts to")
    sent = await _object(request)
    scheme = sent.get("scheme")
    if scheme != "*" and not (isinstance(scheme, str) and _SCHEME.fullmatch(scheme)):
        raise InvalidInput("a scheme's code, or * for all", "scheme")
    given = _rules_given(sent)
    rules = parse_rules(given)
    async with scoped(request) as connection:
        await connection.execute(queries.get("set_plan_rules"), {
            "scheme": scheme, "rules": Jsonb(given)})
    return {"scheme": scheme, "rules": rules_to_json(rules)}


@router.get("/{draft_id}")
async def draft(request: Request, draft_id: int) -> dict[str, Any]:
    """A draft: name, state, version, what can be undone, what is frozen, whether overtaken.

    `also_open` are the others who asked for it at this server within the last minute.
    """
    async with scoped(request) as connection:
        told = dict((await read_draft(connection, _number(draft_id))).told)
        cursor = await connection.execute(
            queries.get("draft_frozen"), {"id": draft_id, "cursor": told["cursor"]})
        return told | {"frozen": [row[0] for row in await cursor.fetchall()],
                       "also_open": _drafts(request).look(draft_id, request.state.caller.name)}


@router.patch("/{draft_id}")
async def renamed(request: Request, draft_id: int) -> dict[str, Any]:
    """Give a draft another name: `{version, name}`."""
    sent = await _object(request)
    values = {"id": _number(draft_id), "version": _version(sent),
              "name": check_name(sent.get("name"))}
    async with scoped(request) as connection:
        found = await read_draft(connection, draft_id)
        cursor = await connection.execute(queries.get("draft_rename"), values)
        (made,) = await cursor.fetchone()
        if made is None:
            raise Stale(found.version, found.state)
        return dict((await read_draft(connection, draft_id)).told)


@router.delete("/{draft_id}")
async def abandoned(request: Request, draft_id: int) -> dict[str, Any]:
    """Give a draft up: `{version}`; who opened it, or an admin."""
    version = _version(await _object(request))
    async with scoped(request) as connection:
        found = await read_draft(connection, _number(draft_id))
        cursor = await connection.execute(
            queries.get("draft_abandon"), {"id": draft_id, "version": version})
        (made,) = await cursor.fetchone()
        if made is None:
            raise Stale(found.version, found.state)
        return dict((await read_draft(connection, draft_id)).told)


@router.get("/{draft_id}/coverage", response_class=Response)
async def coverage(request: Request, draft_id: int, base: bool = False) -> Response:
    """All areas as a FeatureCollection with figures and breaches; `base`: as of the base."""
    async with _bench(request, draft_id) as bench:
        work = (base_json, bench) if base else (coverage_json, bench, language_of(request))
        return _geojson(await _drafts(request).run(*work))


@router.get("/{draft_id}/ground", response_class=Response)
async def ground(request: Request, draft_id: int,
                 bbox: Annotated[str, Query(pattern=r"^-?[\d.]+(,-?[\d.]+){3}$",
                                            max_length=120)]) -> Response:
    """Streets and buildings within `west,south,east,north`, at most 5,000 of each."""
    west, south, east, north = (float(one) for one in bbox.split(","))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InvalidInput("west,south,east,north in degrees", "bbox")
    async with _bench(request, draft_id) as bench:
        return _geojson(await _drafts(request).run(
            _ground_json, bench, (west, south, east, north)))


@router.post("/{draft_id}/operations", response_class=Response)
async def operated(request: Request, draft_id: int,
                   trial: Annotated[bool, Query(alias="try")] = False) -> Response:
    """Carry an operation out: `{version, operation}`; `try=1` tells what it would do.

    A trial that would be refused is answered as well, with `refusals`: to be told so is what it
    was asked for, many times while a hand moves.
    """
    sent = await _object(request)
    version, lang = _version(sent), language_of(request)
    try:
        async with _bench(request, draft_id, version) as bench:
            made = await _drafts(request).run(bench.perform, sent.get("operation"))
            if trial:
                return _json(await _drafts(request).run(_tried, bench, made, lang))
            return await keep(request, bench, made)
    except Refused as refused:
        if not trial:
            raise
        return _json(orjson.dumps({"version": version, "tried": True, "refusals": [
            refusal_json(one, lang) for one in refused.refusals]}))


@router.post("/{draft_id}/freeze", response_class=Response)
async def frozen(request: Request, draft_id: int) -> Response:
    """Freeze areas, or let go of them: `{version, codes, frozen}`."""
    sent = await _object(request)
    async with _bench(request, draft_id, _version(sent)) as bench:
        return await keep(request, bench, await _drafts(request).run(bench.perform, {
            "op": "freeze", "codes": sent.get("codes"), "frozen": sent.get("frozen", True)}))


@router.post("/{draft_id}/undo", response_class=Response)
async def undone(request: Request, draft_id: int) -> Response:
    """Take back the last operation that stands: `{version}`."""
    return await _moved(request, draft_id, -1)


@router.post("/{draft_id}/redo", response_class=Response)
async def redone(request: Request, draft_id: int) -> Response:
    """Do again what was undone last: `{version}`."""
    return await _moved(request, draft_id, 1)


@router.post("/{draft_id}/rebase", response_class=Response)
async def rebased(request: Request, draft_id: int) -> Response:
    """Carry the draft over to the areas in force: `{version, drop?}`.

    409 with `conflicts`, each in its place, where operations can't be carried out there; `drop`
    leaves those out.
    """
    sent = await _object(request)
    version = _version(sent)
    async with _bench(request, draft_id, version) as bench:
        newest, lang = bench.draft.newest_base_at, language_of(request)
        async with scoped(request) as connection:
            base = await read_base(connection, draft_id, newest)
            parents = await read_parents(connection, draft_id, newest)
        made = await _drafts(request).run(rebase, bench, base, parents)
        if made.conflicts and sent.get("drop") is not True:
            raise RebaseConflict(made.conflicts)
        async with scoped(request) as connection:
            cursor = await connection.execute(queries.get("draft_rebase"), {
                "id": draft_id, "version": version, "base_at": newest,
                "kept": None if made.kept is None else Jsonb(made.kept)})
            (stored,) = await cursor.fetchone()
            found = await read_draft(connection, draft_id)
            if stored is None:
                raise Stale(found.version, found.state)
    return _json(orjson.dumps(dict(found.told) | {
        "dropped": [conflict_json(one, lang) for one in made.conflicts]}))


@router.get("/{draft_id}/history")
async def history(request: Request, draft_id: int) -> list[dict[str, Any]]:
    """All operations, who made each and when; those undone are not `applied`."""
    async with scoped(request) as connection:
        await read_draft(connection, _number(draft_id))
        cursor = await connection.execute(queries.get("draft_operations"), {"id": draft_id})
        return [{"number": number, "operation": operation, "who": who, "at": at.isoformat(),
                 "applied": applied}
                for number, operation, who, at, applied in await cursor.fetchall()]


@router.get("/{draft_id}/violations", response_class=Response)
async def broken(request: Request, draft_id: int) -> Response:
    """All that is broken, each with its place, number and limit, and what is no coverage."""
    async with _bench(request, draft_id) as bench:
        return _json(await _drafts(request).run(_broken, bench, language_of(request)))


@router.get("/{draft_id}/rules")
async def rules(request: Request, draft_id: int) -> dict[str, Any]:
    """What the draft is held to, and what of it is its own."""
    async with scoped(request) as connection:
        found = await read_draft(connection, _number(draft_id))
        city, own = await read_told_rules(connection, found)
    return {"version": found.version, "rules": rules_to_json(parse_rules(city, own)),
            "own": own, "city": rules_to_json(parse_rules(city))}


@router.put("/{draft_id}/rules", response_class=Response)
async def set_rules(request: Request, draft_id: int) -> Response:
    """Hold this draft to other rules: `{version, rules}`; those not named stay the city's."""
    sent = await _object(request)
    version, given = _version(sent), _rules_given(sent)
    parsed = parse_rules(given)
    async with scoped(request) as connection:
        found = await read_draft(connection, _number(draft_id))
        cursor = await connection.execute(queries.get("draft_set_rules"), {
            "id": draft_id, "version": version, "rules": Jsonb(given)})
        (made,) = await cursor.fetchone()
        if made is None:
            raise Stale(found.version, found.state)
    async with _bench(request, draft_id) as bench:
        told = orjson.loads(await _drafts(request).run(_broken, bench, language_of(request)))
    return _json(orjson.dumps(told | {"rules": rules_to_json(parsed)}))


async def keep(request: Request, bench: Workbench, made: Made, **more: Any) -> Response:
    """Store what an operation made, and tell it and `more`; for all that makes operations.

    Raises
    ------
    Stale
        Somebody else was first, in another process: nothing has changed.
    """
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("draft_store"), {
            "id": bench.draft.id, "version": bench.version, "operation": Jsonb(made.operation),
            "keys": [face.key for face in made.faces], "names": [f.name for f in made.faces],
            "parents": [face.parent_code for face in made.faces],
            "shapes": [None if face.geom is None else as_multi(face.geom).wkb
                       for face in made.faces]})
        (version,) = await cursor.fetchone()
        if version is None:
            found = await read_draft(connection, bench.draft.id)
            raise Stale(found.version, found.state)
    return _json(await _drafts(request).run(
        _kept, bench, made, version, language_of(request), more))


async def _moved(request: Request, draft_id: int, by: int) -> Response:
    version = _version(await _object(request))
    async with _bench(request, draft_id, version) as bench:
        if not bench.may_move(by):
            raise InvalidInput("there is nothing to undo" if by < 0 else "there is nothing to redo")
        async with scoped(request) as connection:
            cursor = await connection.execute(
                queries.get("draft_move"), {"id": draft_id, "version": version, "by": by})
            (made,) = await cursor.fetchone()
            if made is None:
                found = await read_draft(connection, draft_id)
                raise Stale(found.version, found.state)
        return _json(await _drafts(request).run(
            _shifted, bench, by, made, language_of(request)))


def _kept(bench: Workbench, made: Made, version: int, lang: str, more: dict[str, Any]) -> bytes:
    shown = bench.keep(made, version)
    return changed_json(bench, shown, lang, operation=made.operation, **more,
                        left=[refusal_json(one, lang) for one in made.left])


def _tried(bench: Workbench, made: Made, lang: str) -> bytes:
    try:
        return changed_json(bench, bench.shown(made.faces), lang, operation=made.operation,
                            tried=True, left=[refusal_json(one, lang) for one in made.left])
    finally:
        bench.take_back(made)


def _shifted(bench: Workbench, by: int, version: int, lang: str) -> bytes:
    return changed_json(bench, bench.move(by, version), lang)


def _broken(bench: Workbench, lang: str) -> bytes:
    return orjson.dumps({
        "version": bench.version, "violations": violations_json(bench, lang),
        "defects": [defect_json(one, lang) for one in bench.defects],
        "totals": bench.judge.totals()})


def _ground_json(bench: Workbench, box: tuple[float, float, float, float]) -> bytes:
    streets, buildings = bench.ground.within(box, MOST_FEATURES)
    return orjson.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": shape_json(shape), "properties": {
            "kind": "street", "class": street_class}} for shape, street_class in streets] + [
        {"type": "Feature", "geometry": shape_json(shape), "properties": {"kind": "building"}}
        for shape in buildings], "more": max(len(streets), len(buildings)) >= MOST_FEATURES})


def _drafts(request: Request) -> Drafts:
    return request.app.state.drafts


def _bench(request: Request, draft_id: int, version: int | None = None):
    return _drafts(request).at(request.state.secret, _number(draft_id), version)


async def _object(request: Request) -> dict[str, Any]:
    sent = read_json(request, await read_body(request, LIMIT_BYTES))
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", "a JSON object is needed")])
    return sent


def _version(sent: dict[str, Any]) -> int:
    version = sent.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**31:
        raise InvalidInput("the version of the draft that you have seen", "version")
    return version


def _rules_given(sent: dict[str, Any]) -> dict[str, Any]:
    given = sent.get("rules")
    if not isinstance(given, dict):
        raise InvalidInput(f"an object with {', '.join(DEFAULTS)}, topology", "rules")
    return given


def _word(given: object, field: str) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= 60 or not given.isprintable():
        raise InvalidInput("a code of 1 to 60 characters", field)
    return given


def _number(draft_id: int) -> int:
    if not 0 < draft_id < 2**63:
        raise InvalidInput("a draft's number", "draft_id")
    return draft_id


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json",
                    headers={"Cache-Control": "private, no-store"})


def _geojson(content: bytes) -> Response:
    return Response(content, media_type="application/geo+json",
                    headers={"Cache-Control": "private, no-store"})


async def on_refused(request: Request, error: Refused) -> Response:
    """422 with every reason in its place."""
    lang = language_of(request)
    return ProblemResponse(problem(error) | {
        "refusals": [refusal_json(one, lang) for one in error.refusals]})


async def on_no_coverage(request: Request, error: NotACoverage) -> Response:
    """422 with every defect in its place."""
    lang = language_of(request)
    return ProblemResponse(problem(error) | {
        "defects": [defect_json(one, lang) for one in error.defects[:MOST_FEATURES]]})


async def on_rebase_conflict(request: Request, error: RebaseConflict) -> Response:
    """409 with every operation that can't be carried out on the areas in force."""
    lang = language_of(request)
    return ProblemResponse(problem(error) | {
        "conflicts": [conflict_json(one, lang) for one in error.conflicts]})


async def on_stale(request: Request, error: Stale) -> Response:
    """409 with the present version."""
    return ProblemResponse(problem(error) | {"version": error.version})
