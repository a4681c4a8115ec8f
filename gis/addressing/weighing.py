"""How well a site fits a text: what agrees, what is missing, what contradicts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from gis.addressing.names import Hit
from gis.addressing.numbers import Number, joined, numbers_in, pairs_in
from gis.addressing.roles import Roles, roles_of

AREAS = ("province", "city", "district", "street", "community")
_EXACT = 0.95
# What another, well-known name outside the site's own words leaves of its score.
_CONTRADICTS = {"province": 0.6, "city": 0.6, "district": 0.6, "street": 0.7, "community": 0.8,
                "road": 0.55, "compound": 0.5}
_SLIP = 0.02
_AREA_SPEAKS = 0.3
_HINT = 0.6
_NEAR_BEHIND = re.compile(r"[^0-9()]{0,2}(?:附近|旁|对面|对过|斜对|隔壁|后面|前面|边上|左边|右边)")
_NEAR_BEFORE = re.compile(r"(?:靠近|邻近|临近|近|挨着|毗邻)$")
_IDLE = re.compile(
    r"中国|附近|旁边|旁|对面|小区|楼上|楼下|大门|门口|送到|地址|位于|的|在|我住|我家")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class Site(NamedTuple):
    """A row of the table ``site``."""

    id: int
    building_id: int | None
    province: str | None
    city: str | None
    district: str | None
    street: str | None
    community: str | None
    road: str | None
    road_number: str | None
    compound: str | None
    building_number: str | None
    scope_ids: tuple[int, ...]


class Sight(NamedTuple):
    """What was seen in a text: its numbers, and the best hit of each name by kind."""

    text: str
    numbers: list[Number]
    hits: dict[str, dict[str, Hit]]
    of_building: dict[int, Hit]
    divisions: dict[str, str]

    def values(self) -> list[str]:
        """All numbers of the text, those too that two make together."""
        return list({number.value for number in self.numbers}
                    | {both for _, _, both in pairs_in(self.numbers)})


class Weighed(NamedTuple):
    """A site with its score, why, how it was found, and what is left for the house."""

    site: Site
    score: float
    reasons: list[tuple[str, str]]
    roles: Roles
    how: str


def see(text: str, hits: Iterable[Hit], divisions: dict[str, str]) -> Sight:
    """Order what was found in a text (in its form)."""
    by_kind: dict[str, dict[str, Hit]] = {}
    of_building: dict[int, Hit] = {}
    for hit in hits:
        if _is_hint(text, hit):
            hit = hit._replace(quality=hit.quality * _HINT)
        if hit.name.building_id is not None:
            known = of_building.get(hit.name.building_id)
            if known is None or hit.quality > known.quality:
                of_building[hit.name.building_id] = hit
            continue
        kind = by_kind.setdefault(hit.name.kind, {})
        known = kind.get(hit.name.standard)
        if known is None or hit.quality > known.quality:
            kind[hit.name.standard] = hit
    return Sight(text, numbers_in(text), by_kind, of_building, divisions)


def _is_hint(text: str, hit: Hit) -> bool:
    """Whether the name only tells what is near."""
    return bool(_NEAR_BEHIND.match(text, hit.end)
                or _NEAR_BEFORE.search(text[max(hit.start - 3, 0):hit.start]))


def is_bracketed(text: str, hit: Hit) -> bool:
    """Whether a name stands in brackets."""
    opened = text.rfind("(", 0, hit.start + 1)
    return opened >= 0 and text.find(")", opened, hit.start) < 0


def weigh(sight: Sight, site: Site, areas: dict[int, tuple[str, str]]) -> Weighed | None:
    """Weigh one site; None where nothing but an area or a bare road speaks for it."""
    own = _own_hits(sight, site, areas)
    road, compound = own.get("road"), own.get("compound")
    taken = [(hit.start, hit.end) for hit in own.values()]
    free = [number for number in sight.numbers if number.label != "counted"
            and not any(start <= number.start < end for start, end in taken)]
    if site.road_number and "-" in site.road_number:
        free = joined(free, site.road_number)
    roles = roles_of(free, site.road_number, site.building_number, road, compound)
    by_road = road.quality * (1.0 if roles.road_number else 0.5) if road else 0.0
    by_compound = compound.quality if compound else 0.0
    if not by_compound and not (road and roles.road_number):
        # Numbers within a road or community are worth a try where nothing else is told.
        if not roles.building and not (roles.road_number and "community" in own) and not (
                road and roles.room and site.building_number is None):
            return None
        by_road = max(by_road, _AREA_SPEAKS if roles.building or roles.road_number else 0.0)
    doubt = (1 - by_road) * (1 - by_compound)
    for level in AREAS[3:]:
        if level in own:
            doubt *= 1 - _AREA_SPEAKS * own[level].quality
    reasons = [("matched", kind) for kind in own] + [
        ("matched", name) for name, agrees in (
            ("road_number", roles.road_number), ("building", roles.building)) if agrees]
    slips = [kind for kind, hit in own.items() if hit.quality < 1]
    reasons += [("alike", kind) for kind in slips] + roles.reasons
    score = (1 - doubt) * roles.factor - _SLIP * len(slips)
    for kind, said in _contradictions(sight, site, own, taken):
        score *= _CONTRADICTS[kind]
        reasons.append(("contradicts_" + kind, said))
    score *= _covered(sight, taken)
    names = [hit.name.how for hit in (road, compound) if hit and hit.name.how != "words"]
    how = "alias" if names else ("words" if not slips else "similar")
    return Weighed(site, max(score, 0.0), reasons, roles, how)


def _own_hits(sight: Sight, site: Site, areas: dict[int, tuple[str, str]]) -> dict[str, Hit]:
    """The site's own names as found, none on another's ground, the surer first."""
    found: list[tuple[str, Hit]] = []
    for kind in (*AREAS, "road", "compound"):
        hit = sight.hits.get(kind, {}).get(getattr(site, kind) or "")
        if hit is not None:
            found.append((kind, hit))
    for level, name in (areas[area] for area in site.scope_ids if area in areas):
        hit = sight.hits.get(level, {}).get(name)
        if hit is not None:
            found.append((level, hit))
    named = sight.of_building.get(site.building_id or -1)
    if named is not None:
        found.append(("compound", named))
    own: dict[str, Hit] = {}
    for kind, hit in sorted(found, key=lambda pair: (
            -pair[1].quality * (pair[1].end - pair[1].start), pair[0])):
        if kind not in own and not any(
                hit.start < other.end and other.start < hit.end for other in own.values()):
            own[kind] = hit
    return own


def _contradictions(sight: Sight, site: Site, own: dict[str, Hit],
                    taken: list[tuple[int, int]]) -> Iterable[tuple[str, str]]:
    """Other places that the text names as plainly."""
    told: set[tuple[int, int]] = set()
    for kind in _CONTRADICTS:
        mine = own.get(kind)
        for hit in sight.hits.get(kind, {}).values():
            span = (hit.start, hit.end)
            if (hit.quality < _EXACT or hit.name.worth < 1 or hit is mine or span in told
                    or is_bracketed(sight.text, hit)):
                continue
            wider = mine is not None and hit.start <= mine.start and hit.end >= mine.end and (
                hit.end - hit.start > mine.end - mine.start or mine.quality < _EXACT)
            if mine is not None and kind in AREAS and hit.name.form in mine.name.form:
                continue
            if wider or not any(hit.start < end and start < hit.end for start, end in taken):
                told.add(span)
                yield kind, hit.name.form
    for kind, name in sight.divisions.items():
        standard = getattr(site, kind, None)
        if standard and kind not in own and standard != name:
            yield kind, name


def _covered(sight: Sight, taken: list[tuple[int, int]]) -> float:
    """A little less for words that nothing explains; those in brackets are hints."""
    letters = list(sight.text)
    for start, end in taken:
        letters[start:end] = " " * (end - start)
    for number in sight.numbers:
        letters[number.start:number.end] = " " * (number.end - number.start)
    rest = re.sub(r"\([^)]*\)?", " ", "".join(letters))
    unknown = len(_CHINESE.findall(_IDLE.sub("", rest)))
    return max(0.85, 1 - 0.01 * max(unknown - 1, 0))
