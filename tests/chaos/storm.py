"""A storm: reports come on, walls look on, and everything is killed at random meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gis import postmaster
from gis.cluster import Cluster
from tests.chaos.caller import Caller
from tests.console.conftest import SOUTH, STEP, WEST
from tests.program import ROOT

READY = b"gridwall: ready at "
LONGEST_REST_S = 1.0
TIMEOUT_S = 20.0


class Server:
    """`gridwall up` over a private cluster, killed and started again at one address."""

    def __init__(self, home: Path, port: int, **more: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[bytes] = []
        self._environment = os.environ | {"GRIDWALL_HOME": str(home)} | more
        self._command = [sys.executable, "-P", "-m", "console.cli", "up", "--no-demo",
                         "--port", str(port)]
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = threading.Event()

    async def start(self) -> None:
        """`begin`, while others go on."""
        await asyncio.to_thread(self.begin)

    def begin(self) -> None:
        """Start it, and wait until it says that it is ready."""
        self._ready.clear()
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()
        if not self._ready.wait(120) or self._process.poll() is not None:
            raise AssertionError("the server did not come up:\n" + self.output)

    @property
    def output(self) -> str:
        """What it said, over all its lives."""
        return b"".join(self.lines).decode(errors="replace")

    def _read(self) -> None:
        with self._process.stdout as said:
            for line in said:
                self.lines.append(line)
                if line.startswith(READY):
                    self._ready.set()
        self._ready.set()

    async def kill(self) -> None:
        """SIGKILL, and wait until it is dead."""
        await asyncio.to_thread(self.end, signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and wait until it has ended."""
        await asyncio.to_thread(self.end, signal.SIGTERM)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it where it runs, and wait until it has ended."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, how)
            self._process.wait()


@dataclass
class Storm:
    """Sends reports at an even pace whatever becomes of the server, and asks until answered.

    Attributes
    ----------
    answers
        By external id the statuses and the last answer; a first 201 stands first.
    """

    url: str
    token: str
    rate: float
    luck: random.Random
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    sent: int = 0

    async def blow(self, seconds: float) -> None:
        """Send for so long, then until each is answered."""
        caller = Caller(self.url, self.token)
        async with asyncio.TaskGroup() as group:
            clock = asyncio.get_running_loop().time
            begun = clock()
            while (due := self.sent / self.rate) < seconds:
                await asyncio.sleep(max(0.0, begun + due - clock()))
                self.sent += 1
                group.create_task(self._file(caller, f"storm-{self.sent}"))
        caller.close()

    async def _file(self, caller: Caller, external_id: str) -> None:
        sent = self._report(external_id)
        for attempt in range(1, 1_000):
            with contextlib.suppress(OSError):
                answer = await caller.post("/api/reports", sent)
                if answer.status in (200, 201):
                    self.answers[external_id] = (answer.status, answer.body)
                    self.tries[external_id] = attempt
                    return
                assert answer.status == 503, answer
                assert int(answer.headers["retry-after"]) > 0
            await asyncio.sleep(min(0.1 * 2 ** min(attempt, 6), LONGEST_REST_S)
                                * self.luck.uniform(0.5, 1))

    def _report(self, external_id: str) -> dict[str, Any]:
        return {"text": f"路面塌陷 {external_id}", "category": "urban", "channel": "hotline",
                "external_id": external_id, "datum": "cgcs2000",
                "lon": WEST + STEP * self.luck.uniform(0.05, 3.95),
                "lat": SOUTH + STEP * self.luck.uniform(0.05, 0.95)}


class Watcher:
    """A wall's end of /live: reads on from its last event whenever it is cut off."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self.last: str | None = None
        self.seen: list[tuple[int, int]] = []
        self.notices: list[str] = []
        self.began = asyncio.Event()

    @property
    def at(self) -> int:
        """The number of the last event that it was told."""
        return int(self.last.rpartition("-")[2]) if self.last else 0

    async def watch(self) -> None:
        """Read until cancelled."""
        async with httpx.AsyncClient(base_url=self._url, timeout=TIMEOUT_S) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await self._read(client)
                await asyncio.sleep(0.2)

    async def _read(self, client: httpx.AsyncClient) -> None:
        more = {"Last-Event-ID": self.last} if self.last else {}
        async with client.stream("GET", "/live", headers=self._headers | more) as response:
            if response.status_code != 200:
                return
            left = ""
            async for chunk in response.aiter_text():
                *blocks, left = (left + chunk).split("\n\n")
                for block in blocks:
                    self._take(block)

    def _take(self, block: str) -> None:
        told = dict(line.split(": ", 1) for line in block.split("\n") if line[:1] != ":")
        if not told:
            return
        if told["event"] in ("trouble", "pace", "ready"):
            self.notices.append(told["event"])
            if told["event"] == "ready":
                self.last = self.last or told["id"]
                self.began.set()
            return
        assert told["event"] == "incident", told
        self.last = told["id"]
        self.seen.append((self.at, json.loads(told["data"])["id"]))


@dataclass
class Monkey:
    """Kills at random, and starts again what nobody else would."""

    server: Server
    cluster: Cluster
    luck: random.Random
    done: list[str] = field(default_factory=list)

    async def rage(self, kills: int, seconds: float) -> None:
        """So many kills, spread over so many seconds."""
        deeds: list[Callable[[], Awaitable[None]]] = [
            self.postmaster, self.server_process, self.backend, self.both]
        for number in range(kills):
            await asyncio.sleep(seconds / kills * self.luck.uniform(0.5, 1))
            # The first two are the gravest, so that a short storm has them too.
            deed = deeds[number] if number < 2 else self.luck.choice(deeds)
            await deed()
            self.done.append(deed.__name__)

    async def postmaster(self) -> None:
        """PostgreSQL's first process: all its sessions die with it."""
        if process := postmaster.find(self.cluster.data):
            process.kill()

    async def backend(self) -> None:
        """One of its sessions: PostgreSQL ends all others and recovers."""
        if process := postmaster.find(self.cluster.data):
            sessions = [one for one in process.children() if "gridwall_server" in _title(one)]
            if sessions:
                self.luck.choice(sessions).kill()

    async def server_process(self) -> None:
        """The server; whoever runs it starts it again."""
        await self.server.kill()
        await self.server.start()

    async def both(self) -> None:
        """The machine's power, as far as processes go."""
        await self.postmaster()
        await self.server_process()


def _title(process: Any) -> str:
    with contextlib.suppress(Exception):
        return " ".join(process.cmdline())
    return ""
