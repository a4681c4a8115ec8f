"""`gridwall check areas` and `gridwall repair areas`: from a file to a seamless one."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import psycopg
import pytest
import shapely

from console.cli import main
from gis.boundaries import Coverage


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two communities of two grids; one grid reaches into the other community."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path / "home"))
    x = np.arange(4) * 0.004 + 120.1
    boxes = shapely.box(x, 30.2, x + 0.004, 30.204)
    boxes[1] = shapely.box(x[1], 30.2, x[1] + 0.0042, 30.204)
    gpd.GeoDataFrame({"grid": ["1", "2", "3", "4"], "name": list("东南西北"),
                      "community": ["W", "W", "E", "E"]}, crs=4490,
                     geometry=boxes).to_file("grids.gpkg", layer="grids")
    gpd.GeoDataFrame({"community": ["W", "E"]}, crs=4490, geometry=[
        shapely.box(120.1, 30.2, 120.108, 30.204), shapely.box(120.108, 30.2, 120.116, 30.204),
    ]).to_file("communities.geojson")
    return tmp_path


GIVEN = ["grids.gpkg", "--code", "grid", "--parent", "community", "--outlines",
         "communities.geojson"]


def test_a_file_is_checked_and_repaired(folder, capsys):
    assert main(["check", "areas", *GIVEN, "--json", "--out", "defects.geojson"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["areas"] == 4
    assert told["counts"]["overlap"] == told["counts"]["outside_parent"] == 1
    assert all(one["place"]["coordinates"] for one in told["defects"])
    assert len(gpd.read_file("defects.geojson")) == len(told["defects"])

    assert main(["check", "areas", *GIVEN]) == 1
    said = capsys.readouterr().out
    assert "overlap of 2, 3 (8.5" in said

    assert main(["repair", "areas", *GIVEN, "--out", "better.gpkg"]) == 0
    said = capsys.readouterr().out
    assert "4 areas, 1 changed" in said
    assert "2: 8" in said
    better = gpd.read_file("better.gpkg", layer="areas")
    assert better["name"].tolist() == list("东南西北")
    Coverage.build(dict(zip(better["grid"], better.geometry, strict=True)))
    assert len(gpd.read_file("better.gpkg", layer="steps")) == 1
    assert main(["check", "areas", "better.gpkg", "--layer", "areas", *GIVEN[1:]]) == 0
    assert main(["repair", "areas", *GIVEN, "--out", "better.geojson", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["moved"].keys() == {"2"}


def test_what_can_not_be_read_is_told(folder, capsys):
    for arguments, words in (
        (["nothing.gpkg"], "no such file"),
        (["grids.gpkg", "--code", "cod"], "has no column 'cod'"),
        (["grids.gpkg", "--code", "community"], "stands in several rows"),
    ):
        assert main(["check", "areas", *arguments]) == 1
        assert words in " ".join(capsys.readouterr().err.split())
    assert main(["repair", "areas", *GIVEN, "--out", "better.txt"]) == 1
    assert "must end in" in capsys.readouterr().err


def test_outlines_come_from_the_database(folder, database, monkeypatch, capsys):
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    options = ["grids.gpkg", "--code", "grid", "--parent", "community", "--level", "grid"]
    assert main(["check", "areas", *options]) == 1
    assert "has no community" in " ".join(capsys.readouterr().err.split())
    with psycopg.connect(database.admin_url) as connection:
        for code, west in (("W", 120.1), ("E", 120.108)):
            identity = connection.execute(
                "INSERT INTO area_identity (scheme, level, code) VALUES ('base', 'community', %s)"
                " RETURNING id", (code,)).fetchone()
            connection.execute(
                "INSERT INTO area (identity_id, scheme, level, code, name, ancestor_ids, geom)"
                " VALUES (%s, 'base', 'community', %s, %s, ARRAY[%s]::bigint[], ST_Multi("
                "ST_MakeEnvelope(%s, 30.2, %s, 30.204, 4490)))",
                (identity[0], code, code, identity[0], west, west + 0.008))
    assert main(["check", "areas", *options, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["counts"]["outside_parent"] == 1
