"""Errors as RFC 9457 problem details: one table from the error tree to HTTP."""

from __future__ import annotations

import json
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gis import errors

# The nearest class in an error's own order of inheritance decides.
STATUS: dict[type[errors.GridwallError], int] = {
    errors.InvalidInput: 422,
    errors.NotLawful: 409,
    errors.NotFound: 404,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.Conflict: 409,
    errors.BadFile: 422,
    errors.TooOften: 429,
    errors.Overloaded: 503,
    errors.DatabaseAway: 503,
    errors.SetupError: 503,
    errors.GridwallError: 500,
}
_TITLES = {
    400: "Bad request", 404: "Not found", 405: "Method not allowed", 413: "Too large",
    415: "Unsupported media type", 422: "Invalid input", 500: "Internal error",
}
MEDIA_TYPE = "application/problem+json"
# Any call may answer with one, beside what it documents of its own.
PROBLEM_DOCS: dict[int | str, dict[str, Any]] = {"default": {
    "description": "What went wrong, as RFC 9457 problem details",
    "content": {MEDIA_TYPE: {"schema": {
        "type": "object", "required": ["title", "status"], "properties": {
            "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}}}}}}}


class ProblemResponse(Response):
    """A response whose body is one problem."""

    media_type = MEDIA_TYPE

    def __init__(self, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(_as_json(body), body["status"], headers)


def _as_json(body: dict[str, Any]) -> bytes:
    """A problem may quote what was sent: also half a character, which UTF-8 has no place for."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body, default=str).encode()


def status_of(error: errors.GridwallError) -> int:
    """The HTTP status of an error of ours."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(error: errors.GridwallError) -> dict[str, Any]:
    """An error as a problem: title, status, detail and, where known, fields or lawful actions."""
    body: dict[str, Any] = {
        "title": error.title, "status": status_of(error), "detail": error.message,
    }
    if isinstance(error, errors.InvalidInput) and error.problems:
        body["errors"] = [{"field": p.field, "message": p.message} for p in error.problems]
    if isinstance(error, errors.BadPassword):
        body["reason"] = error.reason
    if isinstance(error, errors.NotLawful | errors.Conflict) and error.lawful is not None:
        body["lawful"] = list(error.lawful)
    return body


def plain(status: int, detail: str, field: str = "") -> dict[str, Any]:
    """A problem of HTTP itself (bad JSON, too large), optionally naming a field."""
    body: dict[str, Any] = {
        "title": _TITLES.get(status, "Refused"), "status": status, "detail": detail,
    }
    if field:
        body["errors"] = [{"field": field, "message": detail}]
    return body


def respond(error: errors.GridwallError) -> ProblemResponse:
    """The response to an error of ours, with the headers that belong to it."""
    headers = {}
    if isinstance(error, errors.NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="gridwall"'
    retry_after_s = getattr(error, "retry_after_s", None)
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return ProblemResponse(problem(error), headers)


def respond_http(error: HTTPException) -> ProblemResponse:
    """The response to an error that the framework raised."""
    return ProblemResponse(plain(error.status_code, str(error.detail)), dict(error.headers or {}))


def respond_validation(error: RequestValidationError) -> ProblemResponse:
    """The response to query parameters that the framework could not read."""
    found = [
        {"field": str(one["loc"][-1]) if one["loc"] else "", "message": one["msg"]}
        for one in error.errors()
    ]
    body = plain(422, "; ".join(f"{one['field']}: {one['message']}" for one in found))
    return ProblemResponse(body | {"errors": found})
