"""`gridwall map`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
import psycopg

from console.cli.context import Session, pass_session
from console.cli.ready import ready_admin_url
from gis import queries

if TYPE_CHECKING:
    from console.maps import View, Wanted
    from console.printing.picture import Picture


@click.command("map")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The PNG to write.")
@click.option("--bbox", metavar="W,S,E,N", help="Degrees; by default all areas.")
@click.option("--center", metavar="LON,LAT", help="The middle, with --zoom.")
@click.option("--zoom", type=float, help="As the wall counts it.")
@click.option("--size", default="1200x800", show_default=True, metavar="WxH")
@click.option("--layers", metavar="NAMES",
              help="Of ground,areas,buildings,incidents,labels; all by default.")
@click.option("--style", default="light", show_default=True,
              type=click.Choice(["light", "dark"]))
@click.option("--lang", default="zh", show_default=True, type=click.Choice(["zh", "en"]))
@click.option("--scheme", default="base", show_default=True)
@click.option("--level", help="Level of the areas; by default one that suits the view.")
@click.option("--scale", default="1", show_default=True, type=click.Choice(["1", "2"]),
              help="2 for paper.")
@click.option("--as-token", "secret", metavar="TOKEN",
              help="As whoever holds this token sees it; by default the whole city.")
@pass_session
def still_map(session: Session, out: Path, bbox: str | None, center: str | None,
              zoom: float | None, size: str, layers: str | None, secret: str | None,
              **chosen: str | None) -> None:
    """A picture of the map as PNG, for a report: no browser is needed."""
    from console.maps import Wanted, chosen_layers, view_of
    from console.printing.picture import make_png

    wanted = Wanted(chosen_layers(layers), **chosen | {"scale": int(chosen["scale"])})
    view = view_of(size, bbox, center, zoom)
    # Rows are the database's to guard: a token is looked through as the server's role.
    admin_url = ready_admin_url(session)
    url = session.server_url() if secret else admin_url
    at = datetime.now(ZoneInfo(session.settings.time_zone))
    png = make_png(asyncio.run(_drawn(url, secret, view, size, wanted, at)))
    fresh = out.with_name(f".{out.name}.new")
    fresh.write_bytes(png)
    fresh.replace(out)
    click.echo(f"{out}: {len(png) / 1000:,.0f} kB", err=True)


async def _drawn(url: str, secret: str | None, view: View | None, size: str, wanted: Wanted,
                 at: datetime) -> Picture:
    from console.maps import draw, own_view

    async with (await psycopg.AsyncConnection.connect(url) as connection,
                connection.transaction(force_rollback=True)):
        secret = secret or await _drawer(connection)
        await connection.execute(queries.get("enter"), {"secret": secret, "origin": None})
        return await draw(connection, view or await own_view(connection, size), wanted, at)


async def _drawer(connection: psycopg.AsyncConnection) -> str:
    """The secret of one who sees the whole city, until the transaction is taken back."""
    cursor = await connection.execute(queries.get("map_drawer"))
    (account_id,) = await cursor.fetchone()
    cursor = await connection.execute(queries.get("map_drawer_secret"), {"id": account_id})
    (secret,) = await cursor.fetchone()
    return secret
