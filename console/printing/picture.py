"""A drawing as PNG: set by the same Typst, with the same font, as what is printed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from console.printing.document import font_file

_PAGE = """#set page(width: {width}pt, height: {height}pt, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%)"""


@dataclass(frozen=True)
class Picture:
    """What is to be set; of JSON's kinds alone, so that another process can do it.

    Attributes
    ----------
    svg
        A drawing of our own making.
    width, height
        Of the drawing, in its own pixels.
    scale
        Pixels of the picture to one of the drawing's.
    """

    svg: str
    width: int
    height: int
    scale: int = 1

    def as_json(self) -> bytes:
        """The picture as another process takes it."""
        return json.dumps({"picture": asdict(self)}, ensure_ascii=False).encode(
            "utf-8", "replace")


def make_png(picture: Picture) -> bytes:
    """Set a picture here and now; a server calls `console.printing.press` instead.

    Raises
    ------
    SetupError
        When the font is missing.
    """
    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False,
                        font_paths=[font_file().parent])
    return typst.compile(
        _PAGE.format(width=picture.width, height=picture.height).encode(), font_paths=fonts,
        format="png", ppi=72.0 * picture.scale, sys_inputs={"svg": picture.svg})
