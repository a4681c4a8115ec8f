"""The OpenAPI document: what the framework reads off the code, and what it can't."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from console.openapi_bodies import BODIES
from console.problems import PROBLEM_DOCS
from console.spreadsheet import CSV_TYPE, XLSX_TYPE

Json = dict[str, Any]
_TABLE = (CSV_TYPE, XLSX_TYPE)
# By the end of a path: what its good answer is, where it is no JSON.
_KINDS: dict[str, tuple[str, ...]] = {
    ".svg": ("image/svg+xml",), ".png": ("image/png",), ".pdf": ("application/pdf",),
    ".xlsx": (XLSX_TYPE,),
    ".{kind}": _TABLE, "/statistics/export": _TABLE, "/rehearsal/export": _TABLE,
    ".mvt": ("application/vnd.mapbox-vector-tile",), "/live": ("text/event-stream",),
    "/geometry": ("application/geo+json",), "/coverage": ("application/geo+json",
                                                         "application/json"),
    "/ground": ("application/geo+json",), "/wall": ("text/html",),
    "/{draft_id}/export": ("application/geopackage+sqlite3", "application/geo+json",
                           "application/zip"),
}
_OPEN = frozenset({"/healthz", "/readyz"})
_SECURITY: Json = {
    "token": {"type": "http", "scheme": "bearer",
              "description": "A token of /account, of an admin, or of `gridwall token create`"},
    "session": {"type": "apiKey", "in": "cookie", "name": "gridwall_session",
                "description": "Of a browser that has signed in at /login"},
}
_STATUSES = {
    "401": "Not signed in", "403": "Not for this role, token or account",
    "404": "There is none, or not for the caller to see", "405": "Not that method",
    "409": "It has changed since, or is not lawful now", "413": "More than is read",
    "415": "Send application/json", "422": "A field can't be used: `errors` names it",
    "429": "Too often: Retry-After tells when", "503": "The database is away, or all hands are"
    " full: Retry-After tells when",
}


def document(app: FastAPI) -> Json:
    """The document, made once."""
    if not app.openapi_schema:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes,
                           description="Errors are RFC 9457 problems. Times have an offset.")
        made["components"]["securitySchemes"] = _SECURITY
        made["security"] = [{"token": []}, {"session": []}]
        for path, methods in made["paths"].items():
            for method, call in methods.items():
                _complete(f"{method.upper()} {path}", path, call)
        app.openapi_schema = made
    return app.openapi_schema


def methods_of(made: Json, path: str) -> tuple[str, ...]:
    """The methods that the document has for a path; none where it knows no such path."""
    known = made["paths"].get(path) or next((
        calls for told, calls in made["paths"].items() if _matches(told, path)), {})
    return tuple(sorted(method.upper() for method in known))


def _matches(told: str, path: str) -> bool:
    pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part)
                      for part in re.split(r"(\{[^}]+\})", told))
    return re.fullmatch(pattern, path) is not None


def _complete(name: str, path: str, call: Json) -> None:
    if path in _OPEN:
        call["security"] = []
    body = BODIES.get(name)
    if body is not None and "requestBody" not in call:
        call["requestBody"] = {"required": True, "content": {"application/json": {
            "schema": body}}}
    answers = call["responses"]
    for status, answer in answers.items():
        if status[0] == "2" and status != "204" and not answer.get("content"):
            answer["content"] = {kind: {} for kind in _kinds(path)}
    problem = PROBLEM_DOCS["default"]["content"]
    for status, description in _STATUSES.items():
        if path not in _OPEN and (status not in answers or not answers[status].get("content")
                                  or status == "422"):
            answers[status] = {"description": description, "content": problem}


def _kinds(path: str) -> tuple[str, ...]:
    return next((kinds for end, kinds in _KINDS.items() if path.endswith(end)),
                ("application/json",))
