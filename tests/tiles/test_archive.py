"""Tiles in one file: what the server draws, for one role, broken off and taken up, and readable."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mapbox_vector_tile
import psycopg
import pyogrio
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader

from gis import tile_layers
from gis.errors import Conflict, InvalidInput, NotFound
from tests.conftest import cloned
from tests.console.conftest import DISTRICT, SOUTH, STEP, STREETS, WEST
from tests.tiles.test_vector import decoded, tile_at
from tiles.archive import Wanted, export
from tiles.archive_file import Partial, contents
from tiles.archive_plan import Tile, digest, plan, range_of

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 22, tzinfo=UTC)


def written(ground, target: Path, **wanted):
    return asyncio.run(export(ground.admin_url, Wanted(at=AT, **wanted), target))


@pytest.fixture(scope="module")
def archive(ground, tmp_path_factory):
    target = tmp_path_factory.mktemp("archive") / "town.pmtiles"
    return target, written(ground, target)


def test_it_holds_the_tiles_that_the_server_draws(ground, archive):
    target, told = archive
    held = dict(contents(target))
    assert told.tiles == len(held) > 40
    assert told.asked < 1.5 * told.tiles
    draw = random.Random(3)
    with ground.seen_by(ground.hall) as connection:
        for z, x, y in draw.sample(sorted(held), 30):
            drawn = connection.execute(
                "SELECT tile_ground(%(z)s, %(x)s, %(y)s) || CASE WHEN %(z)s >= 11 THEN"
                " tile_buildings(%(z)s, %(x)s, %(y)s) ELSE '' END"
                " || tile_areas(%(z)s, %(x)s, %(y)s, 'base', 'leaf', %(at)s)",
                {"z": z, "x": x, "y": y, "at": AT}).fetchone()[0]
            assert held[z, x, y] == drawn


def test_no_tile_with_content_is_missing(ground, archive):
    """Every tile of a generous frame, asked for one by one."""
    held = dict(contents(archive[0]))
    frame = (WEST - STEP, SOUTH - STEP, WEST + 5 * STEP, SOUTH + 2 * STEP)
    with ground.seen_by(ground.hall) as connection:
        for z in range(11, 17):
            west, north, east, south = range_of(frame, z)
            filled = {(z, x, y) for x in range(west, east + 1) for y in range(north, south + 1)
                      if decoded(connection, "tile_areas", z, x, y, "base", "leaf", AT)
                      or decoded(connection, "tile_ground", z, x, y)
                      or decoded(connection, "tile_buildings", z, x, y)}
            assert filled == {place for place in held if place[0] == z}


def test_other_readers_read_it(archive):
    target, told = archive
    with open(target, "rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
        z, x, y = tile_at(WEST + 0.5 * STEP, SOUTH + STEP / 5, 15)
        layers = mapbox_vector_tile.decode(gzip.decompress(reader.get(z, x, y)))
    assert header["addressed_tiles_count"] == told.tiles
    assert header["clustered"]
    assert (header["min_zoom"], header["max_zoom"]) == (8, 16)
    described = {one["id"] for one in metadata["vector_layers"]}
    assert described == {"ground", "roads", "buildings", "areas"}
    assert set(layers) == described - {"roads"}
    assert metadata["as_of"] == AT.isoformat()
    assert {name for name, _ in pyogrio.list_layers(target)} == described
    areas = pyogrio.read_dataframe(target, layer="areas", ZOOM_LEVEL=15)
    assert set(areas["code"]) == {f"{street}00100{n}" for street in STREETS for n in (1, 2)}
    town = shapely.box(WEST, SOUTH, WEST + 4 * STEP, SOUTH + STEP)
    whole = areas.to_crs("EPSG:4490").dissolve().geometry.iloc[0].intersection(town.buffer(STEP))
    # Tiles show a little of their neighbours' ground; together they are the town.
    assert whole.symmetric_difference(town).area / town.area < 0.001


def test_the_same_data_give_the_same_bytes(ground, archive, tmp_path):
    written(ground, tmp_path / "again.pmtiles")
    assert (tmp_path / "again.pmtiles").read_bytes() == archive[0].read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["again.pmtiles"]


def test_a_role_gets_its_own_share(ground, tmp_path):
    target = tmp_path / "street.pmtiles"
    written(ground, target, role="street", area=STREETS[0], layers=("buildings", "areas"),
            min_zoom=14, max_zoom=15)
    codes, buildings = set(), set()
    for _, content in contents(target):
        for name, layer in mapbox_vector_tile.decode(content).items():
            told = {one["properties"]["code"] for one in layer["features"]}
            codes |= told if name == "areas" else set()
            buildings |= told if name == "buildings" else set()
    assert codes == {f"{STREETS[0]}00100{n}" for n in (1, 2)}
    assert {code[0] for code in buildings} == {"0", "1"}
    with psycopg.connect(ground.admin_url) as owner:
        assert owner.execute("SELECT count(*) FROM account WHERE name LIKE 'archive%'"
                             ).fetchone() == (0,)
        # What leaves as a file stands in the log.
        assert owner.execute("SELECT detail ->> 'role', detail ->> 'area' FROM audit WHERE action"
                             " = 'export' AND subject = 'tiles:street.pmtiles'").fetchall() == [
            ("street", STREETS[0])]


def test_what_is_handled_now_and_tables_of_one_s_own(cluster, ground, tmp_path):
    target = tmp_path / "now.pmtiles"
    with cloned(cluster, ground.name) as database:
        with psycopg.connect(database.admin_url) as owner:
            owner.execute(
                "INSERT INTO track_fix (officer_id, at, lon, lat)"
                " SELECT o.id, %(at)s - m * interval '1 minute', %(lon)s + m * 0.0003, %(lat)s"
                " FROM officer AS o, generate_series(1, 90) AS m WHERE o.officer_code LIKE '%%1'",
                {"at": AT, "lon": WEST, "lat": SOUTH + STEP / 3})
            for days in (1, -1):
                owner.execute(
                    "INSERT INTO report (channel, category_code, text, lon, lat, received_at)"
                    " VALUES ('resident', 'urban', '井盖', %s, %s, %s)",
                    (WEST + STEP / 2, SOUTH + STEP / 2, AT - timedelta(days=days)))
            owner.execute("CREATE SCHEMA works; CREATE TABLE works.valves ("
                          " id bigint, place geometry(Point, 4490));"
                          " CREATE INDEX ON works.valves USING gist (place)")
            owner.execute("INSERT INTO works.valves SELECT n, ST_SetSRID(ST_MakePoint("
                          " %s + n * 0.001, %s), 4490) FROM generate_series(1, 30) AS n",
                          (WEST, SOUTH + STEP / 4))
        tile_layers.register(database.admin_url, tile_layers.NewTileLayer(
            "valves", "Valves", "works.valves", "place", "id", (), ("hall",)))
        wanted = Wanted(("incidents", "tracks", "custom:valves"), min_zoom=13, max_zoom=16, at=AT)
        told = asyncio.run(export(database.admin_url, wanted, target))
        held: dict[str, set] = {}
        for _, content in contents(target):
            for name, layer in mapbox_vector_tile.decode(content).items():
                held.setdefault(name, set()).update(
                    one["properties"].get("since", one["properties"].get("count", one.get("id")))
                    for one in layer["features"])
    assert told.tiles > 10
    # One matter was open then; the other came later.
    assert held["incidents"] == {1}
    assert held["valves"] == set(range(1, 31))
    # The hour before that moment.
    assert held["tracks"] == {int((AT - timedelta(hours=1)).timestamp())}


@pytest.mark.parametrize("wrong, error", [
    ({"layers": ("nothing",)}, NotFound), ({"layers": ()}, InvalidInput),
    ({"layers": ("areas", "areas")}, InvalidInput), ({"min_zoom": 12, "max_zoom": 9}, InvalidInput),
    ({"bounds": (3.0, 1.0, 2.0, 4.0)}, InvalidInput), ({"role": "admin"}, InvalidInput),
    ({"role": "street"}, InvalidInput), ({"area": "nowhere"}, NotFound),
    ({"bounds": (10.0, 10.0, 11.0, 11.0)}, NotFound), ({"level": "galaxy"}, InvalidInput)])
def test_what_can_not_be_is_said_and_nothing_is_left_in_its_place(ground, tmp_path, wrong, error):
    with pytest.raises(error):
        written(ground, tmp_path / "x.pmtiles", **wrong)
    assert not (tmp_path / "x.pmtiles").exists()


def test_two_do_not_write_the_same_file(ground, tmp_path):
    with Partial(tmp_path / "x.pmtiles"), pytest.raises(Conflict, match="another process"):
        written(ground, tmp_path / "x.pmtiles")


KILLED = """
import asyncio, os, signal, sys
from datetime import datetime
from pathlib import Path
from tiles import archive, archive_file
url, target, after = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
add = archive_file.Partial.add
def dying(self, tile_id, content):
    add(self, tile_id, content)
    if self.done == after:
        # Part of what was written is still in this process's buffers, and dies with it.
        os.kill(os.getpid(), signal.SIGKILL)
archive_file.Partial.add = dying
asyncio.run(archive.export(url, archive.Wanted(at=datetime.fromisoformat(sys.argv[4])), target))
"""


def test_killed_it_goes_on_where_it_was(ground, archive, tmp_path):
    target = tmp_path / "x.pmtiles"
    run = subprocess.run(
        [sys.executable, "-c", KILLED, ground.admin_url, str(target), "30", AT.isoformat()],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert run.returncode == -signal.SIGKILL
    part, journal = tmp_path / "x.pmtiles.part", tmp_path / "x.pmtiles.journal"
    assert set(tmp_path.iterdir()) == {part, journal}
    # As a power cut may leave it besides: half a record, and bytes of no tile.
    with open(journal, "ab") as file:
        file.write(b"half a record")
    with open(part, "ab") as file:
        file.write(b"\0" * 777)
    told = written(ground, target)
    assert 16 <= told.resumed < 30
    assert target.read_bytes() == archive[0].read_bytes()
    assert list(tmp_path.iterdir()) == [target]


def test_damaged_bytes_are_drawn_again(ground, archive, tmp_path):
    target = tmp_path / "x.pmtiles"
    subprocess.run(
        [sys.executable, "-c", KILLED, ground.admin_url, str(target), "40", AT.isoformat()],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    part = tmp_path / "x.pmtiles.part"
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 0xFF
    part.write_bytes(content)
    told = written(ground, target)
    assert 0 < told.resumed < 32
    assert target.read_bytes() == archive[0].read_bytes()


def test_what_has_changed_meanwhile_is_begun_anew(ground, tmp_path):
    target = tmp_path / "x.pmtiles"
    wanted = Wanted(at=AT, max_zoom=12)
    with Partial(target) as partial:
        partial.begin({"asked": {"versions": "others"}, "at": AT.isoformat()})
        partial.add(1, b"what was")
    told = asyncio.run(export(ground.admin_url, wanted, target))
    assert told.resumed == 0
    assert "begun anew" in told.notes[0]
    assert b"what was" not in target.read_bytes()


def test_a_plan_is_of_the_tiles_that_rows_meet_with_their_margin():
    # One tile of zoom 4, and the last one in its row.
    tiles = plan([(5, 5, 5, 5), (15, 2, 15, 2)], 4, 2, 4)
    assert [(tile.z, tile.x, tile.y) for tile in tiles if tile.z == 2] == [(2, 1, 1), (2, 3, 0)]
    at_four = {(tile.x, tile.y) for tile in tiles if tile.z == 4}
    assert at_four == {(x, y) for x in (4, 5, 6) for y in (4, 5, 6)} | {
        (x, y) for x in (14, 15) for y in (1, 2, 3)}
    assert [tile.id for tile in tiles] == sorted(tile.id for tile in tiles)
    assert plan([], 4, 2, 4) == []
    inside = plan([(0, 0, 15, 15)], 4, 0, 4, (0.0, 0.0, 90.0, 60.0))
    assert {(tile.x, tile.y) for tile in inside if tile.z == 1} == {(1, 0), (1, 1)}
    with pytest.raises(InvalidInput, match="tiles"):
        plan([(0, 0, 4_000_000, 4_000_000)], 22, 22, 22)


def test_equal_plans_have_equal_digests():
    tiles = plan([(5, 5, 5, 5)], 4, 2, 4)
    assert digest(tiles) == digest(list(tiles)) != digest(tiles[:-1])
    assert digest([Tile(1, 0, 0, 0)]) == digest([Tile(1, 9, 9, 9)])


def test_the_command(ground, tmp_path, monkeypatch, capsys):
    from console.cli import main

    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", ground.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", ground.admin_url)
    target = tmp_path / "x.pmtiles"
    asked = ["tiles", "export", str(target), "--layers", "areas, ground", "--max-zoom", "13",
             "--bbox", f"{WEST},{SOUTH},{WEST + STEP},{SOUTH + STEP}", "--area", DISTRICT]
    assert main([*asked, "--json"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["bytes"] == target.stat().st_size
    assert told["tiles"] == len(list(contents(target))) > 0
    assert "tiles" in captured.err
    assert main(asked) == 0
    assert "tiles" in capsys.readouterr().out
    assert main([*asked[:3], "--bbox", "1,2,3"]) != 0
