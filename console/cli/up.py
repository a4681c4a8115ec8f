"""`gridwall up`: from nothing to a live wall."""

from __future__ import annotations

import asyncio
import fcntl
import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg
import uvicorn
import uvloop

from console.cli.context import Session, pass_session
from console.cli.guardian import Guardian
from console.progress import step
from gis.cluster import Cluster
from gis.errors import Conflict, SetupError
from gis.settings import Settings, make_home

PAGES = ("/wall", "/street", "/planner", "/officer", "/report", "/login")
# Streams end by themselves when told; what does not is cut off after this long.
GRACE_S = 4
# Longer than browsers, proxies and clients keep an idle line: whoever lets go first must not be
# the server, or a request that is just being sent is lost.
KEEP_ALIVE_S = 90
FEED_GRACE_S = 2


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--host", help="Address to serve on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port (default 5006; 0: any free).")
@click.option("--live", type=click.FloatRange(min=0), default=0.0, metavar="N",
              help="Also simulate N reports a minute.")
@click.option("--no-demo", is_flag=True, help="No synthetic district, no demo accounts.")
@click.option("--scale", type=click.Choice(["demo", "full"]), default="demo", show_default=True,
              help="The synthetic district with 120,000 house addresses, or 1.2 million.")
@pass_session
def up(session: Session, host: str | None, port: int | None, live: float, no_demo: bool,
       scale: str) -> None:
    """Start the database, migrate, load the synthetic district when empty, serve the pages."""
    wanted = {"host": host, "port": port, "demo": False if no_demo else None}
    settings = session.change(**{k: v for k, v in wanted.items() if v is not None})
    with alone(settings.home) as told, listening(settings.host, settings.port) as door:
        address = _address(settings.host, door.getsockname()[1])
        told(address)
        sign_ins = prepare(session, scale)
        settings = session.settings.with_secret()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(settings, door, address, sign_ins, live, session.held))
        finally:
            with step("stopping"):
                session.close()


@contextmanager
def alone(home: Path) -> Iterator:
    """Refuse a second `up` on the same home; the one that is there is named."""
    make_home(home)
    with (home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Conflict(
                f"another `gridwall up` runs on {home} already ({lock.read().strip()}); use it,"
                " stop it, or choose another GRIDWALL_HOME"
            ) from None

        def tell(address: str) -> None:
            lock.truncate(0)
            lock.write(f"process {os.getpid()}, {address}")
            lock.flush()

        yield tell


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port before anything is started; nobody is let in until the server serves."""
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as problem:
        raise SetupError(f"{host!r} is no address of this machine: {problem.strerror}") from None
    with socket.socket(family, kind) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(where)
        except OSError as problem:
            raise _port_problem(host, port, problem) from None
        yield door


def _port_problem(host: str, port: int, problem: OSError) -> SetupError:
    return SetupError(
        f"port {port} on {host} can't be used: {problem.strerror}. Stop what uses it, or choose"
        " another with --port (0 takes any free one)"
    )


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def prepare(session: Session, scale: str = "demo") -> list:
    """Database, schema, district and demo accounts; the accounts that may be shown."""
    from gis.accounts import ensure_demo_accounts, retire_demo_accounts
    from gis.city import settle_city
    from gis.schema import migrate

    with step("starting the database"):
        admin_url = session.admin_url()
    with step("migrating the database") as progress:
        # Of servers that start together the first migrates; the others disturb nobody.
        migrate(admin_url, progress.say, anew=False)
        settle_city(admin_url, session.settings)
    if not session.settings.demo:
        retire_demo_accounts(admin_url)
        return []
    if is_empty(admin_url):
        from fixtures.loader import load_district

        with step("loading the synthetic district") as progress:
            load_district(admin_url, scale=scale, progress=progress, home=session.settings.home)
    return ensure_demo_accounts(admin_url, loopback=is_loopback(session.settings.host))


def is_empty(admin_url: str) -> bool:
    """Whether no area was ever loaded."""
    with psycopg.connect(admin_url) as connection:
        return not connection.execute("select exists (select from area)").fetchone()[0]


class Server(uvicorn.Server):
    """uvicorn, telling when it accepts and ending without raising the signal once more."""

    def __init__(self, config: uvicorn.Config, on_ready) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then tell."""
        try:
            await super().startup(sockets)
        except SystemExit:  # uvicorn's way to say that the application did not come up
            raise SetupError("the server could not start; what it logged stands above") from None
        if self.started and not self.should_exit:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end the server; the program's own end follows by itself."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.end)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def end(self) -> None:
        """Stop taking requests; tells the application, whose streams must end of themselves."""
        self.force_exit = self.should_exit  # asked twice: wait for nobody
        self.should_exit = True
        begin_stop = getattr(self.config.app, "begin_stop", None)
        if begin_stop:
            begin_stop()


async def serve(settings: Settings, door: socket.socket, address: str, sign_ins: list,
                live: float, cluster: Cluster | None = None) -> None:
    """Serve until a signal comes; with `live` also a feed in a process of its own.

    A private cluster is looked after meanwhile.
    """
    from console.server import create_app

    feeds: list[subprocess.Popen] = []

    def ready() -> None:
        announce(address, sign_ins)
        if live:
            feeds.append(_start_feed(settings, address, live))

    app = create_app(settings, cluster.reserve.is_short) if cluster else create_app(settings)
    config = uvicorn.Config(
        app, log_level=settings.log_level, access_log=False,
        timeout_graceful_shutdown=GRACE_S, timeout_keep_alive=KEEP_ALIVE_S,
        server_header=False, lifespan="on",
    )
    server = Server(config, ready)
    try:
        # Bound since the beginning; two that were bound at once are told apart only here.
        door.listen(config.backlog)
    except OSError as problem:
        raise _port_problem(settings.host, settings.port, problem) from None
    guard = asyncio.create_task(Guardian(cluster).run()) if cluster else None
    try:
        await server.serve([door])
    finally:
        if guard:
            guard.cancel()
            await asyncio.gather(guard, return_exceptions=True)
        for feed in feeds:
            _stop_feed(feed)


def announce(address: str, sign_ins: list) -> None:
    """Print pages, demo sign-ins, and the one ready line."""
    for page in PAGES:
        print(f"  {address}{page}")
    for account in sign_ins:
        words = account.password or "(its password was printed when it was made)"
        print(f"  sign in as {account.role}: {account.name} / {words}")
    print(f"gridwall: ready at {address}", flush=True)


def _start_feed(settings: Settings, address: str, per_minute: float) -> subprocess.Popen:
    # A process of its own: whatever it does, the wall does not wait for it.
    environment = os.environ | {
        "GRIDWALL_DATABASE_URL": settings.database_url,
        "GRIDWALL_ADMIN_DATABASE_URL": settings.admin_database_url,
        "GRIDWALL_SECRET": settings.secret,
    }
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "console.cli", "simulate", "--rate", str(per_minute),
         "--to", address],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _stop_feed(feed: subprocess.Popen) -> None:
    feed.terminate()
    try:
        feed.wait(FEED_GRACE_S)
    except subprocess.TimeoutExpired:
        feed.kill()
        feed.wait()
