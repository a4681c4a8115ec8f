"""The private PostGIS cluster: made, started, adopted after a crash, and stopped.

Its folder holds `data` (closed to all but the cluster's system user), `socket`, `log`, and the
lock files by which several programs share one running server.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.resources
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil

from gis import postgres, postmaster
from gis.cluster_folder import ClusterFolder
from gis.errors import SetupError
from gis.reserve import Reserve
from gis.system_account import give, run_as

DATABASE = "gridwall"
OWNER = "gridwall_owner"
SERVER = "gridwall_server"
SUPERUSER = "postgres"
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
    run_as_name
        System user to run as; by default the caller, or for root an unprivileged one.
    durable
        False turns fsync off, for data whose loss costs nothing.
    """

    def __init__(self, folder: Path, run_as_name: str | None = None,
                 durable: bool = True) -> None:
        self.place = ClusterFolder(folder, run_as_name)
        self.durable = durable
        self._programs: postgres.Programs | None = None
        self._users = None

    # Where things are

    @property
    def folder(self) -> Path:
        """Its whole folder."""
        return self.place.folder

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.place.data

    @property
    def log(self) -> Path:
        """The folder of the server's logs."""
        return self.place.log

    @property
    def socket(self) -> Path:
        """The folder of the socket."""
        return self.place.socket

    @property
    def account(self):
        """The system user (passwd entry) that the server runs as."""
        return self.place.account

    @property
    def reserve(self) -> Reserve:
        """The room behind it."""
        return Reserve(self.folder, self.data / "pg_wal")

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
        if not self.place.exists():
            return "absent"
        return "running" if self._runs() else "stopped"

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
        return run_as(self.account, command, text)

    # Archive and recovery

    def reconfigure(self) -> None:
        """Have the running server take its settings anew."""
        with self._locked():
            self._configure()
            self._pg_ctl("reload")

    def recover(self, make: Callable[[Path], None], settings: Mapping[str, str],
                waiting: Callable[[], None]) -> None:
        """Put a base backup in the place of new data, and let the server recover to its end.

        Parameters
        ----------
        make
            Called with the folder to make; it runs as the server's user or gives it the files.
        settings
            `restore_command` and the target of recovery; they last for this start alone.
        waiting
            Called now and then while it recovers.

        Raises
        ------
        SetupError
            Where there is data, or the server does not come up.
        """
        with self._locked():
            self._fill(make)
            self._configure(settings)
            self.place.write("recovery.signal", "")
            self._pg_ctl("start", "-W")
            while not self._answers():
                waiting()
                time.sleep(0.1)
                if self._postmaster() is None and not self._answers():
                    raise SetupError(self.last_words())
            self._configure()
            self._pg_ctl("reload")
            self._prepare()

    def take_data(self, other: Cluster) -> None:
        """Take the data of a stopped cluster of the same disk in the place of none."""
        with self._locked():
            self._fill(lambda fresh: os.rename(other.data, fresh))

    def last_words(self, lines: int = 8) -> str:
        """The last lines of the server's logs."""
        logs = sorted(self.log.glob("*.log"), key=lambda path: path.stat().st_mtime)
        return "\n".join(line for path in logs[-2:] for line in
                         path.read_text("utf-8", "replace").splitlines()[-lines:])

    # Making it

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.place.make()
        with open(self.folder / "cluster.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ensure_data(self) -> None:
        self._ensure_folders()
        if not self.place.exists():
            self._fill(self._initdb)

    def _ensure_folders(self) -> None:
        self.place.check_reach()
        for folder in (self.log, self.socket):
            self.place.own(folder)

    def _fill(self, make: Callable[[Path], None]) -> None:
        """Make data in a folder beside, then rename: what is half made is never taken for one."""
        self._ensure_folders()
        if self.data.exists():
            raise SetupError(f"there is data in {self.data} already")
        for half_made in self.folder.glob("making-*"):
            shutil.rmtree(half_made, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="making-") as making:
            os.chmod(making, 0o700)
            give(self.account, making)
            make(Path(making) / "data")
            os.rename(Path(making) / "data", self.data)
        self._programs = None  # those of the version that made it

    def _initdb(self, fresh: Path) -> None:
        locale = ["--locale=C.UTF-8"]
        if os.uname().sysname == "Darwin":  # has no C.UTF-8 before version 14
            locale = ["--locale=en_US.UTF-8", "--lc-collate=C"]
        run_as(self.account, [
            self.programs.path("initdb"), "-D", str(fresh), "--encoding=UTF8", *locale,
            f"--username={SUPERUSER}", "--auth-local=peer", "--auth-host=reject",
            *(() if self.durable else ("--no-sync",)),
        ])

    def _configure(self, more: Mapping[str, str] | None = None) -> None:
        """Rewritten at each start, for the machine may differ."""
        settings = postgres.tuning(postgres.machine_memory(), self.durable)
        if self.durable or self.place.archive():
            settings |= self.place.archiving()
        caller, own = postgres.caller_account().pw_name, self.account.pw_name
        self.place.configure(settings | dict(more or {}),
                             {(caller, OWNER), (caller, SERVER), (own, SUPERUSER)})

    # Starting and stopping, under the lock

    def _bring_up(self) -> None:
        self._ensure_data()
        if not self._runs():
            self.reserve.give_way()
            postmaster.clear_remains(self.data, self.socket)
            self._configure()
            self._pg_ctl("start", "-w")
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
        self._pg_ctl("stop", "-w", "-m", "fast")
        return True

    def _pg_ctl(self, action: str, *how: str) -> None:
        log = ["-l", str(self.log / "start.log")] if action == "start" else []
        limit = ["-t", str(START_TIMEOUT_S)] if "-w" in how else []
        try:
            run_as(self.account, [self.programs.path("pg_ctl"), action, "-D", str(self.data),
                                  "-s", *how, *limit, *log])
        except SetupError as problem:
            raise SetupError(
                f"the private cluster in {self.folder} did not {action}: {problem.message}\n"
                f"{self.last_words()}"
            ) from None

    def _runs(self) -> bool:
        return bool(self._postmaster()) and self._answers()

    def _postmaster(self) -> psutil.Process | None:
        return postmaster.find(self.data)

    def _answers(self) -> bool:
        asked = subprocess.run(
            [self.programs.path("pg_isready"), "-q", "-h", str(self.socket), "-t", "10"],
            stdin=subprocess.DEVNULL, check=False,
        )
        return asked.returncode == 0
