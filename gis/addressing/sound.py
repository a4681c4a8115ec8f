"""How characters sound: the toneless syllable of each, for names that were written by ear."""

from __future__ import annotations

from functools import cache

from pypinyin import Style, pinyin

# What speakers of many regions write alike.
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))


@cache
def syllable(character: str) -> str:
    """The toneless pinyin of a character in its commonest reading; others stand for themselves.

    One character has one syllable here whatever stands beside it, so that an index over
    syllables finds at least all that is written alike.

    >>> syllable("山"), syllable("三"), syllable("A")
    ('shan', 'san', 'A')
    """
    if not "\u3400" <= character <= "\u9fff":
        return character
    return pinyin(character, style=Style.NORMAL)[0][0]


@cache
def broad(character: str) -> str:
    """The syllable with sounds folded that are often confused: 文山 and 文三 are alike.

    >>> broad("山"), broad("三"), broad("京"), broad("金")
    ('san', 'san', 'jin', 'jin')
    """
    sound = syllable(character)
    if sound == character:
        return sound
    for full, short in _ALIKE[:3]:
        if sound.startswith(full):
            sound = short + sound[len(full):]
    for full, short in _ALIKE[3:]:
        if sound.endswith(full):
            sound = sound[:-len(full)] + short
    return sound


@cache
def readings(character: str) -> frozenset[str]:
    """All toneless readings of a character: 重 is zhong and chong."""
    if not "\u3400" <= character <= "\u9fff":
        return frozenset([character])
    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
