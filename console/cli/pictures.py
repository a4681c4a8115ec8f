"""`gridwall pictures`: a picture of each layer of the wall."""

from __future__ import annotations

from pathlib import Path

import click

from console.appearance import APPEARANCES
from console.cli.context import Session, pass_session
from console.cli.shots import served, sessions, signed
from console.cli.up import prepare
from console.cookies import SessionCookie
from console.layer_pictures import VIEWS, Taken, take_layers


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("layers", nargs=-1, metavar="[LAYER …]", type=click.Choice(list(VIEWS)))
@click.option("--style", "styles", type=click.Choice(APPEARANCES), multiple=True,
              default=APPEARANCES, help="dark or light; both unless one is named.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language (zh).")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="Folder for the pictures.")
@pass_session
def pictures(session: Session, layers: tuple[str, ...], styles: tuple[str, ...], lang: str,
             out: Path) -> None:
    """Take pictures of LAYERs (all of them by default) on the wall, as the demo's hall sees it.

    Trails are of the last hour: on the synthetic district take them soon after it was loaded.
    """
    prepare(session)
    cookie = SessionCookie(session.settings.secret, 1)
    with sessions(session.admin_url()) as secret_of, served(session.settings) as address:
        for style in styles:
            take_layers(address, signed(cookie, secret_of("hall")), layers or tuple(VIEWS), out,
                        style, lang, told=_tell)


def _tell(taken: Taken) -> None:
    click.echo(f"{taken.path}  {taken.size_bytes / 1000:.0f} kB"
               f"  {taken.main_thread_ms:.0f} ms of main thread to show")
