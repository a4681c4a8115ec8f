"""What calls about drafts have in common: the draft, its version, the body, the answer."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from console.api.body import read_body, read_json
from console.drafts import Drafts
from gis.errors import FieldProblem, InvalidFields, InvalidInput
from gis.plans.workbench import Workbench

LIMIT_BYTES = 4_000_000


def drafts_of(request: Request) -> Drafts:
    """The drafts that this server has in memory."""
    return request.app.state.drafts


def bench_of(request: Request, draft_id: int, version: int | None = None
             ) -> AbstractAsyncContextManager[Workbench]:
    """A draft at its present version, or at the one that was seen; see `Drafts.at`."""
    return drafts_of(request).at(request.state.secret, number_of(draft_id), version)


async def object_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent."""
    sent = read_json(request, await read_body(request, LIMIT_BYTES))
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", "a JSON object is needed")])
    return sent


def version_of(sent: dict[str, Any]) -> int:
    """The version that whoever asks has seen."""
    version = sent.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**31:
        raise InvalidInput("the version of the draft that you have seen", "version")
    return version


def number_of(draft_id: int) -> int:
    """A draft's number as the database can have one."""
    if not 0 < draft_id < 2**63:
        raise InvalidInput("a draft's number", "draft_id")
    return draft_id


def json_answer(content: bytes) -> Response:
    """A private answer that no one keeps."""
    return Response(content, media_type="application/json",
                    headers={"Cache-Control": "private, no-store"})
