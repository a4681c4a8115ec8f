"""``/api/drafts``: redraws that are being thought over, operation by operation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request
from psycopg.types.json import Jsonb
from starlette.responses import Response

from console.api.scoped import scoped
from console.draft_calls import (
    bench_of,
    drafts_of,
    json_answer,
    number_of,
    object_of,
    version_of,
)
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
from console.why import language_of
from gis import queries
from gis.boundaries import Refused
from gis.errors import InvalidInput
from gis.plans import Stale, read_draft
from gis.plans.making import Made, check_name
from gis.plans.reading import as_multi, read_base, read_parents
from gis.plans.rebasing import RebaseConflict, rebase
from gis.plans.workbench import Workbench

router = APIRouter(prefix="/api/drafts", tags=["drafts"])
MOST_FEATURES = 5_000
State = Annotated[Literal["open", "published", "abandoned"] | None, Query()]
_NUMBER = r"-?[0-9]{1,3}(\.[0-9]{1,20})?"
_BOX = rf"^{_NUMBER}(,{_NUMBER}){{3}}$"


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
    sent = await object_of(request)
    values = {"name": check_name(sent.get("name")),
              "scheme": _given(sent, "scheme") or "base", "area": _given(sent, "area")}
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


@router.get("/{draft_id}")
async def draft(request: Request, draft_id: int) -> dict[str, Any]:
    """A draft: name, state, version, what can be undone, what is frozen, whether overtaken.

    `also_open` are the others who asked for it at this server within the last minute.
    """
    async with scoped(request) as connection:
        told = dict((await read_draft(connection, number_of(draft_id))).told)
        cursor = await connection.execute(
            queries.get("draft_frozen"), {"id": draft_id, "cursor": told["cursor"]})
        return told | {"frozen": [row[0] for row in await cursor.fetchall()],
                       "also_open": drafts_of(request).look(draft_id, request.state.caller.name)}


@router.patch("/{draft_id}")
async def renamed(request: Request, draft_id: int) -> dict[str, Any]:
    """Give a draft another name: `{version, name}`."""
    sent = await object_of(request)
    values = {"id": number_of(draft_id), "version": version_of(sent),
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
    version = version_of(await object_of(request))
    async with scoped(request) as connection:
        found = await read_draft(connection, number_of(draft_id))
        cursor = await connection.execute(
            queries.get("draft_abandon"), {"id": draft_id, "version": version})
        (made,) = await cursor.fetchone()
        if made is None:
            raise Stale(found.version, found.state)
        return dict((await read_draft(connection, draft_id)).told)


@router.get("/{draft_id}/coverage", response_class=Response)
async def coverage(request: Request, draft_id: int, base: bool = False) -> Response:
    """All areas as a FeatureCollection with figures and breaches; `base`: as of the base."""
    async with bench_of(request, draft_id) as bench:
        work = (base_json, bench) if base else (coverage_json, bench, language_of(request))
        return _geojson(await drafts_of(request).run(*work))


@router.get("/{draft_id}/ground", response_class=Response)
async def ground(request: Request, draft_id: int,
                 bbox: Annotated[str, Query(pattern=_BOX,
                                            max_length=120)]) -> Response:
    """Streets and buildings within `west,south,east,north`, at most 5,000 of each."""
    west, south, east, north = (float(one) for one in bbox.split(","))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InvalidInput("west,south,east,north in degrees", "bbox")
    async with bench_of(request, draft_id) as bench:
        return _geojson(await drafts_of(request).run(
            _ground_json, bench, (west, south, east, north)))


@router.post("/{draft_id}/operations", response_class=Response)
async def operated(request: Request, draft_id: int,
                   trial: Annotated[bool, Query(alias="try")] = False) -> Response:
    """Carry an operation out: `{version, operation}`; `try=1` tells what it would do.

    A trial that would be refused is answered as well, with `refusals`: to be told so is what it
    was asked for, many times while a hand moves.
    """
    sent = await object_of(request)
    version, lang = version_of(sent), language_of(request)
    try:
        async with bench_of(request, draft_id, version) as bench:
            made = await drafts_of(request).run(bench.perform, sent.get("operation"))
            if trial:
                return json_answer(await drafts_of(request).run(_tried, bench, made, lang))
            return await keep(request, bench, made)
    except Refused as refused:
        if not trial:
            raise
        return json_answer(orjson.dumps({"version": version, "tried": True, "refusals": [
            refusal_json(one, lang) for one in refused.refusals]}))


@router.post("/{draft_id}/freeze", response_class=Response)
async def frozen(request: Request, draft_id: int) -> Response:
    """Freeze areas, or let go of them: `{version, codes, frozen}`."""
    sent = await object_of(request)
    async with bench_of(request, draft_id, version_of(sent)) as bench:
        return await keep(request, bench, await drafts_of(request).run(bench.perform, {
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
    sent = await object_of(request)
    version = version_of(sent)
    async with bench_of(request, draft_id, version) as bench:
        newest, lang = bench.draft.newest_base_at, language_of(request)
        async with scoped(request) as connection:
            base = await read_base(connection, draft_id, newest)
            parents = await read_parents(connection, draft_id, newest)
        made = await drafts_of(request).run(rebase, bench, base, parents)
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
    return json_answer(orjson.dumps(dict(found.told) | {
        "dropped": [conflict_json(one, lang) for one in made.conflicts]}))


@router.get("/{draft_id}/history")
async def history(request: Request, draft_id: int) -> list[dict[str, Any]]:
    """All operations, who made each and when; those undone are not `applied`."""
    async with scoped(request) as connection:
        await read_draft(connection, number_of(draft_id))
        cursor = await connection.execute(queries.get("draft_operations"), {"id": draft_id})
        return [{"number": number, "operation": operation, "who": who, "at": at.isoformat(),
                 "applied": applied}
                for number, operation, who, at, applied in await cursor.fetchall()]


@router.get("/{draft_id}/violations", response_class=Response)
async def broken(request: Request, draft_id: int) -> Response:
    """All that is broken, each with its place, number and limit, and what is no coverage."""
    async with bench_of(request, draft_id) as bench:
        return json_answer(await drafts_of(request).run(broken_json, bench, language_of(request)))


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
    return json_answer(await drafts_of(request).run(
        _kept, bench, made, version, language_of(request), more))


async def _moved(request: Request, draft_id: int, by: int) -> Response:
    version = version_of(await object_of(request))
    async with bench_of(request, draft_id, version) as bench:
        if not bench.may_move(by):
            raise InvalidInput("there is nothing to undo" if by < 0 else "there is nothing to redo")
        async with scoped(request) as connection:
            cursor = await connection.execute(
                queries.get("draft_move"), {"id": draft_id, "version": version, "by": by})
            (made,) = await cursor.fetchone()
            if made is None:
                found = await read_draft(connection, draft_id)
                raise Stale(found.version, found.state)
        return json_answer(await drafts_of(request).run(
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


def broken_json(bench: Workbench, lang: str) -> bytes:
    """All that is broken, and what is no coverage."""
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


def _given(sent: dict[str, Any], field: str) -> str | None:
    return None if sent.get(field) in (None, "") else _word(sent[field], field)


def _word(given: object, field: str) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= 60 or not given.isprintable():
        raise InvalidInput("a code of 1 to 60 characters", field)
    return given


def _geojson(content: bytes) -> Response:
    return Response(content, media_type="application/geo+json",
                    headers={"Cache-Control": "private, no-store"})
