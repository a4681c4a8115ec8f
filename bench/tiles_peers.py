"""tipg in an environment of its own, tile servers in processes of their own, and a plain client.

The client speaks HTTP/1.1 over one kept connection and does as little as it can, for what it takes
itself is added to every time.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from gis.cluster import OWNER, SERVER, Cluster
from gis.errors import SetupError

TIPG = "1.6.1"
START_TIMEOUT_S = 90
# The same attributes as in our tiles; `id` is the feature's own there.
ATTRIBUTES = "id,building_code,name,kind,floors,height_m"


@dataclass(frozen=True)
class Answer:
    """What one request took and brought."""

    seconds: float
    status: int
    body: bytes


class Client:
    """One kept connection."""

    def __init__(self, port: int, **headers: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", 1 << 20)
        self._head = _head(port, headers)

    def get(self, path: str) -> Answer:
        """Ask, and read the whole answer."""
        begun = time.perf_counter()
        self._socket.sendall(f"GET {path} {self._head}".encode())
        status, length = int(self._file.readline().split()[1]), 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self._file.read(length)
        return Answer(time.perf_counter() - begun, status, body)

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


async def all_at_once(port: int, paths: Sequence[str], **headers: str) -> list[Answer]:
    """Each path over a connection of its own, all asked at the same moment."""
    doors = [await asyncio.open_connection("127.0.0.1", port, limit=1 << 22) for _ in paths]
    head = _head(port, headers)

    async def one(door, path: str) -> Answer:
        reader, writer = door
        begun = time.perf_counter()
        writer.write(f"GET {path} {head}".encode())
        told = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = told.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        body = await reader.readexactly(int(length or 0))
        seconds = time.perf_counter() - begun
        writer.close()
        return Answer(seconds, int(told.split(None, 2)[1]), body)

    return await asyncio.gather(*map(one, doors, paths))


def _head(port: int, headers: dict[str, str]) -> str:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{lines}\r\n"


def tipg_path(tile: tuple[int, int, int], column: str) -> str:
    """Address of a tile of all buildings, drawn from one of the table's two geometry columns."""
    return ("/collections/public.building/tiles/WebMercatorQuad/{}/{}/{}".format(*tile)
            + f"?properties={ATTRIBUTES}&geom-column={column}")


def install_tipg(folder: Path) -> Path:
    """An environment with tipg from PyPI and the uvicorn that we have; its Python.

    Raises
    ------
    SetupError
        Where it can't be had.
    """
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        wanted = [f"tipg=={TIPG}", f"uvicorn[standard]=={version('uvicorn')}"]
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
            capture_output=True, text=True, check=False)
        if done.returncode:
            raise SetupError(f"tipg can't be installed: {done.stderr[-2000:]}")
        (folder / "ready").touch()
    return python


@contextmanager
def tipg_server(python: Path, cluster: Cluster, database: str) -> Iterator[int]:
    """tipg over the table of buildings as its owner, one worker, without its limit of features."""
    host = quote(str(cluster.socket), safe="")
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{OWNER}@{host}/{database}",
        "TIPG_DB_TABLES": json.dumps(["public.building"]),
        "TIPG_MAX_FEATURES_PER_TILE": "10000000", "TIPG_TILE_BUFFER": "64",
        "TIPG_DB_SPATIAL_EXTENT": "false", "TIPG_DB_DATETIME_EXTENT": "false",
    }
    command = [python, "-m", "uvicorn", "tipg.main:app", "--workers", "1", "--no-access-log",
               "--log-level", "warning"]
    with _running(lambda port: [*command, "--port", str(port)], environment) as port:
        yield port


@contextmanager
def own_server(cluster: Cluster, database: str, home: Path) -> Iterator[int]:
    """Our server, one process, with nothing drawn yet."""
    environment = os.environ | {
        "GRIDWALL_HOME": str(home), "GRIDWALL_SECRET": "a secret of this benchmark alone",
        "GRIDWALL_DATABASE_URL": cluster.url(SERVER, database),
        "GRIDWALL_ADMIN_DATABASE_URL": cluster.url(OWNER, database),
    }
    command = [sys.executable, "-m", "bench.intake_peers", "serve"]
    with _running(lambda port: [*command, str(port)], environment) as port:
        yield port


@contextmanager
def _running(command, environment: dict[str, str]) -> Iterator[int]:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    server = subprocess.Popen(command(port), env=environment, stdin=subprocess.DEVNULL)
    try:
        _wait_ready(server, port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_ready(server: subprocess.Popen, port: int) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise SetupError("the server did not come up")
