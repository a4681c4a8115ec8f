"""The harness: a private cluster, a database of its own for each test, the real program.

One cluster serves the whole run, shared by the workers of pytest-xdist; its templates are made
once, under a file lock, and each test works on a clone that is dropped after it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from gis.cluster import OWNER, SERVER, Cluster
from gis.postgres import machine_memory

ROOT = Path(__file__).parent.parent
# Of memory, twice what the clusters of a run grow to.
MOST_BYTES = 12 * 2**30
pytest_plugins = ["tests.program"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` adds soak, chaos and scale."""
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Spread browsers over the run; leave out what is marked long unless it is asked for."""
    items[:] = _spread(items)
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="needs --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


def _spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """The files in their order, those that open a browser evenly among the others.

    Drawing takes both cores: two browsers at once wait for each other, and at the end of a run
    nothing else is left to be done meanwhile.
    """
    files = [list(tests) for _, tests in groupby(items, lambda item: item.path)]
    drawing, others = [], []
    for tests in files:
        browses = any("browser" in getattr(test, "fixturenames", ()) for test in tests)
        (drawing if browses else others).append(tests)
    # Walls, the longest of all, stand last in the alphabet.
    drawing.reverse()
    places = [(at + 0.5) / len(one) for one in (drawing, others) for at in range(len(one))]
    ordered = sorted(zip(places, drawing + others, strict=True), key=lambda placed: placed[0])
    return [test for _, tests in ordered for test in tests]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("GRIDWALL_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (GRIDWALL_TEST_DATA)")
    return folder


@dataclass(frozen=True)
class Database:
    """One test's own database, and the addresses by which its two roles reach it."""

    name: str
    admin_url: str
    server_url: str


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Among the workers of one run, one at a time."""
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_left_clusters(parent: Path) -> None:
    """Stop and remove the clusters of earlier runs that were killed."""
    for folder in parent.glob("gridwall-test-*"):
        if folder.stat().st_uid == os.getuid() and (folder / "users.lock").exists():
            left = Cluster(folder, durable=False)
            if not left.in_use():
                left.stop()
                shutil.rmtree(folder, ignore_errors=True)


def _parent_of_clusters() -> Path:
    """Memory, where there is much of it: there a clone takes a fifteenth of the time."""
    memory = Path("/dev/shm")
    if (memory.is_dir() and os.access(memory, os.W_OK) and machine_memory() >= MOST_BYTES
            and shutil.disk_usage(memory).free >= MOST_BYTES):
        return memory
    return Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def cluster(testrun_uid: str) -> Iterator[Cluster]:
    """The run's private cluster; the last worker to leave stops and removes it."""
    parent = _parent_of_clusters()
    shared = Cluster(parent / f"gridwall-test-{testrun_uid[:12]}", durable=False)
    with file_lock(parent / f"gridwall-test.{os.getuid()}.lock"):
        _remove_left_clusters(parent)
        shared.hold()
        shared.superuser_sql("alter role gridwall_owner createdb")
        # Dropping a database ends the server's last connections to it.
        shared.superuser_sql("grant pg_signal_backend to gridwall_owner")
    yield shared
    if shared.release():
        shutil.rmtree(shared.folder, ignore_errors=True)


def _run_as_owner(cluster: Cluster, statement: str, **names: str) -> None:
    with psycopg.connect(cluster.url(OWNER), autocommit=True) as connection:
        identifiers = {key: sql.Identifier(name) for key, name in names.items()}
        connection.execute(sql.SQL(statement).format(**identifiers))


def _clone(cluster: Cluster, template: str, name: str) -> Database:
    # Copying files is four times quicker than the default, which logs every block.
    _run_as_owner(cluster, "create database {name} template {template} strategy file_copy",
                  name=name, template=template)
    # A clone does not take over its template's rights.
    _run_as_owner(cluster, "revoke all on database {name} from public", name=name)
    _run_as_owner(cluster, "grant connect on database {name} to {server}",
                  name=name, server=SERVER)
    return Database(name, cluster.url(OWNER, name), cluster.url(SERVER, name))


def _template(cluster: Cluster, name: str, make: Callable[[str], None],
              source: str | None = None) -> str:
    """Make a template once in a run; half-made ones are made anew."""
    made = cluster.folder / f"{name}.made"
    with file_lock(cluster.folder / "templates.lock"):
        if not made.exists():
            _run_as_owner(cluster, "drop database if exists {name} with (force)", name=name)
            if source:
                _clone(cluster, source, name)
            else:
                cluster.create_database(name)
            make(cluster.url(OWNER, name))
            made.touch()
    return name


def _migrate(admin_url: str) -> None:
    if find_spec("gis.schema"):
        from gis.schema import migrate

        migrate(admin_url)


def _load_district(admin_url: str) -> None:
    from fixtures.loader import load_district

    load_district(admin_url, scale="demo")


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """Name of the migrated, empty database that tests are cloned from."""
    return _template(cluster, "template_empty", _migrate)


@pytest.fixture(scope="session")
def district_template(cluster: Cluster, template: str) -> str:
    """Name of the database with the synthetic district in it."""
    return _template(cluster, "template_district", _load_district, source=template)


def _build_town(admin_url: str) -> None:
    from tests.console.town import build_town

    build_town(admin_url)


@pytest.fixture(scope="session")
def town_template(cluster: Cluster, template: str) -> str:
    """Name of the database with a small town in it."""
    return _template(cluster, "template_town", _build_town, source=template)


@contextmanager
def cloned(cluster: Cluster, template: str) -> Iterator[Database]:
    """A clone of a template for a while."""
    name = f"test_{uuid4().hex[:16]}"
    try:
        yield _clone(cluster, template, name)
    finally:
        _run_as_owner(cluster, "drop database if exists {name} with (force)", name=name)


@pytest.fixture
def database(cluster: Cluster, template: str) -> Iterator[Database]:
    """A migrated, empty database of this test's own."""
    with cloned(cluster, template) as own:
        yield own


@pytest.fixture
def district_database(cluster: Cluster, district_template: str) -> Iterator[Database]:
    """A database of this test's own with the synthetic district in it."""
    with cloned(cluster, district_template) as own:
        yield own


@pytest.fixture(scope="session")
def loaded_district(cluster: Cluster, district_template: str) -> Iterator[Database]:
    """The synthetic district as it was loaded, for tests that change nothing in it."""
    with cloned(cluster, district_template) as own:
        yield own


@pytest.fixture(scope="session")
def session_database(cluster: Cluster, district_template: str) -> Iterator[Database]:
    """One database with the synthetic district, for the pages of one worker, which write to it."""
    with cloned(cluster, district_template) as own:
        yield own
