"""Words on the screen: two catalogues, Chinese first; one file a page in each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
COOKIE = "gridwall_lang"
_FOLDER = Path(__file__).parent / "catalogues"


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All texts of a language by key.

    Raises
    ------
    ValueError
        If there is no such language.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"no catalogue for language {lang!r}; there are {', '.join(LANGUAGES)}")
    merged: dict[str, str] = {}
    for page in sorted((_FOLDER / lang).glob("*.json")):
        merged |= json.loads(page.read_text(encoding="utf-8"))
    return merged


def text(key: str, lang: str, **params: object) -> str:
    """Text of a key, its ``{places}`` filled from ``params``.

    Raises
    ------
    KeyError
        If the key is in no catalogue, or a place has no parameter.
    ValueError
        If there is no such language.
    """
    return catalogue(lang)[key].format(**params)


def texts(prefixes: tuple[str, ...], lang: str) -> dict[str, str]:
    """All texts whose key begins with one of the prefixes, unfilled, for the browser."""
    return {key: value for key, value in catalogue(lang).items() if key.startswith(prefixes)}


def choose(asked: str | None, remembered: str | None) -> str:
    """Language of a page: what ``?lang=`` asks for, else the cookie's, else Chinese."""
    for lang in (asked, remembered):
        if lang in LANGUAGES:
            return lang
    return LANGUAGES[0]
