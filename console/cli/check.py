"""`gridwall check`: 坐标体检, of a file before it is loaded and of the library as it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from console import language
from console.cli.boundaries import check_areas
from console.cli.context import Session, pass_session
from console.cli.load import CONTEXT, FILE, FREE_CODES, TargetCommand, file_options, told_options
from console.cli.outcomes import finish, outcome_options
from console.cli.ready import ready_admin_url
from console.progress import step
from gis.loading.checkup import AUTO


@click.group(context_settings=CONTEXT)
def check() -> None:
    """Examine files before they are loaded, or the library; writes nothing to the database."""


check.add_command(check_areas)


def report_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--report` and its language."""
    command = click.option("--lang", type=click.Choice(language.LANGUAGES), default="zh",
                           show_default=True, help="Language of the report.")(command)
    return click.option("--report", type=click.Path(dir_okay=False, path_type=Path),
                        help="Write an HTML report with maps here.")(command)


@check.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@FREE_CODES
@report_option
@file_options
@outcome_options
@click.pass_context
@pass_session
def addresses(session: Session, context: click.Context, **values: Any) -> None:
    """A file of addresses: datums, places, codes, and the library as it would be with it."""
    from gis.loading.addresses import load_addresses

    _check(session, context, values, load_addresses)


@check.command(cls=TargetCommand, context_settings=CONTEXT)
@FILE
@FREE_CODES
@report_option
@file_options
@outcome_options
@click.pass_context
@pass_session
def buildings(session: Session, context: click.Context, **values: Any) -> None:
    """A file of footprints, by the buildings whose codes are known already."""
    from gis.loading.buildings import load_buildings

    _check(session, context, values, load_buildings)


@check.command(context_settings=CONTEXT)
@report_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
@pass_session
def library(session: Session, context: click.Context, report: Path | None, lang: str,
            as_json: bool) -> None:
    """The library as it stands: codes against ground, doubles, houses and grids left alone."""
    from gis.library_checkup import examine_library
    from gis.loading.run import owner_connection

    admin_url = ready_admin_url(session)
    with step("examining the library"), owner_connection(admin_url) as connection:
        lints = examine_library(connection)
    told = {"library": {lint.kind: lint.as_json() for lint in lints}}
    if as_json:
        click.echo(json.dumps(told["library"], ensure_ascii=False))
    else:
        for lint in lints:
            click.echo(f"{lint.kind.replace('_', ' ')}: {lint.count:,}")
    if report:
        _write(session, report, language.text("checkup.library", lang), told, lang)
    if any(lint.count for lint in lints):
        context.exit(1)


def _check(session: Session, context: click.Context, values: dict[str, Any],
           load: Callable[..., Any]) -> None:
    options = told_options(values)
    options = replace(options, datum=options.datum or AUTO, dry_run=True)
    admin_url = ready_admin_url(session)
    with step(f"checking {values['file']}") as progress:
        outcome = load(admin_url, values["file"], options, progress)
    if values["report"]:
        _write(session, values["report"], values["file"].name, outcome.as_json(),
               values["lang"])
    finish(context, outcome, values["as_json"], values["allow_quarantine"])


def _write(session: Session, report: Path, title: str, told: dict[str, Any], lang: str) -> None:
    from console.checkup_report import checkup_report
    from gis.library_checkup import grid_outlines
    from gis.loading.run import owner_connection

    with owner_connection(session.admin_url()) as connection:
        outlines = grid_outlines(connection)
    now = datetime.now(ZoneInfo(session.settings.time_zone))
    report.write_text(checkup_report(title, told, outlines, at=now, lang=lang),
                      encoding="utf-8")
    click.echo(f"report: {report}", err=True)
