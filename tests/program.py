"""The real program and a real browser, for the tests in `e2e`."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READY = re.compile(r"^gridwall: ready at (http://\S+)$")
TROUBLE = re.compile(r"Traceback|\b(ERROR|CRITICAL|WARNING|WARN|FATAL|PANIC)\b|Error:")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_FLAGS = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


def free_port() -> int:
    """A TCP port of the loopback address that was free a moment ago."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


class Program:
    """`./gridwall …` running: what it prints, where it answers, and its end.

    Parameters
    ----------
    arguments
        What stands after `./gridwall`.
    environment
        Variables over the test's own.
    """

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.url = ""
        self._queue: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [str(ROOT / "gridwall"), *arguments], cwd=ROOT, text=True,
            env=os.environ | environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """All that was printed so far."""
        return "\n".join(self.lines)

    def _read(self) -> None:
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip("\n"))
                self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def wait_for(self, pattern: re.Pattern[str], timeout_s: float) -> re.Match[str]:
        """Read on until a line matches; fails when the program ends or time is up."""
        until = time.monotonic() + timeout_s
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"no line like {pattern.pattern} in {timeout_s} s:\n{self.output}")
            if line is None:
                pytest.fail(f"ended without a line like {pattern.pattern}:\n{self.output}")
            if found := pattern.match(line):
                return found

    def wait_ready(self, timeout_s: float = 180) -> Program:
        """Wait for the ready line."""
        self.url = self.wait_for(READY, timeout_s).group(1)
        return self

    def stop(self, timeout_s: float = 10) -> int:
        """SIGTERM, and its exit code; fails when it takes longer than it may."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"still running {timeout_s} s after SIGTERM:\n{self.output}")
        self._reader.join(timeout_s)
        return code

    def kill(self) -> None:
        """SIGKILL to it and all that it started in its session."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def demand_clean_log(self) -> None:
        """Fail when anything printed smells of trouble."""
        bad = [line for line in self.lines if TROUBLE.search(line)]
        assert not bad, "the program's log is not clean:\n" + self.output


@pytest.fixture(scope="session")
def server(session_database, tmp_path_factory) -> Iterator[Program]:
    """The real program over a district database of its own; its log must be clean at the end.

    `server.url` is its address; `server.lines` what it printed.
    """
    home = tmp_path_factory.mktemp("home")
    program = Program(
        ["up", "--port", str(free_port())],
        {
            "GRIDWALL_HOME": str(home),
            "GRIDWALL_DATABASE_URL": session_database.server_url,
            "GRIDWALL_ADMIN_DATABASE_URL": session_database.admin_url,
        },
    )
    try:
        yield program.wait_ready()
        assert program.stop() == 0, program.output
        program.demand_clean_log()
    finally:
        if program.process.poll() is None:
            program.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Chromium, found on PATH, drawing in software and asking nobody anything by itself.

    Of one module: while it is there its event loop runs in this thread, and no other can.
    """
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("no Chromium on PATH; `./gridwall test` installs it, `doctor` tells how")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found, args=[*BROWSER_FLAGS, *root]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser) -> Iterator[object]:
    """A page of a browser profile of its own, as large as a wall."""
    context = browser.new_context(
        viewport={"width": 1920, "height": 1080}, ignore_https_errors=False
    )
    # Drawn in software beside another worker's tests: what is sure to come may take its time.
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()
