"""`gridwall db backup`, `restore`, `archive` and `drill`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from console.cli.context import Session, pass_session
from console.progress import step
from gis.errors import GridwallError, InvalidInput, SetupError

_AT = click.option("--at", "moment", metavar="T",
                   help="Of an archive: the moment to bring back (RFC 3339, with its offset).")
_SOURCE = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
def backup(session: Session, file: Path) -> None:
    """Write the whole database to FILE; it appears only when it is complete."""
    from gis import backups

    with step(f"backing up to {file}") as progress:
        manifest = backups.backup(session.admin_url(), file, progress)
    click.echo(f"{file}: {file.stat().st_size:,} bytes, {manifest.rows:,} rows of"
               f" {len(manifest.tables)} tables as of {manifest.taken_at.isoformat()}")


@click.command()
@click.argument("source", type=_SOURCE)
@_AT
@pass_session
def restore(session: Session, source: Path, moment: str | None) -> None:
    """Fill an empty place from SOURCE, all or nothing, and open a new epoch of events.

    SOURCE is a file of `db backup`, for an empty database; or the folder of `db archive`, for a
    GRIDWALL_HOME without one.
    """
    from gis import backups
    from gis.backups.dump import new_epoch

    at = _read_moment(moment)
    if not source.is_dir():
        _demand_no_moment(source, at)
        with step(f"restoring from {source}") as progress:
            admin_url = session.admin_url()
            manifest = backups.restore(admin_url, source, progress)
            new_epoch(admin_url)
        proven = f"{manifest.rows:,} rows, counts and hashes as backed up; " if manifest else ""
        click.echo(f"restored: {proven}open pages resynchronise by themselves")
        return
    if session.own_cluster() is None:
        raise SetupError("an archive brings back a private cluster, whole: unset"
                         " GRIDWALL_DATABASE_URL and GRIDWALL_ADMIN_DATABASE_URL, and name an"
                         " empty GRIDWALL_HOME (docs/operator.md has it for your own PostgreSQL)")
    with step(f"restoring from {source}") as progress:
        recovered = backups.restore_archive(source, session.settings.home, at, progress)
    last = recovered.last_commit_at or recovered.base.finished_at
    click.echo(f"restored: up to {last.isoformat()}; open pages resynchronise by themselves")


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep-days", type=click.IntRange(0), metavar="N",
              help="Then remove what no moment of the last N days needs.")
@click.option("--reserve-mb", type=click.IntRange(0), metavar="MB", default=2048,
              show_default=True, help="When less is free on the database's disk and FOLDER takes"
              " nothing, log is given up, so that reports are still taken (0: never).")
@pass_session
def archive(session: Session, folder: Path | None, keep_days: int | None,
            reserve_mb: int) -> None:
    """Archive write-ahead log in FOLDER from now on, and take a base backup.

    Without FOLDER: bring all of now into the archive that is, or tell what is wrong with it. The
    private cluster's alone; docs/operator.md has the commands for your own PostgreSQL.
    """
    from gis import backups
    from gis.backups.archive import trouble

    cluster = session.own_cluster()
    if cluster is None:
        raise SetupError("GRIDWALL_DATABASE_URL names a database that others run: its archive is"
                         " set up there; docs/operator.md has the commands")
    session.admin_url()
    if folder is not None:
        _note_same_disk(folder, cluster.folder)
        with step(f"archiving to {folder}") as progress:
            base = backups.keep_archive(cluster, folder, progress, keep_days=keep_days,
                                        reserve_mb=reserve_mb)
        click.echo(f"base backup {base.name}: {base.bytes:,} bytes, verified")
    state = backups.archive_state(cluster)
    if state is None:
        raise SetupError("there is no archive: ./gridwall db archive FOLDER")
    if wrong := trouble(state):
        raise GridwallError(wrong)
    backups.flush(cluster)
    click.echo(f"{state.folder} brings back any moment since {state.reaches_from.isoformat()}"
               " until now")


def _note_same_disk(folder: Path, cluster: Path) -> None:
    standing = next(path for path in (folder.absolute(), *folder.absolute().parents)
                    if path.exists())
    if standing.stat().st_dev == cluster.stat().st_dev:
        click.echo(f"note: {folder} is on the database's own disk, and is lost together with it",
                   err=True)


@click.command()
@click.argument("source", required=False, type=_SOURCE)
@_AT
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@pass_session
@click.pass_context
def drill(context: click.Context, session: Session, source: Path | None, moment: str | None,
          as_json: bool) -> None:
    """Restore SOURCE in a throwaway cluster and prove the copy; exit code 1 where it fails.

    SOURCE is a file of `db backup` or the folder of `db archive`; by default this cluster's
    archive. Counts, hashes, schema, seals, coverage, numbers, keys and rights are looked at;
    nothing is left behind, and the database in use is not touched.
    """
    from gis import backups

    at = _read_moment(moment)
    source = source or _own_archive(session)
    if not source.is_dir():
        _demand_no_moment(source, at)
    with step(f"drill: restoring {source} in a cluster of its own") as progress:
        outcome = backups.drill(source, session.settings.home, progress, at,
                                _known_keys(session))
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(outcome)) + b"\n")
    else:
        _show(outcome)
    context.exit(0 if outcome.passed else 1)


def _own_archive(session: Session) -> Path:
    cluster = session.own_cluster()
    kept = cluster.place.archive() if cluster else None
    if kept is None:
        raise InvalidInput("name what to try: a file of `db backup`, or the folder of `db archive`")
    return Path(kept["folder"])


def _known_keys(session: Session) -> set[str]:
    from gis.personal_data import KeyFile

    file = KeyFile(session.settings.home)
    return set(file.ring().keys) if file.path.exists() else set()


def _show(outcome) -> None:
    table = Table("", "proof", "found", show_edge=False, box=None)
    for check in outcome.checks:
        word = {True: "ok", False: "ILL", None: "note"}[check.holds]
        table.add_row(word, check.name, check.found)
    for held in outcome.tables:
        if not held.same:
            table.add_row("ILL", held.name, f"{held.rows:,} rows, {held.rows_expected:,} expected")
    console = Console(file=sys.stdout, highlight=False, markup=False)
    console.print(table)
    said = "the copy is sound" if outcome.passed else "the copy is NOT sound"
    of = f", as of {outcome.taken_at.isoformat()}" if outcome.taken_at else ""
    click.echo(f"{said}{of}; {outcome.seconds:.1f} s")


def _read_moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--at {text!r:.60}: write 2026-11-22T08:30:00+08:00") from None
    if at.tzinfo is None:
        raise InvalidInput(f"--at {text}: its offset is missing; write {text}+08:00")
    return at.astimezone(UTC)


def _demand_no_moment(source: Path, at: datetime | None) -> None:
    if at is not None:
        raise InvalidInput(f"{source} is a dump of one moment; --at goes with the folder of"
                           " `db archive`")
