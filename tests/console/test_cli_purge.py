"""`gridwall purge`: rules told and set, what is due told, and faults in words."""

from __future__ import annotations

import json

import pytest

from console.cli import main


@pytest.fixture
def home(database, tmp_path, monkeypatch):
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    return tmp_path


def test_rules_are_told_and_set(home, capsys):
    assert main(["purge", "--rules"]) == 0
    assert "report (all others): 1,095 days" in capsys.readouterr().out
    assert main(["purge", "--keep", "report:dispute=365", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"kind": "report", "category_code": "dispute", "keep_days": 365} in told["rules"]
    assert main(["purge", "--keep", "report:dispute="]) == 0
    assert "dispute" not in capsys.readouterr().out


def test_what_is_due_is_told_as_json(home, capsys):
    assert main(["purge", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"dry_run": True, "purged": [], "total": 0}
    assert main(["purge"]) == 0
    assert "0 taken away" in capsys.readouterr().out


@pytest.mark.parametrize("given, said", [
    (["--keep", "report"], "write report=1095"),
    (["--keep", "report=soon"], "write report=1095"),
    (["--keep", "report:nothing=9"], "has no category"),
    (["--as-of", "2199-01-01"], "lies ahead"),
    (["--as-of", "soon"], "write 2026-11-22"),
    (["--incident", "1"], "say why"),
    (["--incident", "1", "--reason", "x"], "no incident 1"),
    (["--person", "x", "--reason", "x"], "no person's number"),
    (["--officer", "x"], "say why"),
    (["--officer", "x", "--reason", "x"], "no officer 'x'")])
def test_faults_are_told(home, capsys, given, said):
    assert main(["purge", *given]) == 1
    assert said in capsys.readouterr().err
