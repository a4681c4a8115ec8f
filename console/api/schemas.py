"""What the OpenAPI document says of bodies that are read by hand."""

from __future__ import annotations

from typing import Any

from gis.reports import (
    CHANNELS,
    DATUMS,
    LARGEST_BATCH,
    LONGEST_ADDRESS,
    LONGEST_EXTERNAL_ID,
    LONGEST_PHOTO,
    LONGEST_TEXT,
    MOST_PHOTOS,
    WORST_ACCURACY_M,
)
from gis.tracks import MOST_AT_ONCE

Json = dict[str, Any]


def _text(longest: int, description: str, **more: Any) -> Json:
    return {"type": "string", "maxLength": longest, "description": description, **more}


REPORT: Json = {
    "type": "object",
    "required": ["text", "category", "channel"],
    "additionalProperties": False,
    "description": "A place is needed: lon and lat, or house_code, or address.",
    "properties": {
        "text": _text(LONGEST_TEXT, "What is the matter", minLength=1),
        "category": {"type": "string", "description": "Code or Chinese name of a (sub-)class"},
        "lon": {"type": "number", "minimum": -180, "maximum": 180},
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "datum": {"type": "string", "enum": list(DATUMS), "default": "wgs84"},
        "accuracy_m": {"type": "number", "minimum": 0, "maximum": WORST_ACCURACY_M},
        "address": _text(LONGEST_ADDRESS, "A standard address"),
        "house_code": _text(25, "25 characters; 19 for a building"),
        "channel": {"type": "string", "enum": list(CHANNELS)},
        "external_id": _text(LONGEST_EXTERNAL_ID, "The sender's own; repeats get one answer"),
        "occurred_at": {"type": "string", "format": "date-time"},
        "photos": {"type": "array", "maxItems": MOST_PHOTOS,
                   "items": _text(LONGEST_PHOTO, "Address of a picture")},
    },
    "example": {"text": "路面塌陷", "category": "urban", "lon": 120.2, "lat": 30.3,
                "datum": "gcj02", "channel": "resident"},
}
ASSIGNMENT: Json = {
    "type": "object",
    "properties": {
        "scheme": {"type": "string"},
        "area": {"type": ["object", "null"], "properties": {
            "code": {"type": "string"}, "name": {"type": "string"},
            "path": {"type": "array", "items": {"type": "object"}}}},
        "officer": {"type": ["object", "null"], "properties": {
            "id": {"type": "string"}, "name": {"type": "string"}, "role": {"type": "string"}}},
        "how": {"type": "string",
                "enum": ["inside", "border", "nearest", "outside", "unlocated"]},
        "distance_m": {"type": ["number", "null"]},
        "rivals": {"type": "array", "items": {"type": "object"}},
        "why": {"type": "array", "items": {"type": "string"}},
    },
}
ANSWER: Json = {
    "type": "object",
    "properties": {
        "report": {"type": "object", "properties": {"id": {"type": "integer"}}},
        "incident": {"type": "object", "properties": {
            "id": {"type": "integer"}, "state": {"type": "string"}, "tier": {"type": "string"}}},
        "assignments": {"type": "array", "items": ASSIGNMENT},
    },
}
PROBLEM: Json = {
    "type": "object",
    "properties": {
        "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "properties": {
            "field": {"type": "string"}, "message": {"type": "string"}}}},
    },
}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _says(description: str, schema: Json, kind: str = "application/json") -> Json:
    return {"description": description, "content": {kind: {"schema": schema}}}


_REFUSALS = {
    status: _says(description, PROBLEM, "application/problem+json")
    for status, description in {
        "400": "No JSON", "401": "Not signed in", "403": "Not allowed", "413": "Too large",
        "422": "A field can't be used", "503": "The database is away; see Retry-After"}.items()
}
REPORT_DOCS: Json = {
    "requestBody": _body(REPORT),
    "responses": {"201": _says("Stored and assigned", ANSWER),
                  "200": _says("Stored before: the first answer", ANSWER), **_REFUSALS},
}
BATCH_DOCS: Json = {
    "requestBody": _body({"type": "array", "maxItems": LARGEST_BATCH, "items": {
        "anyOf": [REPORT, {"description": "Answered in its place with what is wrong with it"}]}}),
    "responses": {"200": _says("Each in its place, with its status", {
        "type": "array", "items": {"anyOf": [ANSWER, PROBLEM]}}), **_REFUSALS},
}
FIX: Json = {
    "type": "object",
    "required": ["at", "lon", "lat"],
    "additionalProperties": False,
    "properties": {
        "at": {"type": "string", "format": "date-time"},
        "lon": {"type": "number", "minimum": -180, "maximum": 180},
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "datum": {"type": "string", "enum": list(DATUMS), "default": "wgs84"},
        "accuracy_m": {"type": "number", "minimum": 0, "maximum": WORST_ACCURACY_M},
    },
}
TRACKS_DOCS: Json = {
    "requestBody": _body({"type": "array", "maxItems": MOST_AT_ONCE, "items": {
        "anyOf": [FIX, {"description": "Told in `refused`, with what is wrong with it"}]}}),
    "responses": {"200": _says("How many are new, known, and refused", {
        "type": "object", "properties": {
            "stored": {"type": "integer"}, "known": {"type": "integer"},
            "refused": {"type": "array", "items": PROBLEM}}}), **_REFUSALS},
}
