"""`gridwall plates`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import psycopg

from console.cli.context import Session, pass_session
from console.cli.ready import ready_admin_url
from console.progress import Progress, step
from gis.settings import Settings


@click.command()
@click.argument("code")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The PDF to write.")
@click.option("--kind", type=click.Choice(["house", "building", "grid"]),
              help="Plates of what. By default houses; for a grid's or building's code its own.")
@click.option("--per-page", default="8", show_default=True,
              type=click.Choice(["1", "2", "4", "8", "10"]), help="Plates on a sheet of A4.")
@click.option("--lang", default="zh", show_default=True, type=click.Choice(["zh", "en"]),
              help="Language of the words beside the address.")
@pass_session
def plates(session: Session, code: str, out: Path, kind: str | None, per_page: str,
           lang: str) -> None:
    """Door plates with QR codes for an area, a building or a house, as PDF to print and cut.

    The QR codes point to GRIDWALL_PUBLIC_URL, the address that phones reach.
    """
    admin_url, settings = ready_admin_url(session), session.settings
    base = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    if not settings.public_url:
        click.echo(f"gridwall: GRIDWALL_PUBLIC_URL is not set: the codes will point to {base}",
                   err=True)
    with step(f"printing the plates of {code}") as progress:
        pdf = asyncio.run(_print(admin_url, settings, code, kind, progress, {
            "base": base, "per_page": int(per_page), "lang": lang}))
    _write(out, pdf)
    click.echo(f"{out}: {len(pdf) / 1e6:.1f} MB", err=True)


async def _print(admin_url: str, settings: Settings, code: str, kind: str | None,
                 progress: Progress, wanted: dict[str, Any]) -> bytes:
    from console.api.plates import default_kind, plate_order_of, plate_rows
    from console.places import find_place
    from console.printing.plates import plate_documents
    from console.printing.press import Press

    async with await psycopg.AsyncConnection.connect(admin_url) as connection:
        place = await find_place(connection, code)
        kind = kind or default_kind(place)
        rows = await plate_rows(connection, place, kind)
    order = plate_order_of(place, kind, wanted["base"], "gridwall", settings.time_zone)
    documents = plate_documents(rows, replace(order, **wanted))
    return await Press().print(
        documents, lambda done, total: progress(done, total, f"sheets of {len(rows):,} plates"))


def _write(out: Path, pdf: bytes) -> None:
    fresh = out.with_name(f".{out.name}.new")
    fresh.write_bytes(pdf)
    fresh.replace(out)
