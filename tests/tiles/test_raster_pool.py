"""The processes that draw: little is read of much, and none of them holds up the server."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from gis.errors import BadFile, Overloaded
from tests.tiles.rasters import NORTH, WEST, order, pixels, tile_at, write
from tiles.raster_files import examine
from tiles.raster_pool import RasterPool

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:Use `@` matmul:PendingDeprecationWarning")]
SIDE = 65_536
TILE = tile_at(WEST + 0.005, NORTH - 0.005, 14)


@pytest.fixture(scope="module")
async def pool():
    """Two processes, for all tests here."""
    pool = RasterPool()
    yield pool
    await pool.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("small") / "a.tif", np.full((3, 100, 100), 90, "uint8"))


def huge(path: Path) -> Path:
    """4 GB of one-metre pixels, of which one block is written: the rest is a hole on disk."""
    with rasterio.open(
            path, "w", driver="GTiff", count=1, height=SIDE, width=SIDE, dtype="uint8",
            crs="EPSG:3857", tiled=True, blockxsize=512, blockysize=512, bigtiff="YES",
            transform=Affine(1, 0, 13_358_338, 0, -1, 3_535_000)) as file:
        file.write(np.full((1, 512, 512), 200, "uint8"), window=Window(SIDE // 2, SIDE // 2,
                                                                       512, 512))
    return path


def read_by(process_id: int) -> tuple[int, int]:
    """Bytes that a process has read, and its largest memory so far."""
    read = Path(f"/proc/{process_id}/io").read_text().split("rchar:")[1].split()[0]
    memory = Path(f"/proc/{process_id}/status").read_text().split("VmHWM:")[1].split()[0]
    return int(read), int(memory) * 1024


async def test_of_four_gigabytes_a_tile_reads_its_own(pool, tmp_path):
    path = huge(tmp_path / "huge.tif")
    assert path.stat().st_size > 4 * 2**30
    file = examine(path)
    assert (file.min_zoom, file.max_zoom) == (14, 17)
    lon, lat = (np.degrees((13_358_338 + SIDE / 2 + 256) / 6378137),
                np.degrees(np.arctan(np.sinh((3_535_000 - SIDE / 2 - 256) / 6378137))))
    seen = []
    for zoom in (17, 15, 14):
        wanted = order(path, tile_at(lon, lat, zoom))
        await asyncio.gather(*(pool.draw(wanted) for _ in range(2)))
        before, started = [read_by(one)[0] for one in pool.process_ids], time.monotonic()
        picture = pixels(await pool.draw(wanted))
        lasted, after = time.monotonic() - started, [read_by(one) for one in pool.process_ids]
        seen.append((sum(read for read, _ in after) - sum(before),
                     max(memory for _, memory in after), lasted))
        assert picture[..., 0].max() == 200
    print("bytes read, bytes of memory, seconds:", seen)
    assert max(read for read, _, _ in seen) < 12_000_000
    assert max(memory for _, memory, _ in seen) < 400_000_000


async def test_the_loop_goes_on_while_rasters_are_drawn(pool, small):
    loop, late, wanted = asyncio.get_running_loop(), [], order(small, TILE)

    def tick(due: float) -> None:
        late.append(loop.time() - due)
        again[0] = loop.call_later(0.01, tick, loop.time() + 0.01)

    again = [loop.call_soon(tick, loop.time())]
    drawn = await asyncio.gather(*(pool.draw(wanted) for _ in range(20)))
    again[0].cancel()
    assert len(set(drawn)) == 1
    assert len(pool.process_ids) == 2
    assert max(late) < 0.5


async def test_what_takes_too_long_is_ended_and_the_next_is_drawn(pool, small):
    wanted = order(small, TILE)
    await asyncio.gather(*(pool.draw(wanted) for _ in range(2)))
    before = pool.process_ids
    for process_id in before:
        os.kill(process_id, signal.SIGSTOP)
    pool._time_s = 0.2
    try:
        with pytest.raises(Overloaded, match="too long"):
            await pool.draw(wanted)
    finally:
        pool._time_s = 30.0
        for process_id in set(before) & set(pool.process_ids):
            os.kill(process_id, signal.SIGCONT)
    assert len(pool.process_ids) == 1
    assert pixels(await pool.draw(wanted))[..., 3].max() == 255


async def test_a_file_that_ends_the_process_takes_nothing_else_along(pool, small):
    wanted = order(small, TILE)
    await asyncio.gather(*(pool.draw(wanted) for _ in range(2)))
    waiting = [asyncio.ensure_future(pool.draw(wanted)) for _ in range(6)]
    await asyncio.sleep(0)
    os.kill(pool.process_ids[0], signal.SIGKILL)
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers].count(BadFile) <= 1
    assert [type(answer) for answer in answers].count(bytes) >= 5
    assert await pool.draw(wanted)


async def test_more_than_can_wait_are_refused_at_once(pool, small):
    few = RasterPool(at_once=1, most_waiting=1)
    few._idle, few._alive = pool._idle, pool._alive
    wanted = order(small, TILE)
    answers = await asyncio.gather(*(few.draw(wanted) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, Overloaded) for answer in answers) == 3


async def test_faults_come_back_in_words(pool, tmp_path):
    gone = order(write(tmp_path / "a.tif", np.zeros((1, 10, 10), "uint8")), TILE)
    (tmp_path / "a.tif").unlink()
    with pytest.raises(BadFile, match="gone") as fault:
        await pool.draw(gone)
    assert str(tmp_path) not in fault.value.message
