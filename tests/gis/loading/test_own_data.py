"""docs/own-data.md: every command in it, run as it stands on real data."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from console.cli import main

PAGE = Path(__file__).parents[3] / "docs" / "own-data.md"
REAL_FILES = {
    "districts.geojson": "police_reports/CurrentPoliceDistricts2s.geojson",
    "reports.csv": "police_reports/sfcrimes_jan2016.csv",
    "buildings.parquet": "city_buildings/buildings.parquet",
    "addresses.parquet": "city_buildings/addresses.parquet",
}
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: title=(?P<title>\S+))?\n(?P<text>.*?)^```$",
                   re.MULTILINE | re.DOTALL)


def blocks(page: Path, kind: str) -> list[tuple[str, str]]:
    return [(found["title"], found["text"]) for found in BLOCK.finditer(page.read_text("utf-8"))
            if found["kind"] == kind]


# The first of so many parts of the two large files; all of them with --long.
@pytest.fixture(params=[10, pytest.param(1, marks=pytest.mark.long)])
def share(request):
    return request.param


@pytest.fixture
def own_city(database, in_folder, test_data, monkeypatch, share):
    """The reader's folder and an empty database."""
    for name, real in REAL_FILES.items():
        if share > 1 and real.endswith(".parquet"):
            table = pq.read_table(test_data / real)
            pq.write_table(table.slice(0, len(table) // share), in_folder / name)
        else:
            (in_folder / name).symlink_to(test_data.resolve() / real)
    for title, text in blocks(PAGE, "csv"):
        (in_folder / title).write_text(text, encoding="utf-8")
    for name in [name for name in os.environ if name.startswith("GRIDWALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GRIDWALL_HOME", str(in_folder / "home"))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    return database


def test_every_command_of_the_page_works(own_city, share, capsys):
    commands = [shlex.split(line) for _, text in blocks(PAGE, "sh") for line in text.splitlines()]
    assert len(commands) >= 7
    told = {}
    for program, *arguments in commands:
        assert program == "./gridwall"
        assert main(arguments) == 0, arguments
        told[" ".join(arguments[:2])] = capsys.readouterr().out
    assert "loaded 10, quarantined 0" in told["load areas"]
    if share == 1:
        assert "joined: 116,728" in told["load addresses"]
    else:
        assert "loaded 11,767, quarantined 0" in told["load addresses"]
    assert "agree 12,177" in told["assign reports.csv"]
    with psycopg.connect(own_city.admin_url) as connection:
        counts = connection.execute(
            "SELECT count(*), count(a.area_id), count(a.officer_id) FROM report r"
            " JOIN assignment a ON a.incident_id = r.id AND a.scheme = 'police'").fetchone()
    assert counts[0] == counts[1] == 12_343 + 40
    assert counts[2] > 1_000


def test_json_stands_alone_and_the_exit_code_tells(database, in_folder, monkeypatch, capsys):
    monkeypatch.setenv("GRIDWALL_HOME", str(in_folder / "home"))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    (in_folder / "a.csv").write_text("text,x,y\nhere,120,30\nnowhere,,\n")
    assert main(["load", "addresses", "a.csv", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["read"], told["loaded"], told["quarantined"]) == (2, 1, 1)
    assert told["reasons"] == {"no_place": 1}
    assert Path(told["quarantine_file"]).exists()
    assert main(["load", "addresses", "a.csv", "--allow-quarantine"]) == 0
    assert "rows put aside" in capsys.readouterr().out
    assert main(["load", "addresses", "absent.csv"]) == 1
    assert "no such file" in capsys.readouterr().err
