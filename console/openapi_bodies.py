"""What each writing call takes, for the OpenAPI document: bodies are read by hand.

No schema here is stricter than the code that reads the body; what only the database or the
present state of a matter can tell (a code that exists, a version that is the newest) is a 409 or
422 of its own.
"""

from __future__ import annotations

from typing import Any

from console.access import HOME
from gis.accounts import ACCESSES, LONGEST_NAME
from gis.crs import Datum
from gis.incident_rules import Action
from gis.passwords import LONGEST
from gis.personal_data import FIELDS
from gis.reports import DATUMS

Json = dict[str, Any]
_WORDS = {"type": "string", "minLength": 1}
_CODE = _WORDS | {"maxLength": 100}
_VERSION = {"type": "integer", "minimum": 1, "exclusiveMaximum": 2**31,
            "description": "The version of the draft that you have seen"}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_POINT = {"type": "array", "minItems": 2, "items": {"type": "number"}}
_OBJECT = {"type": "object"}


def _object(required: tuple[str, ...] = (), closed: bool = False, **properties: Json) -> Json:
    told: Json = {"type": "object", "properties": properties}
    if required:
        told["required"] = list(required)
    if closed:
        told["additionalProperties"] = False
    return told


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


_GEOMETRY = {"oneOf": [
    _object(("type", "coordinates"), type={"const": "LineString"},
            coordinates={"type": "array", "minItems": 2, "items": _POINT}),
    _object(("type", "coordinates"), type={"const": "Polygon"},
            coordinates={"type": "array", "minItems": 1, "items": {
                "type": "array", "minItems": 4, "items": _POINT}})]}
_EXTENT = _object(("geometry",), closed=True, geometry=_GEOMETRY,
                  datum={"type": "string", "enum": [str(one) for one in Datum if one in DATUMS]})
_STEP = _object(
    ("action",), closed=True, action={"type": "string", "enum": [str(one) for one in Action]},
    note=_or_null(_WORDS | {"maxLength": 2_000}),
    to=_or_null(_WORDS | {"maxLength": 80, "description": "Code of an officer, unit or house, or"
                          " officer:N, unit:N, incident:N"}),
    until=_or_null({"type": "string", "format": "date-time"}))
_CATEGORY = _object(
    ("code", "name", "kind"), code={"type": "string", "pattern": r"^[a-z0-9_]+(\.[a-z0-9_]+)?$"},
    name=_WORDS | {"maxLength": 40})
_STANDING = {"role": {"type": "string", "enum": sorted(HOME)},
             "areas": {"type": "array", "maxItems": 200, "items": _CODE},
             "unit": _CODE, "officer": _CODE}
_NAME = {"name": _WORDS | {"maxLength": LONGEST_NAME}}
_TOKEN = {"name": _WORDS | {"maxLength": 80},
          "access": {"type": "string", "enum": list(ACCESSES)}}
_DAYS = {"type": "integer", "minimum": 1, "maximum": 730}
_PASSWORD = {"type": "string", "minLength": 1, "maxLength": LONGEST}
_OPERATION = _object(("op",), op={"type": "string", "enum": [
    "move_vertex", "move_edge", "reroute", "split", "merge", "move_block", "snap", "simplify",
    "rename", "freeze", "replace"]})
_SEEN = _object(("version",), version=_VERSION)

BODIES: dict[str, Json] = {
    "POST /api/incidents/{incident_id}/steps": _STEP,
    "PUT /api/incidents/{incident_id}/extent": _EXTENT,
    "POST /api/persons/{person_id}/unmask": _object(
        ("purpose",), closed=True, purpose={"type": "string", "minLength": 4, "maxLength": 200},
        fields={"type": "array", "minItems": 1,
                "items": {"type": "string", "enum": list(FIELDS)}}),
    "POST /api/renames": _object(
        ("kind", "of", "to"), closed=True,
        kind={"type": "string", "enum": ["house", "building", "compound", "road"]},
        of=_WORDS | {"maxLength": 300}, to=_WORDS | {"maxLength": 300},
        area=_or_null({"type": "string", "maxLength": 300}),
        reason=_or_null({"type": "string", "maxLength": 300})),
    "POST /api/notices/read": _object(("up_to",), up_to=_NUMBER),
    "POST /api/account/password": _object(("old", "new"), old=_PASSWORD, new=_PASSWORD),
    "POST /api/account/sessions/end": _object(id=_or_null(_NUMBER)),
    "POST /api/account/tokens": _object(("name", "days"), **_TOKEN, days=_DAYS,
                                        area=_or_null({"type": "string", "maxLength": 100})),
    "POST /api/account/tokens/revoke": _object(("id",), id=_NUMBER),
    "POST /api/admin/accounts": _object(("name", "role"), **_NAME, **_STANDING,
                                        program={"type": "boolean"}),
    "POST /api/admin/accounts/change": _object(("name", "role"), **_NAME, **_STANDING),
    "POST /api/admin/accounts/disable": _object(
        ("name", "disabled"), **_NAME, disabled={"type": "boolean"}),
    "POST /api/admin/accounts/password": _object(("name",), **_NAME),
    "POST /api/admin/accounts/sign-out": _object(("name",), **_NAME),
    "POST /api/admin/accounts/token": _object(
        ("account", "name"), account=_WORDS | {"maxLength": LONGEST_NAME}, **_TOKEN,
        days=_or_null(_DAYS)),
    "POST /api/admin/groups": _object(
        ("group", "role"), group=_WORDS | {"maxLength": 200}, role=_STANDING["role"],
        area=_or_null({"type": "string", "maxLength": 100}),
        unit=_or_null({"type": "string", "maxLength": 100}),
        rank=_or_null({"type": "integer", "minimum": 0, "maximum": 1000})),
    "POST /api/admin/groups/remove": _object(("id",), id=_NUMBER),
    "POST /api/admin/categories": _CATEGORY,
    "POST /api/admin/days": _object(
        ("day",), day={"type": "string", "format": "date"},
        working=_or_null({"type": "boolean"}), name={"type": "string", "maxLength": 40}),
    "POST /api/admin/settings": _object(
        ("name", "value"), name=_WORDS, value={"description": "As the setting is"}),
    "POST /api/drafts": _object(
        ("name",), name=_WORDS | {"maxLength": 100}, scheme=_or_null({"type": "string"}),
        area=_or_null({"type": "string"}), level=_or_null({"type": "string"})),
    "PUT /api/drafts/defaults": _object(("scheme", "rules"), scheme=_WORDS, rules=_OBJECT),
    "DELETE /api/drafts/{draft_id}": _SEEN,
    "PATCH /api/drafts/{draft_id}": _object(
        ("version", "name"), version=_VERSION, name=_WORDS | {"maxLength": 100}),
    "POST /api/drafts/{draft_id}/operations": _object(
        ("version", "operation"), version=_VERSION, operation=_OPERATION),
    "POST /api/drafts/{draft_id}/freeze": _object(
        ("version", "codes"), version=_VERSION, codes={"type": "array", "items": _WORDS},
        frozen={"type": "boolean"}),
    "POST /api/drafts/{draft_id}/undo": _SEEN,
    "POST /api/drafts/{draft_id}/redo": _SEEN,
    "POST /api/drafts/{draft_id}/rebase": _object(
        ("version",), version=_VERSION, drop={"type": "boolean"}),
    "PUT /api/drafts/{draft_id}/rules": _object(
        ("version", "rules"), version=_VERSION, rules=_OBJECT),
    "POST /api/drafts/{draft_id}/repair": _SEEN,
    "POST /api/drafts/{draft_id}/publish": _object(
        ("version",), version=_VERSION, duties=_OBJECT,
        name={"type": "string", "maxLength": 200}),
    "POST /api/publications/{publication_id}/undo": _object(
        name={"type": "string", "maxLength": 200}),
    "POST /api/drafts/{draft_id}/proposals": _object(
        area=_or_null(_CODE | {"maxLength": 60}),
        weight=_or_null({"type": "string", "enum": ["population", "load"]}),
        target=_or_null({"type": "number", "minimum": 1, "maximum": 1e7}),
        tolerance=_or_null({"type": "number", "minimum": 0.01, "maximum": 1}),
        seeds=_or_null({"type": "integer", "minimum": 1}),
        seconds=_or_null({"type": "number", "minimum": 5, "maximum": 120}), version=_VERSION),
    "POST /api/drafts/{draft_id}/proposals/{job_id}/{seed}/take": _SEEN,
}
