"""`gridwall plan`: publish a draft, list publications, take one back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click
from psycopg import AsyncConnection

from console.cli.context import Session, pass_session
from gis.errors import InvalidInput
from gis.plans import draft_redraw
from gis.publication import Publication, publications, publish, undo

Answer = TypeVar("Answer")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def plan() -> None:
    """Publications: redraws in force."""


@plan.command("publish")
@click.argument("draft", type=click.IntRange(1))
@click.option("--duty", "duties", multiple=True, metavar="AREA=HEIR",
              help="Who takes the postings of an area that ends; AREA= lets them end.")
@click.option("--name", default="", help="What it is called in the list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@pass_session
def publish_draft(session: Session, draft: int, duties: tuple[str, ...], name: str,
                  as_json: bool) -> None:
    """Put a draft in force, whole or not at all."""
    decided = dict(_decision(text) for text in duties)

    async def work(connection: AsyncConnection) -> Publication:
        async with connection.transaction():
            redraw = await draft_redraw(connection, draft)
            return await publish(connection, redraw, name=name, duties=decided,
                                 draft=(draft, None))

    _tell(_run(session, work), as_json)


@plan.command("undo")
@click.argument("publication", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@pass_session
def undo_publication(session: Session, publication: int, as_json: bool) -> None:
    """Take a publication back: by another one, from now on."""
    _tell(_run(session, lambda connection: undo(connection, publication)), as_json)


@plan.command("list")
@click.option("--scheme", help="Of one scheme only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@pass_session
def list_publications(session: Session, scheme: str | None, as_json: bool) -> None:
    """All publications, the newest first."""
    told = _run(session, lambda connection: publications(connection, scheme=scheme))
    if as_json:
        click.echo(json.dumps({"publications": told}, ensure_ascii=False))
        return
    for one in told:
        back = f", undoes {one['undoes']}" if one["undoes"] else ""
        gone = f", undone by {one['undone_by']}" if one["undone_by"] else ""
        click.echo(f"{one['id']:>5}  {one['at'][:19]}  {one['scheme']}  {one['changed']} areas"
                   f"  {one['name']}{back}{gone}")


def _run(session: Session, work: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        async with await AsyncConnection.connect(session.admin_url(), autocommit=True) as found:
            return await work(found)

    return asyncio.run(run())


def _decision(text: str) -> tuple[str, str | None]:
    area, sign, heir = text.partition("=")
    if not sign or not area:
        raise InvalidInput(f"--duty {text!r:.60}: write AREA=HEIR, or AREA= to let them end",
                           field="duty")
    return area, heir or None


def _tell(done: Publication, as_json: bool) -> None:
    told: dict[str, Any] = dict(done.detail) | {"id": done.id, "at": done.at.isoformat()}
    told.pop("bound", None)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"publication {done.id} in force since {done.at.isoformat()}")
    for kind in ("opened", "changed", "closed"):
        if told.get(kind):
            click.echo(f"  {kind}: {', '.join(told[kind])}")
    click.echo(f"  {told['matters']} open matters, {told['buildings']} buildings and"
               f" {told['addresses']} addresses moved; intake was held {told['held_ms']} ms")
