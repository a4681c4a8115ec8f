"""Raster tiles: what becomes of masked, rotated, 16-bit and foreign files; which are refused."""

from __future__ import annotations

import select
import socket

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.control import GroundControlPoint

from gis.errors import BadFile, InvalidInput
from tests.tiles.rasters import DEGREE, NORTH, WEST, order, pixel_at, pixels, tile_at, write
from tiles.raster import draw
from tiles.raster_files import default_style, examine, zooms_of
from tiles.raster_order import Order, degrees_of, tile_box
from tiles.raster_style import RasterStyle

# rasterio 1.4 multiplies transforms in a way that affine 3.1 would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
SIDE = 200
MIDDLE = (WEST + SIDE / 2 * DEGREE, NORTH - SIDE / 2 * DEGREE)
TILE = tile_at(*MIDDLE, 13)
RED, CLEAR = (200, 30, 40, 255), 0


def red(dtype: str = "uint8") -> np.ndarray:
    return np.broadcast_to(np.array(RED[:3], dtype)[:, None, None], (3, SIDE, SIDE)).copy()


def hill(dtype: str = "float32") -> np.ndarray:
    """300 m high in the middle, level at its foot."""
    down, across = np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2
    return (300 * np.exp(-(down**2 + across**2) / 800))[None].astype(dtype)


def at(order: Order, tile, lon: float, lat: float) -> tuple[int, ...]:
    return pixel_at(pixels(draw(order)), tile, lon, lat)


def test_colours_stand_where_they_lie(tmp_path):
    data = red()
    data[:, :, SIDE // 2:] = 7
    picture = pixels(draw(order(write(tmp_path / "a.tif", data), TILE)))
    west, east = (pixel_at(picture, TILE, MIDDLE[0] + step * DEGREE, MIDDLE[1])
                  for step in (-3, 3))
    assert (west, east) == (RED, (7, 7, 7, 255))
    assert pixel_at(picture, TILE, MIDDLE[0], NORTH + 3 * DEGREE)[3] == CLEAR


@pytest.mark.parametrize("how", ["nodata", "told", "mask", "alpha", "nan"])
def test_what_is_masked_is_transparent(tmp_path, how):
    data, chosen, options = red(), {}, {}
    hole = np.s_[SIDE // 2 - 20:SIDE // 2 + 20]
    data[:, hole, hole] = 0
    known = np.full((SIDE, SIDE), 255, "uint8")
    known[hole, hole] = 0
    if how == "nodata":
        options["nodata"] = 0
    elif how == "told":
        chosen["nodata"] = 0.0
    elif how == "mask":
        options["mask"] = known
    elif how == "alpha":
        data = np.concatenate([data, known[None]])
        options |= {"photometric": "RGB", "alpha": "YES"}
    else:
        data = data.astype("float32")
        data[:, hole, hole] = np.nan
        chosen["rescale"] = ((0.0, 255.0),) * 3
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        path = write(tmp_path / "a.tif", data, **options)
    picture = pixels(draw(order(path, TILE, **chosen)))
    assert pixel_at(picture, TILE, *MIDDLE)[3] == CLEAR
    assert pixel_at(picture, TILE, MIDDLE[0] - 40 * DEGREE, MIDDLE[1]) == RED


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32"])
def test_wide_numbers_are_spread_over_the_greys(tmp_path, dtype):
    data = np.linspace(1000, 9000, SIDE * SIDE).reshape(1, SIDE, SIDE).astype(dtype)
    path = write(tmp_path / "a.tif", data)
    (low, high), = default_style([examine(path)], None).rescale
    assert 1000 <= low <= 1400
    assert 8600 <= high <= 9000
    given = order(path, TILE, rescale=((1000.0, 9000.0),))
    grey = at(given, TILE, *MIDDLE)
    assert grey[0] == pytest.approx(127, abs=2)
    assert at(order(path, TILE, rescale=((8000.0, 9000.0),)), TILE, *MIDDLE)[0] == 0


def test_a_heat_surface_has_the_colours_of_its_map(tmp_path):
    path = write(tmp_path / "a.tif", hill())
    hot = order(path, TILE, colours="viridis", rescale=((0.0, 300.0),))
    picture = pixels(draw(hot))
    assert pixel_at(picture, TILE, *MIDDLE)[:3] == pytest.approx((253, 231, 37), abs=6)
    corner = pixel_at(picture, TILE, WEST + 3 * DEGREE, NORTH - 3 * DEGREE)
    assert corner == (68, 1, 84, 255)


def test_a_files_own_palette_is_kept(tmp_path):
    path = write(tmp_path / "a.tif", np.full((1, SIDE, SIDE), 3, "uint8"), photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {3: (12, 34, 56, 255)})
    assert at(order(path, TILE), TILE, *MIDDLE) == (12, 34, 56, 255)


def test_bands_are_chosen(tmp_path):
    data = np.stack([np.full((SIDE, SIDE), value, "uint8") for value in (10, 20, 30, 40)])
    path = write(tmp_path / "a.tif", data, photometric="MINISBLACK")
    assert at(order(path, TILE, bands=(4, 3, 1)), TILE, *MIDDLE) == (40, 30, 10, 255)
    assert at(order(path, TILE, bands=(4,)), TILE, *MIDDLE) == (40, 40, 40, 255)


@pytest.mark.parametrize("crs, turn", [
    ("EPSG:4549", 0), ("EPSG:4549", 30), ("EPSG:32651", 0), ("EPSG:4326", 90), ("EPSG:3857", 0),
    ("EPSG:3857", 30), ("EPSG:3857", 180)])
def test_files_of_any_system_and_any_turn_lie_where_they_are(tmp_path, crs, turn):
    metres = not crs.startswith("EPSG:43")
    away = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    step = 10.0 if metres else DEGREE
    place = (Affine.translation(*away.transform(*MIDDLE)) @ Affine.rotation(turn)
             @ Affine.scale(step, -step) @ Affine.translation(-SIDE / 2, -SIDE / 2))
    data = np.zeros((1, SIDE, SIDE), "uint8")
    data[0, 20:40, 150:170] = 255
    data[0, 90:110, 90:110] = 200
    path = write(tmp_path / "a.tif", data, crs=crs, transform=place)
    spot = away.transform(*(place @ (160, 30)), direction="INVERSE")
    for lon, lat, value in ((*spot, 255), (*MIDDLE, 200)):
        tile = tile_at(lon, lat, 14)
        assert at(order(path, tile), tile, lon, lat) == (value, value, value, 255)
    west, south, east, north = examine(path).bounds
    assert west < spot[0] < east
    assert south < spot[1] < north


def test_a_corner_beside_a_turned_picture_is_transparent(tmp_path):
    place = (Affine.translation(*MIDDLE) @ Affine.rotation(45)
             @ Affine.scale(DEGREE, -DEGREE) @ Affine.translation(-SIDE / 2, -SIDE / 2))
    path = write(tmp_path / "a.tif", red(), transform=place)
    west, _, _, north = examine(path).bounds
    tile = tile_at(west + DEGREE, north - DEGREE, 17)
    assert pixels(draw(order(path, tile)))[..., 3].max() == CLEAR


def test_control_points_place_a_scan(tmp_path):
    corners = [GroundControlPoint(row, column, WEST + column * DEGREE, NORTH - row * DEGREE)
               for row in (0, SIDE) for column in (0, SIDE)]
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", count=3, height=SIDE, width=SIDE,
                       dtype="uint8", gcps=corners, crs="EPSG:4326") as file:
        file.write(red())
    assert at(order(path, TILE), TILE, *MIDDLE) == RED


def test_a_mosaic_is_one_picture_and_the_first_lies_on_top(tmp_path):
    blue = np.zeros((3, SIDE, SIDE), "uint8")
    blue[2] = 250
    east = write(tmp_path / "east.tif", blue, crs="EPSG:4326",
                 transform=Affine(DEGREE, 0, MIDDLE[0], 0, -DEGREE, NORTH))
    west = write(tmp_path / "west.tif", red())
    picture = pixels(draw(order([west, east], TILE)))
    lat = MIDDLE[1]
    assert pixel_at(picture, TILE, MIDDLE[0] + 5 * DEGREE, lat) == RED
    tile = tile_at(WEST + (SIDE + 20) * DEGREE, lat, 15)
    picture = pixels(draw(order([west, east], tile)))
    assert pixel_at(picture, tile, WEST + (SIDE + 20) * DEGREE, lat) == (0, 0, 250, 255)
    assert zooms_of([examine(west), examine(east)]) == (0, 14)


def test_light_comes_from_the_north_west(tmp_path):
    path = write(tmp_path / "a.tif", hill("int16"))
    picture = pixels(draw(order(path, TILE, "hillshade")))
    lit, dark = (pixel_at(picture, TILE, MIDDLE[0] + side * 15 * DEGREE,
                          MIDDLE[1] - side * 15 * DEGREE)[0] for side in (-1, 1))
    assert lit > 230
    assert dark < 130
    assert pixel_at(picture, TILE, WEST + 3 * DEGREE, NORTH - 3 * DEGREE) == (180, 180, 180, 255)


def test_shade_has_no_seam_where_tiles_meet(tmp_path):
    path = write(tmp_path / "a.tif", hill())
    z, x, y = tile_at(*MIDDLE, 14)
    whole = pixels(draw(order(path, (z, x, y), "hillshade", size=512)))
    left, right = (pixels(draw(order(path, (z + 1, 2 * x + side, 2 * y), "hillshade")))
                   for side in (0, 1))
    seam = np.concatenate([left, right], axis=1)[:, :, 0].astype(int)
    assert np.abs(seam - whole[:256, :, 0].astype(int)).max() <= 3


def test_heights_can_be_read_back_from_terrain(tmp_path):
    heights = hill()
    tile = tile_at(*MIDDLE, 14)
    picture = pixels(draw(order(write(tmp_path / "a.tif", heights), tile, "terrain")))
    red_, green, blue, opacity = pixel_at(picture, tile, *MIDDLE)
    assert opacity == 255
    assert -10_000 + (red_ * 65536 + green * 256 + blue) / 10 == pytest.approx(300, abs=3)


def test_beside_a_raster_there_is_nothing(tmp_path):
    path = write(tmp_path / "a.tif", red())
    far = tile_at(WEST + 5, NORTH, 13)
    west, south, east, north = degrees_of(tile_box(*far))
    found = examine(path).bounds
    assert found[2] < west or found[0] > east or found[3] < south or found[1] > north
    assert pixels(draw(order(path, far)))[..., 3].max() == CLEAR


@pytest.mark.parametrize("fault", ["text", "no place", "no system", "one block", "vrt", "gone"])
def test_files_that_are_refused(tmp_path, fault):
    path = tmp_path / "a.tif"
    if fault == "text":
        path.write_text("no picture")
    elif fault == "no place":
        with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
            write(path, red(), transform=Affine.identity())
    elif fault == "no system":
        write(path, red(), crs=None)
    elif fault == "one block":
        with rasterio.open(path, "w", driver="GTiff", count=1, height=20_000, width=20_000,
                           dtype="uint8", crs="EPSG:4490", tiled=True, sparse_ok=True,
                           blockxsize=16_384, blockysize=16_384,
                           transform=Affine(1e-5, 0, WEST, 0, -1e-5, NORTH)):
            pass
    elif fault == "vrt":
        # Would follow what it refers to, were its driver allowed.
        path.write_text('<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand'
                        ' dataType="Byte" band="1"><SimpleSource><SourceFilename>'
                        "/vsicurl/http://127.0.0.1:9/x.tif</SourceFilename></SimpleSource>"
                        "</VRTRasterBand></VRTDataset>")
    with pytest.raises(BadFile) as refusal:
        examine(path)
    assert str(path) in refusal.value.message


def test_addresses_of_the_network_are_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("/vsicurl/http://127.0.0.1:9/a.tif", "/vsizip/a.zip/a.tif", "a.tif"):
        with pytest.raises(BadFile):
            draw(Order([path], RasterStyle().as_json(), tile_box(*TILE), 256, 256))


def test_a_file_beside_it_leads_nobody_to_the_network(tmp_path):
    """GDAL takes ``.ovr`` for overviews, whatever driver reads it."""
    path = write(tmp_path / "a.tif", np.full((1, 1024, 1024), 90, "uint8"), tiled=True)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        path.with_name("a.tif.ovr").write_text(
            '<VRTDataset rasterXSize="512" rasterYSize="512"><VRTRasterBand dataType="Byte"'
            ' band="1"><SimpleSource><SourceFilename>/vsicurl/http://127.0.0.1:'
            f"{door.getsockname()[1]}/x.tif</SourceFilename><SourceBand>1</SourceBand>"
            "</SimpleSource></VRTRasterBand></VRTDataset>")
        wanted = Order([str(path)], RasterStyle().as_json(),
                       tile_box(*tile_at(WEST + 0.05, NORTH - 0.05, 11)), 256, 256)
        with pytest.raises(BadFile):
            draw(wanted)
        assert select.select([door], [], [], 0)[0] == []


def test_files_of_different_kinds_make_no_mosaic(tmp_path):
    files = [examine(write(tmp_path / "a.tif", red())), examine(write(tmp_path / "b.tif", hill()))]
    with pytest.raises(BadFile, match="one kind"):
        default_style(files, None)


@pytest.mark.parametrize("wrong", [
    {"draw": "sketch"}, {"colours": "no such"}, {"bands": (1, 2)}, {"bands": (0,)},
    {"resampling": "lanczos"}, {"rescale": ((2.0, 1.0),)}, {"rescale": ((0.0, 1.0),) * 3},
    {"bands": (1, 2, 3), "colours": "viridis"}, {"rescale": ((0.0, float("nan")),)},
])
def test_styles_are_of_a_list(wrong):
    with pytest.raises(InvalidInput):
        RasterStyle(**wrong)


def test_a_style_goes_through_the_registry():
    style = RasterStyle(bands=(3, 2, 1), rescale=((0.0, 1.5),) * 3, nodata=-1.0)
    assert RasterStyle.from_json(style.as_json()) == style
    assert RasterStyle("hillshade").drawn_as("terrain").draw == "terrain"
    with pytest.raises(InvalidInput):
        style.drawn_as("terrain")
