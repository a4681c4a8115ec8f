"""`gridwall tiles export`."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli.context import Session, pass_session
from console.cli.ready import ready_admin_url
from console.progress import step

if TYPE_CHECKING:
    from tiles.archive import Exported


@click.command("export")
@click.argument("out", metavar="OUT.pmtiles", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--layers", default="ground,buildings,areas", show_default=True, metavar="NAMES",
              help="With commas: also addresses, places, incidents, tracks, custom:NAME.")
@click.option("--bbox", metavar="W,S,E,N", help="Degrees; by default all there is.")
@click.option("--min-zoom", type=int, default=8, show_default=True)
@click.option("--max-zoom", type=int, default=16, show_default=True)
@click.option("--scheme", default="base", show_default=True, help="Whose areas.")
@click.option("--level", default="leaf", show_default=True, help="Which of its areas.")
@click.option("--role", default="hall", show_default=True, help="As whom the city is looked at.")
@click.option("--area", metavar="CODE", help="And on which ground.")
@click.option("--at", metavar="T", help="As of this moment; by default now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@pass_session
def export(session: Session, out: Path, layers: str, bbox: str | None, at: str | None,
           as_json: bool, **chosen: str | int | None) -> None:
    """Write vector tiles into one PMTiles archive, for a closed network or a wall in reserve.

    It holds what the role sees, all of one moment, and appears when it is whole. Begun and broken
    off, the same command takes it up where it was, unless the data have changed since.
    """
    from tiles.archive import Wanted
    from tiles.archive import export as write

    wanted = Wanted(tuple(name.strip() for name in layers.split(",")), _bounds(bbox),
                    at=_moment(at), **chosen)
    if not out.parent.is_dir():
        raise click.BadParameter(f"there is no folder {out.parent}", param_hint="OUT")
    admin_url = ready_admin_url(session)
    with step(f"writing tiles to {out}") as progress:
        told = asyncio.run(write(admin_url, wanted, out, progress))
    _tell(told, out, as_json)


def _bounds(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter("write it as west,south,east,north in degrees",
                                 param_hint="--bbox") from None
    return west, south, east, north


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no moment: write it as 2026-11-22T08:30:00+08:00",
                                 param_hint="--at") from None
    return found if found.tzinfo else found.astimezone()


def _tell(told: Exported, out: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({
            "file": str(out), "bytes": told.bytes, "tiles": told.tiles, "asked": told.asked,
            "resumed": told.resumed, "at": told.at.isoformat(), "notes": list(told.notes)}))
        return
    click.echo(f"{out}: {told.tiles:,} tiles, {told.bytes / 1e6:,.1f} MB, as of"
               f" {told.at.astimezone():%Y-%m-%d %H:%M:%S}")
    if told.resumed:
        click.echo(f"  {told.resumed:,} of {told.asked:,} were there from an earlier run")
    for note in told.notes:
        click.echo(f"  note: {note}")
