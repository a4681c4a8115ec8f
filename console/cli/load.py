"""`gridwall load`: a city's own files into the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from console.cli.context import Session, pass_session
from console.cli.outcomes import finish, outcome_options
from console.cli.ready import ready_admin_url
from console.progress import step
from gis.errors import InvalidInput
from gis.loading.outcome import Outcome
from gis.loading.parents import LEVELS
from gis.loading.run import Options
from gis.loading.targets import help_lines

CONTEXT = {"help_option_names": ["-h", "--help"]}
FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group(context_settings=CONTEXT)
def load() -> None:
    """Load areas, buildings, addresses, officers, their tracks, or reports."""


class TargetCommand(click.Command):
    """A command whose help ends with the table of its targets."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Each target: its meaning, and the names by which a column is taken for it."""
        with formatter.section("Targets of --map (* needed; in brackets: columns taken by name)"):
            formatter.write_dl(help_lines(self.name))


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What is said about any file."""
    for option in (
        click.option("--quarantine", type=click.Path(dir_okay=False, path_type=Path),
                     help="Where rows put aside go [FILE.quarantine.csv, here]."),
        click.option("--where", metavar="COLUMN=VALUE",
                     help="Only rows with this value; others are left out and counted."),
        click.option("--encoding", help="Of the text, where it is not found out right."),
        click.option("--datum", type=click.Choice(["wgs84", "cgcs2000", "gcj02", "bd09", "auto"]),
                     help="Datum of the coordinates [wgs84]; auto: each row's by the building it"
                          " names (buildings and addresses)."),
        click.option("--crs", metavar="EPSG:N",
                     help="Coordinate system; goes before what the file says."),
        click.option("--layer", help="Layer of a vector file, or sheet of a workbook."),
        click.option("--map", "mapping", multiple=True, metavar="TARGET=COLUMN",
                     help="Which column tells a target; again for each."),
    ):
        command = option(command)
    return command


def _pair(text: str, option: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise InvalidInput(f"{option} {text!r}: write it as NAME=VALUE", field=option.strip("-"))
    return name.strip(), value.strip()


def told_options(values: dict[str, Any], mapping: dict[str, str] | None = None) -> Options:
    """The `Options` of a command's values."""
    told = dict(_pair(text, "--map") for text in values["mapping"])
    return Options(
        mapping=told | (mapping or {}), layer=values["layer"], crs=values["crs"],
        datum=values["datum"], encoding=values["encoding"],
        free_codes=values.get("free_codes", False),
        where=_pair(values["where"], "--where") if values["where"] else None,
        quarantine=values["quarantine"])


def _run(session: Session, context: click.Context, values: dict[str, Any], what: str,
         work: Callable[[str, Any], Outcome]) -> None:
    admin_url = ready_admin_url(session)
    with step(f"loading {what} from {values['file']}") as progress:
        outcome = work(admin_url, progress)
    finish(context, outcome, values["as_json"], values["allow_quarantine"])


FREE_CODES = click.option("--free-codes", is_flag=True,
                          help="Take codes outside the Chinese standard.")


@load.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@click.option("--level", required=True, type=click.Choice(LEVELS))
@click.option("--scheme", default="base", show_default=True,
              help="Which cutting of the ground; made where it is new.")
@click.option("--code", metavar="FIELD", help="Column of the code.")
@click.option("--name", metavar="FIELD", help="Column of the name.")
@click.option("--parent", metavar="FIELD", help="Column of the code of the area above.")
@FREE_CODES
@file_options
@outcome_options
@click.pass_context
@pass_session
def areas(session: Session, context: click.Context, **values: Any) -> None:
    """Areas of one level, from polygons in any vector file, or GeoParquet."""
    from gis.loading.areas import load_areas

    named = {name: values[name] for name in ("code", "name", "parent") if values[name]}
    options = told_options(values, named)
    _run(session, context, values, f"{values['level']} areas", lambda url, progress: load_areas(
        url, values["file"], values["level"], values["scheme"], options, progress))


@load.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@FREE_CODES
@file_options
@outcome_options
@click.pass_context
@pass_session
def buildings(session: Session, context: click.Context, **values: Any) -> None:
    """Buildings, from footprints."""
    from gis.loading.buildings import load_buildings

    options = told_options(values)
    _run(session, context, values, "buildings",
         lambda url, progress: load_buildings(url, values["file"], options, progress))


@load.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@FREE_CODES
@file_options
@outcome_options
@click.pass_context
@pass_session
def addresses(session: Session, context: click.Context, **values: Any) -> None:
    """Addresses, from points or columns x and y; each joined to the building it lies in."""
    from gis.loading.addresses import load_addresses

    options = told_options(values)
    _run(session, context, values, "addresses",
         lambda url, progress: load_addresses(url, values["file"], options, progress))


@load.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@file_options
@outcome_options
@click.pass_context
@pass_session
def officers(session: Session, context: click.Context, **values: Any) -> None:
    """Officers with their postings, one row a posting."""
    from gis.loading.officers import load_officers

    options = told_options(values)
    _run(session, context, values, "officers",
         lambda url, progress: load_officers(url, values["file"], options, progress))


@load.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@file_options
@outcome_options
@click.pass_context
@pass_session
def fieldwork(session: Session, context: click.Context, **values: Any) -> None:
    """Patrols and visits, one row an officer, day and area; loaded twice, counted once."""
    from gis.loading.field_work import load_field_work

    options = told_options(values)
    _run(session, context, values, "patrols and visits",
         lambda url, progress: load_field_work(url, values["file"], options, progress))


@load.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@click.option("--time-zone", help="Zone of times without an offset [the city's].")
@file_options
@outcome_options
@click.pass_context
@pass_session
def tracks(session: Session, context: click.Context, **values: Any) -> None:
    """Where officers were, one row a fix; loaded twice, kept once."""
    from gis.loading.tracks import load_tracks

    options = told_options(values)
    _run(session, context, values, "fixes of officers", lambda url, progress: load_tracks(
        url, values["file"], options, values["time_zone"], progress))


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What is said about files of reports."""
    for option in (
        click.option("--date-order", type=click.Choice(["ymd", "mdy", "dmy"]),
                     help="Order of dates such as 01/02/2026 [found out from all of them]."),
        click.option("--time-zone", help="Zone of times without an offset [the city's]."),
        click.option("--default-category", metavar="CATEGORY",
                     help="Category of words that are none and are not mapped."),
        click.option("--category-map", type=click.Path(exists=True, dir_okay=False,
                                                       path_type=Path),
                     help="JSON object, or CSV of two columns: the file's word, our category."),
    ):
        command = option(command)
    return command


def own_options(values: dict[str, Any]) -> Any:
    """The `ReportOptions` of a command's values."""
    from gis.loading.reports import ReportOptions, read_category_map

    words = read_category_map(values["category_map"]) if values["category_map"] else {}
    return ReportOptions(words, values["default_category"], values["time_zone"],
                         values["date_order"])


@load.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@report_options
@file_options
@outcome_options
@click.pass_context
@pass_session
def reports(session: Session, context: click.Context, **values: Any) -> None:
    """Reports of another system; each is assigned as it is stored."""
    from gis.loading.reports import load_reports

    options, own = told_options(values), own_options(values)
    _run(session, context, values, "reports",
         lambda url, progress: load_reports(url, values["file"], options, own, progress))
