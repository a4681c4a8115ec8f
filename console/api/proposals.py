"""``/api/drafts/{id}/proposals``: grids drawn anew, several ways side by side, to choose from."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import shapely
from fastapi import APIRouter, Request
from starlette.responses import Response

from console import language
from console.api.body import read_body, read_json
from console.api.drafts import keep
from console.api.scoped import now_of, scoped
from console.draft_json import shape_json
from console.proposing import Job, Proposing
from console.why import language_of
from gis import queries
from gis.boundaries import Replace, operation_to_json
from gis.errors import FieldProblem, InvalidFields, InvalidInput, NotFound
from gis.plans import Stale, read_draft
from gis.plans.figures import COUNTED
from gis.plans.workbench import Workbench
from gis.proposals import Ground, PresentGrid, Proposal, Score, Task
from gis.proposals.task import MOST_SEEDS, TOLERANCE
from gis.rehearsal import YEAR

router = APIRouter(prefix="/api/drafts", tags=["drafts"])
LIMIT_BYTES = 10_000
MOST_SECONDS = 120.0
WEIGHTS = {"population": "residents", "load": "incidents"}
MOST_GRIDS = 1_500
_STREET_WIDTH_M = 6.0


@router.post("/{draft_id}/proposals", status_code=202)
async def ordered(request: Request, draft_id: int) -> dict[str, Any]:
    """Draw proposals: `{area?, weight?, target?, tolerance?, seeds?, seconds?, version?}`.

    `area` is a community or what lies above; all of the draft where it is absent. `weight`:
    `population` (actual residents) or `load` (incidents of the last year); `target` of one grid,
    today's average where it is absent.
    """
    sent = await _object(request)
    task = Task(WEIGHTS[_choice(sent, "weight", tuple(WEIGHTS), "population")],
                _number(sent, "target", None, 1, 1e7),
                _number(sent, "tolerance", TOLERANCE, 0.01, 1))
    seeds = int(_number(sent, "seeds", 3, 1, MOST_SEEDS))
    seconds = _number(sent, "seconds", 45.0, 5, MOST_SECONDS)
    version = _number(sent, "version", None, 1, 2**31)
    async with request.app.state.drafts.at(request.state.secret, _id(draft_id),
                                           version and int(version)) as bench:
        parents = await _parents(request, bench, sent.get("area"))
        ground = await request.app.state.drafts.run(ground_of, bench, parents)
        task = replace(task, min_width_m=bench.rules.topology["min_width_m"])
        version = bench.version
    if task.weigh_by == "incidents":
        ground = await _with_incidents(request, ground)
    job = _proposing(request).start(
        _owner(request), draft_id, version,
        {"ground": ground, "task": task, "seconds": seconds}, seeds)
    return _job_json(job)


@router.get("/{draft_id}/proposals/{job_id}")
async def told(request: Request, draft_id: int, job_id: str) -> dict[str, Any]:
    """How far an order is, and the proposals drawn so far with their scores."""
    return _job_json(await _found(request, draft_id, job_id))


@router.delete("/{draft_id}/proposals/{job_id}")
async def canceled(request: Request, draft_id: int, job_id: str) -> dict[str, Any]:
    """Stop an order; what was drawn stays for a while."""
    job = await _found(request, draft_id, job_id)
    await _proposing(request).cancel(job)
    return _job_json(job)


@router.get("/{draft_id}/proposals/{job_id}/{seed}")
async def drawn(request: Request, draft_id: int, job_id: str, seed: int) -> dict[str, Any]:
    """One proposal as a FeatureCollection of the areas that it changes, and codes that end."""
    job = await _found(request, draft_id, job_id)
    return await asyncio.to_thread(_features, _of_seed(job, seed))


@router.post("/{draft_id}/proposals/{job_id}/{seed}/take", response_class=Response)
async def taken(request: Request, draft_id: int, job_id: str, seed: int) -> Response:
    """Put a proposal into the draft as one operation: `{version}`, answered as operations are."""
    job = await _found(request, draft_id, job_id)
    proposal = _of_seed(job, seed)
    version = int(_number(await _object(request), "version", None, 1, 2**31) or 0)
    drafts, lang = request.app.state.drafts, language_of(request)
    async with drafts.at(request.state.secret, draft_id, version) as bench:
        if bench.version != job.version:
            raise Stale(bench.version)
        made = await drafts.run(_performed, bench, proposal, lang)
        return await keep(request, bench, made)


def ground_of(bench: Workbench, parents: set[str]) -> Ground:
    """The ground of a draft as it is now, under some of its parents."""
    frozen = bench.frozen
    faces = sorted((face for face in bench.faces.values() if face.parent_code in parents),
                   key=lambda face: face.key)
    if not faces:
        raise InvalidInput("there are no areas of the draft there", "area")
    if len(faces) > MOST_GRIDS:
        raise InvalidInput(f"at most {MOST_GRIDS} areas at once: choose a street", "area")
    grids = tuple(PresentGrid(
        face.key, face.name, face.parent_code, face.geom,
        getattr(bench.told_base.get(face.key), "actual_residents", None), face.key in frozen)
        for face in faces)
    west, south, east, north = shapely.total_bounds([grid.geom for grid in grids])
    points, ground = bench.ground.points, bench.ground
    inside = ((points.lon >= west) & (points.lon <= east) & (points.lat >= south)
              & (points.lat <= north))
    weights = points.weights[inside]
    people = weights[:, COUNTED.index("actual_residents")].astype(float)
    homes = np.column_stack([points.lon[inside], points.lat[inside]])
    if not people.any():
        homes = np.repeat(homes, weights[:, COUNTED.index("addresses")], axis=0)
        people = None
    lines, owner = shapely.get_parts(ground.streets, return_index=True)
    near = shapely.STRtree(ground.buildings).query(shapely.box(west, south, east, north))
    return Ground(
        bench.draft.level, grids, lines, np.nan_to_num(
            ground.street_width_m[owner], nan=_STREET_WIDTH_M), homes,
        buildings=shapely.get_parts(ground.buildings[np.sort(near)]), residents=people)


def _performed(bench: Workbench, proposal: Proposal, lang: str):
    """The proposal as one operation, its new areas under keys that are free in the draft."""
    first = int(bench.next_key()[1:])
    fresh = [key for key in proposal.faces if key.startswith("+") and key not in bench.faces]
    keys = {key: f"+{first + number}" for number, key in enumerate(fresh)}
    parents = {keys.get(key, key): code for key, code in proposal.parents.items()}
    names = {keys.get(key, key): name for key, name in proposal.names.items()}
    for number, key in enumerate(fresh, start=1):
        parent = bench.parents[proposal.parents[key]].name
        names[keys[key]] = language.text("rehearsal.new_area", lang, parent=parent, number=number)
    faces = {keys.get(key, key): shape for key, shape in proposal.faces.items()}
    return bench.perform(operation_to_json(Replace(
        faces | dict.fromkeys(proposal.ended), names, parents)))


async def _parents(request: Request, bench: Workbench, area: object) -> set[str]:
    if area is None:
        return set(bench.parents)
    if not isinstance(area, str) or not 0 < len(area) <= 60:
        raise InvalidInput("a code of 1 to 60 characters", "area")
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("proposal_parents"), {
            "scheme": bench.draft.scheme, "codes": sorted(bench.parents), "area": area})
        found = {row[0] for row in await cursor.fetchall()}
    if not found:
        raise InvalidInput(f"{area!r:.60} is no area of the draft, nor above any", "area")
    return found


async def _with_incidents(request: Request, ground: Ground) -> Ground:
    since = now_of(request) - YEAR
    bounds = shapely.total_bounds([grid.geom for grid in ground.grids]).tolist()
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("rehearsal_grids"), {
            "since": since, **dict(zip(("west", "south", "east", "north"), bounds, strict=True))})
        grids = [row[0] for row in await cursor.fetchall()]
        packed = connection.cursor(binary=True)
        await packed.execute(queries.get("proposal_incidents"), {"grids": grids, "since": since})
        row = await packed.fetchone()
    return replace(ground, incidents=np.frombuffer(
        row[0] or b"", ">f8").astype(float).reshape(-1, 2))


def _features(proposal: Proposal) -> dict[str, Any]:
    return {"type": "FeatureCollection", "ended": list(proposal.ended), "features": [{
        "type": "Feature", "geometry": shape_json(shape), "properties": {
            "key": key, "name": proposal.names.get(key, ""),
            "parent_code": proposal.parents.get(key), "weight": proposal.weights.get(key)}}
        for key, shape in proposal.faces.items()]}


def _job_json(job: Job) -> dict[str, Any]:
    progress = list(job.progress.values())
    shares = [done / max(total, 1) for done, total, _ in progress]
    present = next((_scores(one.present, one.present) for one in job.made.values()), None)
    return {
        "id": job.id, "state": job.state, "draft_id": job.draft_id, "version": job.version,
        "weight": next(key for key, one in WEIGHTS.items() if one == job.task.weigh_by),
        "tolerance": job.task.tolerance, "seeds": job.seeds,
        "progress": round(sum(shares) / job.seeds, 3),
        "detail": str(job.missed) if job.missed else None, "present": present,
        "proposals": [{
            "n": seed, "seed": seed, "target": made.target,
            "scores": _scores(made.score, made.present),
            "communities": [asdict(one) for one in made.communities],
            "changed": len(made.faces), "ended": list(made.ended),
            "new": sum(key.startswith("+") for key in made.faces), "seconds": made.seconds,
            "cut_short": made.cut_short} for seed, made in sorted(job.made.items())]}


def _scores(score: Score, present: Score) -> dict[str, Any]:
    """`within` is the share of grids within the tolerance, `farthest` the worst one's distance."""
    return {"grids": score.grids, "gini": score.gini, "gini_before": present.gini,
            "within": 1 - score.outside / score.grids, "outside": score.outside,
            "farthest": score.worst, "compactness": score.compactness,
            "along_streets": score.along_streets, "moved": round(score.moved),
            "moved_share": score.moved_share}


async def _found(request: Request, draft_id: int, job_id: str) -> Job:
    async with scoped(request) as connection:
        await read_draft(connection, _id(draft_id))
    return _proposing(request).find(_owner(request), draft_id, job_id)


def _of_seed(job: Job, seed: int) -> Proposal:
    if seed not in job.made:
        raise NotFound(f"no proposal {seed} of {job.id}, or not yet")
    return job.made[seed]


def _owner(request: Request) -> str:
    return request.state.caller.name


def _proposing(request: Request) -> Proposing:
    return request.app.state.proposing


async def _object(request: Request) -> dict[str, Any]:
    sent = read_json(request, await read_body(request, LIMIT_BYTES))
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", "a JSON object is needed")])
    return sent


def _choice(sent: dict[str, Any], field: str, choices: tuple[str, ...], otherwise: str) -> str:
    value = otherwise if sent.get(field) is None else sent[field]
    if value not in choices:
        raise InvalidInput(f"one of {', '.join(choices)}", field)
    return value


def _number(sent: dict[str, Any], field: str, otherwise: float | None, least: float,
            most: float) -> float | None:
    value = sent.get(field)
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise InvalidInput(f"a number from {least:g} to {most:g}", field)
    return float(value)


def _id(draft_id: int) -> int:
    if not 0 < draft_id < 2**63:
        raise InvalidInput("a draft's number", "draft_id")
    return draft_id
