"""`bench edits`: what an edit costs in a coverage of 500 areas and in one of 7,701.

The villages of the real data, repaired, or a made-up coverage where they are not there. The same
edits, on the same faces, are made in both and undone, in turns. Time is that of the processor, so
that what else the machine does counts little.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

import numpy as np
import shapely

from bench.coverage import irregular_coverage
from bench.report import Context, Row
from gis.boundaries import (
    Coverage,
    Ground,
    Merge,
    MoveBlock,
    MoveVertex,
    Operation,
    Refused,
    Split,
    repair,
)
from gis.loading.outlines import read_outlines

NAME = "edits"
FEW, MANY = 500, 7_701
BAR = 1.5
SEED, EDITS, ROUNDS = 20261, 120, 7
# Edits must be carried out to be worth measuring.
_LEAST_DONE = 0.5
_GROUND = Ground(holes_allowed=True)

Faces = dict[str, shapely.Geometry]


def run(context: Context) -> list[Row]:
    """Milliseconds an edit, in the many over in the few."""
    everything, parents = _villages(context)
    if everything is None or context.quick:
        everything = _made_up(200 if context.quick else MANY)
        parents = {}
    few, inner = _neighbourhood(everything, 60 if context.quick else FEW)
    context.say(f"edits: {len(few)} areas against {len(everything)}")
    coverages = {
        len(faces): Coverage.build(faces, {key: parents[key] for key in faces if key in parents})
        for faces in (few, everything)}
    edits = _edits(coverages[len(everything)], inner, 20 if context.quick else EDITS)
    spent, done = _take_turns(context, coverages, edits)
    small, large = (median(spent[len(faces)]) for faces in (few, everything))
    kinds = "made-up areas" if not parents else "villages"
    return [
        Row.at_most(NAME, f"{kinds}, time of an edit among {len(everything)} over one among"
                          f" {len(few)}", large / small, BAR),
        Row(NAME, f"{kinds}, milliseconds an edit among {len(everything)}, undo included",
            large * 1000 / len(edits), None, None, None, True),
        Row(NAME, f"{kinds}, share of edits carried out", done, None, None, None,
            done >= _LEAST_DONE),
    ]


def _villages(context: Context) -> tuple[Faces | None, dict[str, str]]:
    root = Path(__file__).parent.parent
    folder = Path(os.environ.get("GRIDWALL_TEST_DATA") or root.parent / "shared" / "data")
    file = folder / "village_polygons" / "villages.topojson"
    if not file.exists() or context.quick:
        return None, {}
    context.say("edits: repairing the villages")
    villages = read_outlines(file, "VILLCODE", "TOWNCODE", layer="villages")
    towns = read_outlines(file, "id", layer="towns")
    return repair(villages.faces, villages.parents, towns.faces).faces, villages.parents


def _made_up(count: int) -> Faces:
    return {f"{at:05}": shape for at, shape in enumerate(irregular_coverage(count, SEED))}


def _neighbourhood(faces: Faces, count: int) -> tuple[Faces, list[str]]:
    """The areas nearest to one in the middle, and the half of them that is nearest."""
    keys = np.array(sorted(faces))
    centres = shapely.centroid(np.array([faces[key] for key in keys], dtype=object))
    middle = shapely.Point(float(np.median(shapely.get_x(centres))),
                           float(np.median(shapely.get_y(centres))))
    nearest = keys[np.argsort(shapely.distance(centres, middle), kind="stable")].tolist()
    return {key: faces[key] for key in nearest[:count]}, nearest[:count // 2]


def _edits(coverage: Coverage, keys: list[str], count: int) -> list[Operation]:
    random = Random(SEED)
    found: list[Operation] = []
    for at in range(count):
        key = random.choice(keys)
        corners = shapely.get_coordinates(coverage.face(key))
        x, y = corners[random.randrange(len(corners) - 1)].tolist()
        west, south, east, north = coverage.face(key).bounds
        middle, reach = (west + east) / 2, (east - west) / 10
        beside = coverage.neighbours(key)[0]
        found.append([
            MoveVertex((x, y), (x + random.gauss(0, 1e-6), y + random.gauss(0, 1e-6))),
            Split(key, ((middle, south - 1e-4), (middle, north + 1e-4)), "+1"),
            Merge((key, beside), key),
            MoveBlock(key, beside, shapely.box(x - reach, y - reach, x + reach, y + reach)),
        ][at % 4])
    return found


def _take_turns(context: Context, coverages: dict[int, Coverage],
                edits: list[Operation]) -> tuple[dict[int, list[float]], float]:
    """Seconds of every run in turns, and the share of edits that was carried out."""
    spent: dict[int, list[float]] = {count: [] for count in coverages}
    done = 0
    for turn in range(2 if context.quick else ROUNDS + 1):
        for count, coverage in coverages.items():
            before = process_time()
            done = _make(coverage, edits)
            # The first turn fills what is remembered of faces.
            if turn:
                spent[count].append(process_time() - before)
                context.say(f"edits: {count} areas: {spent[count][-1]:.3f} s")
    return spent, done / len(edits)


def _make(coverage: Coverage, edits: list[Operation]) -> int:
    done = 0
    for edit in edits:
        try:
            coverage.apply(edit, _GROUND).undo()
            done += 1
        except Refused:
            continue
    return done
