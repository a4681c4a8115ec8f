"""`gridwall geocode`: every row of a file gets the house or building that its words name."""

from __future__ import annotations

from pathlib import Path

import click

from console.cli.context import Session, pass_session
from console.cli.outcomes import finish, outcome_options
from console.cli.ready import ready_admin_url
from console.progress import step
from gis.errors import InvalidInput


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--text", required=True, metavar="COLUMN", help="Column of the words.")
@click.option("--near-too", is_flag=True,
              help="Write the best candidate also where it is not sure; it stays marked.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="CSV or Parquet, by its ending.")
@outcome_options
@click.pass_context
@pass_session
def geocode(session: Session, context: click.Context, file: Path, text: str, near_too: bool,
            out: Path, as_json: bool, allow_quarantine: bool) -> None:
    """Write FILE again with house_code, building_code, address, place, score and how on every row.

    Rows whose words do not tell one place surely keep their candidates and count as
    quarantined; FILE.quarantine.csv, here, says why.
    """
    from gis.addressing.geocoding import GeocodeOptions, geocode_file

    if out.resolve() == file.resolve():
        raise InvalidInput(f"--out is {file} itself: name another file", "out")
    admin_url = ready_admin_url(session)
    with step(f"searching the addresses of {file}") as progress:
        outcome = geocode_file(admin_url, file, out, GeocodeOptions(text, near_too), progress)
    finish(context, outcome, as_json, allow_quarantine)
