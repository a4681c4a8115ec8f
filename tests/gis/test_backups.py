"""One file that proves itself: taken under load, held against what it was taken from."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg
import pytest
from psycopg import sql

from console.cli import main
from gis import backups
from gis.backups import dump, tools
from gis.backups.tools import explain
from gis.cluster import OWNER, SERVER
from gis.errors import BadFile, Conflict, GridwallError, SetupError
from gis.postgres import Programs, find_programs
from tests.conftest import Database, cloned
from tests.gis.builders import owner, value
from tests.gis.load import City


def quiet(done: int, total: int, what: str) -> None:
    """Nobody looks."""


@pytest.fixture(scope="module")
def bare(cluster) -> Iterator[str]:
    """Name of a template with the extensions alone."""
    name = f"bare_{uuid4().hex[:12]}"
    cluster.create_database(name)
    yield name
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@pytest.fixture
def empty(cluster, bare) -> Iterator[Database]:
    with cloned(cluster, bare) as database:
        yield database


@pytest.fixture(scope="module")
def taken(cluster, template, tmp_path_factory) -> Iterator[tuple[Database, Path, City]]:
    """A city at work, and a backup of it; the city goes on a while after it."""
    file = tmp_path_factory.mktemp("backup") / "city.dump"
    with cloned(cluster, template) as database:
        with City(database.admin_url, database.server_url) as city:
            city.wait_for(30)
            backups.backup(database.admin_url, file, quiet)
            city.wait_for(10)
        yield database, file, city


def _rows(url: str, query: str, *values: object) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(query, values).fetchall()


def test_under_load_it_comes_back_equal_to_the_log_of_its_moment(
        taken, empty, tmp_path, monkeypatch, capsys):
    source, file, city = taken
    manifest = backups.restore(empty.admin_url, file, quiet)
    there = {name for (name,) in _rows(empty.admin_url, "SELECT external_id FROM report")}
    assert {each.external_id for each in city.answered
            if each.answered_at < manifest.taken_at} <= there
    assert len(there) < len(city.answered)
    # Whoever wrote after it is not in it, and whatever is in it is as it was.
    log = "SELECT * FROM event WHERE sequence <= %s ORDER BY sequence"
    events = _rows(empty.admin_url, log, manifest.sequence)
    assert events == _rows(source.admin_url, log, manifest.sequence)
    assert len(events) == manifest.sequence > 0
    steps = "SELECT incident_id, number, hash FROM step"
    kept = set(_rows(empty.admin_url, steps))
    assert len(there) <= len(kept)
    assert kept < set(_rows(source.admin_url, steps))
    told = {str(json.loads(payload)["id"]) for (payload,) in _rows(
        empty.admin_url, "SELECT payload FROM event_pending WHERE kind = 'incident' UNION ALL"
        " SELECT payload FROM event WHERE kind = 'incident'")}
    assert told == {name for (name,) in _rows(empty.admin_url, "SELECT id::text FROM incident")}

    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", empty.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", empty.admin_url)
    code, said = main(["doctor", "--anchor", manifest.batch]), capsys.readouterr().out
    assert code == 0, said


def test_pg_restore_reads_it_too(taken, empty):
    _, file, _ = taken
    listing = subprocess.run([find_programs().path("pg_restore"), "-l", str(file)], check=True,
                             capture_output=True, text=True).stdout
    assert "TABLE DATA public report" in listing


@pytest.mark.parametrize("place", [0.02, 0.5, 0.98])
def test_a_changed_byte_is_found_before_anything_is_restored(taken, empty, tmp_path, place):
    file = tmp_path / "damaged.dump"
    content = bytearray(taken[1].read_bytes())
    content[int(len(content) * place)] ^= 1
    file.write_bytes(content)
    with pytest.raises(BadFile, match="damaged"):
        backups.restore(empty.admin_url, file, quiet)
    with owner(empty.admin_url) as connection:
        assert value(connection, "SELECT to_regclass('area')") is None


def test_a_truncated_file_restores_nothing(taken, empty, tmp_path):
    file = tmp_path / "short.dump"
    whole = taken[1].read_bytes()
    for length in (0, 3, len(whole) // 2):
        file.write_bytes(whole[:length])
        with pytest.raises(GridwallError, match=r"no backup|damaged"):
            backups.restore(empty.admin_url, file, quiet)
    with owner(empty.admin_url) as connection:
        assert value(connection, "SELECT to_regclass('area')") is None
    middle = whole[:-5000] + whole[-4000:]
    file.write_bytes(middle)
    with pytest.raises(BadFile, match="damaged"):
        backups.restore(empty.admin_url, file, quiet)


def test_a_copy_that_differs_is_told_by_table(taken, empty, tmp_path):
    """As if rows had been lost on the way: the manifest counts one more."""
    file = tmp_path / "wrong.dump"
    content = taken[1].read_bytes()
    trailer = dump._trailer(taken[1])
    tables = dict(trailer.manifest.tables)
    tables["report"] = dump.manifests.Table(tables["report"].rows + 1, tables["report"].hash)
    wrong = msgspec.json.encode(msgspec.structs.replace(
        trailer, manifest=msgspec.structs.replace(trailer.manifest, tables=tables)))
    file.write_bytes(content[:trailer.bytes] + wrong + len(wrong).to_bytes(8, "big") + dump.MAGIC)
    with pytest.raises(BadFile, match=r"not what was backed up: report \(\d+ rows of \d+\)"):
        backups.restore(empty.admin_url, file, quiet)


def test_what_a_hash_sees(database):
    """Values, order of columns and doubles; not the order of rows, nor how time is shown."""
    with owner(database.admin_url) as connection:
        connection.execute("CREATE TABLE a AS SELECT g AS x, now() AS t FROM generate_series(1, 9)"
                           " AS g")
        connection.execute("CREATE TABLE b AS SELECT * FROM a ORDER BY x DESC")
        connection.execute("CREATE TABLE c AS SELECT * FROM a WHERE x < 9 UNION ALL"
                           " SELECT * FROM a WHERE x = 8")

    def hashes(zone: str) -> list:
        with psycopg.connect(database.admin_url) as connection:
            connection.execute(f"SET timezone = '{zone}'")
            found = dump.manifests.take(connection, quiet).tables
            return [found[name] for name in "abc"]

    a, b, c = hashes("Asia/Shanghai")
    assert [a, b, c] == hashes("UTC")
    assert a == b
    assert (a.rows, c.rows) == (9, 9)
    assert a.hash != c.hash


def test_one_of_a_newer_release_is_refused(taken, empty, monkeypatch):
    monkeypatch.setattr(dump, "newest_revision", lambda: "0001")
    with pytest.raises(SetupError, match=r"newer release.*restore it with that one"):
        backups.restore(empty.admin_url, taken[1], quiet)


def test_only_an_empty_database_is_filled(taken, database):
    with pytest.raises(Conflict, match="restore fills only an empty one"):
        backups.restore(database.admin_url, taken[1], quiet)


def test_programs_that_are_too_old_are_told(database, tmp_path, monkeypatch):
    old = replace(find_programs(), major=14)
    monkeypatch.setattr(tools, "find_programs", lambda: Programs(old.folder, 14))
    with pytest.raises(SetupError, match=r"server is PostgreSQL 1.*are of 14: install"):
        backups.backup(database.admin_url, tmp_path / "x.dump", quiet)


def test_a_full_disk_is_told_and_nothing_is_left(database, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    file = tmp_path / "x.dump"
    file.write_bytes(b"yesterday's")
    file.with_name("x.dump.partial").symlink_to("/dev/full")
    with pytest.raises(GridwallError, match=r"(?s)No space left on device.*the disk is full"):
        backups.backup(database.admin_url, file, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["x.dump"]
    assert file.read_bytes() == b"yesterday's"


def test_a_password_is_not_in_the_list_of_processes(database, tmp_path, monkeypatch):
    seen = {}

    def look(command, on_line, account=None, variables=None):
        seen.update(command=command, variables=variables)
        return 1, "stop"

    monkeypatch.setattr(tools, "run_told", look)
    with pytest.raises(GridwallError, match="pg_dump failed: stop"):
        tools.run("pg_dump", [], "postgresql://o:hidden@h/gridwall")
    assert "hidden" not in " ".join(seen["command"])
    assert seen["variables"] == {"PGPASSWORD": "hidden"}


@pytest.mark.parametrize("said, advice", [
    ("could not write: No space left on device", "disk is full"),
    ("aborting because of server version mismatch", "older than what they should read"),
    ("unsupported version (1.16) in file header", "older than what they should read"),
    ("could not read from input file: end of file", "damaged, or was cut off"),
    ("something else", "")])
def test_trouble_in_plain_words(said, advice):
    told = explain("pg_dump", said).message
    assert told.startswith(f"pg_dump failed: {said}")
    assert advice in told


def test_a_drill_proves_a_file_and_leaves_nothing(taken, place, monkeypatch, capsys):
    monkeypatch.setenv("GRIDWALL_HOME", str(place))
    (place / "scratch-killed").mkdir()
    assert main(["db", "drill", str(taken[1]), "--json"]) == 0
    found = msgspec.json.decode(capsys.readouterr().out)
    assert found["passed"]
    assert [check["name"] for check in found["checks"]] == [
        "restored", "rows", "schema", "seals", "coverage", "numbers", "keys", "scope"]
    assert {check["holds"] for check in found["checks"]} == {True}
    report = next(table for table in found["tables"] if table["name"] == "report")
    assert report["same"]
    assert report["rows"] == report["rows_expected"] > 30
    assert list(place.iterdir()) == []


@pytest.fixture
def place(tmp_path_factory) -> Iterator[Path]:
    """A home that the cluster's user may pass to."""
    folder = Path(tempfile.mkdtemp(prefix="gridwall-drill-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.long
def test_a_drill_finds_what_was_tampered_with(taken, cluster, place, tmp_path, capsys):
    """A step changed before the backup, a column's numbers put back, a grid over another."""
    source, _, _ = taken
    file = tmp_path / "ill.dump"
    with cloned(cluster, source.name) as ill:
        with owner(ill.admin_url) as connection:
            connection.execute("ALTER TABLE step DISABLE TRIGGER USER")
            connection.execute("UPDATE step SET note_digest = 'x' WHERE number = 1")
            connection.execute("ALTER TABLE step ENABLE TRIGGER USER")
            connection.execute("SELECT setval(pg_get_serial_sequence('audit', 'id'), 1)")
            connection.execute("UPDATE area SET geom = ST_Translate(geom, 0.0005, 0)"
                               " WHERE code = 'G0'")
        backups.backup(ill.admin_url, file, quiet)
    found = backups.drill(file, place, quiet)
    assert not found.passed
    holds = {check.name: check.holds for check in found.checks}
    assert holds == {"restored": True, "rows": True, "schema": True, "seals": False,
                     "coverage": False, "numbers": False, "keys": True, "scope": True}


def test_a_drill_of_no_backup_says_so(place, tmp_path, monkeypatch, capsys):
    file = tmp_path / "x.txt"
    file.write_text("no backup")
    monkeypatch.setenv("GRIDWALL_HOME", str(place))
    assert main(["db", "drill", str(file)]) == 1
    assert "NOT sound" in capsys.readouterr().out
    assert main(["db", "drill"]) == 1
    assert main(["db", "drill", str(file), "--at", "2026-11-23T08:00:00+08:00"]) == 1
    assert "--at goes with the folder" in " ".join(capsys.readouterr().err.split())


def test_roles_reach_a_restored_database(taken, empty, cluster):
    backups.restore(empty.admin_url, taken[1], quiet)
    with psycopg.connect(cluster.url(SERVER, empty.name)) as connection:
        assert connection.execute("SELECT count(*) FROM incident").fetchone() == (0,)
    with psycopg.connect(cluster.url(OWNER, empty.name)) as connection:
        assert connection.execute("SELECT count(*) FROM incident").fetchone()[0] > 30
