"""`gridwall raster`."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from console.cli.context import Session, pass_session
from console.cli.ready import ready_admin_url
from gis.accounts import ACCOUNT_ROLES

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _numbers(kind: type) -> object:
    def read(context: click.Context, option: click.Parameter, text: str | None) -> object:
        if text is None:
            return None
        try:
            return tuple(kind(part) for part in text.split(","))
        except ValueError:
            raise click.BadParameter("write numbers with commas between them") from None
    return read


@click.group()
def raster() -> None:
    """Rasters on disk that are drawn as tiles: orthophotos, heights, heat surfaces."""


@raster.command("add")
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--title", metavar="TEXT", help="What people read; by default the name.")
@click.option("--style", "draw", type=click.Choice(["image", "hillshade", "terrain"]),
              help="image (the default), or for heights in metres hillshade or terrain-RGB.")
@click.option("--bands", metavar="N[,N,N]", callback=_numbers(int),
              help="One band, or three for red, green and blue.")
@click.option("--rescale", metavar="LOW,HIGH", callback=_numbers(float),
              help="What becomes black and white; by default found from the files.")
@click.option("--colours", metavar="NAME", help="A colour map for one band, such as viridis.")
@click.option("--nodata", type=float, help="What stands for nothing, if the files don't say so.")
@click.option("--resampling", type=click.Choice(["nearest", "bilinear", "cubic"]))
@click.option("--role", "roles", multiple=True, help="Who may see it; by default every role.",
              type=click.Choice([str(role) for role in ACCOUNT_ROLES]))
@click.option("--area", metavar="CODE", help="Only for those who see this area.")
@click.option("--replace", is_flag=True, help="In place of the raster of that name.")
@pass_session
def add(session: Session, name: str, files: tuple[Path, ...], title: str | None,
        draw: str | None, roles: tuple[str, ...], area: str | None, replace: bool,
        **chosen: object) -> None:
    """Draw GeoTIFF FILES as tiles under /tiles/raster/NAME; of a mosaic, the first lies on top.

    The files stay where they are: the server must be able to read them.
    """
    from gis import rasters
    from tiles.raster_files import default_style, examine, zooms_of

    if (pair := chosen["rescale"]) is not None:
        if len(pair) != 2:
            raise click.BadParameter("write LOW,HIGH", param_hint="--rescale")
        chosen["rescale"] = (pair,) * len(chosen["bands"] or (1,))
    known = [examine(file) for file in files]
    style = default_style(known, draw, **chosen)
    low, high = zooms_of(known)
    rasters.add(ready_admin_url(session), rasters.NewRaster(
        name, title or name, style.as_json(), [(one.path, one.bounds) for one in known],
        low, high, roles, area), replace)
    click.echo(f"{name}: {len(known)} files, {style.draw}, zoom {low} to {high}", err=True)
    if low > 10:
        click.echo("for coarser zooms the files need overviews: gdaladdo, or"
                   " gdal_translate -of COG", err=True)


@raster.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@pass_session
def listing(session: Session, as_json: bool) -> None:
    """The rasters: style, zooms, for whom, and whether their files are there."""
    from gis import rasters

    rows = rasters.listed(ready_admin_url(session))
    for row in rows:
        row["missing"] = [path for path in row["paths"] if not Path(path).is_file()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    table = Table("name", "title", "style", "zoom", "roles", "area", "files", "missing")
    for row in rows:
        table.add_row(row["name"], row["title"], row["style"]["draw"],
                      f"{row['min_zoom']}–{row['max_zoom']}", " ".join(row["roles"]) or "all",
                      row["area"] or "all", str(len(row["paths"])), "\n".join(row["missing"]))
    Console().print(table)


@raster.command("remove")
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> None:
    """Take a raster from the list; its files stay as they are."""
    from gis import rasters

    rasters.remove(ready_admin_url(session), name)
    click.echo(f"{name} is drawn no more; its files are where they were", err=True)
