"""The private cluster: who may come in, what it promises, and how it gets up again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from gis.cluster import OWNER, SERVER, Cluster
from gis.errors import SetupError
from gis.postgres import MEBIBYTE, caller_account, find_programs, tuning


@pytest.fixture
def place():
    """A folder that other users may pass through, as pytest's own may not be."""
    folder = Path(tempfile.mkdtemp(prefix="gridwall-place-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def own(place):
    """A cluster of this test's own, stopped after it."""
    cluster = Cluster(place / "pg", durable=False)
    yield cluster
    cluster.release()
    cluster.stop()


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def test_both_roles_reach_a_test_database(database):
    assert value(database.admin_url, "select current_user") == OWNER
    assert value(database.server_url, "select current_user") == SERVER
    assert value(database.server_url, "select postgis_lib_version()") >= "3.3"


def test_text_is_utf8_and_trigrams_see_chinese(database):
    assert value(database.server_url, "show server_encoding") == "UTF8"
    assert value(database.server_url, "select show_trgm('望江街道') <> '{}'") is True


def test_server_role_owns_nothing_and_makes_nothing(database):
    query = (
        "select count(*) from pg_class where relowner = 'gridwall_server'::regrole::oid"
    )
    assert value(database.server_url, query) == 0
    for statement in ("create table mine (x int)", "create temporary table mine (x int)",
                      "create schema mine", "set role gridwall_owner"):
        with psycopg.connect(database.server_url) as connection, pytest.raises(
            psycopg.errors.InsufficientPrivilege
        ):
            connection.execute(statement)


@pytest.mark.parametrize("role", [OWNER, SERVER])
def test_no_role_of_ours_has_special_powers(database, role):
    with psycopg.connect(database.admin_url) as connection:
        powers = connection.execute(
            "select rolsuper, rolcreaterole, rolreplication, rolbypassrls"
            " from pg_roles where rolname = %s", [role]
        ).fetchone()
    assert powers == (False, False, False, False)


def test_superuser_is_closed_to_callers_as_root(cluster):
    if os.geteuid():
        pytest.skip("an ordinary user's cluster runs as that user")
    with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer authentication failed"):
        psycopg.connect(cluster.url("postgres", "postgres"))


def test_there_is_no_tcp_port(cluster):
    assert value(cluster.url(), "show listen_addresses") == ""
    assert not cluster._postmaster().net_connections("inet")


def test_data_and_socket_are_closed_to_others(cluster):
    for folder in (cluster.data, cluster.socket, cluster.log):
        assert folder.stat().st_mode & 0o077 == 0


def test_durable_unless_told_otherwise():
    settings = tuning(8192 * MEBIBYTE)
    assert settings["fsync"] == settings["full_page_writes"] == "on"
    assert settings["synchronous_commit"] == "on"
    assert settings["shared_buffers"] == "2048MB"
    assert settings["effective_cache_size"] == "4096MB"
    assert tuning(256 * MEBIBYTE)["shared_buffers"] == "64MB"


def test_what_was_committed_is_there_after_everything_was_killed(own):
    own.durable = True
    own.hold()
    value(own.url(), "select 1")
    with psycopg.connect(own.url(), autocommit=True) as connection:
        connection.execute("create table kept (x int)")
        connection.execute("insert into kept values (7)")
    postmaster = own._postmaster()
    family = [postmaster, *postmaster.children(recursive=True)]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=10)
    assert (own.data / "postmaster.pid").exists()
    again = Cluster(own.folder)
    with again.held():
        assert value(again.url(), "select x from kept") == 7


def test_pid_file_of_another_living_process_is_not_believed(own):
    with own.held():
        pid_file = (own.data / "postmaster.pid").read_text()
    reused = pid_file.replace(pid_file.split("\n")[0], str(os.getppid()), 1)
    (own.data / "postmaster.pid").write_text(reused)
    shutil.chown(own.data / "postmaster.pid", own.account.pw_uid, own.account.pw_gid)
    with own.held():
        assert value(own.url(), "select 1") == 1


def test_backends_without_a_postmaster_are_cleared_away(own):
    own.hold()
    session = psycopg.connect(own.url())
    backend = psutil.Process(session.info.backend_pid)
    backend.suspend()  # so that it can't notice by itself
    postmaster = own._postmaster()
    postmaster.kill()
    postmaster.wait(10)
    again = Cluster(own.folder, durable=False)
    with again.held():
        assert value(again.url(), "select 1") == 1
    assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
    session.close()


def test_running_server_of_a_dead_program_is_adopted(own):
    script = ("import sys; from pathlib import Path; from gis.cluster import Cluster;"
              "Cluster(Path(sys.argv[1]), durable=False).hold(); import os; os._exit(9)")
    assert subprocess.run(
        [sys.executable, "-c", script, str(own.folder)], check=False
    ).returncode == 9
    first = own._postmaster().pid
    with own.held():
        assert own._postmaster().pid == first
    assert own.status() == "stopped"


def test_last_holder_stops_it_and_start_keeps_it(own):
    other = Cluster(own.folder, durable=False)
    own.hold()
    with other.held():
        assert own.in_use()
        assert own.release() is False
        assert other.status() == "running"
    assert own.status() == "stopped"
    own.start()
    with other.held():
        pass
    assert own.status() == "running"
    assert own.stop() is True
    assert own.status() == "stopped"
    assert own.stop() is False


def test_deep_folder_gets_a_short_socket_folder(place):
    deep = Cluster(place / ("d" * 60) / ("e" * 60) / "pg", durable=False)
    assert len(os.fsencode(deep.socket)) < 60
    try:
        with deep.held():
            assert value(deep.url(), "select current_user") == OWNER
    finally:
        shutil.rmtree(deep.socket, ignore_errors=True)


def test_folder_that_the_server_user_cannot_reach_is_named(place):
    if os.geteuid():
        pytest.skip("an ordinary user's cluster runs as that user")
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(SetupError, match=r"can't reach .*closed.*GRIDWALL_HOME"):
        Cluster(closed / "pg").hold()


def test_folder_that_cannot_be_made_is_named(place):
    (place / "file").touch()
    with pytest.raises(SetupError, match=r"can't be made.*GRIDWALL_HOME"):
        Cluster(place / "file" / "pg").hold()


def test_half_made_data_is_not_taken_for_a_cluster(own):
    own.folder.mkdir()
    own.folder.chmod(0o711)
    (own.folder / "making-x").mkdir()
    assert own.status() == "absent"
    with own.held():
        assert not (own.folder / "making-x").exists()


def test_missing_version_says_what_to_install():
    with pytest.raises(SetupError, match=r"PostgreSQL 99 .*apt-get install .*dnf .*brew"):
        find_programs(99)


def test_caller_has_a_name():
    assert caller_account().pw_uid == os.geteuid()


def test_url_survives_odd_folders(place):
    odd = Cluster(place / "a b%?网格" / "pg")
    parsed = psycopg.conninfo.conninfo_to_dict(odd.url())
    assert parsed["host"] == str(odd.socket)
    assert parsed["user"] == OWNER
