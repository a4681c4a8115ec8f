"""`db` over the addresses of a test's own database."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from console.cli import main
from tests.conftest import cloned


@pytest.fixture
def at(monkeypatch, tmp_path):
    """Point the command line at a database."""
    def point(database):
        monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
        monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    return point


@pytest.fixture
def bare_database(cluster):
    """An empty database with the extensions alone."""
    name = f"bare_{uuid4().hex[:12]}"
    cluster.create_database(name)
    with cloned(cluster, name) as own:
        yield own
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        drop = psycopg.sql.SQL("drop database {}").format(psycopg.sql.Identifier(name))
        connection.execute(drop)


def answer(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def test_status_of_a_database_run_by_others(at, database, capsys):
    at(database)
    assert main(["db", "status"]) == 0
    assert capsys.readouterr().out.startswith("running: ")


def test_others_databases_are_not_started_or_stopped(at, database, capsys):
    at(database)
    assert main(["db", "stop"]) == 1
    assert "start and stop it there" in capsys.readouterr().err


def test_backup_comes_back_whole_in_a_new_epoch(at, database, bare_database, tmp_path, capsys):
    at(database)
    file = tmp_path / "wall.dump"
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("create table witness (x int)")
        connection.execute("insert into witness values (7)")
    before = answer(database.admin_url, "select epoch from event_head")
    assert main(["db", "backup", str(file)]) == 0
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["wall.dump"]

    at(bare_database)
    assert main(["db", "restore", str(file)]) == 0
    assert answer(bare_database.admin_url, "select x from witness") == 7
    after = answer(bare_database.admin_url, "select epoch from event_head")
    assert after != before
    server_reads = answer(bare_database.admin_url,
                          "select has_table_privilege('gridwall_server', 'area', 'select')")
    assert server_reads == answer(
        database.admin_url, "select has_table_privilege('gridwall_server', 'area', 'select')"
    )


def test_restore_fills_only_an_empty_database(at, database, tmp_path, capsys):
    at(database)
    file = tmp_path / "wall.dump"
    assert main(["db", "backup", str(file)]) == 0
    assert main(["db", "restore", str(file)]) == 1
    assert "restore fills only an empty one" in capsys.readouterr().err


def test_a_torn_backup_restores_nothing(at, database, bare_database, tmp_path, capsys):
    at(database)
    file = tmp_path / "wall.dump"
    assert main(["db", "backup", str(file)]) == 0
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])
    at(bare_database)
    assert main(["db", "restore", str(file)]) == 1
    assert answer(bare_database.admin_url, "select to_regclass('area') is null") is True
