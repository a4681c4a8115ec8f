"""The operator's page: every command of its section on backups is run, in its order."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from console.cli import main
from gis.backups.archive import archive_state
from gis.cluster import Cluster
from gis.schema import migrate
from tests.gis.builders import at, owner, put_report, value

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operator.md").read_text("utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
pytestmark = pytest.mark.long


def _section(title: str, kind: str) -> list[str]:
    text = re.split(r"^#+ ", PAGE, flags=re.MULTILINE)
    (found,) = [part for part in text if part.startswith(f"{title}\n")]
    return [script for written, script in FENCE.findall(found) if written == kind]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the cluster's user may write in."""
    folder = Path(tempfile.mkdtemp(prefix="gridwall-operator-"))
    folder.chmod(0o777)
    yield folder
    for home in folder.glob("*/pg"):
        Cluster(home).stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(place, monkeypatch) -> Cluster:
    """A city on a private cluster that runs."""
    monkeypatch.setenv("GRIDWALL_HOME", str(place / "home"))
    assert main(["db", "start"]) == 0
    cluster = Cluster(place / "home" / "pg")
    migrate(cluster.url())
    with owner(cluster.url()) as connection:
        put_report(connection, at(0.5, 0.5), external_id="first")
    return cluster


def _ids(cluster: Cluster) -> set[str]:
    with psycopg.connect(cluster.url()) as connection:
        return {row[0] for row in connection.execute("SELECT external_id FROM report")}


def _run(place: Path, script: str, **words: str) -> None:
    """Its `gridwall` lines; each restore into a home of its own."""
    for line in script.splitlines():
        given = [words.get(word, word) for word in shlex.split(line)[1:]]
        with pytest.MonkeyPatch.context() as patch:
            if "restore" in given:
                patch.setenv("GRIDWALL_HOME", str(place / f"again-{len(list(place.iterdir()))}"))
            assert main(given) == 0, line


def test_the_commands_of_gridwall(home, place):
    (dump,) = _section("Backup and restore", "console")
    _run(place, dump, FILE=str(place / "city.dump"))
    (archive,) = _section("Any moment: the archive", "console")
    first, second, *rest = archive.splitlines()
    _run(place, first, FOLDER=str(place / "archive"))
    moment = datetime.now(UTC)
    with owner(home.url()) as connection:
        put_report(connection, at(0.5, 0.5), external_id="second")
    _run(place, second)
    _run(place, "\n".join(rest), FOLDER=str(place / "archive"), TIME=moment.isoformat())
    restored = [Cluster(folder / "pg") for folder in sorted(place.glob("again-*"))]
    assert len(restored) == 2
    for cluster in restored:
        with cluster.held():
            assert _ids(cluster) == {"first"}
    assert archive_state(home).bases == 1


def test_the_commands_for_one_s_own_postgresql(home, place):
    turn_on, base, back, epoch = _section("Any moment: your own PostgreSQL", "sh")
    variables = {
        "ARCHIVE": str(place / "theirs"), "PROGRAM": str(place / "program"), "NAME": "monday",
        "DATA": str(place / "data"), "PGHOST": str(home.socket), "PGUSER": "postgres",
        "PATH": f"{home.programs.folder}:{os.environ['PATH']}"}

    def sh(script: str) -> None:
        who = {} if os.geteuid() else {"user": home.account.pw_uid, "group": home.account.pw_gid,
                                       "extra_groups": []}
        done = subprocess.run(["/bin/sh", "-e", "-c", script], env=variables, cwd="/", text=True,
                              capture_output=True, check=False, **who)
        assert done.returncode == 0, done.stdout + done.stderr

    shutil.copytree(ROOT / "gis" / "backups", place / "program" / "gis" / "backups")
    sh(turn_on)
    control = f"pg_ctl -s -w -D '{home.data}' -l '{home.log}/own.log'"
    sh(f"{control} restart")
    sh(base)
    variables["TIME"] = datetime.now(UTC).isoformat()
    with owner(home.url()) as connection:
        put_report(connection, at(0.5, 0.5), external_id="second")
    sh(f"{control} stop")  # what is left of the log is kept at the end
    sh(back)
    sh(f"pg_ctl -s -w -D '{place}/data' -l '{place}/data/own.log' start")
    try:
        sh("until [ \"$(psql -d postgres -Atc 'SELECT pg_is_in_recovery()')\" = f ]; do :; done")
        sh(epoch)
        assert _ids(home) == {"first"}
        with owner(home.url()) as connection:
            assert value(connection, "SELECT count(*) FROM incident") == 1
    finally:
        sh(f"pg_ctl -s -w -D '{place}/data' stop")
