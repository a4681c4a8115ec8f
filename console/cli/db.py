"""`gridwall db`: the database's life, backup and restore."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import click
import psycopg

from console.cli.context import Session, pass_session
from console.progress import step
from gis.errors import Conflict, GridwallError, SetupError
from gis.postgres import find_programs

# Belongs to extensions, which the superuser made and the restoring owner may not touch.
_EXTENSION_ENTRY = re.compile(
    r"^\d+; \d+ \d+ (EXTENSION |COMMENT - EXTENSION |SCHEMA - public |COMMENT - SCHEMA public "
    r"|TABLE DATA public spatial_ref_sys |ACL - SCHEMA public |ACL public TABLE spatial_ref_sys )"
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def db() -> None:
    """The database: the private cluster, or the one that GRIDWALL_DATABASE_URL names."""


def _own_cluster(session: Session):
    if not session.settings.private_cluster:
        raise SetupError(
            "GRIDWALL_DATABASE_URL names a database that others run: start and stop it there"
        )
    return session.cluster()


@db.command()
@pass_session
def start(session: Session) -> None:
    """Start the private cluster and keep it running until `db stop`."""
    cluster = _own_cluster(session)
    with step("starting the private cluster"):
        cluster.start()
    click.echo(cluster.url())


@db.command()
@pass_session
def stop(session: Session) -> None:
    """Stop the private cluster, ending its sessions."""
    stopped = _own_cluster(session).stop()
    click.echo("stopped" if stopped else "was not running")


@db.command()
@pass_session
@click.pass_context
def status(context: click.Context, session: Session) -> None:
    """Tell whether the database answers: exit code 0 when it does, 3 when not."""
    if session.settings.private_cluster:
        cluster = session.cluster()
        found = cluster.status()
        click.echo(f"{found}: private cluster in {cluster.folder}")
        if found == "running":
            click.echo(cluster.url())
        context.exit(0 if found == "running" else 3)
    try:
        with psycopg.connect(session.settings.database_url, connect_timeout=5) as connection:
            click.echo(f"running: {connection.info.host}, database {connection.info.dbname}")
    except psycopg.OperationalError as problem:
        click.echo(f"away: {problem}")
        context.exit(3)


@db.command()
@pass_session
def migrate(session: Session) -> None:
    """Bring the schema up to date."""
    from gis.city import settle_city
    from gis.schema import migrate as bring_up_to_date

    with step("migrating the database") as progress:
        bring_up_to_date(session.admin_url(), progress.say)
        settle_city(session.admin_url(), session.settings)


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_session
def backup(session: Session, file: Path) -> None:
    """Write the whole database to FILE; it appears only when it is complete."""
    partial = file.with_name(file.name + ".partial")
    with step(f"backing up to {file}"):
        try:
            _run("pg_dump", ["-Fc", "-f", str(partial), "-d", session.admin_url()])
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
    click.echo(f"{file}: {file.stat().st_size:,} bytes")


@db.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_session
def restore(session: Session, file: Path) -> None:
    """Fill an empty database from FILE, all or nothing, and open a new epoch of events."""
    admin_url = session.admin_url()
    with psycopg.connect(admin_url) as connection:
        tables = connection.execute(
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and n.nspname !~ '^pg_|^information_schema$'"
            " and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"
        ).fetchone()[0]
    if tables:
        raise Conflict(
            f"the database has {tables} tables already; restore fills only an empty one: name an"
            " empty database, or another GRIDWALL_HOME"
        )
    with step(f"restoring from {file}"):
        listing = _run("pg_restore", ["-l", str(file)])
        kept = [line for line in listing.splitlines() if not _EXTENSION_ENTRY.match(line)]
        _restore_entries(admin_url, file, kept)
        with psycopg.connect(admin_url) as connection:
            connection.execute("select new_epoch()")
    click.echo("restored; open pages resynchronise by themselves")


def _restore_entries(admin_url: str, file: Path, entries: list[str]) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".list") as listed:
        listed.write("\n".join(entries) + "\n")
        listed.flush()
        _run("pg_restore", ["--single-transaction", "--exit-on-error", "--no-owner",
                            "-L", listed.name, "-d", admin_url, str(file)])


def _run(program: str, arguments: list[str]) -> str:
    done = subprocess.run(
        [find_programs().path(program), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise GridwallError(f"{program} failed: {done.stderr.strip()}")
    return done.stdout
