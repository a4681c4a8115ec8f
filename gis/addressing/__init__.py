"""Written addresses: taken apart, and found in the library."""

from gis.addressing.matches import Findings, Match
from gis.addressing.nearest import nearest
from gis.addressing.reading import Element, Reading, read
from gis.addressing.search import SURE, search, search_now
from gis.addressing.text import normalise

__all__ = [
    "SURE",
    "Element",
    "Findings",
    "Match",
    "Reading",
    "nearest",
    "normalise",
    "read",
    "search",
    "search_now",
]
