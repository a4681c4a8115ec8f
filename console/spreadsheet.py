"""Tables as files that stream: CSV for programs, XLSX for people. No cell can be a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from xml.sax.saxutils import escape, quoteattr

from openpyxl.xml.constants import CONTYPES_NS, PKG_REL_NS, REL_NS, SHEET_MAIN_NS

Cell = str | int | float | datetime | None
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_EPOCH = datetime(1899, 12, 30)
_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Characters that XML 1.0 has no place for.
_NO_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), " ")
_HEAD, _TEXT, _WHEN, _LONGEST = 1, 2, 3, 32_767


def csv_rows(heads: Sequence[str], batches: Iterable[Iterable[Sequence[Cell]]], zone: tzinfo,
             ) -> Iterator[bytes]:
    """A CSV file in UTF-8 with the mark by which Excel knows it, a batch of rows a piece.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    yield b"\xef\xbb\xbf" + _lines([heads], zone)
    for batch in batches:
        yield _lines(batch, zone)


def _lines(rows: Iterable[Sequence[Cell]], zone: tzinfo) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_plain(cell, zone) for cell in row] for row in rows)
    return text.getvalue().encode()


def _plain(cell: Cell, zone: tzinfo) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return harmless(cell.replace("\0", " ")) if isinstance(cell, str) else cell


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with an apostrophe where it would."""
    return "'" + text if text.lstrip(" \u3000").startswith(_FORMULA_SIGNS) else text


def speakable(text: str) -> str:
    """A text without the characters that XML, and with it XLSX, has no place for."""
    return text.translate(_NO_XML)


def xlsx_rows(name: str, heads: Sequence[str], widths: Sequence[int],
              batches: Iterable[Iterable[Sequence[Cell]]], zone: tzinfo,
              about: Iterable[Sequence[Cell]], about_name: str) -> Iterator[bytes]:
    """An XLSX file, a batch of rows a piece: a sheet with a frozen, filtered head, and one about
    it, written last. Texts are strings that stay strings when they are edited."""
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as book:
        for path, content in _frame((name, about_name)):
            book.writestr(path, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_sheet_start(widths, frozen=True))
            sheet.write(_row(1, heads, zone, _HEAD))
            number = 1
            for batch in batches:
                for row in batch:
                    number += 1
                    sheet.write(_row(number, row, zone))
                yield out.taken()
            last = f"{_letter(len(heads))}{number}"
            sheet.write(f'</sheetData><autoFilter ref="A1:{last}"/></worksheet>'.encode())
        with book.open("xl/worksheets/sheet2.xml", "w") as sheet:
            sheet.write(_sheet_start((22, 60)))
            for number, row in enumerate(about, 1):
                sheet.write(_row(number, row, zone))
            sheet.write(b"</sheetData></worksheet>")
    yield out.taken()


class _Pipe(io.RawIOBase):
    """What a zip file is written to when nobody can go back in it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def _row(number: int, cells: Sequence[Cell], zone: tzinfo, style: int = _TEXT) -> bytes:
    written = [_cell(f"{_letter(place)}{number}", cell, zone, style)
               for place, cell in enumerate(cells, 1) if cell is not None and cell != ""]
    return f'<row r="{number}">{"".join(written)}</row>'.encode()


def _cell(place: str, cell: Cell, zone: tzinfo, style: int) -> str:
    if isinstance(cell, datetime):
        days = (cell.astimezone(zone).replace(tzinfo=None) - _EPOCH).total_seconds() / 86_400
        return f'<c r="{place}" s="{_WHEN}"><v>{days:.8f}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell}</v></c>'
    text = escape(cell[:_LONGEST].translate(_NO_XML))
    return (f'<c r="{place}" s="{style}" t="inlineStr">'
            f'<is><t xml:space="preserve">{text}</t></is></c>')


def _letter(number: int) -> str:
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def _sheet_start(widths: Sequence[int], frozen: bool = False) -> bytes:
    pane = ('<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
            ' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>') if frozen else ""
    columns = "".join(f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
                      for place, width in enumerate(widths, 1))
    return (f'<worksheet xmlns="{SHEET_MAIN_NS}">{pane}<cols>{columns}</cols>'
            '<sheetData>').encode()


def _frame(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """All parts of a workbook but its sheets."""
    numbers = range(1, len(names) + 1)
    yield "[Content_Types].xml", (
        f'<Types xmlns="{CONTYPES_NS}"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_MAIN}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_MAIN}.styles+xml"/>'
        + "".join(f'<Override PartName="/xl/worksheets/sheet{number}.xml"'
                  f' ContentType="{_MAIN}.worksheet+xml"/>' for number in numbers) + "</Types>")
    yield "_rels/.rels", (
        f'<Relationships xmlns="{PKG_REL_NS}"><Relationship Id="rId1"'
        f' Type="{REL_NS}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
    yield "xl/_rels/workbook.xml.rels", (
        f'<Relationships xmlns="{PKG_REL_NS}">'
        + "".join(f'<Relationship Id="rId{number}" Type="{REL_NS}/worksheet"'
                  f' Target="worksheets/sheet{number}.xml"/>' for number in numbers)
        + f'<Relationship Id="rId9" Type="{REL_NS}/styles" Target="styles.xml"/>'
        "</Relationships>")
    yield "xl/workbook.xml", (
        f'<workbook xmlns="{SHEET_MAIN_NS}" xmlns:r="{REL_NS}"><sheets>'
        + "".join(f'<sheet name={quoteattr(name[:31])} sheetId="{number}" r:id="rId{number}"/>'
                  for number, name in enumerate(names, 1)) + "</sheets></workbook>")
    yield "xl/styles.xml", (
        f'<styleSheet xmlns="{SHEET_MAIN_NS}"><numFmts count="1"><numFmt numFmtId="164"'
        ' formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        "<borders count=\"1\"><border/></borders>"
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/>'
        '<xf fontId="1" applyFont="1"/><xf numFmtId="49" quotePrefix="1"/>'
        '<xf numFmtId="164" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>')


def moment_name(now: datetime, zone: tzinfo) -> str:
    """A moment as part of a file's name."""
    return (now if now.tzinfo else now.replace(tzinfo=UTC)).astimezone(zone).strftime(
        "%Y%m%dT%H%M")
