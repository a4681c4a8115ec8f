"""PostgreSQL as it is installed on this machine: its programs, and what suits the machine."""

from __future__ import annotations

import glob
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from gis.errors import SetupError

LEAST_MAJOR = 15
MEBIBYTE = 1024 * 1024
_PROGRAM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/bin",
    "/usr/local/bin",
    "/usr/bin",
)


@dataclass(frozen=True)
class Programs:
    """The folder of one installed PostgreSQL server's programs, and its major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """The full path of one program, such as ``pg_dump``."""
        return str(self.folder / name)


def _tell(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _major_version(folder: Path) -> int | None:
    try:
        told = _tell([str(folder / "postgres"), "--version"])
    except OSError:
        return None
    found = re.search(r"\s(\d+)", told)
    return int(found.group(1)) if found else None


def _has_postgis(programs: Programs) -> bool:
    config = programs.folder / "pg_config"
    shares = [Path(f"/usr/share/postgresql/{programs.major}"), Path("/usr/share/pgsql")]
    if config.exists():
        shares.insert(0, Path(_tell([str(config), "--sharedir"])))
    return any((share / "extension" / "postgis.control").exists() for share in shares)


def find_programs(major: int | None = None) -> Programs:
    """Find a PostgreSQL server with PostGIS.

    Parameters
    ----------
    major
        The major version wanted, as an existing cluster has it; None takes the newest.

    Raises
    ------
    SetupError
        When there is none, or none of that version.
    """
    folders = [Path(found) for pattern in _PROGRAM_FOLDERS for found in glob.glob(pattern)]
    config = shutil.which("pg_config")
    if config:
        folders.insert(0, Path(_tell([config, "--bindir"])))
    seen = []
    for folder in dict.fromkeys(folders):
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            version = _major_version(folder)
            if version is not None:
                seen.append(Programs(folder, version))
    fitting = [
        programs
        for programs in sorted(seen, key=lambda programs: -programs.major)
        if programs.major >= LEAST_MAJOR and major in (None, programs.major)
        and _has_postgis(programs)
    ]
    if fitting:
        return fitting[0]
    versions = ", ".join(str(programs.major) for programs in seen) or "none"
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {LEAST_MAJOR} or newer"
    raise SetupError(
        f"{wanted} with PostGIS 3.3 or newer is needed; found on this machine: {versions}."
        " On Debian or Ubuntu: apt-get install postgresql postgresql-15-postgis-3 (with your"
        " version's number); Fedora: dnf install postgresql-server postgresql-contrib postgis;"
        " macOS: brew install postgresql@17 postgis."
    )


def account_for_cluster(data: Path) -> pwd.struct_passwd:
    """The system user a private cluster runs as.

    PostgreSQL refuses to run as root. Started by root it is the owner of existing data, else
    `postgres`, else a system user `gridwall` made for it; otherwise it is the caller.

    Raises
    ------
    SetupError
        When the caller has no name in the system's user list, or no user could be made.
    """
    if os.geteuid() != 0:
        return caller_account()
    if data.exists() and data.stat().st_uid != 0:
        return pwd.getpwuid(data.stat().st_uid)
    for name in ("postgres", "gridwall"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    made = subprocess.run(
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "gridwall"],
        capture_output=True, text=True, check=False,
    )
    if made.returncode:
        raise SetupError(
            "PostgreSQL does not run as root, and the system user `gridwall` could not be made:"
            f" {made.stderr.strip()}. Make it by hand, or run as an ordinary user."
        )
    return pwd.getpwnam("gridwall")


def caller_account() -> pwd.struct_passwd:
    """The caller's own account; peer authentication goes by its name."""
    try:
        return pwd.getpwuid(os.geteuid())
    except KeyError:
        raise SetupError(
            f"user id {os.geteuid()} has no name in the system's user list; the private cluster"
            " knows callers by name. Add the user, or set GRIDWALL_DATABASE_URL."
        ) from None


def machine_memory() -> int:
    """Bytes of memory that this machine, or the container around us, may use."""
    total = psutil.virtual_memory().total
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists():
        told = limit.read_text().strip()
        if told.isdigit():
            total = min(total, int(told))
    return total


def _clamp(value: int, least: int, most: int) -> str:
    return f"{max(least, min(most, value // MEBIBYTE))}MB"


def tuning(memory: int, durable: bool = True) -> dict[str, str]:
    """Server settings that suit a machine with `memory` bytes.

    Parameters
    ----------
    memory
        Bytes; a quarter goes to shared buffers, and half is taken to be file cache, since the
        wall's own process lives on the same machine.
    durable
        False only for clusters whose loss costs nothing (tests): no fsync.

    Returns
    -------
    dict
        Name of the setting to its value, unquoted.
    """
    shared_memory = Path("/dev/shm")
    roomy = shared_memory.is_dir() and shutil.disk_usage(shared_memory).total > 256 * MEBIBYTE
    return {
        "shared_buffers": _clamp(memory // 4, 64, 8192) if durable else "128MB",
        "effective_cache_size": _clamp(memory // 2, 128, 65536),
        "work_mem": _clamp(memory // 400, 4, 64),
        "maintenance_work_mem": _clamp(memory // 16, 64, 1024),
        "max_connections": "100",
        "wal_buffers": "16MB",
        "wal_compression": "on",
        "max_wal_size": "4GB" if durable else "1GB",
        "min_wal_size": "256MB" if durable else "80MB",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        "jit": "off",
        # Containers often have 64 MB here, too little for a parallel join.
        "dynamic_shared_memory_type": "posix" if roomy or not shared_memory.is_dir() else "mmap",
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
    }
