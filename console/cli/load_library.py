"""`gridwall load` with what the address library holds: people, enterprises, objects, names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from console.cli.context import Session, pass_session
from console.cli.load import (
    CONTEXT,
    FILE,
    FREE_CODES,
    TargetCommand,
    _run,
    file_options,
    load,
    told_options,
)
from console.cli.outcomes import outcome_options

Work = Callable[..., Any]


def _residents() -> Work:
    from gis.loading.houses import RESIDENTS, load_houses

    return lambda session, *rest: load_houses(RESIDENTS, *rest)


def _dwellings() -> Work:
    from gis.loading.houses import DWELLINGS, load_houses

    return lambda session, *rest: load_houses(DWELLINGS, *rest)


def _enterprises() -> Work:
    from gis.loading.houses import ENTERPRISES, load_houses

    return lambda session, *rest: load_houses(ENTERPRISES, *rest)


def _persons() -> Work:
    from gis.loading.persons import load_persons

    return lambda session, url, file, *rest: load_persons(url, file, session.settings.home, *rest)


def _places() -> Work:
    from gis.loading.place_objects import load_place_objects

    return lambda session, *rest: load_place_objects(*rest)


def _aliases() -> Work:
    from gis.loading.other_names import load_aliases

    return lambda session, *rest: load_aliases(*rest)


def add_kind(name: str, says: str, make: Callable[[], Work],
             *more: Callable[..., Any]) -> None:
    """Add a command to the group for one more kind of file."""
    @pass_session
    @click.pass_context
    def command(context: click.Context, session: Session, **values: Any) -> None:
        options, work = told_options(values), make()
        _run(session, context, values, name,
             lambda url, progress: work(session, url, values["file"], options, progress))

    command.__doc__ = says
    for decorate in (outcome_options, file_options, *more, FILE):
        command = decorate(command)
    load.command(name, cls=TargetCommand, context_settings=CONTEXT)(command)


add_kind("residents", "How many people live in each house (实有人口).", _residents)
add_kind("dwellings", "Use, tenure and occupancy of houses (实有房屋).", _dwellings)
add_kind("enterprises", "Enterprises and other units in houses (实有单位).", _enterprises,
         FREE_CODES)
add_kind("persons", "Persons in houses; what names them is sealed before it is stored.", _persons)
add_kind("places", "Place objects (人地物事组织), from points or footprints.", _places)
add_kind("aliases", "What people call a house, building, compound, road or area (俗称).", _aliases)
