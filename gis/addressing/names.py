"""The gazetteer: every name of a place, found in a text as written, by sound, or with a slip.

A name and a stretch of text that differ by one character left out, put in or changed have a
shortening in common (each with one character left out). All shortenings of all names, written
as syllables, are kept in one table; a stretch is looked up with its own. The cost of a search
follows the length of the text and not the number of names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from gis.addressing.sound import broad, readings, syllable
from gis.addressing.text import NUMERAL_DIGITS, normalise

_DIGITS = re.compile(r"[0-9]")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
# What may be left out behind a name that is clear without it.
_ENDINGS = {
    "street": ("街道办事处", "街道", "镇", "乡"),
    "community": ("社区居委会", "社区", "居委会", "村委会", "行政村", "村"),
    "compound": ("小区", "花园", "新村", "公寓", "家园", "雅居", "华庭", "名邸", "公馆", "御园",
                 "大厦", "广场", "中心"),
}
_STEM = 0.85
# What a character in another's place costs: of the same sound, of a like sound, any other.
_SAME_SOUND, _LIKE_SOUND, _MORE_BY_EAR = 0.1, 0.2, 0.2
# Below this, a likeness is chance.
LEAST = 0.6
LONGEST = 14


class Name(NamedTuple):
    """A name of the gazetteer. `standard` is what the tables call the place; `how` tells how the
    name relates to it: words, alias, former. `building_id` where it names one building only."""

    kind: str
    form: str
    standard: str
    how: str = "words"
    worth: float = 1.0
    building_id: int | None = None
    address_id: int | None = None


class Hit(NamedTuple):
    """A name found at [start, end) of a text, with the likeness of what stands there (0 to 1)."""

    name: Name
    start: int
    end: int
    quality: float


def names_of(kind: str, standard: str, how: str = "words", said: str | None = None,
             building_id: int | None = None, address_id: int | None = None) -> Iterator[Name]:
    """A place's name and what is left of it without its ending."""
    form = normalise(said or standard)
    if form:
        yield Name(kind, form, standard, how, 1.0, building_id, address_id)
    for ending in _ENDINGS.get(kind, ()):
        if form.endswith(ending) and len(form) - len(ending) >= 2:
            yield Name(kind, form[:-len(ending)], standard, how, _STEM, building_id, address_id)
            break


class Names:
    """An index over names."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.all = [name for name in dict.fromkeys(names)
                    if len(name.form) > 1 and _CHINESE.search(name.form)]
        self._table: dict[str, list[int]] = defaultdict(list)
        lengths = set()
        for at, name in enumerate(self.all):
            sounds = [broad(c) for c in name.form]
            lengths.add(len(sounds))
            for key in _keys(sounds, len(name.form) > 2 and name.worth == 1):
                self._table[key].append(at)
        self._table.default_factory = None
        # Digits are in few names: without them most of a text needs no look.
        self._mixed = any(c.isascii() for name in self.all for c in name.form)
        near = {length + change for length in lengths for change in (-1, 0, 1)}
        self._lengths = sorted(length for length in near if 2 <= length <= LONGEST + 1)

    def hits(self, text: str) -> list[Hit]:
        """The best place of every name that is found in a text, which is in its form."""
        squeezed = [at for at, c in enumerate(text) if c not in " ()-"]
        letters = [text[at] for at in squeezed]
        sounds = [broad(c) for c in letters]
        # A name does not end within a number: of 王楼村12号 nothing is 王楼村1组.
        within = {at for at in range(1, len(squeezed)) if squeezed[at] == squeezed[at - 1] + 1
                  and letters[at].isdigit() and letters[at - 1].isdigit()}
        found: dict[int, list[Hit]] = {}
        for length in self._lengths:
            for start in range(len(letters) - length + 1):
                window = letters[start:start + length]
                if start in within or start + length in within:
                    continue
                if not self._mixed and any(c.isascii() for c in window):
                    continue
                for at in self._near(sounds[start:start + length]):
                    name = self.all[at]
                    quality = likeness("".join(window), name.form) * name.worth
                    if quality >= LEAST:
                        found.setdefault(at, []).append(Hit(
                            name, squeezed[start], squeezed[start + length - 1] + 1, quality))
        return _outside_longer(found.values())

    def beginning(self, text: str, most: int) -> list[Name]:
        """Names that begin with, or else contain, a text: for what is only half typed."""
        within = [name for name in self.all if text in name.form and name.worth == 1]
        return sorted(within, key=lambda name: (
            not name.form.startswith(text), len(name.form), name.form))[:most]

    def _near(self, sounds: list[str]) -> set[int]:
        found: set[int] = set()
        for key in _keys(sounds, len(sounds) > 1):
            found.update(self._table.get(key, ()))
        return found


def _outside_longer(found: Collection[list[Hit]]) -> list[Hit]:
    """The best place of each name, the first of equals; rather one that is no part of a longer
    name, as 天山路 is of 天山路街道; and what is left of a name without its ending only there."""
    whole = [hit for hits in found for hit in hits if hit.quality == 1]
    chosen = []
    for hits in found:
        apart = [hit for hit in hits if not _inside(hit, whole)] if len(hits) > 1 else []
        if apart or hits[0].name.worth == 1 or not _inside(hits[0], whole):
            chosen.append(max(apart or hits, key=lambda hit: hit.quality))
    return chosen


def _inside(hit: Hit, others: Iterable[Hit]) -> bool:
    """Whether a hit is a part of a longer one."""
    return any(other.start <= hit.start and hit.end <= other.end
               and other.end - other.start > hit.end - hit.start for other in others)


def _keys(sounds: list[str], shortened: bool) -> Iterator[str]:
    yield " ".join(sounds)
    if shortened:
        for at in range(len(sounds)):
            if not at or sounds[at] != sounds[at - 1]:
                yield " ".join(sounds[:at] + sounds[at + 1:])


def likeness(written: str, name: str) -> float:
    """How alike two stretches are, 0 to 1; 0 where more than one character is off.

    A character of the same sound costs little, one of a like sound more; left out, put in,
    changed or two neighbours swapped costs one, over the length of the longer.

    >>> likeness("文三路", "文三路"), round(likeness("文山路", "文三路"), 2)
    (1.0, 0.93)
    >>> round(likeness("文二路", "文三路"), 2), round(likeness("文路", "文三路"), 2)
    (0.67, 0.67)
    """
    if written == name:
        return 1.0
    if not _same_digits(written, name):
        return 0.0
    longest = max(len(written), len(name))
    if len(written) == len(name):
        cost = _in_place(written, name)
    elif abs(len(written) - len(name)) == 1:
        short, long = sorted((written, name), key=len)
        cost = _one_more(short, long)
    else:
        return 0.0
    return max(1 - cost / longest, 0.0)


def _same_digits(written: str, name: str) -> bool:
    """Whether the digits are equal; another number is another place, 3区 and 13区. A numeral
    stands for its digit, and digits may be missing on one side altogether."""
    digits, own = _DIGITS.findall(written), _DIGITS.findall(name)
    return digits == own or not (digits and own)


def _in_place(written: str, name: str) -> float:
    costs = [_swap_cost(a, b) for a, b in zip(written, name, strict=True)]
    wrong = [at for at, cost in enumerate(costs) if cost == 1]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1 and (
            written[wrong[0]] == name[wrong[1]] and written[wrong[1]] == name[wrong[0]]):
        return sum(costs) - 1.1
    if len(wrong) > 1:
        return len(name)
    # One character by ear is a slip; of two or more little of the name is left as written.
    by_ear = sum(0 < cost < 1 for cost in costs)
    return sum(costs) + _MORE_BY_EAR * max(by_ear - 1, 0)


def _one_more(short: str, long: str) -> float:
    costs = [_swap_cost(a, b) for a, b in zip(short, long, strict=False)]
    behind = [_swap_cost(a, b) for a, b in zip(short, long[1:], strict=True)]
    least = min(sum(costs[:at]) + sum(behind[at:]) for at in range(len(long)))
    return 1 + least if least < 1 else len(long)


def _swap_cost(a: str, b: str) -> float:
    if a == b:
        return 0.0
    if a.isascii() or b.isascii():
        return _SAME_SOUND / 2 if NUMERAL_DIGITS.get(a, a) == NUMERAL_DIGITS.get(b, b) else 1.0
    if syllable(a) == syllable(b) or readings(a) & readings(b):
        return _SAME_SOUND
    return _LIKE_SOUND if broad(a) == broad(b) else 1.0
