"""Proposals for a street of the synthetic district: against its own cut, within the time.

The peer of each row is the district's own cut, or the bound that is promised.
"""

from __future__ import annotations

import time

import psycopg
import shapely

from bench.report import Context, Row
from fixtures.loader import load_district
from gis.cluster import OWNER
from gis.proposals import Ground, Proposal, Task, draw
from gis.proposals.reading import read_ground
from gis.schema import migrate

STREET, MOST_S, SEEDS = "330191001", 60.0, 3


def run(context: Context) -> list[Row]:
    """Some seeds side by side, with what each community allows."""
    cluster, name = context.cluster(), "bench_proposals"
    cluster.create_database(name)
    url = cluster.url(OWNER, name)
    migrate(url)
    context.say("loading the district …")
    load_district(url)
    with psycopg.connect(url) as connection:
        ground = read_ground(connection, "base", STREET)
    rows = []
    for seed in range(1 if context.quick else SEEDS):
        began = time.monotonic()
        made = draw(ground, Task(), seed)
        seconds = time.monotonic() - began
        _say(context, made)
        rows += _rows(ground, made, seconds)
    return rows


def _say(context: Context, made: Proposal) -> None:
    score = made.score
    context.say(
        f"seed {made.seed}: target {made.target:,.0f} residents, {score.grids} grids,"
        f" {score.outside} further than 10 % from it, the worst by {score.worst:.0%},"
        f" compactness {score.compactness:.2f}, {score.along_streets:.1%} along streets,"
        f" {score.moved_share:.0%} of the residents moved")
    for one in made.communities:
        if one.outside:
            why = {False: "blocks allow no cut with all within 10 %: proven",
                   None: "not found, and not proven impossible", True: ""}[one.allowed]
            context.say(
                f"  {one.code}: {one.outside} of {one.grids} grids outside, the worst by"
                f" {one.worst:.0%}; {one.targets:.2f} targets in {one.blocks} blocks, the"
                f" largest of {one.largest_block:.2f}; {why}")


def _rows(ground: Ground, made: Proposal, seconds: float) -> list[Row]:
    name = f"seed {made.seed}: "
    inside = {grid.code: grid.geom for grid in ground.grids} | dict(made.faces)
    for code in made.ended:
        del inside[code]
    faces = list(inside.values())
    apart = sum(len(shapely.get_parts(face)) > 1 for face in faces)
    return [
        Row.at_most("proposals", name + "Gini of residents, below the district's own",
                    made.score.gini, made.present.gini),
        Row.at_most("proposals", name + "seconds", seconds, MOST_S),
        Row.at_most("proposals", name + "grids outside ±10 %, below the district's own",
                    made.score.outside, made.present.outside),
        Row("proposals", name + "grids in more than one piece", apart, 0, None, None, apart == 0),
        Row("proposals", name + "a valid coverage", 1, 1, None, None,
            bool(shapely.coverage_is_valid(faces)))]
