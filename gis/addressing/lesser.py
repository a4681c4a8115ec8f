"""Answers where the words tell no building: a place along a road, or the names half typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gis.addressing.gazetteer import Gazetteer
from gis.addressing.matches import Asking, Findings, Match, told_sites
from gis.addressing.weighing import Sight
from gis.addressing.western import is_western

_NEARLY = 0.1


def by_less(sight: Sight, limit: int, gazetteer: Gazetteer) -> Asking:
    """Where no building is told: between two numbers of a road, or names that begin so."""
    roads = sight.hits.get("road", {})
    for name in sorted(roads, key=lambda name: -roads[name].quality)[:3]:
        hit = roads[name]
        number = next((n.value for n in sight.numbers if n.value.isdigit()
                       and (0 <= n.start - hit.end <= 1 or 0 <= hit.start - n.end <= 1)), None)
        if hit.quality < 0.9 or number is None:
            continue
        between = yield from _interpolated(name, int(number), hit.quality)
        if between.matches:
            return between
    # A building that is not there leaves its compound, and that its road.
    names = _best(sight)
    if not names and sight.text:
        index = gazetteer.western if is_western(sight.text) else gazetteer.chinese
        names = [(name.kind, name.standard)
                 for name in index.beginning(sight.text, limit * 3)]
    return (yield from _named(names, sight.text, limit))


def _best(sight: Sight) -> list[tuple[str, str]]:
    """The names that fit as well as the best does, or nearly, the finest kind first."""
    hits = [(kind, hit) for kind in ("compound", "road", "community", "street")
            for hit in sight.hits.get(kind, {}).values()]
    best = max((hit.quality for _, hit in hits), default=0.0)
    return [(kind, hit.name.standard) for kind, hit in hits if hit.quality >= best - _NEARLY]


def _named(names: Iterable[tuple[str, str]], text: str, limit: int) -> Asking:
    wanted = list(dict.fromkeys(names))
    rows = yield "sites_of_names", {
        "roads": [name for kind, name in wanted if kind == "road"],
        "compounds": [name for kind, name in wanted if kind == "compound"],
        "communities": [name for kind, name in wanted if kind == "community"],
        "streets": [name for kind, name in wanted if kind == "street"]}
    known = {(kind, name): (number, text_) for kind, name, number, text_ in rows}
    told = yield from told_sites([number for number, _ in known.values()])
    matches = []
    for at, (kind, name) in enumerate(key for key in wanted if key in known):
        number, words = known[kind, name]
        share = min(len(text) / max(len(name), 1), 1.0)
        matches.append(replace(
            told[number], house_code=None, building_code=None, building_id=None,
            text=words, how="similar", level=kind, score=round(0.5 * share - 0.001 * at, 3),
            reason=(("begins", name),)))
    return Findings(matches[:limit], True, matches[0].level if matches else None)


def _interpolated(road: str, number: int, quality: float) -> Asking:
    """A place on the line between the nearest known numbers of the same side."""
    rows = yield "numbers_of_road", {"road": road}
    side = [(known, site) for known, site in rows if known % 2 == number % 2]
    below = max((pair for pair in side if pair[0] < number), default=None)
    above = min((pair for pair in side if pair[0] > number), default=None)
    if below is None or above is None or any(known == number for known, _ in side):
        return Findings()
    told = yield from told_sites([below[1], above[1]])
    low, high = told.get(below[1]), told.get(above[1])
    if low is None or high is None or low.lon is None or high.lon is None:
        return Findings()
    share = (number - below[0]) / (above[0] - below[0])
    text = (yield "road_number_text", {"site": below[1], "number": str(number)})[0][0]
    match = Match(
        None, None, None, None, text, round(low.lon + (high.lon - low.lon) * share, 9),
        round(low.lat + (high.lat - low.lat) * share, 9),
        round(quality * max(0.3, 0.6 - (above[0] - below[0]) / 400), 3), "interpolated",
        (("between", f"{below[0]}–{above[0]}"),), "road_number")
    return Findings([match], True, "road_number")
