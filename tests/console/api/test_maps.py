"""Still pictures of the map: of any view, in the caller's scope, in both styles."""

from __future__ import annotations

import asyncio
import io
import re

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from PIL import Image

from console.cli import cli
from console.maps import fitted, view_of
from gis import rasters
from gis.errors import InvalidInput
from tests.console.conftest import SOUTH, STEP, STREETS, WEST, report
from tests.console.streets import PaperlessPress
from tests.tiles.conftest import add_buildings
from tests.tiles.rasters import write
from tiles.raster_files import default_style, examine

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(
    "ignore:Use `@` matmul:PendingDeprecationWarning")]
BOX = f"{WEST},{SOUTH},{WEST + 4 * STEP},{SOUTH + STEP}"


@pytest.fixture(scope="module")
async def ground(shared_town):
    """The town with buildings, a road, a park and two incidents in either street."""
    add_buildings(shared_town.admin_url)
    filer = shared_town.client(shared_town.token("intake"))
    for column in (0.3, 0.6, 2.5, 3.2):
        answer = await filer.post("/api/reports", json=report(lon=WEST + column * STEP))
        assert answer.status_code == 201, answer.text
    with psycopg.connect(shared_town.admin_url) as owner:
        owner.execute("SELECT settle_places()")
    shared_town.asker = shared_town.client(shared_town.token("hall"))
    return shared_town


async def drawing(town, client, **query: object) -> str:
    """The picture before it is set."""
    press = town.app.inner.state.press
    town.app.inner.state.press = PaperlessPress()
    try:
        answer = await client.get("/api/map.png", params=query)
    finally:
        town.app.inner.state.press = press
    assert answer.status_code == 200, answer.text
    return answer.json()["picture"]["svg"]


async def test_a_picture_has_its_size_and_both_styles_their_light(ground):
    lightness = {}
    for style in ("light", "dark"):
        answer = await ground.asker.get("/api/map.png", params={
            "bbox": BOX, "size": "400x300", "style": style, "scale": 2})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "image/png"
        assert "private" in answer.headers["cache-control"]
        picture = Image.open(io.BytesIO(answer.content))
        assert picture.size == (800, 600)
        lightness[style] = np.array(picture.convert("L")).mean()
    assert lightness["light"] > 180 > 60 > lightness["dark"]


async def test_it_shows_ground_areas_buildings_incidents_and_names(ground):
    svg = await drawing(ground, ground.asker, bbox=BOX, lang="en")
    for words in ("Open per area", "Open incidents", "Urban", "500 m", "CGCS2000"):
        assert words in svg
    assert "竹里巷" in svg
    bare = await drawing(ground, ground.asker, bbox=BOX, layers="areas")
    assert "竹里巷" not in bare
    assert "circle" not in bare
    assert len(bare) < len(svg)


async def test_each_caller_is_drawn_what_is_theirs(ground):
    street = ground.client(ground.token("street", STREETS[0]))
    own, all_ = [await drawing(ground, one, bbox=BOX, size="1600x500", level="grid")
                 for one in (street, ground.asker)]
    names = re.compile(r">(grid \d+)<")
    assert (len(names.findall(own)), len(names.findall(all_))) == (2, 4)
    # Points: in the picture, and one more for the class in the legend.
    assert (own.count("<circle"), all_.count("<circle")) == (3, 5)
    buildings = re.compile(r'd="([^"]*)" fill="rgba\(214, 219, 228, 0.92\)"')
    drawn = [buildings.search(svg)[1].count("M") for svg in (own, all_)]
    assert drawn[1] == 2 * drawn[0]


async def test_without_a_view_it_is_ones_own_ground(ground):
    street = ground.client(ground.token("street", STREETS[1]))
    answers = [await drawing(ground, street, size="300x200", **query) for query in (
        {}, {"bbox": f"{WEST + 2 * STEP},{SOUTH},{WEST + 4 * STEP},{SOUTH + STEP}"})]
    assert answers[0] == answers[1]


async def test_a_raster_lies_under_it(ground, tmp_path):
    file = examine(write(tmp_path / "a.tif", np.full((3, 400, 400), 77, "uint8")))
    rasters.add(ground.admin_url, rasters.NewRaster(
        "under", "u", default_style([file], None).as_json(), [(file.path, file.bounds)], 0, 14))
    svg = await drawing(ground, ground.asker, bbox=BOX, raster="under", size="300x200")
    assert "data:image/png;base64," in svg
    for query in ({"raster": "nothing"}, {"raster": "under", "bbox": "10,10,11,11"}):
        answer = await ground.asker.get("/api/map.png", params={"bbox": BOX} | query)
        assert answer.status_code == 404


@pytest.mark.parametrize("query, field", [
    ({"size": "99999x10"}, "size"), ({"size": "wide"}, "size"), ({"bbox": "1,2,3"}, "bbox"),
    ({"bbox": "3,2,1,4"}, "bbox"), ({"bbox": "a,b,c,d"}, "bbox"), ({"bbox": "nan,0,1,1"}, "bbox"),
    ({"center": "120,30"}, "zoom"), ({"zoom": 12}, "zoom"), ({"center": "1,99", "zoom": 3},
                                                             "center"),
    ({"bbox": BOX, "zoom": 3}, "bbox"), ({"bbox": BOX, "layers": "secrets"}, "layers"),
    ({"bbox": BOX, "level": "planet"}, "level"), ({"center": "120,30", "zoom": 40}, "zoom"),
])
async def test_what_can_not_be_read_is_told_by_field(ground, query, field):
    answer = await ground.asker.get("/api/map.png", params=query)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_the_command_line_draws_for_the_city_and_for_a_token(ground, tmp_path, monkeypatch):
    settings = ground.app.inner.state.settings
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", settings.admin_database_url)
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    token, pictures = ground.token("street", STREETS[0]), []
    with psycopg.connect(ground.admin_url) as owner:
        before = owner.execute("SELECT count(*) FROM account").fetchone()
        for more in ([], ["--as-token", token]):
            out = tmp_path / "map.png"
            done = await asyncio.to_thread(CliRunner().invoke, cli, [
                "map", "--out", str(out), "--bbox", BOX, "--size", "500x300", *more])
            assert done.exit_code == 0, (done.output, done.exception)
            pictures.append(out.read_bytes())
        assert owner.execute("SELECT count(*) FROM account").fetchone() == before
    assert Image.open(io.BytesIO(pictures[0])).size == (500, 300)
    assert pictures[0] != pictures[1]


def test_a_box_is_seen_whole_and_a_zoom_is_the_walls():
    view = view_of("800x400", "120,30,120.1,30.1", None, None)
    assert view.box[0] < 120 / 180 * 20037508.34 < view.box[2]
    assert (view.box[2] - view.box[0]) / (view.box[3] - view.box[1]) == pytest.approx(2)
    assert view_of("512x512", None, "0,0", 0).pixel_m == pytest.approx(78271.517)
    assert view_of("800x400", None, None, None) is None
    point = fitted((120, 30, 120, 30), 100, 100)
    assert point.pixel_m > 0
    with pytest.raises(InvalidInput):
        view_of("800x400", "120,30,120,30", None, None)
