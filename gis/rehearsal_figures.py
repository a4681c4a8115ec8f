"""What a rehearsal tells, reckoned from who owned what before and after. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.crs import metres_per_degree
from gis.inequality import gini
from gis.redraw import Redraw
from gis.replay import Matters, sums

Key = str | None
# Columns of places, and what is told of matters.
PLACE_COLUMNS = ("addresses", "plates", "households", "residents", "building_plates", "places")
TOLD_OF_PLACES = ("addresses", "households", "residents")
# Thinner than this is what rounding to the grid of 1e-9° leaves, and no ground.
THINNEST_M = 0.001
MOST_MATTERS = 1000
Figures = dict[str, Any]


@dataclass(frozen=True)
class Owners:
    """Before and after, area and officer by area's key and officer's number."""

    areas: tuple[Sequence[Key], Sequence[Key]]
    officers: tuple[Sequence[int | None], Sequence[int | None]]


@dataclass(frozen=True)
class Names:
    """How areas and officers are called; `parents` are the parents' codes as they stand."""

    areas: Mapping[str, str]
    parents: Mapping[str, Key]
    officers: Mapping[int, tuple[str, str]]


def flow_rows(names: Names, homes: tuple[Sequence[Key], Sequence[Key]], weights: NDArray,
              matters: Matters, owned: Owners) -> list[Figures]:
    """Who goes from which area to which: people, homes, matters; most residents first."""
    pair = list(zip(*homes, strict=True))
    moved = [key if key[0] != key[1] else None for key in pair]
    people = sums(moved, weights)
    going = [key if key[0] != key[1] else None for key in zip(*owned.areas, strict=True)]
    work = sums(going, np.column_stack([np.ones(len(matters.id)), matters.open]))
    rows = []
    for key in people.keys() | work.keys():
        counted = dict(zip(PLACE_COLUMNS, people.get(key, [0.0] * weights.shape[1]), strict=True))
        incidents, still = work.get(key, [0.0, 0.0])
        if not incidents and not any(counted.values()):
            continue
        rows.append({
            "from": key[0], "from_name": names.areas.get(key[0] or "", ""), "to": key[1],
            "to_name": names.areas.get(key[1] or "", ""), "incidents": round(incidents),
            "open": round(still), "buildings": round(counted["places"]),
            **{name: round(counted[name]) for name in TOLD_OF_PLACES}})
    return sorted(rows, key=lambda row: (-row["residents"], -row["incidents"],
                                         row["from"] or "", row["to"] or ""))


def plates(redraw: Redraw, names: Names, homes: tuple[Sequence[Key], Sequence[Key]],
           weights: NDArray) -> Figures:
    """Door plates to be printed anew.

    A grid's plate shows its code and name: those of new and renamed grids. A house's or a
    building's shows its street and community besides its code, which is for life: those that
    come under another parent.
    """
    to_be = {area.key: area.parent_code for area in redraw.after}
    under = [was is not None and now is not None and was != now
             and names.parents.get(was) != to_be.get(now) for was, now in zip(*homes, strict=True)]
    change = weights[np.array(under, dtype=bool)].sum(axis=0)
    counted = dict(zip(PLACE_COLUMNS, change.tolist(), strict=True))
    renamed = [area for area in redraw.after if not area.is_new
               and (area.name != names.areas.get(area.key)
                    or area.parent_code != names.parents.get(area.key))]
    return {"grids": [{"key": area.key, "name": area.name, "why": why}
                      for why, areas in (("new", [a for a in redraw.after if a.is_new]),
                                         ("renamed", renamed)) for area in areas],
            "removed": list(redraw.ended), "houses": round(counted["plates"]),
            "buildings": round(counted["building_plates"])}


def area_rows(redraw: Redraw, names: Names, homes: tuple[Sequence[Key], Sequence[Key]],
              weights: NDArray, matters: Matters, owned: Owners, expected: NDArray
              ) -> list[Figures]:
    """Each area that changes, begins or ends: what it had and what it is to have."""
    work = np.column_stack([np.ones(len(matters.id)), matters.open, matters.decided])
    happened = np.where(matters.decided, matters.on_time, 0.0)
    told = []
    for side, in_time in ((0, happened), (1, np.nan_to_num(expected))):
        told.append((sums(homes[side], weights),
                     sums(owned.areas[side], np.column_stack([work, in_time]))))
    shapes = (dict(redraw.before), {area.key: area.geom for area in redraw.after})
    after = {area.key: area for area in redraw.after}
    rows = []
    for key in sorted(shapes[0].keys() | shapes[1].keys(),
                      key=lambda one: (one.startswith("+"), one)):
        now = after.get(key)
        rows.append({
            "key": key, "name": now.name if now else names.areas.get(key, ""),
            "parent_code": now.parent_code if now else names.parents.get(key),
            "state": "new" if key.startswith("+") else "changed" if now else "ended",
            "before": _area(key, shapes[0].get(key), *told[0]),
            "after": _area(key, shapes[1].get(key), *told[1])})
    return rows


def _area(key: str, shape: BaseGeometry | None, people: Mapping[str, list[float]],
          work: Mapping[str, list[float]]) -> Figures | None:
    if shape is None:
        return None
    counted = dict(zip(PLACE_COLUMNS, people.get(key, [0.0] * len(PLACE_COLUMNS)), strict=True))
    incidents, still, decided, in_time = work.get(key, [0.0] * 4)
    return {**{name: round(counted[name]) for name in TOLD_OF_PLACES},
            "incidents": round(incidents), "open": round(still),
            "on_time_percent": percent(in_time, decided),
            "area_m2": round(area_m2(shape), 1)}


def officer_rows(names: Names, matters: Matters, owned: Owners, expected: NDArray,
                 freed: Mapping[int, list[str]]) -> list[Figures]:
    """Each officer who answers before or after, and those whose postings end."""
    work = np.column_stack([np.ones(len(matters.id)), matters.open, matters.decided])
    happened = np.where(matters.decided, matters.on_time, 0.0)
    # The same officer may answer elsewhere too: only what lies on the changed ground is told.
    inside = [np.array([key is not None for key in side], dtype=bool) for side in owned.areas]
    sides = [sums([who if here else None for who, here in zip(owned.officers[side], inside[side],
                                                             strict=True)],
                  np.column_stack([work, in_time]))
             for side, in_time in ((0, happened), (1, np.nan_to_num(expected)))]
    grounds: dict[int, set[str]] = defaultdict(set)
    for key, who in zip(owned.areas[1], owned.officers[1], strict=True):
        if who is not None and key is not None:
            grounds[who].add(key)
    rows = []
    for who in sides[0].keys() | sides[1].keys() | freed.keys():
        before, after = (side.get(who, [0.0] * 4) for side in sides)
        code, name = names.officers.get(who, (str(who), ""))
        rows.append({
            "code": code, "name": name, "areas": sorted(grounds[who]),
            "freed": freed.get(who, []), "load_before": round(before[0]),
            "load_after": round(after[0]), "open_before": round(before[1]),
            "open_after": round(after[1]),
            "on_time_before_percent": percent(before[3], before[2]),
            "on_time_after_percent": percent(after[3], after[2])})
    return sorted(rows, key=lambda row: (-row["load_after"], row["code"]))


def inequality(officers: Sequence[Figures], areas: Sequence[Figures],
               posted: Sequence[float]) -> Figures:
    """Gini coefficients before and after: of officers' loads, of areas' loads and residents.

    An officer whose posting ends and who answers nothing more is not counted after. `posted` is
    the load after if each new area had an officer of its own.
    """
    def of(side: str, what: str) -> float | None:
        return _rounded(gini(row[side][what] for row in areas if row[side] is not None))

    return {"officers_before": _rounded(gini(row["load_before"] for row in officers
                                             if row["load_before"] or not row["freed"])),
            "officers_after": _rounded(gini(row["load_after"] for row in officers
                                            if row["load_after"] or not row["freed"])),
            "officers_after_posted": _rounded(gini(posted)),
            "incidents_before": of("before", "incidents"),
            "incidents_after": of("after", "incidents"),
            "residents_before": of("before", "residents"),
            "residents_after": of("after", "residents")}


def loads_if_posted(owned: Owners, freed: Mapping[int, list[str]]) -> list[float]:
    """Loads after, if each new area had an officer of its own."""
    counted: dict[object, int] = defaultdict(int)
    answering = {who for side, keys in zip(owned.officers, owned.areas, strict=True)
                 for who, key in zip(side, keys, strict=True) if who is not None and key}
    for who in answering - freed.keys():
        counted[who] = 0
    for key, who in zip(owned.areas[1], owned.officers[1], strict=True):
        if key is not None and (key.startswith("+") or who is not None):
            counted[key if key.startswith("+") else who] += 1
    return list(counted.values())


def on_time(matters: Matters, owned: Owners, expected: NDArray) -> Figures:
    """The rate in time on the changed ground: as it was, and had it been so."""
    inside = np.array([was is not None or now is not None
                       for was, now in zip(*owned.areas, strict=True)], dtype=bool)
    decided = inside & matters.decided
    other = np.array([was != now for was, now in zip(*owned.officers, strict=True)], dtype=bool)
    count = int(decided.sum())
    return {"decided": count, "by_other_officers": int((decided & other).sum()),
            "before_percent": percent(float(matters.on_time[decided].sum()), count),
            "after_percent": percent(float(expected[decided].sum()), count)}


def drawing(redraw: Redraw) -> Figures:
    """The ground as SVG paths in metres from its north-west: before, after, and what moves."""
    shapes = [*redraw.before.values(), *(area.geom for area in redraw.after)]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    kx, ky = (float(one) for one in metres_per_degree((south + north) / 2))

    def path(shape: BaseGeometry) -> str:
        flat = shapely.transform(shape, lambda xy: np.column_stack(
            [(xy[:, 0] - west) * kx, (north - xy[:, 1]) * ky]))
        rings = [ring for part in shapely.get_parts(flat)
                 for ring in (part.exterior, *part.interiors)]
        return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring.coords[:-1]) + "Z"
                       for ring in rings)

    return {"west": west, "north": north, "kx": kx, "ky": ky, "width": (east - west) * kx,
            "height": (north - south) * ky,
            "before": [{"key": key, "d": path(shape)} for key, shape in redraw.before.items()],
            "after": [{"key": area.key, "d": path(area.geom)} for area in redraw.after],
            "moving": [{"from": was, "to": now, "area_m2": round(area_m2(shape), 1),
                        "d": path(shape)} for was, now, shape in moving(redraw)]}


def moving(redraw: Redraw) -> list[tuple[str, str, BaseGeometry]]:
    """Pieces of ground that change hands: from, to, shape."""
    codes = list(redraw.before)
    tree = shapely.STRtree([redraw.before[code] for code in codes])
    found = []
    for area in redraw.after:
        for index in sorted(tree.query(area.geom, predicate="intersects").tolist()):
            if codes[index] == area.key:
                continue
            common = shapely.intersection(redraw.before[codes[index]], area.geom)
            parts = [part for part in shapely.get_parts(common) if part.geom_type == "Polygon"
                     and area_m2(part) > THINNEST_M * part.length * 1e5]
            if parts:
                found.append((codes[index], area.key, shapely.multipolygons(parts)))
    return found


def area_m2(shape: BaseGeometry) -> float:
    """Area in the local plane at the shape's middle."""
    _, south, _, north = shape.bounds
    kx, ky = metres_per_degree((south + north) / 2)
    return float(shape.area * kx * ky)


def percent(part: float, whole: float) -> float | None:
    """Two decimals; None of nothing."""
    return round(100 * part / whole, 2) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
