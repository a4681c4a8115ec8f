"""One file: a dump by pg_dump, and after it what is in it and the hash of its bytes.

pg_restore finds its parts by their places and reads no further, so that the file is one for it
too. The end is `MAGIC`, the length of the manifest (8 bytes, big end first), its JSON before that.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg

from gis.backups import manifest as manifests
from gis.backups.manifest import Manifest, Progress
from gis.backups.tools import demand_version, explain, run, sync_folder
from gis.errors import BadFile, Conflict, GridwallError, SetupError
from gis.postgres import find_programs
from gis.schema import newest_revision

MAGIC = b"GRIDWALL-BACKUP1"
_AT_ONCE = 1 << 20
# Belongs to extensions, which the superuser made and the restoring owner may not touch.
_EXTENSION_ENTRY = re.compile(
    r"^\d+; \d+ \d+ (EXTENSION |COMMENT - EXTENSION |SCHEMA - public |COMMENT - SCHEMA public "
    r"|TABLE DATA public spatial_ref_sys |ACL - SCHEMA public |ACL public TABLE spatial_ref_sys )"
)


class Trailer(msgspec.Struct, frozen=True):
    """What stands after the dump: its bytes and their SHA-256, and what is in it."""

    bytes: int
    sha256: str
    manifest: Manifest


def backup(admin_url: str, file: Path, progress: Progress) -> Manifest:
    """Write the whole database to a file, which appears when it is complete.

    Parameters
    ----------
    admin_url
        libpq URL of the owner.
    file
        Replaced where it is there.

    Returns
    -------
    Manifest
        Counted in the snapshot that the dump is of, while everything goes on.

    Raises
    ------
    GridwallError
        Where it can't be written, or the programs here are too old for the server.
    """
    partial = file.with_name(file.name + ".partial")
    try:
        with psycopg.connect(admin_url) as connection:
            demand_version(connection)
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone()
            manifest = manifests.take(connection, progress)
            run("pg_dump", ["-Fc", "-v", f"--snapshot={snapshot}", "-f", str(partial)], admin_url,
                _table_by_table("dumping contents of table", manifest, progress))
        _append(partial, manifest, progress)
        partial.replace(file)
        sync_folder(file.absolute().parent)
    except OSError as problem:
        raise explain("the backup", f"{problem.strerror}: {file}") from problem
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _append(partial: Path, manifest: Manifest, progress: Progress) -> None:
    size = partial.stat().st_size
    trailer = msgspec.json.encode(Trailer(size, _sha256(partial, size, progress), manifest))
    with partial.open("ab") as written:
        written.write(trailer + len(trailer).to_bytes(8, "big") + MAGIC)
        written.flush()
        os.fsync(written.fileno())


def _sha256(file: Path, size: int, progress: Progress) -> str:
    digest, done = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while done < size and (part := stream.read(min(_AT_ONCE, size - done))):
            digest.update(part)
            done += len(part)
            progress(done, size, "reading the file")
    return digest.hexdigest()


def _table_by_table(words: str, manifest: Manifest | None,
                    progress: Progress) -> Callable[[str], None]:
    """Progress by what pg_dump and pg_restore tell of themselves, in tables."""
    begun = 0

    def heard(line: str) -> None:
        nonlocal begun
        if words in line:
            progress(begun, len(manifest.tables) if manifest else 0, "tables")
            begun += 1

    return heard


def read(file: Path, progress: Progress) -> Manifest | None:
    """The manifest of a backup whose bytes are those that were written.

    Returns
    -------
    Manifest
        None for a plain dump, such as one of an earlier release.

    Raises
    ------
    BadFile
        Where a byte differs, or the file is no dump.
    """
    trailer = _trailer(file)
    if trailer is None:
        with file.open("rb") as stream:
            if stream.read(5) != b"PGDMP":
                raise BadFile(f"{file} is no backup of `gridwall db backup`")
        return None
    if _sha256(file, trailer.bytes, progress) != trailer.sha256:
        raise BadFile(f"{file} is damaged: its bytes are not those that were written; take another"
                      " backup")
    return trailer.manifest


def _trailer(file: Path) -> Trailer | None:
    size, tail = file.stat().st_size, len(MAGIC) + 8
    with file.open("rb") as stream:
        stream.seek(max(0, size - tail))
        end = stream.read(tail)
        if len(end) < tail or end[8:] != MAGIC:
            return None
        length = int.from_bytes(end[:8], "big")
        try:
            stream.seek(size - tail - length)
            trailer = msgspec.json.decode(stream.read(length), type=Trailer)
        except (OSError, ValueError, msgspec.MsgspecError):
            raise BadFile(f"{file} is damaged: what it holds can't be read") from None
    if trailer.bytes != size - tail - length:
        raise BadFile(f"{file} is damaged: {trailer.bytes:,} bytes were written,"
                      f" {size - tail - length:,} are there")
    return trailer


def restore(admin_url: str, file: Path, progress: Progress) -> Manifest | None:
    """Fill an empty database from a backup and hold it against the manifest.

    Raises
    ------
    Conflict
        Where tables are there already.
    BadFile
        Where the file is damaged, or the copy is not what was backed up.
    SetupError
        Where the backup is of a newer release.
    """
    manifest = read(file, progress)
    fill(admin_url, file, manifest, progress)
    if manifest:
        with psycopg.connect(admin_url) as connection:
            differing = [table for table in manifests.hold_against(connection, manifest, progress)
                         if not table.same]
        if differing:
            raise BadFile("the copy is not what was backed up: " + ", ".join(
                f"{table.name} ({table.rows:,} rows of {table.rows_expected:,})"
                for table in differing[:8]))
    return manifest


def fill(admin_url: str, file: Path, manifest: Manifest | None, progress: Progress) -> None:
    """Fill an empty database from a file that was `read`, all or nothing; raises as `restore`."""
    if manifest and manifest.revision > newest_revision():
        raise SetupError(f"{file} was made by a newer release (schema {manifest.revision}; this"
                         f" program knows {newest_revision()}): restore it with that one")
    demand_empty(admin_url)
    entries = [line for line in _listing(file).splitlines() if not _EXTENSION_ENTRY.match(line)]
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listed:
        listed.write("\n".join(entries) + "\n")
        listed.flush()
        run("pg_restore", ["--single-transaction", "--exit-on-error", "--no-owner", "-v",
                           "-L", listed.name, str(file)], admin_url,
            _table_by_table("processing data for table", manifest, progress))


def demand_empty(admin_url: str) -> None:
    """Refuse a database with tables in it.

    Raises
    ------
    Conflict
        With their number.
    """
    with psycopg.connect(admin_url) as connection:
        demand_version(connection)
        tables = connection.execute(
            "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_|^information_schema$'"
            " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid"
            " AND d.deptype = 'e')").fetchone()[0]
    if tables:
        raise Conflict(
            f"the database has {tables} tables already; restore fills only an empty one: name an"
            " empty database, or another GRIDWALL_HOME")


def _listing(file: Path) -> str:
    done = subprocess.run([find_programs().path("pg_restore"), "-l", str(file)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise explain("pg_restore", done.stderr)
    return done.stdout


def new_epoch(admin_url: str) -> None:
    """Have open pages load anew, instead of going on with numbers that no longer hold.

    Raises
    ------
    GridwallError
        Where the database is none of Gridwall's.
    """
    with psycopg.connect(admin_url) as connection:
        if connection.execute("SELECT to_regproc('new_epoch') IS NULL").fetchone()[0]:
            raise GridwallError("there is no outbox in what was restored: is it Gridwall's?")
        connection.execute("SELECT new_epoch()")
