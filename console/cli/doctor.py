"""`gridwall doctor`: what is well, what is not, and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata

import click
import psycopg

from console.cli.context import Session, pass_session
from console.cli.library_health import check_keys, check_library
from console.cli.seals import SealCheck, read_since
from gis.errors import GridwallError, SetupError
from gis.postgres import caller_account, find_programs, machine_memory
from gis.sealing import Anchor
from gis.settings import unknown_variables

GIBIBYTE = 1024**3


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--since", metavar="T", help="Of the seals only those made at T or later.")
@click.option("--anchor", metavar="N:HASH", help="A batch noted down earlier: is it the same?")
@click.option("--take-in", is_flag=True, help="Seal what a bulk load of yours wrote past intake.")
@pass_session
@click.pass_context
def doctor(context: click.Context, session: Session, since: str | None, anchor: str | None,
           take_in: bool) -> None:
    """Check machine, settings, database, schema, coverage, seals, keys and clock."""
    seals = SealCheck(read_since(since), Anchor.parse(anchor) if anchor else None, take_in)
    checks = {name: seals if name == "seals" else check for name, check in CHECKS.items()}
    ill = 0
    for name, check in checks.items():
        try:
            found = check(session)
            click.echo(f"ok    {name}: {found}")
        except (GridwallError, psycopg.Error, OSError) as problem:
            needed = name not in OPTIONAL
            ill += needed
            click.echo(f"{'ILL ' if needed else 'note'}  {name}: {problem}")
    click.echo("all is well" if not ill else f"{ill} of {len(CHECKS)} checks need a hand")
    context.exit(1 if ill else 0)


def _python(session: Session) -> str:
    try:
        metadata.version("fixtures")
    except metadata.PackageNotFoundError:
        return f"{sys.version.split()[0]} at {sys.prefix}"
    raise SetupError(
        "the package `fixtures` of another project is installed beside ours of that name:"
        " pip uninstall fixtures"
    )


def _machine(session: Session) -> str:
    memory, free = machine_memory(), shutil.disk_usage(_standing(session)).free
    if memory < 2 * GIBIBYTE or free < 5 * GIBIBYTE:
        raise SetupError(
            f"{memory / GIBIBYTE:.1f} GB of memory and {free / GIBIBYTE:.1f} GB free on disk:"
            " 2 and 5 are the least"
        )
    return (f"{os.cpu_count()} cores, {memory / GIBIBYTE:.0f} GB of memory,"
            f" {free / GIBIBYTE:.0f} GB free")


def _standing(session: Session):
    home = session.settings.home
    return next(folder for folder in (home, *home.parents) if folder.exists())


def _settings(session: Session) -> str:
    unknown = unknown_variables(os.environ)
    if unknown:
        told = ", ".join(
            name + (f" (did you mean {near}?)" if near else "") for name, near in unknown.items()
        )
        raise SetupError(f"these variables are no settings: {told}; see docs/settings.md")
    return f"home {session.settings.home}"


def _programs(session: Session) -> str:
    programs = find_programs()
    return f"PostgreSQL {programs.major} with PostGIS in {programs.folder}"


def _database(session: Session) -> str:
    if session.settings.private_cluster:
        caller_account()
    with psycopg.connect(session.server_url(), connect_timeout=10) as connection:
        row = connection.execute(
            "select current_user, rolsuper or rolbypassrls, postgis_lib_version(),"
            " exists (select from pg_class where relname = 'report' and relowner = pg_roles.oid)"
            " from pg_roles where rolname = current_user"
        ).fetchone()
    if row[1]:
        raise SetupError(
            f"the server's role {row[0]} passes by row-level security: GRIDWALL_DATABASE_URL"
            " must name a role without SUPERUSER and BYPASSRLS"
        )
    if row[3]:
        raise SetupError(
            f"the server's role {row[0]} owns the tables, and so passes by row-level security:"
            " GRIDWALL_DATABASE_URL must name gridwall_server"
        )
    return f"reached as {row[0]}, PostGIS {row[2]}"


def _schema(session: Session) -> str:
    from gis.schema import standing

    with psycopg.connect(session.admin_url(), connect_timeout=10) as connection:
        there = connection.execute("select to_regclass('alembic_version')").fetchone()[0]
    if there is None:
        raise SetupError("no tables yet: ./gridwall db migrate (or just ./gridwall up)")
    state, fit = standing(session.admin_url())
    if not fit.serves:
        raise SetupError(fit.reason)
    return f"at version {state.revision}" + (f"; {fit.reason}" if fit.reason else "")


def _coverage(session: Session) -> str:
    import shapely

    with psycopg.connect(session.admin_url(), connect_timeout=10) as connection:
        if connection.execute("select to_regclass('area')").fetchone()[0] is None:
            raise SetupError("no areas yet: ./gridwall up, or ./gridwall load areas …")
        rows = connection.execute(
            "select st_asbinary(geom) from area"
            " where scheme = 'base' and level = 'grid' and period @> now()"
        ).fetchall()
    grids = shapely.from_wkb([bytes(row[0]) for row in rows])
    if len(grids) == 0:
        return "no base grids yet"
    broken = shapely.coverage_invalid_edges(grids)
    ill = int((~shapely.is_empty(broken)).sum())
    if ill:
        raise SetupError(
            f"{ill} of {len(grids)} base grids overlap a neighbour or miss its vertices; redraw"
            " them on /planner, or load a clean coverage"
        )
    return f"{len(grids)} base grids fit each other exactly"


def _archive(session: Session) -> str:
    from gis.backups.archive import archive_state, trouble

    cluster = session.own_cluster()
    if cluster is None:
        return "of a database that others run: theirs"
    session.admin_url()
    state = archive_state(cluster)
    if state is None:
        return "none; ./gridwall db archive FOLDER makes any moment come back, not only backups'"
    if wrong := trouble(state):
        raise SetupError(wrong)
    return f"{state.bases} base backups, any moment since {state.reaches_from.isoformat()}"


def _clock(session: Session) -> str:
    with psycopg.connect(session.server_url(), connect_timeout=10) as connection:
        theirs = connection.execute("select extract(epoch from clock_timestamp())").fetchone()[0]
    apart = abs(float(theirs) - time.time())
    if apart > 2:
        raise SetupError(
            f"this machine's clock and the database's are {apart:.1f} s apart: set both by NTP"
        )
    return f"this machine and the database agree to {apart:.3f} s"


def _font(session: Session) -> str:
    if sys.platform == "darwin":
        return "the system's own"
    listing = shutil.which("fc-list")
    if listing is None:
        raise SetupError("no fontconfig: ./gridwall test installs it with a Chinese font")
    told = subprocess.run([listing, ":lang=zh", "family"], capture_output=True, text=True,
                          check=False).stdout.splitlines()
    if not told:
        raise SetupError("no Chinese font (pictures and tests only): ./gridwall test installs one")
    return told[0]


# What the wall runs without.
OPTIONAL = {"font", "library"}
CHECKS: dict[str, Callable[[Session], str]] = {
    "python": _python,
    "machine": _machine,
    "settings": _settings,
    "postgresql": _programs,
    "database": _database,
    "schema": _schema,
    "coverage": _coverage,
    "seals": SealCheck(),
    "keys": check_keys,
    "library": check_library,
    "archive": _archive,
    "clock": _clock,
    "font": _font,
}
