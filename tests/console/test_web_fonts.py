"""The Chinese font is served by ourselves, in slices, and only where the machine has none."""

from __future__ import annotations

import re

import pytest

from console import language
from console.web import build as web
from console.web.fonts import INSTALLED, SHEET

FACE = re.compile(r'src:local\("([^"]+)"\),url\(([^?)]+)\?v=([0-9a-f]{12})\)[^}]*'
                  r"unicode-range:([^}]+)\}")


def characters(ranges: str) -> set[int]:
    """Code points of a CSS unicode-range."""
    spans = [part.strip().removeprefix("U+").split("-") for part in ranges.split(",")]
    return {code for span in spans for code in range(int(span[0], 16), int(span[-1], 16) + 1)}


@pytest.fixture(scope="module")
def faces() -> list[tuple[str, str, str, str]]:
    web.build()
    return FACE.findall((web.BUILT / SHEET).read_text(encoding="utf-8"))


def test_every_slice_stands_beside_the_sheet(faces):
    assert len(faces) > 90
    assert {installed for installed, *_ in faces} == {INSTALLED}
    sizes = [(web.BUILT / name).stat().st_size for _, name, *_ in faces]
    assert max(sizes) < 150_000
    assert sum(sizes) < 6_000_000


def test_all_words_on_the_screen_can_be_written(faces):
    known = set().union(*(characters(ranges) for *_, ranges in faces))
    words = set(map(ord, "".join(language.catalogue("zh").values())))
    common = {ord(character) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)
              for character in bytes([row, cell]).decode("gb2312", "ignore")}
    assert len(common) == 3755
    assert {chr(code) for code in words | common if code > 0x20 and code not in known} == set()
