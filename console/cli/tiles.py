"""`gridwall tiles`."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from console.cli.context import Session, pass_session
from console.cli.ready import ready_admin_url
from console.cli.tile_archive import export


def _names(context: click.Context, option: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@click.group()
def tiles() -> None:
    """Vector tiles: tables of one's own as layers, and archives of what is drawn."""


tiles.add_command(export)


@tiles.command("register")
@click.argument("name")
@click.option("--table", required=True, metavar="SCHEMA.TABLE",
              help="As SQL writes it. Not of the schema public, which is Gridwall's own.")
@click.option("--geometry", "geometry_column", required=True, metavar="COLUMN",
              help="Of type geometry, with a GiST index.")
@click.option("--id", "id_column", required=True, metavar="COLUMN", help="An integer.")
@click.option("--fields", required=True, metavar="A,B", callback=_names,
              help="Columns that tiles carry. All who see the layer read them.")
@click.option("--roles", required=True, metavar="ROLE,ROLE", callback=_names,
              help="Who may see it beside administrators; of its rows each sees what lies on"
                   " their own ground.")
@click.option("--title", metavar="TEXT", help="What people read; by default the name.")
@click.option("--min-zoom", type=int, default=10, show_default=True)
@click.option("--max-zoom", type=int, default=18, show_default=True)
@click.option("--replace", is_flag=True, help="In place of the layer of that name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@pass_session
def register(session: Session, name: str, title: str | None, replace: bool, as_json: bool,
             **chosen: object) -> None:
    """Show a table of the database as the tile layer custom:NAME.

    The table stays as it is; it must belong to Gridwall's owner role. Triggers are put on it that
    tell which tiles a change touches.
    """
    from gis import tile_layers

    row = tile_layers.register(
        ready_admin_url(session),
        tile_layers.NewTileLayer(name, title or name, **chosen), replace)
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False, default=str))
    else:
        click.echo(f"custom:{name}: {row['table_schema']}.{row['table_name']}, EPSG:{row['srid']},"
                   f" zoom {row['min_zoom']} to {row['max_zoom']}, for"
                   f" {' '.join(row['roles'])}; /tiles/custom:{name}/tilejson.json", err=True)


@tiles.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
@pass_session
def listing(session: Session, as_json: bool) -> None:
    """The registered tables: what of them is shown, to whom, and whether they still can be."""
    from gis import tile_layers

    rows = tile_layers.listed(ready_admin_url(session))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    table = Table("name", "title", "table", "geometry", "fields", "roles", "zoom", "wrong")
    for row in rows:
        table.add_row(row["name"], row["title"], row["table"], row["geometry_column"],
                      " ".join(row["fields"]), " ".join(row["roles"]),
                      f"{row['min_zoom']}–{row['max_zoom']}", row["fault"] or "")
    Console().print(table)


@tiles.command("drop")
@click.argument("name")
@pass_session
def drop(session: Session, name: str) -> None:
    """Take a table from the layers; the table and its rows stay as they are."""
    from gis import tile_layers

    tile_layers.drop(ready_admin_url(session), name)
    click.echo(f"custom:{name} is shown no more; its table is as it was", err=True)
