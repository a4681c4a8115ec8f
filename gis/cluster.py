"""The private PostGIS cluster: made, started, adopted after a crash, and stopped.

Its folder holds `data` (closed to all but the cluster's system user), `socket`, `log`, and the
lock files by which several programs share one running server.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.resources
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil

from gis import postgres
from gis.errors import SetupError

DATABASE = "gridwall"
OWNER = "gridwall_owner"
SERVER = "gridwall_server"
SUPERUSER = "postgres"
PORT = 5432
LONGEST_SOCKET_PATH = 107
START_TIMEOUT_S = 120


def _scripts() -> dict[str, str]:
    folder = importlib.resources.files("gis").joinpath("sql", "cluster")
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def _script(name: str) -> str:
    return _scripts()[f"{name}.sql"]


class Cluster:
    """A PostGIS server of our own, reached only through a Unix socket.

    Parameters
    ----------
    folder
        Where it lives; made where absent.
    run_as
        System user to run as; by default the caller, or for root an unprivileged one.
    durable
        False turns fsync off, for data whose loss costs nothing.
    """

    def __init__(self, folder: Path, run_as: str | None = None, durable: bool = True) -> None:
        self.folder = Path(folder).absolute()
        self.durable = durable
        self._run_as = run_as
        self._account = None
        self._programs: postgres.Programs | None = None
        self._users = None

    # Where things are

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
    def account(self):
        """The system user (passwd entry) that the server runs as."""
        if self._account is None:
            if self._run_as is None:
                self._account = postgres.account_for_cluster(self.data)
            else:
                self._account = postgres.pwd.getpwnam(self._run_as)
        return self._account

    @property
    def programs(self) -> postgres.Programs:
        """The PostgreSQL programs of the version that made the data, or the newest."""
        if self._programs is None:
            version = self.data / "PG_VERSION"
            major = int(version.read_text()) if version.exists() else None
            self._programs = postgres.find_programs(major)
        return self._programs

    def url(self, role: str = OWNER, database: str = DATABASE) -> str:
        """The libpq URL for a role and a database."""
        return f"postgresql://{role}@/{quote(database)}?host={quote(str(self.socket), safe='')}"

    # Life

    def status(self) -> str:
        """One of `absent`, `stopped`, `running`."""
        if not (self.data / "PG_VERSION").exists():
            return "absent"
        return "running" if self._postmaster() and self._answers() else "stopped"

    def start(self) -> None:
        """Make what is missing, start the server, and keep it until `stop`."""
        with self._locked():
            self._bring_up()
            (self.folder / "kept").touch()

    def stop(self) -> bool:
        """Stop the server, ending its sessions; tells whether there was one to stop."""
        if not self.folder.exists():
            return False
        with self._locked():
            (self.folder / "kept").unlink(missing_ok=True)
            return self._bring_down()

    @contextmanager
    def held(self) -> Iterator[Cluster]:
        """A running server for a while.

        It is started where it isn't running, and stopped by the last program that holds it,
        unless `start` was asked to keep it. A holder that is killed holds no more.
        """
        self.hold()
        try:
            yield self
        finally:
            self.release()

    def hold(self) -> None:
        """Like entering `held`; `release` ends it."""
        with self._locked():
            self._bring_up()
            self._users = (self.folder / "users.lock").open("a")
            fcntl.flock(self._users, fcntl.LOCK_SH)

    def release(self) -> bool:
        """Give up what `hold` took; the last one stops the server, and is told so."""
        if self._users is None:
            return False
        with self._locked():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            self._users.close()
            self._users = None
            if not last or (self.folder / "kept").exists():
                return False
            return self._bring_down()

    def in_use(self) -> bool:
        """Whether some living program holds the server."""
        with self._locked(), open(self.folder / "users.lock", "a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def create_database(self, name: str) -> None:
        """Make a database with our extensions and rights, where it is not there yet."""
        self.superuser_sql(_script("create_database"), SUPERUSER, name=name)
        self.superuser_sql(_script("database"), name, name=name)

    def superuser_sql(self, text: str, database: str = SUPERUSER, **variables: str) -> str:
        """Run SQL as superuser through psql, with psql variables (`:'name'`); its output."""
        command = [self.programs.path("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        for key, value in variables.items():
            command += ["-v", f"{key}={value}"]
        command += ["-h", str(self.socket), "-U", SUPERUSER, "-d", database, "-f", "-"]
        return self._as_account(command, text)

    # Making it

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._make_folder(self.folder)
        with open(self.folder / "cluster.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_folder(self, folder: Path) -> None:
        """A folder of the caller's, passable (not readable) by the server's own user."""
        passable = os.geteuid() == 0
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            try:
                path.mkdir(exist_ok=True)
                path.chmod(0o711 if passable else 0o700)
            except OSError as problem:
                raise SetupError(
                    f"the folder {path} can't be made: {problem.strerror}. Choose another with"
                    " GRIDWALL_HOME."
                ) from None

    def _ensure_data(self) -> None:
        """initdb into a folder beside, then rename: a half-made cluster is never taken for one."""
        self._check_reach()
        for folder in (self.log, self.socket):
            self._own_folder(folder)
        if (self.data / "PG_VERSION").exists():
            return
        for half_made in self.folder.glob("making-*"):
            shutil.rmtree(half_made, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="making-") as making:
            os.chmod(making, 0o700)
            self._give(making)
            fresh = Path(making) / "data"
            locale = ["--locale=C.UTF-8"]
            if os.uname().sysname == "Darwin":  # has no C.UTF-8 before version 14
                locale = ["--locale=en_US.UTF-8", "--lc-collate=C"]
            self._as_account([
                self.programs.path("initdb"), "-D", str(fresh), "--encoding=UTF8", *locale,
                f"--username={SUPERUSER}", "--auth-local=peer", "--auth-host=reject",
                *(() if self.durable else ("--no-sync",)),
            ])
            os.rename(fresh, self.data)

    def _check_reach(self) -> None:
        """Say clearly where the server's user can't come to its folder."""
        try:
            self._as_account(["/bin/sh", "-c", 'cd "$0"', str(self.folder)])
        except SetupError:
            raise SetupError(
                f"PostgreSQL runs as the system user {self.account.pw_name!r}, who can't reach"
                f" {self.folder}: a folder above it is closed to others. Choose a"
                " GRIDWALL_HOME that every user may pass through, such as /var/lib/gridwall,"
                " or open the way with chmod o+x."
            ) from None

    def _own_folder(self, folder: Path) -> None:
        """A folder of the server's user alone; one that somebody else laid there is refused."""
        try:
            folder.mkdir(mode=0o700)
            self._give(folder)
        except FileExistsError:
            found = folder.lstat()
            mine = found.st_uid in (self.account.pw_uid, os.geteuid())
            if folder.is_symlink() or not folder.is_dir() or not mine:
                raise SetupError(
                    f"{folder} is there already and belongs to somebody else; remove it, or"
                    " choose another GRIDWALL_HOME."
                ) from None
            self._give(folder)
        folder.chmod(0o700)

    def _give(self, path: Path | str) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        if path.exists() and path.read_text("utf-8") == text:
            return
        beside = path.with_name(name + ".new")
        beside.write_text(text, "utf-8")
        beside.chmod(0o600)
        self._give(beside)
        os.replace(beside, path)

    def _configure(self) -> None:
        """Settings, and who may come in: rewritten at each start, for the machine may differ."""
        settings = postgres.tuning(postgres.machine_memory(), self.durable) | {
            "listen_addresses": "", "port": str(PORT), "unix_socket_directories":
            str(self.socket), "unix_socket_permissions": "0700",
            "logging_collector": "on", "log_directory": str(self.log),
            "log_filename": "postgres-%a.log", "log_truncate_on_rotation": "on",
            "log_rotation_age": "1d", "log_rotation_size": "0", "log_timezone": "UTC",
            "timezone": "UTC", "log_lock_waits": "on",
        }
        lines = (f"{key} = '{value.replace(chr(39), 2 * chr(39))}'\n"
                 for key, value in settings.items())
        self._write("gridwall.conf", "".join(lines))
        main = (self.data / "postgresql.conf").read_text("utf-8")
        if "include 'gridwall.conf'" not in main:
            self._write("postgresql.conf", main + "\ninclude 'gridwall.conf'\n")
        self._write("pg_hba.conf", "local all all peer map=gridwall\n")
        caller, own = postgres.caller_account().pw_name, self.account.pw_name
        known = {(caller, OWNER), (caller, SERVER), (own, SUPERUSER)}
        self._write(
            "pg_ident.conf",
            "".join(f'gridwall "{system}" {role}\n' for system, role in sorted(known)),
        )

    # Starting and stopping, under the lock

    def _bring_up(self) -> None:
        self._ensure_data()
        if not (self._postmaster() and self._answers()):
            self._clear_remains()
            self._configure()
            self._pg_ctl("start")
        self._prepare()

    def _prepare(self) -> None:
        """Roles and the database, once for each state of the scripts that make them."""
        key = hashlib.sha256("".join(sorted(_scripts().values())).encode()).hexdigest()
        stamp = self.folder / "prepared"
        if stamp.exists() and stamp.read_text() == key:
            return
        self.superuser_sql(_script("roles"))
        self.create_database(DATABASE)
        stamp.write_text(key)

    def _bring_down(self) -> bool:
        if self._postmaster() is None:
            return False
        self._pg_ctl("stop")
        return True

    def _pg_ctl(self, action: str) -> None:
        how = ["-l", str(self.log / "start.log")] if action == "start" else ["-m", "fast"]
        try:
            self._as_account([
                self.programs.path("pg_ctl"), action, "-D", str(self.data), "-w", "-s",
                "-t", str(START_TIMEOUT_S), *how,
            ])
        except SetupError as problem:
            raise SetupError(
                f"the private cluster in {self.folder} did not {action}: {problem.message}\n"
                f"{self._last_words()}"
            ) from None

    def _last_words(self) -> str:
        logs = sorted(self.log.glob("*.log"), key=lambda path: path.stat().st_mtime)
        lines = [line for path in logs[-2:] for line in
                 path.read_text("utf-8", "replace").splitlines()[-8:]]
        return "\n".join(lines)

    def _postmaster(self) -> psutil.Process | None:
        """The server's first process, where the pid file names one that really is ours."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            return process if self._is_ours(process) else None
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None

    def _is_ours(self, process: psutil.Process) -> bool:
        """Server processes stand in their data folder; a reused pid does not."""
        try:
            return (
                process.status() != psutil.STATUS_ZOMBIE
                and bool(re.match(r"postgres|postmaster", process.name()))
                and os.path.samefile(process.cwd(), self.data)
            )
        except (psutil.Error, OSError):
            return False

    def _clear_remains(self) -> None:
        """After a kill: end what is left of a headless server and its stale lock files."""
        left = [process for process in psutil.process_iter() if self._is_ours(process)]
        for process in left:
            process.terminate()
        _, stubborn = psutil.wait_procs(left, timeout=3)
        for process in stubborn:
            process.kill()
        psutil.wait_procs(stubborn, timeout=10)
        # PostgreSQL itself trusts any living pid in these files, even one used anew since.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.socket / name).unlink(missing_ok=True)

    def _answers(self) -> bool:
        asked = subprocess.run(
            [self.programs.path("pg_isready"), "-q", "-h", str(self.socket), "-t", "10"],
            stdin=subprocess.DEVNULL, check=False,
        )
        return asked.returncode == 0

    def _as_account(self, command: list[str], stdin: str | None = None) -> str:
        """Run a program as the server's user; its output, or SetupError with what it said."""
        who = {}
        if os.geteuid() != self.account.pw_uid:
            who = {"user": self.account.pw_uid, "group": self.account.pw_gid,
                   "extra_groups": []}
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PG")} | {"LC_MESSAGES": "C"}
        with tempfile.TemporaryFile("w+") as said:
            # Files, not pipes: the server inherits them and would hold a pipe open.
            done = subprocess.run(
                command, input=stdin if stdin is not None else "", stdout=said, stderr=said,
                text=True, check=False, cwd="/", env=environment, **who,
            )
            said.seek(0)
            text = said.read()
        if done.returncode:
            raise SetupError(text.strip() or f"{command[0]} ended with {done.returncode}")
        return text
