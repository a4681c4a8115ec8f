"""The address library: buildings, houses, the buildings of an area, and renames."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from console.api.body import read_body, read_json
from console.api.cursors import read_cursor, write_cursor
from console.api.parameters import Limit, Scheme, words
from console.api.scoped import scoped
from gis import queries
from gis.errors import FieldProblem, InvalidFields, InvalidInput, KeyMissing, NotAllowed, NotFound
from gis.renaming import KINDS, check_new_name
from gis.reports import check_words

router = APIRouter(prefix="/api", tags=["library"])
BODY_LIMIT_BYTES = 16_000
_RENAME_FIELDS = ("kind", "of", "to", "area", "reason")


@router.get("/buildings/{code}")
async def building(request: Request, code: str) -> dict[str, Any]:
    """A building: its elements, areas, other names, floors with their houses, objects in it,
    and how many houses, people and enterprises it has."""
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("building_dossier"), {"code": words(code, "code")})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound(f"no building {code!r:.60}, or not for you to see")
    return _parted(row[0])


@router.get("/houses/{code}")
async def house(request: Request, code: str) -> dict[str, Any]:
    """A house: its elements, areas, other names, dwelling, enterprises, and persons, masked.

    `personal_data` says why, where masks can't be read; `may_unmask` whether the caller's role
    may ask for more.
    """
    async with scoped(request) as connection:
        cursor = await connection.execute(
            queries.get("house_dossier"), {"code": words(code, "code")})
        row = await cursor.fetchone()
        if row is None:
            raise NotFound(f"no house {code!r:.60}, or not for you to see")
        cursor = await connection.execute(
            queries.get("persons_of_house"), {"address_id": row[1]})
        persons = await cursor.fetchall()
        cursor = await connection.execute(queries.get("role_may"), {"setting": "may_unmask"})
        may_unmask = (await cursor.fetchone())[0]
    return _parted(row[0]) | _masked(request, persons) | {"may_unmask": may_unmask}


@router.get("/areas/{code}/buildings")
async def buildings(
    request: Request, code: str, scheme: Scheme = "base",
    q: Annotated[str | None, Query(max_length=100)] = None, limit: Limit = 50,
    cursor: str | None = None,
) -> dict[str, Any]:
    """The buildings of an area by their codes; `q` is a part of name, address, alias or road, or
    the beginning of a code. `next` is the cursor of the next page."""
    after_code, after_id = read_cursor(cursor) if cursor else ("", "0")
    if not after_id.isdecimal():
        raise InvalidInput("it is none that this call gave", "cursor")
    async with scoped(request) as connection:
        found = await connection.execute(
            queries.get("area_identity_by_code"),
            {"code": words(code, "code"), "scheme": scheme})
        area = await found.fetchone()
        if area is None:
            raise NotFound(f"no area {code!r:.60} in the scheme {scheme}, or not for you to see")
        found = await connection.execute(queries.get("buildings_of_area"), {
            "area_id": area[0], "q": words(q, "q") if q else None, "after_code": after_code,
            "after_id": int(after_id), "most": limit + 1})
        rows = await found.fetchall()
    page = rows[:limit]
    following = write_cursor(page[-1][1] or "", str(page[-1][2])) if len(rows) > limit else None
    return {"buildings": [row[0] for row in page], "next": following}


@router.post("/renames", status_code=201)
async def rename(request: Request) -> dict[str, Any]:
    """Rename: `{kind: house|building|compound|road, of, to, area?, reason?}`.

    `of` is the code of a house or building, the standard name of a compound or road. All
    addresses follow; what was stays findable.
    """
    sent = _check_rename(read_json(request, await read_body(request, BODY_LIMIT_BYTES)))
    async with scoped(request) as connection:
        cursor = await connection.execute(queries.get("role_may"), {"setting": "may_rename"})
        if not (await cursor.fetchone())[0]:
            raise NotAllowed(f"the role {request.state.caller.role} renames nothing")
        cursor = await connection.execute(queries.get("rename_place"), {
            "kind": sent["kind"], "named": sent["of"], "new_name": sent["to"],
            "within": sent["area"], "reason": sent["reason"]})
        changed = (await cursor.fetchone())[0]
    return {"kind": sent["kind"], "name": sent["to"], "addresses": changed}


def _parted(told: dict[str, Any]) -> dict[str, Any]:
    """Other names as aliases and as history."""
    names = told.pop("names")
    return told | {
        "aliases": [{"kind": one["kind"], "name": one["name"], "note": one["note"]}
                    for one in names if one["origin"] == "alias"],
        "history": [{name: one[name] for name in ("kind", "field", "name", "from", "to", "note")}
                    for one in names if one["origin"] == "former"]}


def _masked(request: Request, persons: list[tuple[Any, ...]]) -> dict[str, Any]:
    keys, told, problem = request.app.state.personal_data, [], None
    for identity, kind, relation, key_id, ciphertext in persons:
        shown = {"name": None, "phone": None, "id_number": None}
        try:
            record = keys.open(key_id, ciphertext, "masked", identity)
            shown = {name: getattr(record, name) for name in shown}
        except KeyMissing as missing:
            problem = missing.message
        told.append({"id": str(identity), "kind": kind, "relation": relation, **shown})
    return {"persons": told} | ({"personal_data": problem} if problem else {})


def _check_rename(sent: object) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise InvalidFields([FieldProblem("body", "a JSON object is needed")])
    faults = [FieldProblem(str(name)[:60], "there is no such field")
              for name in sent if name not in _RENAME_FIELDS]
    checked: dict[str, Any] = {}
    for name in _RENAME_FIELDS:
        needed = name in ("kind", "of", "to")
        try:
            checked[name] = check_words(sent[name], 300) if needed or sent.get(name) else None
        except KeyError:
            faults.append(FieldProblem(name, "it is missing"))
        except InvalidInput as fault:
            faults.append(FieldProblem(name, fault.message))
    if "kind" in checked and checked["kind"] not in KINDS:
        faults.append(FieldProblem("kind", f"use one of {', '.join(KINDS)}"))
    if faults:
        raise InvalidFields(faults)
    return checked | {"to": check_new_name(checked["to"])}
