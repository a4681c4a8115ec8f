"""Rasters over HTTP: who sees which, what a tile answers, and what its entity tag tells."""

from __future__ import annotations

import io
import json
import os

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from console.cli import cli
from gis import rasters
from tests.console.conftest import SOUTH, STEP, STREETS, WEST
from tests.tiles.rasters import tile_at, write
from tiles.raster_files import default_style, examine, zooms_of

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:Use `@` matmul:PendingDeprecationWarning")]
TILE = tile_at(WEST + 0.005, SOUTH + 0.005, 13)
ADDRESS = "/tiles/raster/{}/{}/{}/{}.png"


def add(town, name: str, path, draw: str | None = None, **told: object) -> None:
    file = examine(path)
    low, high = zooms_of([file])
    rasters.add(town.admin_url, rasters.NewRaster(
        name, f"图 {name}", default_style([file], draw).as_json(), [(file.path, file.bounds)],
        low, high, **told))


@pytest.fixture(scope="module")
async def ground(shared_town, tmp_path_factory):
    """A picture for all, one of the second street, one for planners, and heights."""
    folder = tmp_path_factory.mktemp("rasters")
    from affine import Affine

    place = Affine(0.0001, 0, WEST, 0, -0.0001, SOUTH + STEP)
    picture = write(folder / "a.tif", np.full((3, 200, 200), 90, "uint8"), transform=place)
    heights = write(folder / "b.tif", np.full((1, 200, 200), 12.5, "float32"), transform=place)
    add(shared_town, "ortho", picture)
    add(shared_town, "second", picture, area=STREETS[1])
    add(shared_town, "plans", picture, roles=["planner"])
    add(shared_town, "heights", heights, "hillshade")
    shared_town.picture = picture
    return shared_town


async def test_each_sees_what_is_theirs(ground):
    seen = {}
    for role, area in (("hall", None), ("planner", STREETS[1]), ("street", STREETS[0]),
                       ("street", STREETS[1]), ("admin", None)):
        told = (await ground.client(ground.token(role, area)).get("/api/rasters")).json()
        seen[role, area] = {row["name"] for row in told}
        assert not any(str(ground.picture.parent) in str(row) for row in told)
    everybody = {"ortho", "heights"}
    assert seen == {
        ("hall", None): everybody | {"second"}, ("street", STREETS[0]): everybody,
        ("street", STREETS[1]): everybody | {"second"},
        ("planner", STREETS[1]): everybody | {"second", "plans"},
        ("admin", None): everybody | {"second", "plans"}}


async def test_anothers_raster_looks_like_none(ground):
    client = ground.client(ground.token("street", STREETS[0]))
    for address in (ADDRESS.format("{}", *TILE), "/tiles/raster/{}/tilejson.json"):
        answers = [await client.get(address.format(name)) for name in ("second", "absent")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json()["detail"].replace("second", "absent") == answers[1].json()[
            "detail"]


async def test_a_tile_and_its_tag(ground):
    client = ground.client(ground.token("street", STREETS[0]))
    address = ADDRESS.format("ortho", *TILE)
    first = await client.get(address)
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "image/png"
    assert first.headers["cache-control"].startswith("private")
    assert np.array(Image.open(io.BytesIO(first.content)).convert("RGBA"))[..., 0].max() == 90
    large = await client.get(address, params={"size": 512})
    assert Image.open(io.BytesIO(large.content)).size == (512, 512)
    tag = first.headers["etag"]
    with pytest.MonkeyPatch.context() as patched:
        # Neither a process nor the memory is asked for what the caller has.
        for name in ("rasters", "raster_cache"):
            patched.setitem(ground.app.inner.state._state, name, None)
        again = await client.get(address, headers={"If-None-Match": f'W/{tag}, "else"'})
    assert (again.status_code, again.content) == (304, b"")
    os.utime(ground.picture, ns=(1, 1))
    changed = await client.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] not in (tag, large.headers["etag"])


@pytest.mark.parametrize("tile, status", [
    (tile_at(10, 10, 13), 404), ((13, -1, 5), 404), ((3, 8, 0), 404), ((40, 1, 1), 404),
    (("a", 1, 1), 422)])
async def test_where_there_is_nothing(ground, tile, status):
    answer = await ground.client(ground.token("hall")).get(ADDRESS.format("ortho", *tile))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_heights_are_drawn_either_way_and_pictures_one(ground):
    client = ground.client(ground.token("hall"))
    told = (await client.get("/tiles/raster/heights/tilejson.json?style=terrain")).json()
    assert told["encoding"] == "mapbox"
    assert told["tiles"][0].endswith("{z}/{x}/{y}.png?style=terrain")
    assert told["bounds"] == pytest.approx([WEST, SOUTH - STEP, WEST + 2 * STEP, SOUTH + STEP],
                                           abs=1e-4)
    address = ADDRESS.format("heights", *TILE)
    plain, terrain = [await client.get(address, params=query)
                      for query in ({}, {"style": "terrain"})]
    assert plain.headers["etag"] != terrain.headers["etag"]
    colours = np.array(Image.open(io.BytesIO(terrain.content))).reshape(-1, 3)
    assert (colours.astype(int) @ (65536, 256, 1) / 10 - 10_000).max() == pytest.approx(12.5)
    for query in ({"style": "terrain"}, {"style": "/etc/passwd"}, {"size": "4096"}):
        answer = await client.get(ADDRESS.format("ortho", *TILE), params=query)
        assert answer.status_code == 422


async def test_a_file_that_is_gone_is_told_without_its_path(ground, tmp_path):
    path = write(tmp_path / "c.tif", np.zeros((1, 50, 50), "uint8"))
    add(ground, "short-lived", path)
    path.unlink()
    answer = await ground.client(ground.token("hall")).get(
        ADDRESS.format("short-lived", *tile_at(120.001, 30.019, 14)))
    assert answer.status_code == 422
    assert str(tmp_path) not in answer.text
    rasters.remove(ground.admin_url, "short-lived")


async def test_the_command_line(ground, tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "ADMIN_DATABASE_URL"):
        monkeypatch.setenv(f"GRIDWALL_{name}", ground.admin_url)
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    path = write(tmp_path / "heat.tif", np.linspace(0, 9, 2500, dtype="float32").reshape(1, 50, 50))

    def run(*words: str):
        return CliRunner().invoke(cli, ["raster", *words])

    added = run("add", "heat", str(path), "--colours", "viridis", "--rescale", "0,9",
                "--area", STREETS[0], "--role", "hall", "--title", "热力")
    assert added.exit_code == 0, (added.output, added.exception)
    rows = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
    assert rows["heat"]["title"] == "热力"
    assert rows["heat"]["style"]["rescale"] == [[0.0, 9.0]]
    assert (rows["heat"]["area"], rows["heat"]["roles"]) == (STREETS[0], ["hall"])
    assert rows["heat"]["missing"] == []
    for words, said in ((("add", "heat", str(path)), "already"),
                        (("add", "no good", str(path)), "can't be"),
                        (("add", "b", str(path), "--area", "nowhere"), "no area"),
                        (("add", "b", str(path), "--colours", "gold"), "viridis"),
                        (("add", "b", str(path), "--rescale", "1"), "LOW,HIGH"),
                        (("remove", "nothing"), "no raster")):
        refused = run(*words)
        assert refused.exit_code
        assert said in refused.output + str(refused.exception)
    assert run("add", "heat", str(path), "--replace").exit_code == 0
    assert run("remove", "heat").exit_code == 0
