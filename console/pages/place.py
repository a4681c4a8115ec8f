"""The pages at ``/place/{code}``: a grid (or any area), a building, a house."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from console.access import may_enter
from console.api.parameters import words
from console.api.scoped import scoped
from console.pages.desk import render
from console.pages.notice import missing_page
from console.places import Place, find_place, houses_of, matters_at, surroundings
from console.printing.plates import code_groups, plate_order
from console.public_address import public_address, reaches_nobody
from gis import queries
from gis.errors import InvalidInput, NotFound

router = APIRouter(include_in_schema=False)
Box = tuple[float, float, float, float]
_ROOM = 0.7
# Below each level the one whose outlines its map shows.
_UNDER = {"city": "district", "district": "street", "street": "community"}


@router.get("/place/{code}")
async def place(request: Request, code: str) -> Response:
    """What a place is, where, what is open there; its QR code, and what may be done from here."""
    try:
        async with scoped(request) as connection:
            found = await find_place(connection, words(code, "code"))
            houses = await houses_of(connection, code) if found.kind == "building" else []
            matters = await matters_at(connection, found) if found.within_id else []
            around = await surroundings(
                connection, widened(found.box), _UNDER.get(found.kind, "leaf"))
            children = await _children(connection, found)
    except (NotFound, InvalidInput):
        return missing_page(request)
    role = request.state.caller.role
    return render(
        request, "place", place=found.told, groups=code_groups(found.code),
        around=around, view=_view(found.box, around), floors=floors(houses), children=children,
        matters=_told(matters), total=matters[0]["total"] if matters else 0,
        doors={page: may_enter(role, f"/{page}") for page in ("report", "street")},
        only_here=reaches_nobody(public_address(request)))


def widened(box: Box) -> Box:
    """A box with room to its sides: screens are wider than places."""
    west, south, east, north = box
    more = max(east - west, north - south) * _ROOM
    return west - more, south - more / 2, east + more, north + more / 2


def _view(box: Box, around: dict[str, Any]) -> dict[str, float]:
    """What of the map is seen first, from the map's own corner."""
    west, south, east, north = box
    margin = max(east - west, north - south) * 0.06
    return {"x": west - margin - around["west"], "y": around["north"] - north - margin,
            "w": east - west + 2 * margin, "h": north - south + 2 * margin}


def floors(houses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Houses by floor, the highest first, as one sees a building; in each by unit and room.

    ``storey`` counts from 1 upwards and from -1 down; 0 where the floor's name tells none.
    """
    by_floor: dict[str, list[dict[str, Any]]] = {}
    for house in sorted(houses, key=plate_order):
        by_floor.setdefault(house["floor"] or "", []).append(house)
    return [{"floor": floor, "storey": _height(floor)[0], "houses": by_floor[floor]}
            for floor in sorted(by_floor, key=_height, reverse=True)]


def _height(floor: str) -> tuple[int, str]:
    """Of a floor as it is written: 12, 3层, B1, 地下2, -1."""
    number = re.search(r"[0-9]{1,9}", floor)
    below = re.match(r"\s*([-−Bb]|地下|负)", floor) is not None
    return ((-1 if below else 1) * int(number[0]) if number else 0, floor)


def _told(matters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    moments = ("received_at", "deadline_at", "suspended_at", "closed_at")
    return [{name: value.isoformat() if name in moments and value else value
             for name, value in row.items() if name != "total"} for row in matters]


async def _children(connection: Any, found: Place) -> list[dict[str, Any]]:
    if found.kind in ("building", "house"):
        return []
    cursor = await connection.execute(queries.get("place_children"), {"id": found.within_id})
    return [row[0] for row in await cursor.fetchall()]
