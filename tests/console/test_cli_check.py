"""`gridwall check`: what a clerk gets before a file goes in."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely

from console.cli import main
from gis.crs import cgcs2000_to_gcj02


@pytest.fixture
def home(database, tmp_path, monkeypatch):
    """A folder with a surveyed town of 100 buildings and a file of addresses in GCJ-02."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    codes = [f"33010400100101{number:05d}" for number in range(100)]
    west = 120.2 + 0.0005 * (np.arange(100) % 10)
    south = 30.3 + 0.0005 * (np.arange(100) // 10)
    gpd.GeoDataFrame({"building_code": codes}, crs=4490, geometry=shapely.box(
        west, south, west + 0.0002, south + 0.0002)).to_file("buildings.gpkg")
    lon, lat = cgcs2000_to_gcj02(west + 0.0001, south + 0.0001)
    pd.DataFrame({"building_code": codes, "text": [f"文三路{n}号" for n in range(100)],
                      "lon": lon, "lat": lat}).to_csv("addresses.csv", index=False)
    return tmp_path


def test_a_clerk_checks_a_file_then_loads_it_by_what_was_found(home, database, capsys):
    assert main(["load", "buildings", "buildings.gpkg"]) == 0
    capsys.readouterr()
    assert main(["check", "addresses", "addresses.csv", "--report", "r.html", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["checkup"]["datum"] == "gcj02"
    assert "GCJ-02" in (home / "r.html").read_text("utf-8")
    with psycopg.connect(database.admin_url) as connection:
        assert connection.execute("SELECT count(*) FROM address").fetchone() == (0,)

    assert main(["load", "addresses", "addresses.csv", "--datum", "auto"]) == 0
    assert "datum gcj02; mixed no; told gcj02 100" in capsys.readouterr().out
    assert main(["check", "library", "--report", "l.html", "--lang", "en", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["code_against_ground"]["count"] == 0
    assert "Coordinate check-up" in (home / "l.html").read_text("utf-8")
