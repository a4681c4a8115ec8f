"""``/api/admin``: categories, calendar and settings of the loop, for the admin to read and set."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Request
from psycopg import AsyncConnection
from starlette.responses import Response

from console.api.body import read_body, read_json
from console.api.scoped import now_of, scoped
from console.spreadsheet import XLSX_TYPE, xlsx_rows
from gis import queries
from gis.categories import Known, check_category
from gis.errors import Conflict, FieldProblem, InvalidFields, InvalidInput, NotAllowed
from gis.loading.categories import category_sheet
from gis.loading.targets import TARGETS
from gis.loop_settings import check_day, check_setting
from gis.reports import check_words

router = APIRouter(prefix="/api/admin", tags=["admin"])
_LIMIT_BYTES = 64_000
_WIDTHS = {"name": 18, "name_en": 24, "opening": 40, "closing": 40, "closing_tiers": 22}


@router.get("/rules")
async def rules(request: Request) -> dict[str, Any]:
    """Categories, units, lines, settings, days of the calendar, and the last changes."""
    _require_admin(request)
    async with scoped(request) as connection:
        return await _rules(connection)


@router.post("/categories")
async def category(request: Request) -> dict[str, Any]:
    """Set one category whole, known by its code or new: 422 with every field at fault."""
    sent = await _object(request)
    async with scoped(request) as connection:
        known = await _known(connection)
        checked = check_category(sent, known)
        await _change(connection, "category", checked["code"], checked)
        return await _rules(connection)


@router.post("/days")
async def day(request: Request) -> dict[str, Any]:
    """Set a day: `{day, working, name?}`; `working` null makes it what its weekday says."""
    sent = await _object(request)
    on, working = check_day(sent.get("day")), sent.get("working")
    if working is not None and not isinstance(working, bool):
        raise InvalidInput("true, false or null", "working")
    name = check_words(sent["name"], 40) if sent.get("name") not in (None, "") else ""
    async with scoped(request) as connection:
        await _change(connection, "day", on,
                      None if working is None else {"working": working, "name": name})
        return await _rules(connection)


@router.post("/settings")
async def setting(request: Request) -> dict[str, Any]:
    """Set a setting of the loop: `{name, value}`."""
    sent = await _object(request)
    name = str(sent.get("name"))
    value = check_setting(name, sent.get("value"))
    async with scoped(request) as connection:
        await _change(connection, "setting", name, value)
        return await _rules(connection)


@router.post("/undo")
async def undo(request: Request) -> dict[str, Any]:
    """Take back the last change that stands; 409 where there is none."""
    _require_admin(request)
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("undo_loop_change"))
        (undone,) = await cursor.fetchone()
        if undone is None:
            raise Conflict("there is no change left to take back")
        return {**await _rules(connection), "undone": undone}


@router.get("/categories.xlsx", response_class=Response)
async def sheet(request: Request) -> Response:
    """The categories as the sheet that `gridwall load categories` takes: export and template."""
    _require_admin(request)
    async with scoped(request) as connection:
        rows = await _categories(connection)
    targets = TARGETS["categories"]
    heads = [target.synonyms[0] for target in targets]
    about = [[head, target.meaning] for head, target in zip(heads, targets, strict=True)]
    zone = ZoneInfo(request.app.state.settings.time_zone)
    content = b"".join(xlsx_rows(
        "类别", heads, [_WIDTHS.get(target.name, 12) for target in targets],
        [category_sheet(rows)], zone, about, "说明"))
    day = now_of(request).astimezone(zone).date().isoformat()
    return Response(content, media_type=XLSX_TYPE, headers={
        "Content-Disposition": f'attachment; filename="categories-{day}.xlsx"',
        "Cache-Control": "private, no-store"})


def _require_admin(request: Request) -> None:
    if request.state.caller.role != "admin":
        raise NotAllowed("an admin sets the rules")


async def _object(request: Request) -> dict[str, Any]:
    _require_admin(request)
    sent = read_json(request, await read_body(request, _LIMIT_BYTES))
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", "a JSON object is needed")])
    return sent


async def _change(connection: AsyncConnection, thing: str, key: str, after: Any) -> None:
    await connection.execute(queries.get("change_loop"), {
        "thing": thing, "key": key,
        "after": None if after is None else orjson.dumps(after).decode()})


async def _categories(connection: AsyncConnection) -> list[dict[str, Any]]:
    cursor = await connection.execute(queries.get("categories_as_json"))
    return [row[1] for row in await cursor.fetchall()]


async def _known(connection: AsyncConnection) -> Known:
    cursor = await connection.execute(queries.get("category_classes"))
    classes = dict(await cursor.fetchall())
    cursor = await connection.execute(queries.get("loop_admin"))
    (told,) = await cursor.fetchone()
    return Known(classes, {line["code"] for line in told["lines"]},
                 {unit["code"] for unit in told["units"]})


async def _rules(connection: AsyncConnection) -> dict[str, Any]:
    cursor = await connection.execute(queries.get("loop_admin"))
    (told,) = await cursor.fetchone()
    return {**told, "categories": await _categories(connection)}
