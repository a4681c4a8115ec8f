"""Door plates of houses, buildings and grids: sheets of A4 to cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from console import language
from console.printing.document import Document
from console.public_address import report_address
from gis.codes import PARTS, level_of
from gis.errors import InvalidInput, NotFound

# From the smallest: a place has plates of its own kind and of what lies in it.
KINDS = ("house", "building", "grid")
# Plates on a sheet: columns, rows, and whether the sheet lies on its side.
SHEETS: dict[int, tuple[int, int, bool]] = {
    1: (1, 1, True), 2: (1, 2, False), 4: (2, 2, True), 8: (2, 4, False), 10: (2, 5, False)}
MOST_PLATES = 20_000
# Set at once; a multiple of all that a sheet may hold.
PART = 800

Row = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """What is to be printed.

    Attributes
    ----------
    title
        Of the whole, such as the community's name.
    kind
        ``house``, ``building`` or ``grid``.
    place_name
        What stands in the head of each plate.
    base
        Address that QR codes point to.
    by, at, lang
        As of `Document`.
    per_page
        One of `SHEETS`.
    """

    title: str
    kind: str
    place_name: str
    base: str
    by: str
    at: str
    lang: str = "zh"
    per_page: int = 8


def plate_documents(rows: list[Row], order: Order) -> list[Document]:
    """All plates as documents of 800 plates at most, for the press to set one by one.

    Parameters
    ----------
    rows
        Code, and by kind the text of the address or its elements.
    order
        What it is and who prints it.

    Raises
    ------
    NotFound
        When there is nothing to print.
    InvalidInput
        When it is more than one PDF takes.
    """
    if not rows:
        raise NotFound(f"there is no {order.kind} with a code to print in {order.title}")
    if len(rows) > MOST_PLATES:
        raise InvalidInput(
            f"{order.title} has more than {MOST_PLATES:,} plates: print it by smaller areas",
            "area_code")
    rows = sorted(rows, key=plate_order)
    return [_part(rows, start, order) for start in range(0, len(rows), PART)]


def code_groups(code: str) -> list[str]:
    """A code cut into its parts, for people to read and compare; the first six digits are one.

    >>> code_groups("330104001002003")
    ['330104', '001', '002', '003']
    """
    level = level_of(code)
    if level is None:
        return [code]
    tail = [code[part.start:part.end] for part in PARTS[level] if part.start >= 6]
    return [code[:6], *tail]


def plate_order(row: Row) -> tuple[Any, ...]:
    """By building, unit, floor and room as people count: 2 before 10, and none before all."""
    return (row.get("building_code") or "", *(_natural(row.get(name)) for name in
                                              ("unit", "floor", "room")), row["code"])


def _natural(text: str | None) -> list[tuple[int, str]]:
    return [(int(digits or -1), words) for digits, words in
            re.findall(r"([0-9]{1,18})|([^0-9]+)", text or "")]


def _part(rows: list[Row], start: int, order: Order) -> Document:
    columns, lines, lying = SHEETS[order.per_page]
    data = {
        "title": order.title, "columns": columns, "rows": lines, "lying": lying,
        "first_page": start // order.per_page + 1, "pages": -(-len(rows) // order.per_page),
        "plates": [_plate(row, order) for row in rows[start:start + PART]]}
    return Document("plates", data, order.by, order.at, order.lang, tagged=False)


def _plate(row: Row, order: Order) -> Row:
    return {"headline": headline(row, order.lang),
            "text": row.get("text") or _address(row, order.lang), "place": order.place_name,
            "code": code_groups(row["code"]), "qr_text": report_address(order.base, row["code"])}


def headline(row: Row, lang: str) -> str:
    """The largest words of a plate: number of building, unit and room, or else its name."""
    elements = list(_elements(row, ("building_number", "unit", "room"), lang))
    if elements:
        return ("" if lang == "zh" else " ").join(elements)
    numbers = list(_elements(row, ("road_number",), lang))
    return row.get("name") or "".join(numbers) or row["code"]


def _address(row: Row, lang: str) -> str:
    return ("" if lang == "zh" else " ").join(
        _elements(row, ("road", "road_number", "compound"), lang))


def _elements(row: Row, names: tuple[str, ...], lang: str) -> Iterator[str]:
    for name in names:
        value = row.get(name)
        if value and re.fullmatch(r"[0-9A-Za-z#-]+", value):
            yield language.text(f"print.{name}", lang, value=value)
        elif value:
            yield value  # it says itself what it is: 东单元
