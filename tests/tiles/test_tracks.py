"""The tiles of officers' tracks: lines against shapely's, their scope against the policy."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import shapely

from gis import queries
from tests.conftest import cloned
from tests.console.conftest import SOUTH, STEP, STREETS, WEST
from tests.tiles.conftest import Ground
from tests.tiles.test_vector import decoded, in_tile, tile_at

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
COUNT = 40


@pytest.fixture(scope="module")
def walked(cluster, ground):
    """The town, and in each of its grids an officer who walks about for forty minutes."""
    with cloned(cluster, ground.name) as database:
        draw = random.Random(7)
        with psycopg.connect(database.admin_url) as owner:
            officers = owner.execute("SELECT id FROM officer ORDER BY officer_code").fetchall()
            for place, (officer,) in enumerate(officers):
                lon, lat = WEST + (place + 0.5) * STEP, SOUTH + STEP / 2
                for minute in range(COUNT):
                    # Twelve minutes at lunch tell nothing; some fixes lie in the next street.
                    at = NOON + timedelta(minutes=minute + (12 if minute >= 25 else 0))
                    owner.execute("INSERT INTO track_fix (officer_id, at, lon, lat)"
                                  " VALUES (%s, %s, %s, %s)", (officer, at, lon, lat))
                    lon += draw.uniform(-1, 1) * STEP / 10
                    lat += draw.uniform(-1, 1) * STEP / 10
        yield Ground(database.name, database.admin_url, database.server_url, ground.hall,
                     ground.street)


def lines(connection, since: datetime, until: datetime) -> dict[tuple[str, int], shapely.Geometry]:
    """What should be drawn: by officer and the second at which a line begins; EPSG:3857."""
    rows = connection.execute(
        "SELECT o.officer_code, extract(epoch FROM f.at)::bigint,"
        " ST_X(g.p), ST_Y(g.p) FROM track_fix AS f JOIN officer AS o ON o.id = f.officer_id,"
        " LATERAL ST_Transform(f.geom, 3857) AS g(p)"
        " WHERE f.at >= %s AND f.at < %s ORDER BY 1, 2", (since, until)).fetchall()
    parts: list[tuple[str, list]] = []
    for code, at, x, y in rows:
        if not parts or parts[-1][0] != code or at - parts[-1][1][-1][0] > 600:
            parts.append((code, []))
        parts[-1][1].append((at, x, y))
    return {(code, part[0][0]): shapely.LineString([place[1:] for place in part])
            for code, part in parts if len(part) > 1}


@pytest.mark.parametrize("who", ["hall", "street"])
@pytest.mark.parametrize("zoom", [14, 15, 16, 17, 18])
def test_every_line_is_there_once_where_it_lies(walked, who, zoom):
    since, until = NOON + timedelta(minutes=5), NOON + timedelta(minutes=50)
    draw, shown = random.Random(zoom), set()
    with walked.seen_by(getattr(walked, who)) as connection:
        wanted = lines(connection, since, until)
        for _ in range(12):
            z, x, y = tile_at(WEST + draw.uniform(0, 4) * STEP,
                              SOUTH + draw.uniform(0, 1) * STEP, zoom)
            found = decoded(connection, "tile_tracks", z, x, y, since, until).get("tracks", [])
            keys = [(one["properties"]["id"], one["properties"]["since"]) for one in found]
            assert len(keys) == len(set(keys))
            here = {key: in_tile(line, z, x, y) for key, line in wanted.items()}
            here = {key: line for key, line in here.items() if not line.is_empty}
            # What is less than a unit long may be gone.
            assert set(keys) <= set(here)
            assert {key for key in here if here[key].length > 2} <= set(keys)
            for key, one in zip(keys, found, strict=True):
                drawn = shapely.geometry.shape(one["geometry"])
                assert shapely.hausdorff_distance(drawn, here[key], densify=0.2) <= 3
                assert drawn.distance(here[key]) <= 1
            shown |= set(keys)
    assert shown <= set(wanted)
    assert {code for code, _ in wanted} == (
        {f"O{street}00100{n}" for street in STREETS for n in (1, 2)} if who == "hall"
        else {f"O{STREETS[0]}00100{n}" for n in (1, 2)})


def test_a_window_is_an_hour_by_default_and_a_day_at_most(walked):
    tile = tile_at(WEST + 0.5 * STEP, SOUTH + STEP / 2, 12)
    with walked.seen_by(walked.hall) as connection:
        def at(*window):
            return {one["properties"]["since"] for one in decoded(
                connection, "tile_tracks", *tile, *window).get("tracks", [])}

        whole = at(NOON, NOON + timedelta(hours=1))
        assert len(whole) == 2
        assert at(None, NOON + timedelta(hours=1)) == whole
        assert at(NOON - timedelta(days=30), NOON + timedelta(hours=1)) == whole
        assert at(NOON - timedelta(days=30), NOON + timedelta(hours=24, minutes=40)) == {
            int((NOON + timedelta(minutes=40)).timestamp())}
        assert at(NOON + timedelta(hours=1), NOON + timedelta(hours=2)) == set()


def test_who_leads_nobody_sees_nobody(walked):
    tile = tile_at(WEST + STEP, SOUTH + STEP / 2, 9)
    with psycopg.connect(walked.server_url) as stranger:
        assert decoded(stranger, "tile_tracks", *tile, NOON, NOON + timedelta(hours=1)) == {}
    with psycopg.connect(walked.admin_url) as owner:
        for role in ("planner", "intake", "officer", "department"):
            account = owner.execute("INSERT INTO account (name, role, whole) VALUES (%s, %s, %s)"
                                    " RETURNING id", (role, role, role == "planner")).fetchone()
            secret = owner.execute("SELECT open_credential(%s, 'token', NULL)", account).fetchone()
            owner.commit()
            with walked.seen_by(secret[0]) as connection:
                window = NOON, NOON + timedelta(hours=1)
                assert lines(connection, *window) == {}
                assert decoded(connection, "tile_tracks", *tile, *window) == {}


def test_a_wall_s_trails_read_fixes_once_before_anything_is_known_of_their_number(walked):
    """A table that was never analysed is taken for small: nothing may go through it again."""
    with psycopg.connect(walked.admin_url, autocommit=True) as owner:
        owner.execute("TRUNCATE track_fix")
        owner.execute("INSERT INTO track_fix (officer_id, at, lon, lat) SELECT id,"
                      " %s + n * interval '1 second', %s, %s"
                      " FROM officer, generate_series(1, 500) AS n", (NOON, WEST, SOUTH))
        assert owner.execute("SELECT reltuples FROM pg_class WHERE relname = 'track_fix'"
                             ).fetchone()[0] <= 0
    with psycopg.connect(walked.server_url) as hall:
        hall.execute("SELECT enter(%s)", (walked.hall,))
        [[[plan]]] = hall.execute(
            b"EXPLAIN (ANALYZE, FORMAT json) " + queries.get("wall_trails"),
            {"minutes": 60, "now": NOON + timedelta(minutes=50)}).fetchall()
    ahead, scans = [plan["Plan"]], []
    while ahead:
        node = ahead.pop()
        ahead += node.get("Plans", [])
        if node.get("CTE Name") == "told":
            scans.append(node["Actual Loops"])
    assert scans == [1, 1]
