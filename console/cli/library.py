"""`gridwall codes`, `rename`, `library`, `keys`: the address library's own commands."""

from __future__ import annotations

import click

from console.cli.context import Session, pass_session
from console.cli.ready import ready_admin_url
from gis import codes as pure_codes
from gis.errors import InvalidCode

CONTEXT = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=CONTEXT)
def codes() -> None:
    """Codes of areas, buildings and houses."""


@codes.command(context_settings=CONTEXT)
@click.argument("code", nargs=-1, required=True)
@click.pass_context
def explain(context: click.Context, code: tuple[str, ...]) -> None:
    """Say what each part of a code means, or which part is wrong; exit with 1 at a wrong one."""
    wrong = False
    for text in code:
        try:
            click.echo(f"{text}  {pure_codes.explain(text)}")
        except InvalidCode as problem:
            wrong = True
            click.echo(problem.message)
    context.exit(1 if wrong else 0)


@codes.command(context_settings=CONTEXT)
@click.argument("level", type=click.Choice(["grid", "building", "house"]))
@click.argument("stem")
@click.option("--count", default=1, show_default=True, help="How many.")
@click.option("--survey", default=1, show_default=True, type=click.IntRange(0, 99),
              help="Survey in which a building is first met.")
@pass_session
def mint(session: Session, level: str, stem: str, count: int, survey: int) -> None:
    """Give out the next free codes, one a line: of a community (STEM) for a grid or a building,
    of a building for a house. What was given once is never given again."""
    from gis.minting import mint_codes

    for code in mint_codes(ready_admin_url(session), level, stem, count, survey):
        click.echo(code)


@click.command(context_settings=CONTEXT)
@click.argument("kind", type=click.Choice(["house", "building", "compound", "road"]))
@click.argument("named")
@click.argument("new_name")
@click.option("--area", metavar="CODE", help="Only within this area.")
@click.option("--reason", help="Kept with the old name.")
@pass_session
def rename(session: Session, kind: str, named: str, new_name: str, area: str | None,
           reason: str | None) -> None:
    """Give a house's address or a building (NAMED by its code), a compound or a road (by its
    name) a new name. All addresses follow; what was stays findable."""
    from gis.renaming import rename_place

    changed = rename_place(ready_admin_url(session), kind, named, new_name, area, reason)
    click.echo(f"{named} is now {new_name}; {changed:,} addresses follow")


@click.group(context_settings=CONTEXT)
def library() -> None:
    """The address library as a whole."""


@library.command(context_settings=CONTEXT)
@pass_session
def settle(session: Session) -> None:
    """Read the elements of addresses that came as a text alone, by psql or QGIS."""
    from gis.loading.unread import read_unread

    filled, unclear = read_unread(ready_admin_url(session))
    click.echo(f"{filled:,} addresses read, {unclear:,} can't be")


@click.group(context_settings=CONTEXT)
def keys() -> None:
    """Keys of personal data, in GRIDWALL_HOME: keep a copy apart from the database's."""


@keys.command(context_settings=CONTEXT)
@pass_session
def status(session: Session) -> None:
    """Which keys there are, and how many persons stand under each."""
    from gis.personal_data import KeyFile
    from gis.resealing import keys_in_use

    in_use = keys_in_use(ready_admin_url(session))
    file = KeyFile(session.settings.home)
    if not in_use and not file.path.exists():
        click.echo(f"no persons are loaded, and there is no {file.path} yet")
        return
    ring = file.ring()
    click.echo(str(file.path))
    for key_id in sorted({*ring.keys, *in_use}):
        says = "" if key_id in ring.keys else "  MISSING: these can't be read"
        says = "  current" if key_id == ring.current else says
        click.echo(f"{key_id}  {in_use.get(key_id, 0):>9,} persons{says}")


@keys.command(context_settings=CONTEXT)
@pass_session
def rotate(session: Session) -> None:
    """Make a new key and seal all persons with it. Older keys stay, for older backups."""
    from gis.resealing import reseal

    count = reseal(ready_admin_url(session), session.settings.home)
    click.echo(f"{count:,} persons sealed anew")
