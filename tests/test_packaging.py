"""The wheel: complete, nothing beside it, and able to serve by itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.web import build as web
from gis.cluster import OWNER, SERVER

ROOT = Path(__file__).parent.parent
PACKAGES = ("gis", "layers", "tiles", "console", "fixtures")
# What bundles are made from stays in the source tree; the wheel has what was made.
LEFT_OUT = re.compile(r"^console/web/(src|tests)/|\.(gitignore|npmrc)$"
                      r"|^console/web/package(-lock)?\.json$")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel of the tracked files and the built bundles, made as pip makes it."""
    web.build()
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True,
                          check=True).stdout
    for name in filter(None, told.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
    shutil.copytree(web.BUILT, tree / "console" / "static" / "built")
    # npm's folder holds Python too (node-gyp), which must not be taken for ours.
    stray = tree / "console" / "web" / "node_modules" / "some-gyp"
    stray.mkdir(parents=True)
    (stray / "__init__.py").write_text("")
    (stray / "package.json").write_text("{}")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps",
                    "--no-build-isolation", "-w", str(folder), "."],
                   cwd=tree, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture
def empty_database(cluster) -> Iterator[tuple[str, str]]:
    """Addresses, as owner and as server, of a database that was not migrated."""
    cluster.create_database("packaged")
    yield cluster.url(OWNER, "packaged"), cluster.url(SERVER, "packaged")
    cluster.superuser_sql("drop database packaged with (force)")


def test_it_has_every_file_of_the_five_packages_and_no_other(wheel):
    tracked = subprocess.run(["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True,
                             text=True, check=True).stdout.split("\0")
    wanted = {name for name in tracked
              if name and not LEFT_OUT.search(name) and (ROOT / name).is_file()}
    wanted |= {f"console/static/built/{path.name}" for path in web.BUILT.iterdir()}
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if ".dist-info/" not in name}
    assert names == wanted


SERVING = """
import os
from fastapi.testclient import TestClient
from console.server import create_app
from gis.settings import Settings
from gis.accounts import issue_token
from fixtures.matters import matter_table

matter_table()
settings = Settings.from_environment(os.environ).with_secret()
token = {"Authorization": "Bearer " + issue_token(settings.admin_database_url, "admin")}
with TestClient(create_app(settings)) as client:
    for path in ("/readyz", "/login", "/wall", "/planner", "/officer", "/report"):
        assert client.get(path, headers=token).status_code == 200, path
"""


def test_what_it_holds_migrates_and_serves_without_the_source_tree(wheel, empty_database, tmp_path):
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(installed)
    environment = os.environ | {
        "PYTHONPATH": str(installed), "GRIDWALL_HOME": str(tmp_path / "home"),
        "GRIDWALL_DATABASE_URL": empty_database[1],
        "GRIDWALL_ADMIN_DATABASE_URL": empty_database[0],
    }

    def run(*arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", "import console; print(console.__file__)").startswith(str(installed))
    run("-m", "console.cli", "db", "migrate")
    run("-c", SERVING)
