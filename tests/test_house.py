"""The rules of the house: which way imports run, what files may say, what docs must say."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from gis.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
TEXT = {".py", ".sql", ".toml", ".md", ".sh", ".js", ".css", ".html", ".json", ".lock", ".cfg", ""}
HOST = re.compile(r"(?:https?|wss?)://([A-Za-z0-9.\-\[\]:{}_$%]+)")
# Loopback and placeholders; names that stand for a standard, which nobody asks; the licence's own.
ALLOWED = re.compile(
    r"^(127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0|\W|HOST|host|.*\.(test|example|invalid)\b"
    r"|(www\.)?(w3\.org|opengis\.net|apache\.org|rfc-editor\.org|json-schema\.org|schema\.org"
    r"|topografix\.com|ogr\.maptools\.org)"
    r"|example\.(com|org|net))"
)


def tracked_files() -> list[Path]:
    """Text files of the project, generated lock files of npm left out."""
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True,
                          check=True).stdout
    files = [ROOT / name for name in told.split("\0") if name]
    return [file for file in files if file.suffix in TEXT and file.is_file()
            and file.name != "package-lock.json"]


def test_imports_run_one_way():
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports;"
         "sys.exit(lint_imports(cache_dir=None))"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_style_is_clean():
    sources = [str(file) for file in tracked_files() if file.suffix == ".py"]
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", *sources], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_wheel_ships_five_packages_and_not_the_tests(tmp_path):
    for name in tracked_files():
        copy = tmp_path / "tree" / name.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(name, copy)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
         "-w", str(tmp_path), "."], cwd=tmp_path / "tree", check=True, capture_output=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"gis", "layers", "tiles", "console", "fixtures"}
    for needed in ("gis/sql/cluster/roles.sql", "console/catalogues/zh/common.json",
                   "fixtures/data/names.json"):
        assert needed in names


def test_no_file_names_a_host():
    found = [
        f"{file.relative_to(ROOT)}:{number}: {host}"
        for file in tracked_files()
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        for host in HOST.findall(line)
        if not ALLOWED.match(host)
    ]
    assert not found, "\n".join(found)


def test_every_setting_is_documented_with_its_default():
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(GRIDWALL_\w+)` \| ([^|]+) \| [^|]{10,} \|$", page, re.M))
    for field in dataclasses.fields(Settings):
        name = PREFIX + field.name.upper()
        assert name in rows, f"{name} is not in docs/settings.md"
        plain = isinstance(field.default, bool | int | float | str) and field.default != ""
        if plain:
            default = f"{field.default:g}" if isinstance(field.default, float) else field.default
            default = int(default) if isinstance(default, bool) else default
            assert f"`{default}`" == rows.pop(name).strip(), name
        else:
            rows.pop(name)
    assert not rows, f"documented, and no settings: {', '.join(rows)}"


def test_every_package_is_pinned_with_its_licence():
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            assert re.fullmatch(r"[\w.\-]+==[\w.+!]+ +# \S.*", line), line


def test_nothing_reads_the_environment_at_import():
    allowed = {"console/cli/context.py", "console/cli/test.py", "console/cli/doctor.py",
               "console/cli/up.py", "console/cli/guardian.py", "console/web/build.py",
               "gis/system_account.py",
               # It sets what Panel reads, and reads nothing.
               "console/__init__.py"}
    found = [
        str(path) for package in ("gis", "layers", "tiles", "console", "fixtures")
        for file in (ROOT / package).rglob("*.py")
        if "node_modules" not in file.parts
        and re.search(r"os\.(environ|getenv)", file.read_text("utf-8"))
        and (path := file.relative_to(ROOT).as_posix()) not in allowed
    ]
    assert not found, found
