"""A document as PDF: a Typst template, filled with data that is never taken for markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from console import language
from console.printing.qr import qr_svg
from console.printing.words import printable
from gis.errors import SetupError

TEMPLATES = Path(__file__).parent / "templates"
FONT_PACKAGE, FONT_FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
# A door sees weather: a quarter of the code may be lost.
QR_LEVEL = "q"
_PREFIXES = ("print.", "state.", "tier.", "urgency.", "how.", "role.", "class.", "desk.do.",
             "desk.actor.", "rehearsal.")


@dataclass(frozen=True)
class Document:
    """What is to be set; of JSON's kinds alone, so that another process can do it.

    Attributes
    ----------
    template
        Name of a file in `console/printing/templates`, without its ending.
    data
        What the template shows. All text is made printable first. A key that ends in ``_svg``
        holds a drawing of our own making, passed as it is; what stands under ``qr_text`` is
        given as a drawing of its QR code under ``qr_svg``.
    by, at
        Who prints it, and when, in the city's time (RFC 3339): for the foot of each page.
    lang
        ``zh`` or ``en``.
    tagged
        Whether the structure is told to screen readers; thousands of plates go without.
    """

    template: str
    data: Mapping[str, Any]
    by: str
    at: str
    lang: str = "zh"
    tagged: bool = True

    def as_json(self) -> bytes:
        """The document as another process takes it."""
        return json.dumps(asdict(self), ensure_ascii=False).encode("utf-8", "replace")


def font_file() -> Path:
    """The Chinese font that every document carries within it.

    Raises
    ------
    SetupError
        When the package that brings it is not installed; says what to do.
    """
    package = find_spec(FONT_PACKAGE)
    path = Path(next(iter(package.submodule_search_locations))) / FONT_FILE if package else None
    if path is None or not path.is_file():
        raise SetupError(
            "the Chinese font for printing is missing: run ./gridwall, which installs what"
            " requirements.lock names, or install the package pylopdf-fonts-zh-cn")
    return path


def make_pdf(document: Document) -> bytes:
    """Set a document here and now; a server calls `console.printing.press` instead.

    Returns
    -------
    bytes
        A PDF with its font embedded and cut down to the characters in use.

    Raises
    ------
    SetupError
        When the font is missing.
    """
    import typst

    at = datetime.fromisoformat(document.at)
    told = {"data": _made_fit(document.data), "by": printable(document.by),
            "lang": document.lang, "at": at.strftime("%Y-%m-%d %H:%M"),
            "texts": language.texts(_PREFIXES, document.lang)}
    # The base stands before the template: compiled from memory, it can read no file at all. None
    # of the system's fonts: a document looks the same wherever it is made.
    source = "\n".join((TEMPLATES / f"{name}.typ").read_text("utf-8")
                       for name in ("base", document.template))
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True,
                        font_paths=[font_file().parent])
    return typst.compile(
        source.encode(), font_paths=fonts, format="pdf", timestamp=int(at.timestamp()),
        sys_inputs={"told": json.dumps(told, ensure_ascii=False)}, pdf_tags=document.tagged)


def _made_fit(value: Any, key: str = "") -> Any:
    if isinstance(value, str):
        return value if key.endswith("_svg") else printable(value)
    if isinstance(value, Mapping):
        fit = {name: _made_fit(one, name) for name, one in value.items() if name != "qr_text"}
        return fit | ({"qr_svg": qr_svg(value["qr_text"], QR_LEVEL)} if "qr_text" in value else {})
    if isinstance(value, list | tuple):
        return [_made_fit(one, key) for one in value]
    return value
