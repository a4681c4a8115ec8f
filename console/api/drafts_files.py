"""Drafts out to another editor and back, and what is wrong with areas that do not fit."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Query, Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.responses import Response

from console import language
from console.api.body import BadBody, read_body, read_json
from console.api.drafts import keep
from console.draft_calls import json_answer
from console.draft_json import defect_json, shape_json
from console.exports import stamp_of
from console.why import language_of
from gis.errors import BadFile, InvalidInput
from gis.loading.foreign import MOST_BYTES, read_foreign
from gis.plans import Stale
from gis.plans.exporting import export
from gis.plans.importing import Checked, Told, checked, take, understand
from gis.plans.making import Made
from gis.plans.workbench import Workbench

router = APIRouter(prefix="/api/drafts", tags=["drafts"])
Kind = Annotated[Literal["gpkg", "geojson", "shp"], Query(alias="format")]
Apply = Annotated[Literal["checked", "repaired"] | None, Query()]
Seen = Annotated[int | None, Query(ge=1, lt=2**31)]
_TYPES = {"gpkg": ("application/geopackage+sqlite3", "gpkg"),
          "geojson": ("application/geo+json", "geojson"), "shp": ("application/zip", "zip")}
# Beside the file: the form's own lines.
_FORM_BYTES = 100_000
MOST_TOLD = 2_000


@router.get("/{draft_id}/export", response_class=Response)
async def exported(request: Request, draft_id: int, kind: Kind = "gpkg") -> Response:
    """All areas as a GeoPackage, GeoJSON or zipped Shapefile, for an editor such as QGIS."""
    drafts = request.app.state.drafts
    async with drafts.at(request.state.secret, draft_id) as bench:
        content = await drafts.run(export, bench, kind)
        name, count = f"{bench.draft.name}-v{bench.version}", len(bench.faces)
    await stamp_of(request, f"draft {draft_id} v{bench.version} {kind}", count)
    media_type, ending = _TYPES[kind]
    return Response(content, media_type=media_type, headers={
        "Content-Disposition": f'attachment; filename="draft-{draft_id}.{ending}";'
                               f" filename*=UTF-8''{quote(name, safe='')}.{ending}",
        "Cache-Control": "private, no-store"})


@router.post("/{draft_id}/import", response_class=Response, openapi_extra={
    "requestBody": {"required": True, "content": {
        "multipart/form-data": {"schema": {
            "type": "object", "required": ["file"], "additionalProperties": False,
            "properties": {"file": {"type": "string", "format": "binary"}}}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}})
async def imported(request: Request, draft_id: int, apply: Apply = None,
                   version: Seen = None) -> Response:
    """Check a GeoPackage, zipped Shapefile or GeoJSON, a form's `file` or bare, or take it.

    Without `apply` nothing is changed: every defect is told with its place, and what a repair
    would move. `checked` takes the file where nothing is wrong, `repaired` takes it mended; both
    need the `version` of the draft that was seen.
    """
    drafts, lang = request.app.state.drafts, language_of(request)
    # Who may not open the draft has nothing read for them.
    async with drafts.at(request.state.secret, draft_id, version):
        if apply and version is None:
            raise InvalidInput("the version of the draft that you have seen", "version")
    file = await drafts.run(read_foreign, await _sent(request))
    async with drafts.at(request.state.secret, draft_id, version) as bench:
        told = await drafts.run(understand, bench, file)
        found = await drafts.run(checked, bench, told.faces)
        answer = _told(bench, told, lang) | _found(found, lang)
        if apply is None:
            return json_answer(orjson.dumps(answer))
        if told.from_version not in (None, bench.version):
            raise Stale(bench.version)
        made: Made = await drafts.run(take, bench, told, found, apply)
        return await keep(request, bench, made, file=answer)


@router.post("/{draft_id}/repair", response_class=Response)
async def repaired(request: Request, draft_id: int, apply: bool = False) -> Response:
    """What is wrong with the draft's areas and what would mend it: `{version}`; `apply` does it."""
    sent = read_json(request, await read_body(request, 10_000))
    version = sent.get("version") if isinstance(sent, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise InvalidInput("the version of the draft that you have seen", "version")
    drafts, lang = request.app.state.drafts, language_of(request)
    async with drafts.at(request.state.secret, draft_id, version) as bench:
        found = await drafts.run(checked, bench, dict(bench.faces))
        if not apply:
            return json_answer(orjson.dumps({"version": bench.version} | _found(found, lang)))
        told = Told(bench.faces, (), (), (), (), {}, None, ())
        made = await drafts.run(take, bench, told, found, "repaired")
        return await keep(request, bench, made, file=_found(found, lang))


async def _sent(request: Request) -> bytes:
    """The file, from a form or bare; no more than the limit is ever read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return await read_body(request, MOST_BYTES)
    told = request.headers.get("content-length", "")
    if not told.isdigit() or int(told) > MOST_BYTES + _FORM_BYTES:
        raise BadBody(413, f"a form tells its length, at most {MOST_BYTES:,} bytes")
    try:
        async with request.form(max_files=1, max_fields=5) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise BadFile("the form has no file in its field `file`")
            return await file.read()
    except (MultiPartException, FormParserError) as problem:
        raise BadFile(f"the form can't be read: {problem}"[:200]) from None


def _told(bench: Workbench, told: Told, lang: str) -> dict[str, Any]:
    notes = [language.text("drafts.file_parts", lang, code=key, count=count)
             for key, count in told.parts.items()]
    if told.from_version not in (None, bench.version):
        notes.append(language.text("drafts.file_changed", lang, was=told.from_version,
                                   now=bench.version))
    return {"version": bench.version, "areas": len(told.faces), "added": list(told.added),
            "removed": list(told.removed), "changed": list(told.changed),
            "untold": list(told.untold), "notes": [*notes, *told.notes]}


def _found(found: Checked, lang: str) -> dict[str, Any]:
    mended = found.repair
    return {
        "defects": [defect_json(one, lang) for one in found.defects[:MOST_TOLD]],
        "defects_count": len(found.defects),
        "warnings": [defect_json(one, lang) for one in found.warnings[:MOST_TOLD]],
        "repair": None if mended is None else {
            "moved_m2": round(sum(one.area_m2 for one in found.steps), 2),
            "moved": {key: round(area, 2) for key, area in mended.moved.items()},
            "steps": [one.as_json() | {"place": shape_json(one.place)}
                      for one in found.steps[:MOST_TOLD]],
            "left": [defect_json(one, lang) for one in mended.left[:MOST_TOLD]]}}
