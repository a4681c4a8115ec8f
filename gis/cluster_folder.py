"""The folder of a private cluster: what stands where in it, whose it is, and its settings."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import os
import pwd
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gis import postgres
from gis.errors import SetupError
from gis.postmaster import PORT
from gis.system_account import give, run_as

LONGEST_SOCKET_PATH = 107
# What is committed is in the archive at most this much later.
ARCHIVE_TIMEOUT_S = 60


class ClusterFolder:
    """Paths and files of a cluster.

    Parameters
    ----------
    folder
        Where it lives.
    run_as_name
        System user to run as; by default the caller, or for root an unprivileged one.
    """

    def __init__(self, folder: Path, run_as_name: str | None = None) -> None:
        self.folder = Path(folder).absolute()
        self._run_as_name = run_as_name
        self._account: pwd.struct_passwd | None = None

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The folder of the server's logs."""
        return self.folder / "log"

    @property
    def socket(self) -> Path:
        """The folder of the socket: inside, or elsewhere where the path would be too long."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
            return inside
        key = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        short = Path("/run") if os.geteuid() == 0 and Path("/run").is_dir() else Path("/tmp")
        return short / f"gridwall-{key}"

    @property
    def account(self) -> pwd.struct_passwd:
        """The system user that the server runs as."""
        if self._account is None:
            if self._run_as_name is None:
                self._account = postgres.account_for_cluster(self.data)
            else:
                self._account = pwd.getpwnam(self._run_as_name)
        return self._account

    def exists(self) -> bool:
        """Whether there is data."""
        return (self.data / "PG_VERSION").exists()

    def make(self) -> None:
        """A folder of the caller's, passable (not readable) by the server's own user."""
        passable = os.geteuid() == 0
        missing = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
        for path in reversed(missing):
            try:
                path.mkdir(exist_ok=True)
                path.chmod(0o711 if passable else 0o700)
            except OSError as problem:
                raise SetupError(
                    f"the folder {path} can't be made: {problem.strerror}. Choose another with"
                    " GRIDWALL_HOME."
                ) from None

    def check_reach(self) -> None:
        """Say clearly where the server's user can't come to its folder."""
        try:
            run_as(self.account, ["/bin/sh", "-c", 'cd "$0"', str(self.folder)])
        except SetupError:
            raise SetupError(
                f"PostgreSQL runs as the system user {self.account.pw_name!r}, who can't reach"
                f" {self.folder}: a folder above it is closed to others. Choose a"
                " GRIDWALL_HOME that every user may pass through, such as /var/lib/gridwall,"
                " or open the way with chmod o+x."
            ) from None

    def own(self, folder: Path) -> None:
        """A folder of the server's user alone; one that somebody else laid there is refused."""
        try:
            folder.mkdir(mode=0o700)
            give(self.account, folder)
        except FileExistsError:
            found = folder.lstat()
            mine = found.st_uid in (self.account.pw_uid, os.geteuid())
            if folder.is_symlink() or not folder.is_dir() or not mine:
                raise SetupError(
                    f"{folder} is there already and belongs to somebody else; remove it, or"
                    " choose another GRIDWALL_HOME."
                ) from None
            give(self.account, folder)
        folder.chmod(0o700)

    # Settings

    def configure(self, server: Mapping[str, str], idents: set[tuple[str, str]]) -> None:
        """Write settings, and who may come in.

        Parameters
        ----------
        server
            Settings of the server over those of the place.
        idents
            System user and role of each that may come in.
        """
        settings = {
            "listen_addresses": "", "port": str(PORT), "unix_socket_directories":
            str(self.socket), "unix_socket_permissions": "0700",
            "logging_collector": "on", "log_directory": str(self.log),
            "log_filename": "postgres-%a.log", "log_truncate_on_rotation": "on",
            "log_rotation_age": "1d", "log_rotation_size": "0", "log_timezone": "UTC",
            "timezone": "UTC", "log_lock_waits": "on",
        } | dict(server)
        lines = (f"{key} = '{value.replace(chr(39), 2 * chr(39))}'\n"
                 for key, value in settings.items())
        self.write("gridwall.conf", "".join(lines))
        main = (self.data / "postgresql.conf").read_text("utf-8")
        if "include 'gridwall.conf'" not in main:
            self.write("postgresql.conf", main + "\ninclude 'gridwall.conf'\n")
        self.write("pg_hba.conf", "local all all peer map=gridwall\n"
                                  "local replication all peer map=gridwall\n")
        self.write("pg_ident.conf", "".join(
            f'gridwall "{system}" {role}\n' for system, role in sorted(idents)))

    def write(self, name: str, text: str, mode: int = 0o600) -> None:
        """Write a file of the data folder whole, where it is not so already."""
        self._write(self.data / name, text, mode)

    def _write(self, path: Path, text: str, mode: int) -> None:
        if path.exists() and path.read_text("utf-8") == text:
            return
        beside = path.with_name(path.name + ".new")
        beside.write_text(text, "utf-8")
        beside.chmod(mode)
        give(self.account, beside)
        os.replace(beside, path)

    # The archive

    @property
    def gap(self) -> Path:
        """Where it is noted what went past the archive since the last base backup."""
        return self.log / "archive-gap"

    def archive(self) -> dict[str, Any] | None:
        """What `set_archive` kept; None where write-ahead log is not archived."""
        try:
            return json.loads((self.folder / "archive.json").read_text("utf-8"))
        except FileNotFoundError:
            return None

    def set_archive(self, archive: Mapping[str, Any]) -> None:
        """Keep where write-ahead log goes (`folder`), for this start and the next."""
        beside = self.folder / "archive.json.new"
        beside.write_text(json.dumps(dict(archive)), "utf-8")
        os.replace(beside, self.folder / "archive.json")

    def archiving(self) -> dict[str, str]:
        """The server's settings that archive write-ahead log, or do as if."""
        # Always on, since that can't be changed without a restart.
        kept = self.archive()
        if kept is None:
            return {"archive_mode": "on", "archive_command": "/bin/true", "archive_timeout": "0"}
        script = self.folder / "keep-wal.sh"
        text = importlib.resources.files("gis").joinpath("backups", "keep-wal.sh")
        self._write(script, text.read_text("utf-8"), 0o700)
        words = ["/bin/sh", str(script), "%p", "%f", kept["folder"], str(kept["reserve_mb"]),
                 str(self.gap)]
        command = " ".join(word if word in ("%p", "%f") else shlex.quote(word).replace("%", "%%")
                           for word in words)
        return {"archive_mode": "on", "archive_command": command,
                "archive_timeout": str(kept.get("timeout_s", ARCHIVE_TIMEOUT_S))}
