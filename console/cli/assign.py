"""`gridwall assign`: every row of a file gets its area and officer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from console.cli.context import Session, pass_session
from console.cli.outcomes import finish, outcome_options
from console.cli.ready import ready_admin_url
from console.progress import step
from gis.errors import InvalidInput


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--x", help="Column of the longitude, or the eastward ordinate of --crs.")
@click.option("--y", help="Column of the latitude, or the northward ordinate of --crs.")
@click.option("--scheme", default="base", show_default=True)
@click.option("--datum", type=click.Choice(["wgs84", "cgcs2000", "gcj02", "bd09"]),
              help="Datum of the coordinates [wgs84].")
@click.option("--crs", metavar="EPSG:N", help="Coordinate system; goes before what the file says.")
@click.option("--as-of", metavar="T", help="The moment whose areas and officers count [now].")
@click.option("--compare", metavar="COLUMN",
              help="A column with an area's code or name: tells how many rows agree, and how far"
                   " from the named area the others lie.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="CSV or Parquet, by its ending.")
@outcome_options
@click.pass_context
@pass_session
def assign(session: Session, context: click.Context, file: Path, out: Path, as_json: bool,
           allow_quarantine: bool, **values: Any) -> None:
    """Write FILE again with area_code, officer_id, how and distance_m on every row.

    Rows without usable coordinates stay in their place, with how=unlocated, and count as
    quarantined; FILE.quarantine.csv, here, says why.
    """
    from gis.loading.assigning import AssignOptions, assign_file

    if out.resolve() == file.resolve():
        raise InvalidInput(f"--out is {file} itself: name another file", "out")
    admin_url = ready_admin_url(session)
    with step(f"assigning {file}") as progress:
        outcome = assign_file(admin_url, file, out, AssignOptions(**values), progress)
    finish(context, outcome, as_json, allow_quarantine)
