"""`./gridwall up` as a newcomer runs it, on a home of its own with a private cluster."""

from __future__ import annotations

import re
import shutil
import tempfile
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from gis.cluster import Cluster
from tests.program import Program, free_port

pytestmark = pytest.mark.e2e


@pytest.fixture
def home():
    """A home that other users may pass through, as pytest's own folders may not be."""
    folder = Path(tempfile.mkdtemp(prefix="gridwall-home-"))
    folder.chmod(0o711)
    yield folder
    Cluster(folder / "pg").stop()
    shutil.rmtree(folder)


@pytest.fixture
def up(home):
    """Start `up` on that home, as often as wanted; none is left running."""
    started: list[Program] = []

    def start(*arguments: str) -> Program:
        program = Program(["up", "--port", str(free_port()), "--no-demo", *arguments],
                          {"GRIDWALL_HOME": str(home)})
        started.append(program)
        return program

    yield start
    for program in started:
        if program.process.poll() is None:
            program.kill()


def test_from_nothing_to_ready_and_back_to_nothing(up, home):
    program = up().wait_ready()
    with urllib.request.urlopen(f"{program.url}/readyz", timeout=10) as answer:
        assert answer.status == 200
    assert f"{program.url}/wall" in program.output
    second = up()
    assert second.process.wait(30) == 1
    assert program.stop() == 0
    assert program.output.count("gridwall: ready at ") == 1
    program.demand_clean_log()
    assert Cluster(home / "pg").status() == "stopped"
    assert re.search(r"another `gridwall up` runs on \S+ already \(process \d+", second.output)


def test_recovers_by_itself_after_everything_was_killed(up, home):
    program = up().wait_ready()
    postmaster = Cluster(home / "pg")._postmaster()
    family = [postmaster, *postmaster.children(recursive=True)]
    program.kill()
    for process in family:
        with suppress(psutil.NoSuchProcess):  # some end by themselves as their client is gone
            process.kill()
    psutil.wait_procs(family, timeout=10)
    again = up().wait_ready()
    assert again.stop() == 0
    again.demand_clean_log()
    assert Cluster(home / "pg").status() == "stopped"
