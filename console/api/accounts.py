"""``/api/admin/accounts`` and ``/groups``: who may come in and as what, for admins to set."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Request
from psycopg import AsyncConnection
from psycopg import errors as refusals
from starlette.responses import Response

from console import language
from console.api.account import check_number, check_text, read_object, read_token
from console.api.scoped import scoped
from console.exports import WIDTHS, Stamp, stamp_of
from console.spreadsheet import CSV_TYPE, XLSX_TYPE, Cell, csv_rows, moment_name, xlsx_rows
from console.why import language_of
from gis import queries
from gis.accounts import LONGEST_NAME, check_name, check_role
from gis.errors import Conflict, InvalidInput, NotAllowed
from gis.passwords import invented_password, verifier

router = APIRouter(prefix="/api/admin", tags=["admin"])
MOST_AREAS = 200
_COLUMNS = (("name", 18), ("display_name", 16), ("role", 14), ("area_codes", 30),
            ("area_names", 30), ("unit", 20), ("officer", 16), ("state", 10), ("password", 10),
            ("provider", 10), ("sessions", 8), ("tokens", 8), ("created_at", 18),
            ("last_used_at", 18))


@router.get("/accounts")
async def accounts(request: Request) -> dict[str, Any]:
    """All accounts, the mappings of the identity provider's groups, and the units there are."""
    async with _administering(request) as connection:
        return await _told(connection, request)


@router.get("/accounts/export.{kind}", response_class=Response)
async def export(request: Request, kind: Literal["csv", "xlsx"]) -> Response:
    """All accounts as a table, stamped with who took it."""
    _require_admin(request)
    lang, zone = language_of(request), ZoneInfo(request.app.state.settings.time_zone)
    async with scoped(request) as connection:
        rows = await _json(connection, "list_accounts")
    stamp = await stamp_of(request, f"accounts {kind}", len(rows))
    heads = [*(language.text(f"admin_accounts.{name}", lang) for name, _ in _COLUMNS),
             *stamp.heads(lang)]
    cells = [[*_cells(row, lang), *stamp.cells] for row in rows]
    return Response(
        b"".join(_file(kind, heads, [cells], zone, stamp, lang)),
        media_type=CSV_TYPE if kind == "csv" else XLSX_TYPE,
        headers={"Content-Disposition": 'attachment; filename="gridwall-accounts-'
                                        f'{moment_name(stamp.at, zone)}.{kind}"',
                 "Cache-Control": "private, no-store"})


@router.get("/accounts/credentials")
async def credentials(request: Request, name: str) -> dict[str, Any]:
    """The living sessions and tokens of one account."""
    async with _administering(request) as connection:
        return {"credentials": await _json(
            connection, "list_credentials", name=check_text(name, "name", LONGEST_NAME),
            kind=None)}


@router.post("/accounts")
async def add(request: Request) -> dict[str, Any]:
    """A new account: `{name, role, areas?, unit?, officer?, program?}`.

    `password` is invented, told this once, and good for choosing another only. An account of a
    program has none: it acts by tokens.
    """
    sent = await _sent(request)
    standing = read_standing(sent)
    name = _name(sent)
    password = None if sent.get("program") is True else invented_password()
    values = await _kept(request, password)
    async with _administering(request) as connection:
        await _json(connection, "add_account", name=name, standing=_as_json(standing),
                    to_change=password is not None, **values)
        return {**await _told(connection, request), "password": password}


@router.post("/accounts/change")
async def change(request: Request) -> dict[str, Any]:
    """What an account stands for: `{name, role, areas?, unit?, officer?}`; not one's own."""
    sent = await _sent(request)
    standing = read_standing(sent)
    async with _administering(request) as connection:
        await _json(connection, "change_account", name=_name(sent),
                    standing=_as_json(standing), disable=None)
        return await _told(connection, request)


@router.post("/accounts/disable")
async def disable(request: Request) -> dict[str, Any]:
    """Close an account, or open it again: `{name, disabled}`; not one's own."""
    sent = await _sent(request)
    if not isinstance(sent.get("disabled"), bool):
        raise InvalidInput("true or false", "disabled")
    async with _administering(request) as connection:
        await _json(connection, "change_account", name=_name(sent), standing=None,
                    disable=sent["disabled"])
        return await _told(connection, request)


@router.post("/accounts/password")
async def reset_password(request: Request) -> dict[str, Any]:
    """An invented password for `{name}`, told this once; its sessions end."""
    sent = await _sent(request)
    name, password = _name(sent), invented_password()
    values = await _kept(request, password)
    async with _administering(request) as connection:
        await _json(connection, "reset_password", name=name, to_change=True, **values)
        return {**await _told(connection, request), "password": password}


@router.post("/accounts/sign-out")
async def sign_out(request: Request) -> dict[str, Any]:
    """End all sessions of `{name}`."""
    sent = await _sent(request)
    async with _administering(request) as connection:
        ended = await _json(connection, "end_sessions", name=_name(sent))
        return {**await _told(connection, request), "ended": ended}


@router.post("/accounts/token")
async def make_token(request: Request) -> dict[str, Any]:
    """A token for a program's account: `{account, name, access?, days?}`; told this once."""
    sent = await _sent(request)
    values = read_token(sent)
    async with _administering(request) as connection:
        token = await _json(
            connection, "make_token", token=values.pop("name"),
            **values | {"name": check_text(sent.get("account"), "account", LONGEST_NAME)})
        return {**await _told(connection, request), "token": token}


@router.post("/groups")
async def add_mapping(request: Request) -> dict[str, Any]:
    """What a group of the provider stands for: `{group, role, area?, unit?, rank?}`.

    Of several that somebody is in, the lowest rank decides the role.
    """
    sent = await _sent(request)
    area, unit = (None if sent.get(name) == "" else sent.get(name) for name in ("area", "unit"))
    rank, role = sent.get("rank"), sent.get("role")
    check_role(role if isinstance(role, str) else "", [area] if area else [])
    if rank is not None and (type(rank) is not int or not 0 <= rank <= 1000):
        raise InvalidInput("0 to 1000", "rank")
    async with _administering(request) as connection:
        await _json(connection, "add_mapping", rank=rank or 0, role=role,
                    group=check_text(sent.get("group"), "group", 200),
                    area=None if area is None else check_text(area, "area", 100),
                    unit=None if unit is None else check_text(unit, "unit", 100))
        return await _told(connection, request)


@router.post("/groups/remove")
async def remove_mapping(request: Request) -> dict[str, Any]:
    """Take a mapping back: `{id}`. Whom no other names is not let in any more."""
    sent = await _sent(request)
    async with _administering(request) as connection:
        await _json(connection, "remove_mapping", id=check_number(sent.get("id")))
        return await _told(connection, request)


def read_standing(sent: dict[str, Any]) -> dict[str, Any]:
    """Role, areas, unit and officer of what was sent."""
    role, areas = sent.get("role"), [] if sent.get("areas") is None else sent["areas"]
    if not isinstance(areas, list) or len(areas) > MOST_AREAS:
        raise InvalidInput(f"a list of at most {MOST_AREAS} codes", "areas")
    codes = [check_text(one, "areas", 100) for one in areas]
    check_role(role if isinstance(role, str) else "", codes)
    return {"role": role, "areas": codes} | {
        name: check_text(sent[name], name, 100) for name in ("unit", "officer")
        if sent.get(name) not in (None, "")}


def _name(sent: dict[str, Any]) -> str:
    name = sent.get("name")
    check_name(name if isinstance(name, str) else "")
    return check_text(name, "name", LONGEST_NAME)


def _require_admin(request: Request) -> None:
    if request.state.caller.role != "admin":
        raise NotAllowed("an admin sets accounts")


async def _sent(request: Request) -> dict[str, Any]:
    _require_admin(request)
    return await read_object(request)


@asynccontextmanager
async def _administering(request: Request) -> AsyncIterator[AsyncConnection]:
    """A transaction of an admin, with what the database refuses in the project's words."""
    _require_admin(request)
    try:
        async with scoped(request) as connection:
            yield connection
    except refusals.UniqueViolation:
        raise Conflict("there is one of that name already") from None
    except refusals.ForeignKeyViolation as refusal:
        raise InvalidInput(refusal.diag.message_primary, "areas") from None
    except refusals.CheckViolation as refusal:
        raise Conflict(refusal.diag.message_primary) from None


async def _kept(request: Request, password: str | None) -> dict[str, bytes | None]:
    if password is None:
        return {"salt": None, "verifier": None}
    salt = secrets.token_bytes(16)
    async with request.app.state.proving:
        return {"salt": salt, "verifier": await asyncio.to_thread(verifier, password, salt)}


async def _json(connection: AsyncConnection, query: str, **values: Any) -> Any:
    cursor = await connection.execute(queries.get(query), values)
    return (await cursor.fetchone())[0]


def _as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _told(connection: AsyncConnection, request: Request) -> dict[str, Any]:
    cursor = await connection.execute(queries.get("units_of_accounts"))
    return {"accounts": await _json(connection, "list_accounts"),
            "mappings": await _json(connection, "list_mappings"),
            "units": [{"code": code, "name": name} for code, name in await cursor.fetchall()],
            "provider": request.app.state.provider.configured}


def _cells(row: dict[str, Any], lang: str) -> list[Cell]:
    def yes(value: object) -> str:
        return language.text("export.yes" if value else "export.no", lang)

    def moment(value: str | None) -> datetime | None:
        return datetime.fromisoformat(value) if value else None

    return [row["name"], row["display_name"], language.text(f"role.{row['role']}", lang),
            " ".join(area["code"] for area in row["areas"]),
            " ".join(area["name"] or "" for area in row["areas"]),
            (row["unit"] or {}).get("name"), (row["officer"] or {}).get("name"),
            language.text(f"admin_accounts.{'closed' if row['disabled_at'] else 'open'}", lang),
            yes(row["password"]), yes(row["provider"]), row["sessions"], row["tokens"],
            moment(row["created_at"]), moment(row["last_used_at"])]


def _file(kind: str, heads: list[str], batches: list[list[list[Cell]]], zone: ZoneInfo,
          stamp: Stamp, lang: str) -> Iterator[bytes]:
    if kind == "csv":
        return csv_rows(heads, iter(batches), zone)
    widths = [*(width for _, width in _COLUMNS), *WIDTHS]
    return xlsx_rows(language.text("admin_accounts.title", lang), heads, widths, iter(batches),
                     zone, stamp.about(lang), language.text("export.about", lang))
