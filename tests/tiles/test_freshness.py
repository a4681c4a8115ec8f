"""Which tiles a change touches, against a plain reckoning; and what is kept for how long."""

from __future__ import annotations

import asyncio
import random

import pyproj
import pytest
import shapely

from gis.tile_changes import Box, TileChange
from tests.tiles.test_vector import BUFFER, EXTENT, HALF, tile_at
from tiles.disk import Disk
from tiles.freshness import DEEPEST, Freshness, Touched
from tiles.store import TileKey, TileStore
from tiles.vector import Drawing, TileAddress

pytestmark = pytest.mark.anyio
ZOOMS = range(8, 21)
TO_PLANE = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform


def tile_box(z: int, x: int, y: int, margin: float = BUFFER / EXTENT) -> shapely.Geometry:
    size = 2 * HALF / (1 << z)
    west, north = -HALF + x * size, HALF - y * size
    return shapely.box(west - margin * size, north - (1 + margin) * size,
                       west + (1 + margin) * size, north + margin * size)


def mercator(box: Box) -> shapely.Geometry:
    return shapely.box(*TO_PLANE(box.west, box.south), *TO_PLANE(box.east, box.north))


def test_a_change_touches_the_tiles_that_show_it_and_few_more():
    dice = random.Random(6)
    touched, wrongly, asked = 0, 0, 0
    for number in range(1, 41):
        lon, lat = dice.uniform(100, 130), dice.uniform(-60, 60)
        side = 10 ** dice.uniform(-6, -2)
        box = Box(lon, lat, lon + side, lat + side)
        known = Touched(0)
        known.touch(TileChange(number, "building", boxes=(box,)))
        shape = mercator(box)
        for z in ZOOMS:
            _, column, row = tile_at(lon + dice.uniform(-2, 2) * side, lat, z)
            for x in range(column - 2, column + 3):
                for y in range(row - 2, row + 3):
                    found = known.last(z, x, y) == number
                    shown = tile_box(z, x, y).intersects(shape)
                    assert found or not shown
                    asked += 1
                    touched += shown
                    # From zoom 14 on, where each single building is shown.
                    wrongly += found and not shown and 14 <= z <= DEEPEST
    assert touched > 500
    assert wrongly < asked / 20


def test_zooms_tiles_and_all():
    known = Touched(5)
    assert known.last(3, 1, 1) == 5
    z, x, y = tile_at(120, 30, 16)
    known.touch(TileChange(7, "incident", tiles=((z, x, y),)))
    for up in range(17):
        assert known.last(z - up, x >> up, y >> up) == 7
    assert known.last(18, x * 4 + 3, y * 4) == 7
    assert known.last(16, x + 1, y) == known.last(18, x * 4 + 4, y * 4) == 5
    known.touch(TileChange(8, "area", boxes=(Box(120, 30, 120.01, 30.01),), zooms=(9, 9)))
    assert known.last(*tile_at(120, 30, 9)) == 8
    assert known.last(*tile_at(120, 30, 10)) == known.last(*tile_at(120, 30, 8)) == 7
    known.touch(TileChange(9, "area", everywhere=True))
    assert known.last(0, 0, 0) == known.last(20, 5, 5) == 9


def test_a_large_box_counts_for_all_below():
    known = Touched(0)
    known.touch(TileChange(3, "building", boxes=(Box(100, 20, 130, 40),)))
    assert known.last(*tile_at(115, 30, 18)) == known.last(*tile_at(115, 30, 4)) == 3
    assert known.last(*tile_at(50, 30, 18)) == 0
    assert len(known.marks) + len(known.below) < 300


def test_what_was_touched_is_written_down_and_read():
    known = Freshness(4)
    known.touch(TileChange(6, "building", boxes=(Box(120, 30, 120.001, 30.001),)))
    known.touch(TileChange(7, "incident", tiles=((16, 3, 3),)))
    known.sequence = 9
    again = Freshness.from_told(known.told())
    assert again.told() == known.told()
    assert again.last(("building",), *tile_at(120, 30, 15)) == 6
    assert again.last(("building", "incident"), 17, 6, 7) == 7
    assert again.last(("ground",), 1, 0, 0) == 4


def store_at(sequence: int, tmp_path) -> TileStore:
    store = TileStore(Disk(tmp_path, 0))
    store.begin(Freshness(sequence))
    store.heard()
    return store


KEY = TileKey("hall", TileAddress("buildings", *tile_at(120, 30, 15)))
THERE = TileChange(6, "building", boxes=(Box(120, 30, 120.001, 30.001),))


class Painter:
    """Draws what it is told to, when it is told to, and counts."""

    def __init__(self, share: str = "hall") -> None:
        self.drawn = 0
        self.share = share
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> Drawing:
        self.drawn += 1
        content = b"%d" % self.drawn
        await self.go.wait()
        return Drawing(content, self.share)


async def test_a_tile_is_drawn_once_for_all_who_ask_together(tmp_path):
    store, paint = store_at(5, tmp_path), Painter()
    bodies = await asyncio.gather(*(store.get(KEY, paint) for _ in range(50)))
    assert paint.drawn == 1
    assert {body.tag for body in bodies} == {bodies[0].tag}
    assert await store.get(KEY, paint) is bodies[0]
    assert paint.drawn == 1


async def test_a_tile_drawn_while_something_changed_is_not_kept(tmp_path):
    store, paint = store_at(5, tmp_path), Painter()
    paint.go.clear()
    under_way = asyncio.ensure_future(store.get(KEY, paint))
    while not paint.drawn:
        await asyncio.sleep(0)
    store.touch(THERE)
    store.freshness.sequence = 6
    # Who asks after the change gets none that began before it.
    later = asyncio.ensure_future(store.get(KEY, paint))
    while paint.drawn < 2:
        await asyncio.sleep(0)
    paint.go.set()
    assert (await under_way).content == b"1"
    assert (await later).content == b"2"
    assert (await store.get(KEY, paint)).content == b"2"


async def test_who_asks_and_goes_takes_nobody_along(tmp_path):
    store, paint = store_at(5, tmp_path), Painter()
    paint.go.clear()
    first = asyncio.ensure_future(store.get(KEY, paint))
    second = asyncio.ensure_future(store.get(KEY, paint))
    while not paint.drawn:
        await asyncio.sleep(0)
    first.cancel()
    paint.go.set()
    assert (await second).content == b"1"
    assert paint.drawn == 1


async def test_a_tile_of_another_share_is_kept_for_nobody(tmp_path):
    store, paint = store_at(5, tmp_path), Painter("street")
    await store.get(KEY, paint)
    await store.get(KEY, paint)
    assert paint.drawn == 2
    paint.go.clear()
    waiting = [asyncio.ensure_future(store.get(KEY, paint)) for _ in range(2)]
    while paint.drawn < 3:
        await asyncio.sleep(0)
    paint.go.set()
    assert {(await one).content for one in waiting} == {b"3", b"4"}


async def test_what_went_wrong_for_one_is_not_told_to_others(tmp_path):
    store, paint = store_at(5, tmp_path), Painter()
    go = asyncio.Event()

    async def fails() -> Drawing:
        await go.wait()
        raise PermissionError

    first = asyncio.ensure_future(store.get(KEY, fails))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(store.get(KEY, paint))
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(PermissionError):
        await first
    assert (await second).content == b"1"


async def test_without_word_of_changes_nothing_is_taken_for_granted(tmp_path, monkeypatch):
    store, paint = store_at(5, tmp_path), Painter()
    await store.get(KEY, paint)
    monkeypatch.setattr("tiles.store.DEAF_S", 0.0)
    await store.get(KEY, paint)
    assert paint.drawn == 2


async def test_load_may_be_old_and_unsettled_areas_not(tmp_path, monkeypatch):
    store, paint = store_at(5, tmp_path), Painter()
    key = TileKey("hall", TileAddress("areas", *tile_at(120, 30, 15)))
    await store.get(key, paint)
    store.touch(TileChange(6, "load:base:leaf", boxes=(Box(120, 30, 120.001, 30.001),)))
    await store.get(key, paint)
    assert paint.drawn == 1
    monkeypatch.setattr("tiles.store.LOAD_S", 0.0)
    await store.get(key, paint)
    assert paint.drawn == 2
    monkeypatch.setattr("tiles.store.UNSETTLED_S", 0.0)

    async def unsettled() -> Drawing:
        return (await paint())._replace(settled=False)

    far = TileKey("hall", TileAddress("areas", *tile_at(120, 30, 9)))
    await store.get(far, unsettled)
    await store.get(far, unsettled)
    assert paint.drawn == 4
