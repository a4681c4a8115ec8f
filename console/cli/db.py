"""`gridwall db`: the database's life."""

from __future__ import annotations

import click
import psycopg

from console.cli.backups import archive, backup, drill, restore
from console.cli.context import Session, pass_session
from console.progress import step
from gis.errors import SetupError


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


for command in (backup, restore, archive, drill):
    db.add_command(command)
