"""Why a draft was not changed, as problem+json: each reason in its place."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from console.draft_json import MOST_DEFECTS, conflict_json, defect_json, refusal_json
from console.problems import ProblemResponse, problem
from console.why import language_of
from gis.boundaries import NotACoverage, Refused
from gis.plans import Stale
from gis.plans.rebasing import RebaseConflict


async def on_refused(request: Request, error: Refused) -> Response:
    """422 with every reason in its place."""
    lang = language_of(request)
    return ProblemResponse(problem(error) | {
        "refusals": [refusal_json(one, lang) for one in error.refusals]})


async def on_no_coverage(request: Request, error: NotACoverage) -> Response:
    """422 with every defect in its place."""
    lang = language_of(request)
    return ProblemResponse(problem(error) | {
        "defects": [defect_json(one, lang) for one in error.defects[:MOST_DEFECTS]]})


async def on_rebase_conflict(request: Request, error: RebaseConflict) -> Response:
    """409 with every operation that can't be carried out on the areas in force."""
    lang = language_of(request)
    return ProblemResponse(problem(error) | {
        "conflicts": [conflict_json(one, lang) for one in error.conflicts]})


async def on_stale(request: Request, error: Stale) -> Response:
    """409 with the present version."""
    return ProblemResponse(problem(error) | {"version": error.version})


HANDLERS = {Refused: on_refused, NotACoverage: on_no_coverage, Stale: on_stale,
            RebaseConflict: on_rebase_conflict}
