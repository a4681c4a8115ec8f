"""The rehearsal against a plain answer: each matter and each home looked up alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import orjson
import psycopg
import pytest
import shapely
from shapely.ops import split

from gis.accounts import issue_token
from gis.database import open_pool
from gis.redraw import Redraw, RedrawnArea
from gis.rehearsal import YEAR, rehearse

NOW = datetime.now(UTC)
COMMUNITY = "330191001005"


def halves(shape):
    """A shape cut at its middle from north to south; west first, on the storage grid."""
    west, south, east, north = shape.bounds
    middle = round((west + east) / 2, 9)
    parts = split(shape, shapely.LineString([(middle, south - 1), (middle, north + 1)])).geoms
    sides = [[part for part in parts if (part.centroid.x < middle) == left]
             for left in (True, False)]
    return [shapely.union_all(shapely.set_precision(side, 1e-9)) for side in sides]


@pytest.fixture(scope="module")
def redraw(loaded_district):
    """One grid loses its half to a neighbour, one is split, one ends in another."""
    with psycopg.connect(loaded_district.admin_url) as connection:
        rows = connection.execute(
            "SELECT a.code, a.name, p.code, ST_AsBinary(a.geom) FROM area AS a"
            " JOIN area AS p ON p.identity_id = a.parent_id"
            " WHERE a.scheme = 'base' AND a.level = 'grid' AND p.code = %s ORDER BY a.code",
            [COMMUNITY]).fetchall()
    shapes = {code: shapely.from_wkb(shape) for code, _, _, shape in rows}
    names = {code: name for code, name, _, _ in rows}
    pairs = {(a, b) for a in shapes for b in shapes if a < b
             and shapely.intersection(shapes[a], shapes[b]).length > 1e-5}
    giver, taker = min(pairs)
    ends, heir = min(pair for pair in pairs if not set(pair) & {giver, taker})
    whole = min(set(shapes) - {giver, taker, ends, heir})
    west, east = halves(shapes[giver])
    given, kept = sorted((west, east), key=lambda one: one.distance(shapes[taker].centroid))
    left, right = halves(shapes[whole])

    def area(key, geom, *sources, name=None):
        return RedrawnArea(key, "grid", name or names.get(key, "新网格"), COMMUNITY,
                           shapely.multipolygons(shapely.get_parts(geom)), sources)

    after = (area(giver, kept, giver), area(taker, given.union(shapes[taker]), giver, taker),
             area(heir, shapes[ends].union(shapes[heir]), ends, heir, name="并后网格"),
             area(whole, left, whole), area("+1", right, whole))
    changed = (giver, taker, ends, heir, whole)
    return Redraw("base", NOW, {code: shapes[code] for code in changed}, after)


@pytest.fixture(scope="module")
def figures(loaded_district, redraw):
    """What the server's role is told, as a planner."""
    token = issue_token(loaded_district.admin_url, "planner", None)

    async def told():
        async with open_pool(loaded_district.server_url) as database, \
                database.scope(token) as connection:
            return await rehearse(connection, redraw, NOW)

    return asyncio.run(told())


@pytest.fixture(scope="module")
def plain(loaded_district, redraw):
    """Each matter alone: its area before and after, and the officer, by one look-up each."""
    sides = (dict(redraw.before), {area.key: area.geom for area in redraw.after})
    with psycopg.connect(loaded_district.admin_url) as connection:
        grounds = dict(connection.execute(
            "SELECT code, ancestor_ids FROM area WHERE scheme = 'base' AND upper_inf(period)"))
        split_one = next(a.from_codes[0] for a in redraw.after if a.is_new)
        grounds["+1"] = grounds[split_one]
        rows = connection.execute(
            "SELECT i.id, ST_AsBinary(i.geom), i.received_at, f.open, f.on_time,"
            " f.on_time OR f.late OR f.overdue, c.line_code, f.class_rank, g.code"
            " FROM incident AS i JOIN assessment_fact AS f ON f.incident_id = i.id"
            " JOIN area AS g ON g.identity_id = i.grid_id AND upper_inf(g.period)"
            " JOIN category AS c ON c.code = i.category_code"
            " WHERE i.geom IS NOT NULL AND (i.received_at >= %s OR f.open)"
            " AND i.received_at < %s", [NOW - YEAR, NOW]).fetchall()
        found = []
        for number, shape, at, is_open, in_time, decided, line, rank, code in rows:
            if code not in redraw.before:
                continue
            point = shapely.from_wkb(shape)
            # A point outside all areas is the nearest one's.
            owners = [min(side, key=lambda key, side=side, point=point: (
                side[key].distance(point), key.startswith("+"), key)) for side in sides]
            officers = [connection.execute(
                "SELECT o.officer_id FROM assignment_rules AS r, choose_officer("
                "%s::bigint[], NULL, %s, now(), %s AT TIME ZONE r.time_zone, r) AS o",
                [grounds[key], line, at]).fetchone()[0] for key in owners]
            found.append((number, owners, officers, is_open, in_time, decided, rank))
    return found


def test_matters_flow_as_each_alone_tells(figures, plain):
    expected = Counter(tuple(owners) for _, owners, *_ in plain if owners[0] != owners[1])
    told = {(row["from"], row["to"]): row["incidents"] for row in figures["flows"]
            if row["incidents"]}
    assert told == dict(expected)
    assert len(expected) >= 2
    assert figures["totals"]["incidents"] == sum(expected.values())
    assert figures["totals"]["year_incidents"] == len(plain)


def test_open_matters_that_change_their_owner_are_named(figures, plain):
    expected = {number: tuple(owners) for number, owners, _, is_open, *_ in plain
                if is_open and owners[0] != owners[1]}
    assert {row["id"]: (row["from"], row["to"])
            for row in figures["matters"]["rows"]} == expected
    assert figures["matters"]["total"] == len(expected)


def test_officers_carry_what_the_rule_of_assignment_gives_them(loaded_district, figures, plain):
    with psycopg.connect(loaded_district.admin_url) as connection:
        codes = dict(connection.execute("SELECT id, officer_code FROM officer"))
    for side, name in ((0, "load_before"), (1, "load_after")):
        expected = Counter(codes[officers[side]] for _, _, officers, *_ in plain)
        assert {row["code"]: row[name] for row in figures["officers"] if row[name]} == expected


def test_gini_is_that_of_its_definition(figures):
    for side in ("before", "after"):
        loads = [row[f"load_{side}"] for row in figures["officers"]
                 if row[f"load_{side}"] or not row["freed"]]
        mean = sum(loads) / len(loads)
        plain = sum(abs(x - y) for x in loads for y in loads) / (2 * len(loads) ** 2 * mean)
        assert figures["gini"][f"officers_{side}"] == pytest.approx(plain, abs=5e-5)


def test_the_rate_in_time_is_what_is_assumed_and_no_more(figures, plain):
    decided = [row for row in plain if row[5]]
    before = sum(row[4] for row in decided) / len(decided)
    after = 0.0
    for _, _, (was, now), _, in_time, _, rank in decided:
        if was == now:
            after += in_time
            continue
        own = [row for row in decided if row[2][0] == now]
        alike = [row for row in own if row[6] == rank] or own
        after += sum(row[4] for row in alike) / len(alike) if alike else in_time
    assert figures["on_time"]["decided"] == len(decided)
    assert figures["on_time"]["before_percent"] == pytest.approx(100 * before, abs=0.01)
    assert figures["on_time"]["after_percent"] == pytest.approx(100 * after / len(decided),
                                                                abs=0.01)


def test_homes_and_people_move_with_the_ground(loaded_district, redraw, figures):
    with psycopg.connect(loaded_district.admin_url) as connection:
        rows = connection.execute(
            "SELECT ST_AsBinary(ST_PointOnSurface(b.geom)), count(*), sum(w.actual_residents)"
            " FROM address AS a JOIN building AS b ON b.id = a.building_id"
            " LEFT JOIN dwelling AS w ON w.address_id = a.id"
            " GROUP BY b.id").fetchall()
        told_to_have = dict(connection.execute(
            "SELECT code, actual_residents FROM area WHERE scheme = 'base' AND level = 'grid'"))
    expected, people, counted = Counter(), Counter(), Counter()
    for shape, homes, residents in rows:
        point = shapely.from_wkb(shape)
        was = [key for key, area in redraw.before.items() if area.intersects(point)]
        now = [area.key for area in redraw.after if area.geom.intersects(point)]
        if was:
            counted[was[0]] += residents or 0
        if was and was != now:
            expected[was[0], now[0]] += homes
            people[was[0], now[0]] += residents or 0
    told = {(row["from"], row["to"]): row for row in figures["flows"] if row["addresses"]}
    assert {key: row["addresses"] for key, row in told.items()} == dict(expected)
    # An area has as many residents as it is told to have; dwellings tell how they lie in it.
    for (was, now), residents in people.items():
        shared = residents * told_to_have[was] / counted[was]
        assert told[was, now]["residents"] == pytest.approx(shared, abs=1)


def test_codes_and_plates(redraw, figures):
    code, = figures["codes"]
    assert code["code"] == f"{COMMUNITY}012"
    assert code["from"] == [code for area in redraw.after if area.is_new
                            for code in area.from_codes]
    grids = {plate["key"]: plate["why"] for plate in figures["plates"]["grids"]}
    renamed = next(area.key for area in redraw.after if area.name == "并后网格")
    assert grids == {"+1": "new", renamed: "renamed"}
    assert figures["plates"]["removed"] == list(redraw.ended)
    # Nobody comes under another community: house plates stay.
    assert figures["plates"]["houses"] == figures["plates"]["buildings"] == 0


def test_what_moves_is_drawn(redraw, figures):
    assert orjson.loads(orjson.dumps(figures)) == figures
    drawn = figures["map"]
    assert [one["key"] for one in drawn["before"]] == list(redraw.before)
    assert {(one["from"], one["to"]) for one in drawn["moving"]} == {
        (code, area.key) for area in redraw.after for code in area.from_codes
        if code != area.key}
    assert figures["totals"]["area_m2"] == pytest.approx(
        sum(one["area_m2"] for one in drawn["moving"]), rel=1e-6)
