"""Tiles as they are served: which change with what, and what an answer costs the database."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
import mapbox_vector_tile
import psycopg
import pytest

from console import following
from console.events import Position
from console.server import create_app
from gis.accounts import issue_token
from gis.generalise import generalise_due
from gis.origin import ORIGIN
from gis.settings import Settings
from tests.conftest import Database, cloned
from tests.console.conftest import SOUTH, STEP, STREETS, WEST, report, serving
from tests.console.test_live import stream
from tests.console.town import build_town
from tests.tiles.conftest import add_buildings
from tests.tiles.test_vector import tile_at
from tiles import vector

pytestmark = pytest.mark.anyio
ZOOMS = range(8, 19)
# Most of a grid.
CORNERS = (WEST + 0.003, SOUTH + 0.001, WEST + 0.0075, SOUTH + 0.003)
LAYERS = ("areas", "buildings", "ground", "addresses", "incidents")
Address = tuple[str, int, int, int]


def all_tiles() -> list[Address]:
    """Every tile of the zooms over the corner of the town, of every layer."""
    found = []
    for z in ZOOMS:
        _, west, north = tile_at(CORNERS[0], CORNERS[3], z)
        _, east, south = tile_at(CORNERS[2], CORNERS[1], z)
        found += [(layer, z, x, y) for layer in LAYERS for x in range(west, east + 1)
                  for y in range(north, south + 1) if z >= 14 or layer != "addresses"]
    return found


def path_of(tile: Address) -> str:
    return "/tiles/{}/{}/{}/{}.mvt".format(*tile) + ("?level=grid" if tile[0] == "areas" else "")


@dataclass
class City:
    """Server processes over one database, and what they were asked."""

    database: Database
    home: Path
    hall: str
    drawn: Counter = field(default_factory=Counter)

    def settings(self) -> Settings:
        return Settings(
            home=self.home, database_url=self.database.server_url,
            admin_database_url=self.database.admin_url, tick_s=5.0,
            secret="a secret of this test alone, long enough")

    def run(self, statement: str, *values: object) -> object:
        """As the owner; the first value of the first row."""
        with psycopg.connect(self.database.admin_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchone()[0] if cursor.description else None


@dataclass
class Served:
    """One server process."""

    city: City
    app: object
    client: httpx.AsyncClient
    url: str

    async def hears(self) -> None:
        """Until all that was committed is numbered and read."""
        state = self.app.inner.state
        while self.city.run("SELECT sequence_events() IS NULL OR EXISTS"
                            " (SELECT FROM event_pending)"):
            await asyncio.sleep(0)
        with psycopg.connect(self.city.database.admin_url) as connection:
            head = connection.execute("SELECT epoch, sequence FROM event_head").fetchone()
        await state.following.follow(Position(*head))

    async def ask(self, tile: Address, **headers: str) -> httpx.Response:
        answer = await self.client.get(path_of(tile), headers=headers)
        assert answer.status_code in (200, 204, 304), answer.text
        return answer

    async def tags(self) -> dict[Address, tuple[str, bytes]]:
        """Tag and content of every tile."""
        found = {}
        for tile in all_tiles():
            answer = await self.ask(tile)
            found[tile] = (answer.headers["etag"], answer.content)
        return found

    async def changed(self, before: dict[Address, tuple[str, bytes]]) -> set[Address]:
        """The tiles that are not what they were, asked for as a browser asks."""
        found = set()
        for tile, (tag, _) in before.items():
            answer = await self.ask(tile, **{"If-None-Match": tag})
            if answer.headers["etag"] != tag:
                found.add(tile)
                before[tile] = (answer.headers["etag"], answer.content)
        return found


async def serve(city: City) -> AsyncIterator[Served]:
    app = create_app(city.settings())
    async with serving(app) as url, httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=url, timeout=20,
            headers={"Authorization": f"Bearer {city.hall}"}) as client:
        served = Served(city, app, client, url)
        await served.hears()
        yield served


@pytest.fixture(scope="module")
async def city(cluster, template, tmp_path_factory) -> AsyncIterator[City]:
    """A town with buildings, addresses and matters; drawings are counted by address."""
    with cloned(cluster, template) as database, pytest.MonkeyPatch.context() as patched:
        build_town(database.admin_url)
        add_buildings(database.admin_url)
        made = City(database, tmp_path_factory.mktemp("home"),
                    issue_token(database.admin_url, "hall"))
        made.run("INSERT INTO address (house_code, text, geom) SELECT 'H' || n, '竹里巷' || n,"
                 " ST_SetSRID(ST_MakePoint(%s + 0.0007 * n, %s + 0.0004 * n), 4490)"
                 " FROM generate_series(1, 9) AS n", WEST, SOUTH)
        made.run("INSERT INTO report (text, category_code, channel, lon, lat)"
                 " SELECT 'n' || n, 'urban', 'import', %s + 0.0008 * n, %s + 0.0003 * n"
                 " FROM generate_series(1, 9) AS n", WEST, SOUTH)
        def counting(draw):
            async def counted(connection, address, *who):
                made.drawn[address.layer] += 1
                return await draw(connection, address, *who)
            return counted

        for name in ("draw", "draw_entering"):
            patched.setattr(vector, name, counting(getattr(vector, name)))
        yield made


@pytest.fixture(scope="module")
async def served(city) -> AsyncIterator[Served]:
    """A server whose areas are generalised."""
    async for one in serve(city):
        await generalise_due(one.app.inner.state.database)
        await one.hears()
        yield one


def showing(tiles: dict[Address, tuple[str, bytes]], layer: str, name: str, wanted: object,
            ) -> set[Address]:
    """Which tiles of a layer hold a feature with this property."""
    found = set()
    for tile, (_, content) in tiles.items():
        if tile[0] == layer and content:
            features = [one for each in mapbox_vector_tile.decode(content).values()
                        for one in each["features"]]
            if any(one["properties"].get(name) == wanted for one in features):
                found.add(tile)
    return found


async def edited(served: Served, before: dict, *statements: tuple) -> tuple[set[Address], Counter]:
    """What other tiles there are after statements, and how many of each layer were drawn."""
    for statement, *values in statements:
        served.city.run(statement, *values)
    await served.hears()
    await generalise_due(served.app.inner.state.database)
    await served.hears()
    served.city.drawn.clear()
    changed = await served.changed(before)
    return changed, Counter(served.city.drawn)


@pytest.fixture(scope="module")
async def tiles(served, city) -> dict[Address, tuple[str, bytes]]:
    """Every tile, as it is now; `changed` keeps it so."""
    return await served.tags()


async def test_nothing_changed_nothing_is_drawn(served, tiles):
    served.city.drawn.clear()
    assert await served.changed(tiles) == set()
    assert not served.city.drawn
    assert len(tiles) > 150


@pytest.mark.parametrize("layer, table, key, code", [
    ("buildings", "building", "building_code", "0-5"), ("addresses", "address", "house_code", "H5"),
])
async def test_an_edit_changes_exactly_the_tiles_that_show_it(
        served, tiles, layer, table, key, code):
    column = "name" if table == "building" else "text"
    shown = showing(tiles, layer, "code", code)
    changed, drawn = await edited(
        served, tiles, (f"UPDATE {table} SET {column} = '新' WHERE {key} = %s", code))
    assert changed == shown == showing(tiles, layer, "code", code)
    assert {z for _, z, _, _ in shown} >= set(range(14, 19))
    assert drawn[layer] < 3 * len(changed) + 15
    assert set(drawn) <= {layer}


async def test_a_building_that_moves_changes_where_it_was_and_where_it_is(served, tiles):
    old = showing(tiles, "buildings", "code", "0-6")
    changed, drawn = await edited(
        served, tiles, ("UPDATE building SET geom = ST_Translate(geom, 0.0021, 0)"
                        " WHERE building_code = '0-6'",))
    new = showing(tiles, "buildings", "code", "0-6")
    assert old - new
    assert new - old
    exact = {tile for tile in changed if tile[1] >= 14}
    assert exact == {tile for tile in old | new if tile[1] >= 14}
    assert {tile[0] for tile in changed} == {"buildings"}
    assert drawn["buildings"] < 2 * len(old | new) + 20


async def test_ground_changes_where_it_lies(served, tiles):
    shown = showing(tiles, "ground", "name", "竹里巷")
    changed, drawn = await edited(
        served, tiles, ("UPDATE ground SET name = '新巷' WHERE name = '竹里巷'",))
    assert changed == shown == showing(tiles, "ground", "name", "新巷")
    assert set(drawn) == {"ground"}


async def test_an_area_s_new_name_and_new_border(served, tiles):
    code = f"{STREETS[0]}001001"
    shown = showing(tiles, "areas", "code", code)
    changed, _ = await edited(served, tiles, ("UPDATE area SET name = '新' WHERE code = %s", code))
    assert changed == shown
    kept = {tile: tag for tile, (tag, _) in tiles.items()}
    # A notch of some ten metres at the grid's western edge, far from the others.
    changed, _ = await edited(
        served, tiles, ("UPDATE area SET geom = ST_Multi(ST_Difference(geom, ST_MakeEnvelope("
                        "%s, %s, %s, %s, 4490))) WHERE code = %s", WEST, SOUTH + 0.0011,
                        WEST + 0.0001, SOUTH + 0.0012, code))
    assert changed <= shown
    assert all(tag == kept[tile] for tile, (tag, _) in tiles.items() if tile not in changed)
    west_of = tile_at(WEST + 0.0001, SOUTH + 0.0011, 18)
    near = {("areas", 18, x, y) for x in range(west_of[1] - 1, west_of[1] + 2)
            for y in range(west_of[2] - 1, west_of[2] + 2)}
    assert {tile for tile in changed if tile[1] == 18} <= near


async def test_a_matter_changes_where_it_is_and_the_load_of_its_areas(
        served, tiles, monkeypatch):
    monkeypatch.setattr("tiles.store.LOAD_S", 0.0)
    await served.changed(tiles)
    place = {"lon": WEST + 0.0052, "lat": SOUTH + 0.0022}
    intake = served.city.run("SELECT 1") and issue_token(served.city.database.admin_url, "intake")
    answer = await served.client.post("/api/reports", json=report(**place),
                                      headers={"Authorization": f"Bearer {intake}"})
    number = answer.json()["incident"]["id"]
    changed, drawn = await edited(served, tiles)
    at = {("incidents", *tile_at(place["lon"], place["lat"], z)) for z in ZOOMS}
    grid = showing(tiles, "areas", "code", f"{STREETS[0]}001001")
    assert changed == at | grid
    assert {tile for tile in at if tile[1] >= 14} == showing(tiles, "incidents", "id", number)
    # Told no more exactly than a tile of zoom 16: those of 17 and 18 in it are looked at.
    assert drawn["incidents"] <= len(at) + 4 + 16
    changed, _ = await edited(served, tiles, (
        "UPDATE incident SET geom = ST_SetSRID(ST_MakePoint(%s, %s), 4490) WHERE id = %s",
        place["lon"] + 0.0021, place["lat"], number), (
        "SELECT tell_incident(i) FROM incident AS i WHERE i.id = %s", number))
    moved = {("incidents", *tile_at(place["lon"] + 0.0021, place["lat"], z)) for z in ZOOMS}
    assert {tile for tile in changed if tile[0] == "incidents" and tile[1] >= 14} == {
        tile for tile in at ^ moved if tile[1] >= 14} | {
        tile for tile in at & moved if tile[1] >= 14}


async def test_a_load_of_thousands_is_one_event(served, city):
    await served.hears()
    before = city.run("SELECT sequence FROM event_head")
    city.run("INSERT INTO building (building_code, geom) SELECT 'many' || n, ST_Multi("
             "ST_MakeEnvelope(x, 31, x + 0.0001, 31.0001, 4490)) FROM generate_series(1, 3000) n,"
             " LATERAL (SELECT 121 + n * 0.0002 AS x) AS place")
    await served.hears()
    told = city.run("SELECT json_agg(payload) FROM event WHERE sequence > %s", before)
    [one] = [json.loads(payload) for payload in told]
    assert one["source"] == "building"
    [box] = one["boxes"]
    assert box == pytest.approx([121.0002, 31, 121.6001, 31.0001])
    before = city.run("SELECT sequence FROM event_head")
    city.run("DO $$ BEGIN FOR n IN 1..1000 LOOP DELETE FROM building"
             " WHERE building_code = 'many' || n; END LOOP; END $$")
    await served.hears()
    told = city.run("SELECT json_agg(payload) FROM event WHERE sequence > %s", before)
    assert len(told) == 201
    assert json.loads(told[-1]) == {"source": "building", "all": True}
    city.run("DELETE FROM building WHERE building_code LIKE 'many%%'")
    await served.hears()


async def test_a_304_asks_the_database_nothing(served, tiles, monkeypatch):
    await served.changed(tiles)
    asked: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noted(cursor, query, *values, **options):
        # What is done for a request knows from where it came; the keepers' own work does not.
        if ORIGIN.get() is not None:
            asked.append(str(query))
        return await execute(cursor, query, *values, **options)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    some = [tile for tile in tiles if tiles[tile][1]][::7]
    for tile in some:
        answer = await served.ask(tile, **{"If-None-Match": tiles[tile][0]})
        assert answer.status_code == 304
        assert answer.content == b""
        assert answer.headers["cache-control"].startswith("private")
        assert {"Cookie", "Authorization"} <= set(answer.headers["vary"].split(", "))
    assert asked == []
    await served.client.get("/api/wall/areas?level=grid")
    assert asked


async def test_many_together_are_one_drawing(served, city):
    tile = ("buildings", *tile_at(WEST + STEP * 3.5, SOUTH + STEP / 2, 16))
    city.drawn.clear()
    answers = await asyncio.gather(*(served.ask(tile) for _ in range(20)))
    assert city.drawn == {"buildings": 1}
    assert len({answer.headers["etag"] for answer in answers}) == 1


async def test_who_has_lost_access_or_ground_is_not_served_from_memory(served, city):
    tile = ("buildings", *tile_at(WEST + STEP / 2, SOUTH + STEP / 5, 15))
    token = issue_token(city.database.admin_url, "street", STREETS[0])
    headers = {"Authorization": f"Bearer {token}"}
    whole = await served.ask(tile)
    own = await served.ask(tile, **headers)
    assert own.status_code == 200
    account = city.run("SELECT account_id FROM credential ORDER BY id DESC LIMIT 1")
    city.run("UPDATE account_area SET area_identity_id ="
             " (SELECT id FROM area_identity WHERE code = %s) WHERE account_id = %s",
             STREETS[1], account)
    await served.hears()
    moved = await served.ask(tile, **headers, **{"If-None-Match": own.headers["etag"]})
    assert moved.headers["etag"] not in (own.headers["etag"], whole.headers["etag"])
    city.run("UPDATE credential SET revoked_at = clock_timestamp() WHERE account_id = %s", account)
    await served.hears()
    gone = await served.client.get(path_of(tile), headers=headers)
    assert gone.status_code == 401


async def test_what_servers_tell_each_other_no_wall_hears(served, city):
    street = issue_token(city.database.admin_url, "street", STREETS[0])
    for token in (city.hall, street):
        async with httpx.AsyncClient(
                base_url=served.url, headers={"Authorization": f"Bearer {token}"}) as client, \
                stream(client) as reader:
            assert (await reader.next())["event"] == "ready"
            city.run("UPDATE building SET floors = floors + 1 WHERE building_code = '0-1'")
            city.run("UPDATE account SET must_change = NOT must_change WHERE name = 'wang'")
            city.run("INSERT INTO report (text, category_code, channel, lon, lat)"
                     " VALUES ('x', 'urban', 'import', %s, %s)", WEST + 0.005, SOUTH + 0.005)
            assert (await reader.next())["event"] == "incident"


async def test_walls_are_told_of_what_was_built_but_seldom(served, city, monkeypatch):
    monkeypatch.setattr(following, "TELL_AFTER_S", 0.0)
    told: list[float] = []
    tell = served.app.inner.state.following._tell_tiles

    def noted() -> None:
        told.append(time.monotonic())
        tell()

    monkeypatch.setattr(served.app.inner.state.following, "_tell_tiles", noted)
    monkeypatch.setattr(served.app.inner.state.following, "_told_at", float("-inf"))
    monkeypatch.setattr(served.app.inner.state.following, "_tell_at", None)
    monkeypatch.setattr(following, "TELL_EVERY_S", 1.0)
    async with httpx.AsyncClient(
            base_url=served.url, headers={"Authorization": f"Bearer {city.hall}"}) as client, \
            stream(client) as reader:
        assert (await reader.next())["event"] == "ready"
        for _ in range(2):
            for _ in range(5):
                city.run("UPDATE building SET floors = floors + 1 WHERE building_code = '0-1'")
            await reader.until_notice("tiles")
    assert len(told) >= 2
    assert all(after - before >= 1.0 for before, after in pairwise(told))


async def test_another_process_and_a_restart(served, city, tiles):
    await served.changed(tiles)
    await served.app.inner.state.tiles.close()
    shown = showing(tiles, "buildings", "code", "0-7")
    buildings = {tile: kept for tile, kept in tiles.items() if tile[0] == "buildings"}
    async for other in serve(city):
        # What one has drawn the other reads; what is empty it draws.
        city.drawn.clear()
        assert await other.changed(dict(buildings)) == set()
        assert city.drawn["buildings"] <= sum(not kept[1] for kept in buildings.values())
        city.run("UPDATE building SET name = '又新' WHERE building_code = '0-7'")
        await other.hears()
        await served.hears()
        assert await served.changed(dict(buildings)) == shown
        assert await other.changed(buildings) == shown
    # It is gone; meanwhile something changes, and the next one goes on where it stopped.
    city.run("UPDATE building SET name = '再新' WHERE building_code = '0-7'")
    async for later in serve(city):
        city.drawn.clear()
        assert await later.changed(buildings) == shown
        assert city.drawn["buildings"] <= 3 * len(shown) + 15 + sum(
            not kept[1] for kept in buildings.values())


async def test_a_restored_database_begins_anew(served, city):
    tile = ("buildings", *tile_at(WEST + 0.003, SOUTH + 0.0015, 15))
    await served.ask(tile)
    city.drawn.clear()
    await served.ask(tile)
    assert not city.drawn
    city.run("SELECT new_epoch()")
    await served.hears()
    await served.ask(tile)
    assert city.drawn == {"buildings": 1}
    [folder] = list((city.home / "tiles").iterdir())
    assert folder.name == served.app.inner.state.tiles.disk._folder.name
