"""The command line as a person meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.cli import COMMANDS, cli, main
from gis.errors import SetupError

ROOT = Path(__file__).parent.parent.parent


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in COMMANDS)


def test_help_imports_nothing_heavy():
    script = (
        "import sys; from console.cli import main; main(['--help']);"
        "heavy = {'panel', 'geopandas', 'psycopg', 'pandas', 'numpy', 'rich', 'fastapi'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_tells_of_itself(name, capsys):
    assert main([name, "--help"]) == 0
    assert "Usage: gridwall" in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys):
    assert main(["fly"]) == 2
    assert "No such command 'fly'" in capsys.readouterr().err


def test_an_error_of_ours_is_one_paragraph_and_exit_code_1(monkeypatch, capsys):
    def fail(*arguments, **options):
        raise SetupError("the roof is open; close it")

    monkeypatch.setattr(cli, "main", fail)
    assert main(["db", "status"]) == 1
    assert capsys.readouterr().err == "gridwall: the roof is open; close it\n"


def test_a_setting_that_cannot_be_is_told_without_a_traceback(monkeypatch, capsys):
    monkeypatch.setenv("GRIDWALL_PORT", "http")
    assert main(["db", "status"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("gridwall: GRIDWALL_PORT is 'http'")
    assert said.count("\n") == 1


def test_assign_never_writes_over_its_own_input(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("lon,lat\n120.2,30.3\n")
    done = subprocess.run(
        [sys.executable, "-m", "console.cli", "assign", str(file), "--x", "lon", "--y", "lat",
         "--out", str(file)], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "GRIDWALL_HOME": str(tmp_path / "home")})
    assert done.returncode == 1
    assert "name another file" in " ".join(done.stderr.split())
    assert file.read_text() == "lon,lat\n120.2,30.3\n"
