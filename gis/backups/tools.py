"""PostgreSQL's own tools: the right version, the password out of sight, trouble in plain words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gis.errors import GridwallError, SetupError
from gis.postgres import find_programs
from gis.system_account import run_told

_TROUBLE = (
    (r"No space left on device|[Dd]isk quota exceeded",
     "the disk is full: make room, or name a file or folder on another one"),
    (r"server version mismatch|unsupported version \([\d.]+\) in file header",
     "these PostgreSQL programs are older than what they should read: install those of the"
     " server's version, or a newer one"),
    (r"canceling statement due to lock timeout", "something holds a table for long: try again"),
    (r"could not read from input file|did not find magic string|corrupt|could not uncompress",
     "the file is damaged, or was cut off: take another backup"),
)


def explain(tool: str, said: str) -> GridwallError:
    """What a tool said when it failed, with what to do where that is known."""
    advice = next((words for pattern, words in _TROUBLE if re.search(pattern, said)), "")
    return GridwallError(f"{tool} failed: {said.strip()}" + (f"\n{advice}" if advice else ""))


def run(tool: str, arguments: list[str], database: str,
        on_line: Callable[[str], None] = lambda line: None) -> None:
    """Run `pg_dump` or `pg_restore` on a database.

    Parameters
    ----------
    database
        libpq URL; its password goes by the environment, where other users can't read it.
    on_line
        Called with each line that the tool says.

    Raises
    ------
    GridwallError
        With what it said, where it did not end well.
    """
    parts = conninfo_to_dict(database)
    password = parts.pop("password", None)
    code, said = run_told([find_programs().path(tool), *arguments, "-d", make_conninfo(**parts)],
                          on_line, variables={"PGPASSWORD": password} if password else None)
    if code:
        raise explain(tool, said or f"it ended with {code}")


def demand_version(connection: psycopg.Connection) -> None:
    """Refuse a server that the programs here are too old for.

    Raises
    ------
    SetupError
        With both versions.
    """
    server, programs = connection.info.server_version // 10_000, find_programs()
    if programs.major < server:
        raise SetupError(
            f"the server is PostgreSQL {server}, the programs in {programs.folder} are of"
            f" {programs.major}: install the client programs of {server} or newer here")


def sync_folder(folder: Path) -> None:
    """Have a folder's entries on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
