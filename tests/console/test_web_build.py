"""The bundles are built once and only when sources changed."""

import gzip
import json
import re
import shutil

import brotli
import pytest

from console.components.bundled import bundle_address
from console.web import build as web


@pytest.fixture(scope="module")
def built():
    web.build()
    return web.BUILT


def test_nothing_is_built_twice(built):
    assert web.is_current()
    assert web.build() is False


def test_a_changed_source_is_noticed(built, tmp_path):
    copy = tmp_path / "web"
    shutil.copytree(web.WEB, copy, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    assert web.is_current(copy, built)
    (copy / "src" / "common.js").write_text("changed", encoding="utf-8")
    assert not web.is_current(copy, built)


def test_an_unreadable_manifest_means_build(tmp_path):
    (tmp_path / web.MANIFEST).write_text("{", encoding="utf-8")
    assert not web.is_current(built=tmp_path)


def test_compressed_files_are_the_same_files(built):
    for path in built.glob("*.js"):
        raw = path.read_bytes()
        assert brotli.decompress(path.with_name(path.name + ".br").read_bytes()) == raw
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == raw


def test_all_bundles_are_there_and_small_enough(built):
    files = json.loads((built / web.MANIFEST).read_text(encoding="utf-8"))["files"]
    assert {"wall-map.js", "wall-panels.js", "live-worker.js", "mvt-worker.js",
            "maplibre-worker.js"} <= set(files)
    wall = ("wall-map.js", "wall-panels.js", "live-worker.js", "mvt-worker.js",
            "maplibre-worker.js")
    assert sum((built / f"{name}.gz").stat().st_size for name in wall) < 1_200_000


def test_the_licences_of_what_is_bundled_go_with_it(built):
    notices = (built / web.NOTICES).read_text(encoding="utf-8")
    own = json.loads((web.WEB / "package.json").read_text(encoding="utf-8"))
    for name, version in own["dependencies"].items():
        assert f"{name} {version}: " in notices
    assert "Apache License" in notices
    assert "MapLibre contributors" in notices
    assert "esbuild" not in notices


def test_addresses_change_with_the_content(built):
    assert re.fullmatch(r"/static/built/wall-map\.js\?v=[0-9a-f]{12}",
                        bundle_address("wall-map.js"))


def test_the_lock_file_names_no_host():
    lock = (web.WEB / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    packages = json.loads(lock)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_the_browsers_own_parts(built):
    """Node's test runner over the parts that need no browser: stream, hub, columns."""
    web.run(["node", "--test", *map(str, sorted((web.WEB / "tests").glob("*.test.mjs")))], web.WEB)
