"""Alphabetic addresses: number and street, with directions and kinds of street shortened."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import fuzz, process

from gis.addressing.names import Hit, Name

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SHORT = {
    "WEST": "W", "EAST": "E", "NORTH": "N", "SOUTH": "S", "NORTHEAST": "NE", "NORTHWEST": "NW",
    "SOUTHEAST": "SE", "SOUTHWEST": "SW", "STREET": "ST", "STR": "ST", "AVENUE": "AVE",
    "AV": "AVE", "ROAD": "RD", "DRIVE": "DR", "BOULEVARD": "BLVD", "PLACE": "PL", "LANE": "LN",
    "COURT": "CT", "SQUARE": "SQ", "TERRACE": "TER", "HIGHWAY": "HWY", "PARKWAY": "PKWY",
    "SAINT": "ST", "FORT": "FT", "MOUNT": "MT", "CENTRE": "CENTER",
    "FIRST": "1", "SECOND": "2", "THIRD": "3", "FOURTH": "4", "FIFTH": "5", "SIXTH": "6",
    "SEVENTH": "7", "EIGHTH": "8", "NINTH": "9", "TENTH": "10", "ELEVENTH": "11",
    "TWELFTH": "12",
}
_ZIP = re.compile(r"[ ,][0-9]{5}(?:-[0-9]{4})?$")
_ORDINAL = re.compile(r"^([0-9]+)(?:ST|ND|RD|TH)$")
DIRECTIONS = frozenset({"W", "E", "N", "S", "NE", "NW", "SE", "SW"})
_LEAST = 85.0
_WITHOUT_DIRECTION = 0.85
_LONGEST_WORDS = 8


def is_western(text: str) -> bool:
    """Whether a text is written in letters: some, and no Chinese character."""
    return not _CHINESE.search(text) and any(c.isalpha() for c in text)


def without_zip(text: str) -> str:
    """A text in letters without the postal code at its end.

    >>> without_zip("35 St. Nicholas Ave Apt 1, NY 10027")
    '35 St. Nicholas Ave Apt 1, NY'
    """
    return _ZIP.sub("", text) if is_western(text) else text


def words_of(text: str) -> list[tuple[str, int, int]]:
    """The words of a text in their short form, with where they stand.

    >>> [word for word, _, _ in words_of("509 West 129th Street")]
    ['509', 'W', '129', 'ST']
    """
    found = []
    for match in _WORD.finditer(text):
        word = match[0].upper()
        ordinal = _ORDINAL.match(word)
        found.append((ordinal[1] if ordinal else _SHORT.get(word, word), match.start(),
                      match.end()))
    return found


class WesternNames:
    """An index over names in letters."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._exact: dict[str, list[tuple[Name, float]]] = defaultdict(list)
        for name in dict.fromkeys(names):
            words = [word for word, _, _ in words_of(name.form)]
            if not words:
                continue
            self._exact[" ".join(words)].append((name, 1.0))
            plain = [word for word in words if word not in DIRECTIONS]
            if plain and plain != words:
                self._exact[" ".join(plain)].append((name, _WITHOUT_DIRECTION))
        self._exact.default_factory = None
        self._keys = list(self._exact)
        self._longest = min(max((key.count(" ") + 1 for key in self._keys), default=0),
                            _LONGEST_WORDS)

    def hits(self, text: str) -> list[Hit]:
        """Names found in a text; where none is found as written, the like ones."""
        words = words_of(text)
        best: dict[Name, Hit] = {}
        for first in range(len(words)):
            for last in range(first, min(first + self._longest, len(words))):
                key = " ".join(word for word, _, _ in words[first:last + 1])
                if not key.isdigit():
                    self._take(best, key, words[first][1], words[last][2], 1.0)
        # A town that is found says nothing of a road that is misspelt.
        if self._keys and not any(name.kind in ("road", "compound") for name in best):
            self._near(best, words)
        return list(best.values())

    def beginning(self, text: str, most: int) -> list[Name]:
        """Names that begin with a text."""
        words = " ".join(word for word, _, _ in words_of(text))
        if not words:
            return []
        keys = sorted((key for key in self._keys if key.startswith(words)), key=len)
        return list(dict.fromkeys(name for key in keys[:most] for name, worth in self._exact[key]
                                  if worth == 1))[:most]

    def _take(self, best: dict[Name, Hit], key: str, start: int, end: int,
              quality: float) -> None:
        for name, worth in self._exact.get(key, ()):
            worth *= quality
            known = best.get(name)
            if known is None or (worth, end - start) > (known.quality, known.end - known.start):
                best[name] = Hit(name, start, end, worth)

    def _near(self, best: dict[Name, Hit], words: list[tuple[str, int, int]]) -> None:
        for first in range(min(len(words), 6)):
            if words[first][0].isdigit() and first + 1 < len(words):
                continue
            for last in range(first, min(first + self._longest, len(words))):
                key = " ".join(word for word, _, _ in words[first:last + 1])
                if len(key) < 4:
                    continue
                for found, alike, _ in process.extract(
                        key, self._keys, scorer=fuzz.ratio, score_cutoff=_LEAST, limit=5):
                    # Another number is another street.
                    if _digits(found) == _digits(key):
                        self._take(best, found, words[first][1], words[last][2],
                                   alike / 100 * 0.95)


def _digits(text: str) -> list[str]:
    return re.findall(r"[0-9]+", text)
