"""Running programs, as another system user where needed, with what they say line by line."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from gis.errors import SetupError

Lines = Callable[[str], None]


def run_as(account: pwd.struct_passwd, command: list[str], stdin: str | None = None) -> str:
    """Run a program as a system user, without PostgreSQL's variables of the caller.

    Returns
    -------
    str
        All that it printed.

    Raises
    ------
    SetupError
        With what it said, where it did not end well.
    """
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("PG")} | {"LC_MESSAGES": "C"}
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        # Files, not pipes: a server inherits them and would hold a pipe open.
        done = subprocess.run(
            command, input=stdin if stdin is not None else "", stdout=said, stderr=said,
            text=True, check=False, cwd="/", env=environment, **_who(account),
        )
        said.seek(0)
        text = said.read()
    if done.returncode:
        raise SetupError(text.strip() or f"{command[0]} ended with {done.returncode}")
    return text


def run_told(command: list[str], on_line: Lines, account: pwd.struct_passwd | None = None,
             variables: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run a program that ends, handing on what it says on standard error.

    Parameters
    ----------
    on_line
        Called with each line as it comes; one that is written over counts as a line.
    account
        The system user; None: the caller.
    variables
        Over the caller's environment, for what other users must not read in a list of processes.

    Returns
    -------
    tuple
        Its exit code, and the last lines that it said.
    """
    own = {key: value for key, value in os.environ.items()
           if account is None or not key.startswith("PG")}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        cwd="/" if account else None, text=True, errors="replace",  # \r ends a line too
        env=own | {"LC_MESSAGES": "C"} | dict(variables or {}),
        **(_who(account) if account else {}),
    )
    last: list[str] = []
    try:
        for line in process.stderr:
            last = [*last[-11:], line.rstrip()]
            on_line(line.rstrip())
        return process.wait(), "\n".join(last)
    finally:
        process.stderr.close()
        if process.poll() is None:
            process.terminate()
            process.wait()


def give(account: pwd.struct_passwd, path: Path | str) -> None:
    """Make a file that root made the account's own."""
    if os.geteuid() == 0:
        os.chown(path, account.pw_uid, account.pw_gid)


def _who(account: pwd.struct_passwd) -> dict[str, object]:
    if os.geteuid() == account.pw_uid:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
