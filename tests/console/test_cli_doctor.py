"""`doctor`: says what is well, and what to do about the rest."""

from __future__ import annotations

import pytest

from console.cli import main


@pytest.fixture
def at(monkeypatch, tmp_path, database):
    """Point the command line at a migrated, empty database."""
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    return database


def test_a_sound_installation(at, capsys):
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "ok    database: reached as gridwall_server" in said
    assert said.endswith("all is well\n")


def test_a_misspelt_setting_is_ill(at, monkeypatch, capsys):
    monkeypatch.setenv("GRIDWALL_PROT", "5007")
    assert main(["doctor"]) == 1
    assert "did you mean GRIDWALL_PORT?" in capsys.readouterr().out


def test_a_server_role_that_owns_the_tables_is_ill(at, monkeypatch, capsys):
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", at.admin_url)
    assert main(["doctor"]) == 1
    assert "gridwall_owner owns the tables" in capsys.readouterr().out
