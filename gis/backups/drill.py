"""A drill: a backup is restored into a throwaway cluster, and the copy proven."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg
import shapely
from psycopg import sql

from gis import queries
from gis.backups import dump
from gis.backups import manifest as manifests
from gis.backups.archive import Archive
from gis.backups.manifest import Held, Manifest, Progress
from gis.backups.recovery import recover
from gis.backups.scratch import scratch_cluster
from gis.cluster import OWNER, SERVER, Cluster
from gis.coverage_health import examine
from gis.errors import GridwallError
from gis.schema import migrate
from gis.sealing import Anchor, tell, verify

# To these rows are only added: an archive has at least those of its base backup.
_GROWING = ("step", "seal_batch", "seal_head")


class Check(msgspec.Struct, frozen=True):
    """One thing that was proven or not; `holds` None: a note that needs a human."""

    name: str
    holds: bool | None
    found: str


class Outcome(msgspec.Struct, kw_only=True):
    """What a drill found.

    Attributes
    ----------
    taken_at
        The backup's moment; for an archive that of its last transaction.
    tables
        Of a dump: each table, held against what the backup counted.
    """

    source: str
    kind: str
    taken_at: datetime | None = None
    checks: list[Check] = []
    tables: list[Held] = []
    seconds: float = 0.0
    passed: bool = False


def drill(source: Path, home: Path, progress: Progress, moment: datetime | None = None,
          known_keys: set[str] | None = None) -> Outcome:
    """Restore a backup in a cluster of its own and prove it; nothing of it stays.

    Parameters
    ----------
    source
        A file of `db backup`, or an archive's folder.
    home
        On whose disk the throwaway cluster stands for a while.
    moment
        Of an archive: which moment to bring back; None: its end.
    known_keys
        Keys of personal data that are at hand.

    Returns
    -------
    Outcome
        Whatever fails is in it; nothing is raised for a bad copy.
    """
    began = time.monotonic()
    outcome = Outcome(source=str(source), kind="archive" if source.is_dir() else "file")
    steps = _of_archive if source.is_dir() else _of_file
    try:
        with scratch_cluster(home, durable=False) as cluster:
            manifest = steps(outcome, source, cluster, moment, progress)
            _prove(outcome, cluster, manifest, known_keys or set(), progress)
    except GridwallError as problem:
        outcome.checks.append(Check("restored", False, problem.message))
    outcome.seconds = round(time.monotonic() - began, 1)
    outcome.passed = all(check.holds is not False for check in outcome.checks)
    return outcome


def _of_file(outcome: Outcome, file: Path, cluster: Cluster, moment: datetime | None,
             progress: Progress) -> Manifest | None:
    manifest = dump.read(file, progress)
    cluster.hold()
    dump.fill(cluster.url(OWNER), file, manifest, progress)
    if manifest is None:
        outcome.checks.append(Check("rows", None, "a dump without a manifest: nothing to hold the"
                                                  " copy against"))
        return None
    outcome.taken_at = manifest.taken_at
    with psycopg.connect(cluster.url(OWNER)) as connection:
        outcome.tables = manifests.hold_against(connection, manifest, progress)
    wrong = [table.name for table in outcome.tables if not table.same]
    rows = sum(table.rows for table in outcome.tables)
    outcome.checks += [
        Check("restored", True, f"{file.stat().st_size:,} bytes, as they were written"),
        Check("rows", not wrong, f"differ: {', '.join(wrong)}" if wrong else
              f"{rows:,} rows of {len(outcome.tables)} tables, counts and hashes as backed up"),
    ]
    return manifest


def _of_archive(outcome: Outcome, folder: Path, cluster: Cluster, moment: datetime | None,
                progress: Progress) -> Manifest:
    recovered = recover(Archive(folder), cluster, moment, progress)
    cluster.hold()
    manifest = recovered.base.manifest
    outcome.taken_at = recovered.last_commit_at or recovered.base.finished_at
    with psycopg.connect(cluster.url(OWNER)) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = manifests.take(connection, progress)
    none = manifests.Table(0, "")
    fewer = [name for name in _GROWING
             if found.tables.get(name, none).rows < manifest.tables.get(name, none).rows]
    outcome.checks += [
        Check("restored", True, f"base backup {recovered.base.name}, verified, and log up to"
                                f" {outcome.taken_at.isoformat()}"),
        Check("rows", not fewer, f"fewer than in the base backup: {', '.join(fewer)}" if fewer
              else f"{found.rows:,} rows of {len(found.tables)} tables; the base backup had"
                   f" {manifest.rows:,}"),
    ]
    return manifest


def _prove(outcome: Outcome, cluster: Cluster, manifest: Manifest | None, known_keys: set[str],
           progress: Progress) -> None:
    """What `doctor` looks at, and what a copy needs beside."""
    url = cluster.url(OWNER)
    proofs: list[tuple[str, Callable[[psycopg.Connection], tuple[bool | None, str]]]] = [
        ("seals", lambda connection: _seals(connection, manifest)), ("coverage", _coverage),
        ("numbers", _numbers), ("keys", lambda connection: _keys(connection, known_keys)),
    ]
    progress(0, len(proofs) + 2, "proofs")
    outcome.checks.append(_attempt("schema", lambda: _schema(url, manifest)))
    for done, (name, proof) in enumerate(proofs, 1):
        progress(done, len(proofs) + 2, "proofs")
        with psycopg.connect(url, autocommit=True) as connection:
            outcome.checks.append(_attempt(name, lambda: proof(connection)))  # noqa: B023
    outcome.checks.append(_attempt("scope", lambda: _scope(cluster.url(SERVER))))
    progress(len(proofs) + 2, len(proofs) + 2, "proofs")


def _attempt(name: str, proof: Callable[[], tuple[bool | None, str]]) -> Check:
    try:
        return Check(name, *proof())
    except (GridwallError, psycopg.Error) as problem:
        return Check(name, False, str(problem))


def _schema(url: str, manifest: Manifest | None) -> tuple[bool, str]:
    migrate(url, anew=False)
    with psycopg.connect(url) as connection:
        (now,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    before = manifest.revision if manifest else now
    return True, f"at {now}" if before == now else f"brought from {before} to {now}"


def _seals(connection: psycopg.Connection, manifest: Manifest | None) -> tuple[bool, str]:
    anchor = Anchor.parse(manifest.batch) if manifest and manifest.batch else None
    verdict = verify(connection, anchor=anchor)
    if verdict.findings:
        return False, tell(verdict.findings)
    held = f", the last one noted by the backup ({anchor.number}) among them" if anchor else ""
    return True, (f"{verdict.steps:,} steps of {verdict.incidents:,} incidents and"
                  f" {verdict.batches:,} batches are as they were written{held}")


def _coverage(connection: psycopg.Connection) -> tuple[bool, str]:
    rows = connection.execute(queries.get("drill_grids")).fetchall()
    health = examine([code for code, _ in rows],
                     shapely.from_wkb([bytes(shape) for _, shape in rows]))
    told = ", ".join(f"{count} {kind}" for kind, count in health.counts.items() if count)
    return health.valid, told or f"{health.areas} base grids fit each other exactly"


def _numbers(connection: psycopg.Connection) -> tuple[bool, str]:
    """Whether the next number of each column is a new one."""
    behind, sequences = [], connection.execute(queries.get("drill_sequences")).fetchall()
    for schema, sequence, table, column in sequences:
        query = sql.SQL("SELECT coalesce((SELECT max({column}) FROM {table}), 0)"
                        " <= (SELECT last_value FROM {sequence})").format(
            column=sql.Identifier(column), table=sql.Identifier(schema, table),
            sequence=sql.Identifier(schema, sequence))
        if not connection.execute(query).fetchone()[0]:
            behind.append(f"{table}.{column}")
    return not behind, (f"numbers would be given twice: {', '.join(behind)}" if behind else
                        f"{len(sequences)} sequences stand behind no row")


def _keys(connection: psycopg.Connection, known: set[str]) -> tuple[bool | None, str]:
    used = {row[0] for row in connection.execute("SELECT DISTINCT key_id FROM person")}
    lost = sorted(used - known)
    if lost:
        return None, (f"personal data is sealed with {', '.join(lost)}, not in personal-data.keys"
                      " here: have you its copy?")
    return True, f"{len(used)} keys of personal data, all at hand" if used else \
        "no personal data is loaded"


def _scope(server_url: str) -> tuple[bool, str]:
    with psycopg.connect(server_url) as connection:
        (seen,) = connection.execute("SELECT count(*) FROM incident").fetchone()
    return seen == 0, ("the server's role sees nothing before somebody signs in" if seen == 0 else
                       f"the server's role sees {seen} incidents without a sign-in")
