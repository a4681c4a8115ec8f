"""The archive of write-ahead log: kept safely, told when it fails, and any moment comes back."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import msgspec
import psycopg
import pytest

from console.cli import main
from gis.backups.archive import Archive, ArchiveState, Base, archive_state, trouble
from gis.backups.manifest import Manifest
from gis.cluster import OWNER, SERVER, Cluster
from gis.cluster_folder import ClusterFolder
from gis.errors import BadFile, InvalidInput
from gis.schema import migrate
from tests.gis.load import City

SCRIPT = Path(__file__).parents[2] / "gis" / "backups" / "keep-wal.sh"
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
SEGMENT = "0000000100000000000000"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the cluster's user may pass to."""
    folder = Path(tempfile.mkdtemp(prefix="gridwall-archive-"))
    folder.chmod(0o711)
    yield folder
    for home in folder.glob("*/pg"):
        Cluster(home).stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def archive(tmp_path) -> Archive:
    """An archive with a base backup on three Mondays, each with three files of log after it."""
    for name in ("base", "wal"):
        (tmp_path / name).mkdir()
    (tmp_path / "archive.json").write_text('{"format": 1, "system": "7"}')
    manifest = Manifest(taken_at=MONDAY, program="1", postgres=150000, revision="0001", tables={})
    for week in range(3):
        first = 3 * week + 1
        base = Base(f"week{week}", MONDAY + timedelta(weeks=week), f"{SEGMENT}{first:02X}", 1,
                    manifest)
        (tmp_path / "base" / base.name).mkdir()
        (tmp_path / "base" / f"{base.name}.json").write_bytes(msgspec.json.encode(base))
        for number in range(first, first + 3):
            (tmp_path / "wal" / f"{SEGMENT}{number:02X}.gz").touch()
    (tmp_path / "wal" / "00000002.history.gz").touch()
    return Archive(tmp_path)


def _keep(archive: Archive, file: Path, name: str, *more: str) -> subprocess.CompletedProcess:
    return subprocess.run(["/bin/sh", str(SCRIPT), str(file), name, str(archive.folder), *more],
                          capture_output=True, text=True, check=False)


def test_a_file_of_log_is_kept_once_and_never_overwritten(archive, tmp_path):
    file = tmp_path / "log file"
    file.write_bytes(os.urandom(1000))
    assert _keep(archive, file, "A").returncode == 0
    assert gzip.decompress((archive.wal / "A.gz").read_bytes()) == file.read_bytes()
    assert _keep(archive, file, "A").returncode == 0  # asked again after a crash
    kept = (archive.wal / "A.gz").read_bytes()
    file.write_bytes(b"other")
    again = _keep(archive, file, "A")
    assert (again.returncode, "with other content" in again.stderr) == (1, True)
    assert (archive.wal / "A.gz").read_bytes() == kept
    assert not list(archive.wal.glob(".*"))


def test_a_disk_that_is_not_there_takes_nothing(archive, tmp_path):
    (archive.folder / "archive.json").unlink()
    kept = _keep(archive, tmp_path, "A")
    assert kept.returncode == 1
    assert "is its disk there?" in kept.stderr


def test_log_is_given_up_only_when_the_database_s_disk_is_nearly_full(archive, tmp_path):
    file, gap = tmp_path / "log", tmp_path / "gap"
    file.write_bytes(b"log")
    shutil.rmtree(archive.wal)
    assert _keep(archive, file, "A", "1", str(gap)).returncode == 1
    assert _keep(archive, file, "A", "0", str(gap)).returncode == 1
    assert not gap.exists()
    given_up = _keep(archive, file, "A", str(10**9), str(gap))
    assert given_up.returncode == 0
    assert "the archive has a gap" in given_up.stderr
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z A\n", gap.read_text())


def test_the_newest_base_backup_before_a_moment_is_taken(archive):
    assert archive.base_for(None).name == "week2"
    assert archive.base_for(MONDAY + timedelta(days=8)).name == "week1"
    assert archive.base_for(MONDAY).name == "week0"
    with pytest.raises(InvalidInput, match=r"reaches back to 2026-11-16T00:00:00"):
        archive.base_for(MONDAY - timedelta(seconds=1))


def test_a_hole_is_seen_on_whatever_timeline(archive):
    assert archive.missing(archive.base_for(MONDAY)) == []
    (archive.wal / f"{SEGMENT}05.gz").unlink()
    assert archive.missing(archive.base_for(MONDAY)) == ["0/5"]
    assert archive.missing(archive.base_for(None)) == []
    (archive.wal / "000000020000000000000005.gz").touch()
    assert archive.missing(archive.base_for(MONDAY)) == []


def test_what_no_moment_needs_any_more_goes(archive):
    assert archive.prune(30, MONDAY + timedelta(days=20)) == []
    # Eight days back from day 20 lies after the second base backup: the first is not needed.
    assert archive.prune(8, MONDAY + timedelta(days=20)) == ["week0"]
    assert [base.name for base in archive.bases()] == ["week1", "week2"]
    assert sorted(file.name for file in archive.wal.iterdir()) == [
        *(f"{SEGMENT}{number:02X}.gz" for number in range(4, 10)), "00000002.history.gz"]
    assert archive.missing(archive.base_for(MONDAY + timedelta(days=7))) == []


def test_a_folder_that_is_no_archive_is_told(tmp_path):
    with pytest.raises(BadFile, match=r"is no archive .*is its disk there\?"):
        Archive(tmp_path)


@pytest.mark.parametrize("state, said", [
    ({"bases": 1, "last_kept_at": MONDAY}, ""),
    ({"bases": 0}, "no base backup yet"),
    ({"bases": 1, "failing_since": MONDAY, "waiting_files": 9, "waiting_bytes": 9 << 24},
     "9 files of log (144 MB) wait"),
    ({"bases": 1, "last_kept_at": MONDAY, "waiting_files": 9}, "nothing has come into /a since"),
    ({"bases": 1, "gap": ["2026-11-16T00:00:00Z 1", "2026-11-16T00:01:00Z 2"]},
     "has a gap: 2 files of log were given up since 2026-11-16T00:00:00Z"),
    ({"trouble": "is no archive"}, "is no archive")])
def test_trouble_with_the_archive_is_told(state, said):
    told = trouble(ArchiveState(folder="/a", **state), MONDAY + timedelta(hours=1))
    assert said in told
    assert bool(said) == bool(told)


def test_odd_folders_survive_the_server_s_settings(tmp_path):
    place = ClusterFolder(tmp_path)
    place.set_archive({"folder": "/a b/100%/网格's", "reserve_mb": 5})
    command = place.archiving()["archive_command"]
    echo = command.replace("/bin/sh", "printf '%s\\n'", 1).replace("%%", "%")
    words = subprocess.run(["/bin/sh", "-c", echo.replace("'%s", "'%s", 1)], text=True,
                           capture_output=True, check=True).stdout.splitlines()
    assert words[1:5] == ["%p", "%f", "/a b/100%/网格's", "5"]


def test_an_archive_is_the_private_cluster_s_alone(database, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    assert main(["db", "archive", str(tmp_path / "archive")]) == 1
    assert "docs/operator.md has the commands" in " ".join(capsys.readouterr().err.split())
    assert main(["doctor"]) == 0
    assert "ok    archive: of a database that others run" in capsys.readouterr().out


@pytest.fixture
def city(place, monkeypatch) -> Iterator[SimpleNamespace]:
    """A city on a private cluster of its own, that runs until the test ends."""
    monkeypatch.setenv("GRIDWALL_HOME", str(place / "home"))
    assert main(["db", "start"]) == 0
    cluster = Cluster(place / "home" / "pg")
    migrate(cluster.url())
    yield SimpleNamespace(place=place, cluster=cluster, folder=place / "archive",
                          work=City(cluster.url(OWNER), cluster.url(SERVER)))
    assert main(["db", "stop"]) == 0


def _ids(cluster: Cluster) -> set[str]:
    with psycopg.connect(cluster.url()) as connection:
        return {row[0] for row in connection.execute("SELECT external_id FROM report")}


@pytest.mark.long
def test_all_committed_before_a_moment_comes_back_and_nothing_after(city, monkeypatch, capsys):
    with city.work as work:
        work.wait_for(10)
        assert main(["db", "archive", str(city.folder)]) == 0
        work.wait_for(30)
        moment = datetime.now(UTC)
        work.wait_for(30)
        assert main(["db", "archive"]) == 0
    assert main(["doctor"]) == 0
    assert "ok    archive: 1 base backups, any moment since" in capsys.readouterr().out
    before = {each.external_id for each in work.answered if each.answered_at <= moment}
    after = {each.external_id for each in work.answered if each.sent_at > moment}
    assert len(before) >= 40
    assert len(after) >= 25

    monkeypatch.setenv("GRIDWALL_HOME", str(city.place / "again"))
    assert main(["db", "restore", str(city.folder), "--at", moment.isoformat()]) == 0
    again = Cluster(city.place / "again" / "pg")
    with again.held(), psycopg.connect(again.url()) as connection:
        there = _ids(again)
        assert before <= there
        assert not there & after
        with psycopg.connect(city.cluster.url()) as source:
            epoch = "SELECT epoch FROM event_head"
            assert connection.execute(epoch).fetchone() != source.execute(epoch).fetchone()
            log = "SELECT * FROM event ORDER BY sequence LIMIT %s"
            (head,) = connection.execute("SELECT count(*) FROM event").fetchone()
            assert connection.execute(log, [head]).fetchall() == source.execute(
                log, [head]).fetchall()
        capsys.readouterr()
        assert main(["doctor"]) == 0, capsys.readouterr().out
    assert [path.name for path in (city.place / "again").iterdir()] == ["pg"]
    assert main(["db", "restore", str(city.folder)]) == 1
    assert "restore fills only an empty place" in " ".join(capsys.readouterr().err.split())

    monkeypatch.setenv("GRIDWALL_HOME", str(city.place / "home"))
    assert main(["db", "drill", "--at", moment.isoformat(), "--json"]) == 0
    found = msgspec.json.decode(capsys.readouterr().out)
    assert datetime.fromisoformat(found["taken_at"]) <= moment
    assert {check["name"]: check["holds"] for check in found["checks"]} == dict.fromkeys(
        ("restored", "rows", "schema", "seals", "coverage", "numbers", "keys", "scope"), True)
    _moments_that_are_not_there(city, moment, capsys)


def _moments_that_are_not_there(city, moment: datetime, capsys) -> None:
    for at, said in ((moment - timedelta(days=1), "reaches back to"),
                     (moment + timedelta(days=1), "does not reach")):
        assert main(["db", "drill", str(city.folder), "--at", at.isoformat(), "--json"]) == 1
        (check,) = msgspec.json.decode(capsys.readouterr().out)["checks"]
        assert said in check["found"]
    base = Archive(city.folder).base_for(None)
    (city.folder / "wal" / f"{base.first_wal}.gz").rename(city.folder / "hidden")
    assert main(["db", "drill", "--json"]) == 1
    assert "has a hole" in capsys.readouterr().out
    (city.folder / "hidden").rename(city.folder / "wal" / f"{base.first_wal}.gz")
    file = city.folder / "base" / base.name / "postgresql.conf"
    with file.open("a") as conf:
        conf.write("# touched\n")
    assert main(["db", "drill", "--json"]) == 1
    assert re.search(r"the base backup .* is damaged", capsys.readouterr().out)


@pytest.mark.long
def test_an_archive_that_takes_nothing_is_told_and_heals(city, capsys):
    away, reserve = city.place / "away", ["--reserve-mb", "1"]
    assert main(["db", "archive", str(city.folder), *reserve]) == 0
    city.folder.rename(away)
    assert main(["db", "archive"]) == 1
    assert "is its disk there?" in " ".join(capsys.readouterr().err.split())
    with city.work as work:  # nothing is lost, the log waits
        work.wait_for(5)
    city.cluster.superuser_sql("SELECT pg_switch_wal()")
    _until(lambda: archive_state(city.cluster).waiting_files)
    assert main(["doctor"]) == 1
    assert re.search(r"ILL   archive: .*is no archive.*files of log \(\d+ MB\) wait on",
                     capsys.readouterr().out)
    away.rename(city.folder)
    assert main(["db", "archive", str(city.folder), "--reserve-mb", str(10**9)]) == 0
    assert archive_state(city.cluster).waiting_files == 0
    city.folder.rename(away)
    with city.work as work:  # the log is given up, the reports are taken
        work.wait_for(5)
    city.cluster.superuser_sql("SELECT pg_switch_wal()")
    _until(lambda: city.cluster.place.gap.exists())
    assert main(["doctor"]) == 1
    assert "ILL   archive: the archive has a gap" in capsys.readouterr().out
    away.rename(city.folder)
    assert main(["db", "archive", str(city.folder), *reserve, "--keep-days", "0"]) == 0
    assert main(["doctor"]) == 0
    assert len(Archive(city.folder).bases()) == 1
    assert main(["db", "drill"]) == 0


def _until(holds) -> None:
    until = datetime.now(UTC) + timedelta(seconds=60)
    while not holds():
        assert datetime.now(UTC) < until
        subprocess.run(["/bin/true"], check=True)


@pytest.mark.long
def test_a_folder_that_another_cluster_writes_to_is_refused(city, capsys):
    for folder, said in ((city.place / "home" / "pg" / "x", "inside the cluster"),
                         (city.place / "other", "archive of another cluster"),
                         (city.place / "full", "is not empty")):
        if folder.name != "x":
            folder.mkdir()
            (folder / ("archive.json" if folder.name == "other" else "file")).write_text(
                '{"system": "1"}')
        assert main(["db", "archive", str(folder)]) == 1
        assert said in " ".join(capsys.readouterr().err.split())
    assert city.cluster.place.archive() is None
