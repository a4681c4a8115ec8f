"""Small files of every kind, made on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import shapely


@pytest.fixture
def in_folder(tmp_path, monkeypatch) -> Path:
    """An empty folder that is also the working folder: quarantine files land there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def geojson(in_folder) -> Callable[..., Path]:
    """Write features, given as (properties, geometry), to a file."""
    def write(*features, name="areas.geojson", crs=None) -> Path:
        collection = {"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": properties,
             "geometry": None if shape is None else json.loads(shapely.to_geojson(shape))}
            for properties, shape in features]}
        if crs:
            collection["crs"] = {"type": "name", "properties": {"name": crs}}
        path = in_folder / name
        path.write_text(json.dumps(collection))
        return path

    return write


@pytest.fixture
def sql(database) -> Callable[..., list[tuple]]:
    """Ask the test's database."""
    def ask(query: str, *values) -> list[tuple]:
        with psycopg.connect(database.admin_url) as connection:
            return connection.execute(query, values).fetchall()

    return ask
