"""`gridwall test`: all tests, on a private cluster of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent.parent
# Where real data lies, and whether the docs are to be written anew.
OF_TESTS = {"GRIDWALL_TEST_DATA", "GRIDWALL_WRITE_DOCS"}


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.option("--long", is_flag=True, help="Also soak, chaos and scale.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def test(context: click.Context, long: bool, pytest_arguments: tuple[str, ...]) -> None:
    """Run the tests; what else stands on the line goes to pytest."""
    command = [sys.executable, "-m", "pytest", *(["--long"] if long else [])]
    if not any(argument.startswith(("-n", "--numprocesses")) for argument in pytest_arguments):
        # A file's tests share one worker, and so its districts and its open walls; the files come
        # in the order of tests/conftest.py.
        command += ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    # A test meets settings only as it makes them.
    environment = {
        name: value for name, value in os.environ.items()
        if not name.startswith("GRIDWALL_") or name in OF_TESTS
    }
    done = subprocess.run(
        [*command, *pytest_arguments], cwd=ROOT, env=environment, check=False
    )
    context.exit(done.returncode)
