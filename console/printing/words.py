"""Text that anybody may have written, made fit for a page."""

from __future__ import annotations

import re
import unicodedata

LONGEST_WORD = 24
MOST_MARKS = 2
# Order of reading is the page's own affair: marks that turn text around are how texts lie.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Cn", "Co"})
_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_WORD = re.compile(f"[^\\s\u200b\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]"
                   f"{{{LONGEST_WORD},}}")


def printable(text: str) -> str:
    """Text without what a page can't show, and with places to break in words without end.

    Control characters, unassigned and private ones and marks of reading order go; tabs become
    spaces; of many combining marks on one character two stay; lines end in one way. A run of 24
    characters without a place to break gets one (U+200B) after every eighth.

    >>> printable("a\\x00b\\u202ec")
    'abc'
    """
    text = unicodedata.normalize("NFC", _BREAKS.sub("\n", text).replace("\t", " "))
    kept: list[str] = []
    marks = 0
    for character in text:
        kind = unicodedata.category(character)
        if character != "\n" and (kind in _UNPRINTABLE or character in _TURNING):
            continue
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return _WORD.sub(_breakable, "".join(kept))


def _breakable(word: re.Match[str]) -> str:
    text = word[0]
    return "\u200b".join(text[start:start + 8] for start in range(0, len(text), 8))
